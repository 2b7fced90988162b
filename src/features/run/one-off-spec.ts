import { isNeverStarted, OWN_PREFIX, RUN_BY_LABEL, RUN_LABEL } from '../../container/spec/names.ts';
import { makeCreateBody } from '../../container/spec/create-body.ts';
import type { RunSpec } from '../../container/spec/run-spec.ts';
import { isMap, toMap, type Value } from '../../container/spec/value.ts';
import type { ContainerInspect, CreateBody, ImageInspect } from '../../engine/engine-api.ts';

/** What somebody asks for who runs something in the surroundings of a container. */
export interface RunRequest {
  readonly name: string;
  /** none: that of the record or its image */
  readonly command: readonly string[];
  readonly tty: boolean;
  readonly stdin: boolean;
  readonly user?: string | undefined;
  readonly workdir?: string | undefined;
  /** `NAME=VALUE` each, before those of the record */
  readonly env: readonly string[];
}

/** What is said of a container towards others: a one-off is none of them. */
const OUTWARD_KEYS: readonly string[] = ['ports', 'restart', 'healthcheck', 'labels', 'mac_address'];

/**
 * What is sent to make a one-off. It can reach all that the container can, and is reached under no name and
 * address of it. Pure.
 * @param image whose labels of ours it would have, too: it may be of a container of ours
 * @param existing the container itself, which has its data in anonymous volumes where it is one for data
 * @param mark of the process that will remove it
 */
export function makeOneOffBody(
  spec: RunSpec,
  { command, tty, stdin, user, workdir, env }: RunRequest,
  {
    image,
    existing,
    mark,
  }: {
    readonly image: ImageInspect;
    readonly existing: ContainerInspect | undefined;
    readonly mark: string | undefined;
  },
): CreateBody {
  const {
    environment = {},
    networks,
    ...values
  } = Object.fromEntries(Object.entries(spec.values).filter(([key]) => !OUTWARD_KEYS.includes(key)));
  const own: Readonly<Record<string, Value>> = {
    ...values,
    ...(isMap(environment) && { environment: toMap([...Object.entries(environment), ...env.map(splitVariable)]) }),
    ...(networks !== undefined &&
      isMap(networks) && { networks: toMap(Object.keys(networks).map((name) => [name, ''])) }),
    ...(command.length === 0 ? {} : { command }),
    ...(user === undefined ? {} : { user }),
    ...(workdir === undefined ? {} : { working_dir: workdir }),
  };
  const inherited = Object.keys(image.Config.Labels ?? {}).filter((label) => label.startsWith(OWN_PREFIX));
  return {
    ...makeCreateBody({ ...spec, values: own }, isNeverStarted(spec.ownLabels) ? existing : undefined),
    Labels: {
      ...Object.fromEntries(inherited.map((label) => [label, ''])),
      [RUN_LABEL]: spec.name,
      ...(mark === undefined ? {} : { [RUN_BY_LABEL]: mark }),
    },
    Healthcheck: { Test: ['NONE'] },
    Tty: tty,
    OpenStdin: stdin,
    StdinOnce: stdin,
    AttachStdin: stdin,
    AttachStdout: true,
    AttachStderr: true,
  };
}

function splitVariable(line: string): readonly [string, string] {
  const cut = line.indexOf('=');
  return [line.slice(0, cut), line.slice(cut + 1)];
}
