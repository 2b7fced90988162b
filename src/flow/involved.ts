import { parseRunSpec } from '../container/spec/run-spec.ts';
import { lookUpIndex, type Snapshot } from '../db/snapshot.ts';
import { errorCode, Failure, Failures } from '../base/errors.ts';
import { Container } from '../model/container.ts';
import { BOUND_TO } from '../model/links/links.ts';
import { parseDependency } from '../model/links/parse-links.ts';
import { withNeeded } from '../model/links/start-order.ts';
import type { Paths } from '../base/paths.ts';
import { readText } from '../files/read-file.ts';

/** Where run specs are installed. */
export const RUN_SPECS = '/etc/docksmith/containers';

/**
 * The containers that an update of some has to look at: those, enabled ones that they need,
 * those that are bound to them (they have the network or the mounts of one), and those that
 * are on the network of a group which they may not be in any more.
 */
export function listInvolved(paths: Paths, snapshot: Snapshot, names: readonly string[]): readonly string[] {
  const isEnabled = (key: string): boolean => new Container(snapshot, key).isEnabled;
  const needed = withNeeded(names, (name) =>
    isEnabled(name) ? new Container(snapshot, name).needs.filter(isEnabled) : [],
  );
  const bound = withNeeded(needed, (name) => lookUpIndex(snapshot, BOUND_TO, name).filter(isEnabled));
  return [...new Set([...bound, ...listGroupMembers(paths, names).filter(isEnabled)])];
}

/** By the installed run specs, since the records may say otherwise by now: who is linked with others needs them. */
function listGroupMembers(paths: Paths, names: readonly string[]): readonly string[] {
  return names.flatMap((name) => {
    const file = `${RUN_SPECS}/${name}.yaml`;
    try {
      const needs = parseRunSpec(file, readText(paths.file(file)), paths).values['depends_on'];
      return Array.isArray(needs) ? needs.map((item) => parseDependency(String(item)).name) : [];
    } catch (error) {
      // one that cannot be read is about to be replaced
      if (errorCode(error) !== undefined || error instanceof Failure || error instanceof Failures) return [];
      throw error;
    }
  });
}
