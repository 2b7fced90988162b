import { Failure } from '../../base/errors.ts';
import type { Paths } from '../../base/paths.ts';
import { toByteString } from '../../db/byte-text.ts';
import { changeDb } from '../../db/store.ts';
import { Container, CONTAINERS } from '../../model/container.ts';
import { readHostSnapshot } from '../host-state.ts';
import type { Reporter } from '../reporter.ts';
import { signalEvent } from '../signal.ts';
import type { StepCommands } from '../step-part.ts';
import type { Reconciled } from './reconciled.ts';

/** Set while containers are started with another port, so that there is one other try and no third. */
const OTHER_TRY = 'DOCKSMITH_OTHER_TRY';

/**
 * Between the moment when a loopback port was given out and the start of its container somebody else may have
 * taken it. Such a container gets another port, which takes another vhost too, and is started once more.
 * @returns what is left of the failures
 */
export async function retryWithOtherPorts(
  paths: Paths,
  result: Reconciled,
  { commands, signal }: { readonly commands: StepCommands; readonly signal: AbortSignal },
  reporter: Reporter,
): Promise<Reconciled> {
  const taken = process.env[OTHER_TRY] === undefined ? listTaken(paths, result) : new Map<string, Failure>();
  if (taken.size === 0 || signal.aborted) return result;
  for (const [key, { why }] of taken) reporter.warning(`${key} gets another loopback port, since ${why.trim()}`);
  // what needs one of them was not begun, or failed with it
  const { failed = [], skipped = [] } = result.applied ?? {};
  const again = failed.filter(
    ({ operation: { name }, failure }) =>
      taken.has(name) || [...taken.keys()].some((key) => failure.why.includes(`needs "${key}"`)),
  );
  const names = [...new Set([...again.map(({ operation }) => operation), ...skipped].map(({ name }) => name))];
  process.env[OTHER_TRY] = '1';
  try {
    const { failures } = await signalEvent(
      paths,
      {
        event: 'docker-container-update',
        args: names.filter((name) => new Container(readHostSnapshot(paths), name).isContainer),
        commands,
        signal,
        changeDbs: (staged) => forgetPorts(staged, [...taken.keys()]),
      },
      reporter,
    );
    const former = new Set(again.map(({ failure }) => failure));
    return { ...result, failures: [...result.failures.filter((failure) => !former.has(failure)), ...failures] };
  } finally {
    Reflect.deleteProperty(process.env, OTHER_TRY);
  }
}

/** Containers that failed for the port that docksmith has given them, by name. */
function listTaken(paths: Paths, { applied }: Reconciled): ReadonlyMap<string, Failure> {
  const failed = applied?.failed ?? [];
  if (failed.length === 0) return new Map();
  const snapshot = readHostSnapshot(paths);
  return new Map(
    failed.flatMap(({ operation: { name }, failure }) => {
      const container = new Container(snapshot, name);
      const port = container.hasWeb && container.hasOwnPorts ? container.claimedWebPort : undefined;
      return port !== undefined && isPortTaken(failure.why, port) ? [[name, failure] as const] : [];
    }),
  );
}

/** As the engines say it: `listen tcp4 127.0.0.1:47000: bind: address already in use`, `port is already allocated`. */
export function isPortTaken(why: string, port: number): boolean {
  return /already in use|already allocated/.test(why) && new RegExp(`127\\.0\\.0\\.1:${port}\\b`).test(why);
}

/** The next allocation gives others: the old ones are named in files of docksmith's, and so are not free. */
function forgetPorts(paths: Paths, keys: readonly string[]): void {
  changeDb(paths, CONTAINERS, (draft) => {
    for (const key of keys) draft.deleteProp(toByteString(key), 'WebHostPort');
  });
}
