import { setTimeout } from 'node:timers/promises';
import { Failure, listHints, reasonOf } from '../../base/errors.ts';
import { NEVER } from '../../base/interrupt.ts';
import { formatCount } from '../../base/quantity.ts';
import type { Paths } from '../../base/paths.ts';
import { readSnapshot } from '../../db/read-snapshot.ts';
import type { Field } from '../../files/state-file.ts';
import { takeLock } from '../../files/lock.ts';
import { describeRecord } from '../../flow/commit/generation-dbs.ts';
import { withHostDefaults } from '../../model/host-defaults.ts';
import { NO_FACTS } from '../../host/facts.ts';
import { ask, askReport } from './answers.ts';
import { Unreachable } from './call-host.ts';
import { compareContents, type ContentChanges, listUnsent, NO_CONTENT, readContent } from './content.ts';
import { chooseHosts, getWriter, type KnownHost, readHosts } from './known-hosts.ts';
import { AGREED, PLANNED, Repository, type Revision } from './repository.ts';
import { rememberSeen } from './seen.ts';

export interface PushRequest {
  /** names of hosts; empty: all others */
  readonly names: readonly string[];
  readonly dryRun: boolean;
  readonly takeOver: boolean;
  readonly confirmSeconds: number;
  readonly who: string;
  readonly signal?: AbortSignal | undefined;
}

export type PushOutcome =
  | 'done'
  | 'up to date'
  | 'planned'
  | 'unreachable'
  | 'refused'
  | 'failed'
  | 'went back'
  | 'not confirmed';

/** What became of one host. */
export interface Pushed {
  readonly host: string;
  readonly outcome: PushOutcome;
  /** what changed there, or would; in words */
  readonly changes: readonly string[];
  /** what that host has otherwise, and keeps */
  readonly kept: readonly string[];
  /** of the plan, in words */
  readonly plan: readonly string[];
  readonly why: readonly string[];
  /** what to do about it */
  readonly hints: readonly string[];
}

export const FAILED: readonly PushOutcome[] = ['unreachable', 'refused', 'failed', 'went back', 'not confirmed'];

export interface PushResult {
  readonly revision: Revision;
  /** against what was sent before */
  readonly changes: ContentChanges;
  readonly hosts: readonly Pushed[];
  readonly warnings: readonly string[];
}

const WHAT = 'push';
const CONFIRM_AGAIN_MILLISECONDS = 1000;

/**
 * Makes a commit of what this host has, if that is new, and sends it to the others, all at once.
 * @param onHost told of each that is done
 * @throws Failure where nothing was sent at all; what becomes of single hosts is in the result
 */
export async function push(paths: Paths, request: PushRequest, onHost: (done: Pushed) => void): Promise<PushResult> {
  const { names, dryRun, who, signal } = request;
  const snapshot = withHostDefaults(readSnapshot(paths), NO_FACTS);
  const known = readHosts(snapshot);
  const writer = getWriter(known, WHAT);
  if (known.here !== writer.name)
    throw new Failure('cannot push', {
      why: `this host, ${known.here ?? 'which has no name'}, is not the writer: ${writer.name} is`,
      hint: `to be the writer from now on: db hosts setprop ${known.here ?? 'HOST'} Role writer, and of ${writer.name} Role follower`,
    });
  const hosts = chooseHosts(known, names, 'push to');
  if (hosts.length === 0) throw new Failure('cannot push', { why: 'db hosts has no other host that is enabled' });
  const { revision, changes } = commit(paths, who, dryRun);
  const done = await Promise.all(
    hosts.map(async (host) => {
      const pushed = await pushTo(paths, host, revision, request).catch((error: unknown): Pushed => {
        if (!(error instanceof Failure)) throw error;
        const outcome = signal?.aborted !== true && error instanceof Unreachable ? 'unreachable' : 'failed';
        return { ...NOTHING, host: host.name, outcome, why: [reasonOf(error)], hints: listHints([error]) };
      });
      onHost(pushed);
      return pushed;
    }),
  );
  rememberSeen(paths, new Map(done.map(({ host, outcome }) => [host, outcome !== 'unreachable'])));
  const warnings = listUnsent(paths).map((file) => `${file} does not go to other hosts: it is no plain file`);
  return { revision, changes, hosts: done, warnings };
}

const NOTHING = { changes: [], kept: [], plan: [], why: [], hints: [] } as const;

/** Under a lock, since the name of the last commit is moved. */
function commit(paths: Paths, who: string, dryRun: boolean): { revision: Revision; changes: ContentChanges } {
  const repository = new Repository(paths);
  repository.make();
  const lock = takeLock(paths.file(`${repository.place}.lock`), { holder: 'docksmith push' });
  try {
    const agreed = repository.find(AGREED);
    const before = agreed === undefined ? NO_CONTENT : repository.read(paths, agreed);
    const content = readContent(paths, [before]);
    const changes = compareContents(before, content);
    const parents = agreed === undefined ? [] : [agreed];
    const revision = repository.commit(PLANNED, content, { parents, who, message: formatMessage(changes) });
    if (agreed !== undefined && repository.isSameTree(agreed, revision)) return { revision: agreed, changes };
    if (!dryRun) repository.set(AGREED, revision);
    return { revision, changes };
  } finally {
    lock.release();
  }
}

/** What changed by record and file; no values, since some are secret. */
function formatMessage({ records, files }: ContentChanges): string {
  const words = [...records.map(describeRecord), ...files];
  const [first = 'nothing'] = words;
  const title = words.length === 1 ? first : formatCount(words.length, 'change');
  return `${title.replaceAll('\n', ' ')}\n\n${words.join('\n')}\n`;
}

async function pushTo(
  paths: Paths,
  host: KnownHost,
  revision: Revision,
  { dryRun, takeOver, confirmSeconds, signal = NEVER }: PushRequest,
): Promise<Pushed> {
  const repository = new Repository(paths);
  const report = await askReport(host, signal);
  if (report.name !== host.name)
    throw new Failure(`cannot push to "${host.name}"`, {
      why: `the host there is called ${report.name ?? 'nothing'} (SystemName, or HostName of the record docksmith)`,
    });
  const have = report.revision === undefined ? undefined : repository.find(report.revision);
  if (report.revision === revision && !(takeOver && report.drift.length > 0))
    return { ...NOTHING, host: host.name, outcome: 'up to date', kept: report.drift };
  const bundle = have === revision ? Buffer.alloc(0) : repository.bundle(revision, have);
  const flags = [...(dryRun ? ['--dry-run'] : []), ...(takeOver ? ['--take-over'] : [])];
  const words = ['--apply', revision, '--confirm-timeout', String(confirmSeconds), ...flags];
  const { outcome, ...answer } = await ask(host, words, parseReceived, { input: bundle, signal });
  const pushed = { ...answer, host: host.name };
  if (outcome === 'unchanged') return { ...pushed, outcome: 'up to date' };
  if (outcome !== 'applied') return { ...pushed, outcome };
  const why = await confirmOn(host, revision, confirmSeconds, signal);
  return why === undefined ? { ...pushed, outcome: 'done' } : { ...pushed, outcome: 'not confirmed', why: [why] };
}

/** Over a new connection: that is what shows that the host is still reached. @returns why it was not confirmed */
async function confirmOn(
  host: KnownHost,
  revision: Revision,
  seconds: number,
  signal: AbortSignal,
): Promise<string | undefined> {
  const until = Date.now() + seconds * 1000;
  for (;;) {
    try {
      await ask(host, ['--confirm', revision], () => undefined, {
        limitSeconds: host.connectSeconds + seconds,
        signal,
      });
      return undefined;
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      if (!(error instanceof Unreachable) || signal.aborted) return error.why;
      if (Date.now() + CONFIRM_AGAIN_MILLISECONDS >= until)
        return `${error.why}; without a confirmation it goes back by itself`;
      await setTimeout(CONFIRM_AGAIN_MILLISECONDS);
    }
  }
}

type Answered = Omit<Pushed, 'host' | 'outcome'> & {
  readonly outcome: 'applied' | 'unchanged' | 'planned' | 'refused' | 'failed' | 'went back';
};

/** What `docksmith receive --apply` prints. */
function parseReceived(answer: Field): Answered {
  const texts = (name: string): readonly string[] => answer.get(name).list((item) => item.text());
  const outcome = (['applied', 'unchanged', 'planned', 'refused', 'failed', 'went back'] as const).find(
    (one) => one === answer.get('outcome').text(),
  );
  if (outcome === undefined) return answer.get('outcome').wrong('an outcome');
  return {
    outcome,
    ...{
      changes: texts('changes'),
      kept: texts('kept'),
      plan: texts('plan'),
      why: texts('why'),
      hints: texts('hints'),
    },
  };
}
