import { Failure } from '../../base/errors.ts';
import { readSnapshot } from '../../db/read-snapshot.ts';
import { takeLock } from '../../files/lock.ts';
import type { Paths } from '../../base/paths.ts';
import type { Reporter } from '../../flow/reporter.ts';
import { NO_FACTS } from '../../host/facts.ts';
import { withHostDefaults } from '../../model/host-defaults.ts';
import { askReport, parseAnswer } from './answers.ts';
import { callHost } from './call-host.ts';
import { confirm, goBack } from './go-back.ts';
import { chooseHosts, getWriter, type KnownHost, readHosts } from './known-hosts.ts';
import type { ReceiveRequest } from './prepare-receipt.ts';
import { receive, type Received } from './receive.ts';
import { HOSTS_LOCK, readPending } from './received-state.ts';
import { parseRevision } from './report.ts';
import { AGREED, Repository, type Revision } from './repository.ts';

export interface PullRequest
  extends Pick<ReceiveRequest, 'takeOver' | 'dryRun' | 'timeoutSeconds' | 'commandNames' | 'commands' | 'signal'> {
  /** another host than the writer */
  readonly from: string | undefined;
}

export interface Pulled {
  readonly from: string;
  readonly received: Received;
}

/**
 * Fetches what the writer sent and this host missed, and applies it. It confirms itself by reaching the writer again.
 * @throws Failure(s) where nothing was changed, or where it went back
 */
export async function pull(paths: Paths, request: PullRequest, reporter: Reporter): Promise<Pulled> {
  const known = readHosts(withHostDefaults(readSnapshot(paths), NO_FACTS));
  const [named] = request.from === undefined ? [] : chooseHosts(known, [request.from], 'pull from');
  const source = named ?? getWriter(known, 'pull');
  if (source.name === known.here)
    throw new Failure('cannot pull', { why: 'this host is the writer', hint: 'docksmith pull --from HOST' });
  reporter.progress(`asking ${source.name}`);
  const { revision, bundle } = await fetchFrom(paths, source, request.signal);
  const received = await receive(paths, { ...request, revision, bundle, isPushed: false }, reporter);
  if (received.outcome === 'applied') await confirmHere(paths, source, received.revision, request, reporter);
  return { from: source.name, received };
}

async function fetchFrom(
  paths: Paths,
  source: KnownHost,
  signal: AbortSignal | undefined,
): Promise<{ readonly revision: Revision; readonly bundle: Buffer }> {
  const have = new Repository(paths).find(AGREED);
  const answer = await callHost(source, ['--send', ...(have === undefined ? [] : [have])], { signal });
  const end = answer.indexOf(10);
  const revision = parseAnswer(source, answer.toString('utf8', 0, end < 0 ? answer.length : end), (field) =>
    field.get('revision').optional(parseRevision),
  );
  if (revision === undefined)
    throw new Failure('cannot pull', {
      why: `${source.name} has sent nothing yet`,
      hint: 'there: docksmith push',
    });
  return { revision, bundle: answer.subarray(end + 1) };
}

/** The way to the writer is the one that the next revision comes by. */
async function confirmHere(
  paths: Paths,
  source: KnownHost,
  revision: Revision,
  { commands, signal }: PullRequest,
  reporter: Reporter,
): Promise<void> {
  try {
    await askReport(source, signal);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    const lock = takeLock(paths.file(HOSTS_LOCK), { holder: 'docksmith pull' });
    try {
      const pending = readPending(paths);
      const why = `${source.name} was not reached any more: ${error.why}`;
      if (pending?.phase === 'applied') await goBack(paths, pending, why, { commands }, reporter);
      throw new Failure('cannot pull', { why: `${why}; this host went back` });
    } finally {
      lock.release();
    }
  }
  confirm(paths, revision);
}

/** What `receive --send` prints: the revision as JSON on a line, then the commits behind the one that is there. */
export function sendTo(paths: Paths, have: Revision | undefined): Buffer {
  const repository = new Repository(paths);
  const revision = repository.find(AGREED);
  const head = Buffer.from(`${JSON.stringify({ revision })}\n`);
  const known = have === undefined ? undefined : repository.find(have);
  return revision === undefined || known === revision
    ? head
    : Buffer.concat([head, repository.bundle(revision, known)]);
}
