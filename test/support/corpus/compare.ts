import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parseRunSpec } from '../../../src/container/spec/run-spec.ts';
import { SPEC_KEYS } from '../../../src/container/spec/spec-keys.ts';
import { formatCanonical, isSame, type Value } from '../../../src/container/spec/value.ts';
import { canonicalService, withoutDefaults } from './canonical.ts';
import { type Config, isStripped, servicesOf } from './compose-config.ts';
import { type Explanation, findExplanation } from './explained.ts';
import { DEPLOY, readNames, toList, toText } from './service.ts';

export interface Difference {
  readonly service: string;
  /** of a run spec or of Compose; `service` for one that is not there at all */
  readonly key: string;
  /** what docksmith makes of it, and what Compose does; undefined: nothing */
  readonly ours: Value | undefined;
  readonly theirs: Value | undefined;
  readonly explanation: Explanation | undefined;
}

export interface Comparison {
  /** how many keys that are not empty on both sides were compared */
  readonly compared: number;
  readonly differences: readonly Difference[];
}

/**
 * The run specs of a project against what docker-compose makes of it: every key of the closed list, and every key that
 * Compose prints.
 * @param root of the host that adopted it
 */
export function compareSpecs(root: string, project: string, { config = {}, stripped }: Config): Comparison {
  const names = readNames(project, config);
  const services = servicesOf(config).filter(([, { profiles }]) => profiles === undefined);
  const linked = new Set(
    services.flatMap(([, { links }]) => toList(links).map((link) => toText(link).replace(/^.*:/, ''))),
  );
  let compared = 0;
  const differences = services.flatMap(([service, said]): readonly Difference[] => {
    const ours = readSpec(root, names.containers.get(service) ?? service);
    const theirs = canonicalService(service, said, names);
    if (ours === undefined) return [{ service, key: 'service', ours, theirs: service, explanation: undefined }];
    const keys = new Set([...SPEC_KEYS.map(({ name }) => name), ...Object.keys(theirs)]);
    return [...keys].flatMap((key): readonly Difference[] => {
      if (isStripped(stripped, service, key, DEPLOY)) return [];
      const [mine, its] = [ours[key], theirs[key]];
      if (isSame(mine, its)) {
        if (mine !== undefined) compared++;
        return [];
      }
      compared++;
      const difference = { service, key, ours: mine, theirs: its };
      return [{ ...difference, explanation: findExplanation(difference, { ours, theirs, linked }) }];
    });
  });
  return { compared, differences };
}

function readSpec(root: string, name: string): Readonly<Record<string, Value>> | undefined {
  const file = path.join(root, 'etc/docksmith/containers', `${name}.yaml`);
  if (!existsSync(file)) return undefined;
  const { values } = parseRunSpec(file, readFileSync(file, 'utf8'), {
    // what docksmith writes itself is below its root, what it adopted is where it is
    file: (one) => (existsSync(path.join(root, one)) ? path.join(root, one) : one),
  });
  return withoutDefaults(values);
}

/** `web.ports: 8080:80, not 80:80`. */
export function formatDifference({ service, key, ours, theirs }: Difference): string {
  const show = (value: Value | undefined): string =>
    value === undefined ? 'nothing' : typeof value === 'object' ? formatCanonical(value) : String(value);
  return `${service}.${key}: ${show(ours)}, and Compose has ${show(theirs)}`;
}
