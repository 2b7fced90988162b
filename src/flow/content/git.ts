import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { GIT_PROTOCOLS } from '../../base/git-address.ts';
import { Interrupted } from '../../base/interrupt.ts';
import { quoteWord } from '../../base/quote.ts';
import { type Paths, STATE_DIR } from '../../base/paths.ts';
import { formatFailedEnd, runProcess } from '../../event/run-process.ts';
import { makeUnfinished, removeUnfinished } from '../../files/unfinished.ts';

/** Where keys of servers are written down. */
const KNOWN_HOSTS = `${STATE_DIR}/known_hosts`;

/** What git said against it; `message` is that, in git's words. */
export class GitError extends Error {}

export interface GitOptions {
  readonly limitSeconds: number;
  readonly signal: AbortSignal;
  /** what is added to the environment */
  readonly env?: Readonly<Record<string, string>>;
}

/**
 * Runs git, with nothing of the environment that would lead it to another repository, and with a umask under
 * which others can read what it checks out.
 * @returns the lines of standard output
 * @throws GitError, Interrupted
 */
export async function runGit(
  args: readonly string[],
  { limitSeconds, signal, env = {} }: GitOptions,
): Promise<readonly string[]> {
  const [lines, said]: [string[], string[]] = [[], []];
  const inherited = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('GIT_')));
  const result = await runProcess(
    '/bin/sh',
    ['-c', 'umask 022 && exec git -c gc.autoDetach=false "$@"', 'git', ...args],
    { ...inherited, LC_ALL: 'C', GIT_TERMINAL_PROMPT: '0', GIT_ALLOW_PROTOCOL: GIT_PROTOCOLS, ...env },
    (line, stream) => void (stream === 'stdout' ? lines : said).push(line),
    limitSeconds,
    signal,
  );
  if (signal.aborted) throw new Interrupted('cannot update the content', signal);
  const why = formatFailedEnd(result);
  if (result.exitCode === 127) throw new GitError('the program git is not there: install it');
  if (result.limit !== undefined) throw new GitError(`git: ${why ?? ''} (ContentWait of the record docksmith)`);
  if (why !== undefined) throw new GitError(tellReason(said) ?? `git ended with ${why}`);
  return lines;
}

/** Without what git and ssh say besides. */
const BESIDES =
  /^(?:warning: |Warning: Permanently added|Please make sure|and the repository exists|From |hint: |Could not read from remote|\*|@)/;

/** The first two lines that tell something; the second one is mostly that of git itself. */
function tellReason(lines: readonly string[]): string | undefined {
  if (lines.some((line) => line.includes('HOST IDENTIFICATION HAS CHANGED')))
    return `the server comes with another key than before, and may be another one; if it is right, remove its line from ${KNOWN_HOSTS}`;
  const telling = lines
    .map((line) => line.replace(/^(?:(?:fatal|error|remote): ?)+/, '').trim())
    .filter((line) => line !== '' && !BESIDES.test(line));
  return telling.length === 0 ? undefined : telling.slice(0, 2).join('; ');
}

/** A ref by its whole name, and what it is now. */
export type RemoteRef = readonly [name: string, revision: string];

/**
 * Asks a repository what a branch, a tag or a name from `refs/` is now; empty: its HEAD. A branch counts before a
 * tag of its name, as for `git clone --branch`.
 * @returns undefined where it has no such ref
 */
export async function askRemote(url: string, ref: string, options: GitOptions): Promise<RemoteRef | undefined> {
  const names =
    ref === '' ? ['HEAD'] : [...(ref.startsWith('refs/') ? [ref] : []), `refs/heads/${ref}`, `refs/tags/${ref}`];
  const patterns = names.flatMap((name) => [name, `${name}^{}`]);
  // not in the repository of whatever folder this is
  const lines = await runGit(['--git-dir=/dev/null', 'ls-remote', '--', url, ...patterns], options);
  const found = new Map(lines.map((line) => line.split('\t')).map(([revision = '', name = '']) => [name, revision]));
  for (const name of names) {
    // a tag with a message is an object of its own, in front of the revision
    const revision = found.get(`${name}^{}`) ?? found.get(name);
    if (revision !== undefined) return [name, revision];
  }
  return undefined;
}

/** How ssh gets in: what git needs in its environment, and the file with the key, where there is one. */
export interface SshAccess {
  readonly env: Readonly<Record<string, string>>;
  readonly keyFile: string | undefined;
}

/**
 * Calls `work` while the file with the key is there, in a folder that is made for it. Keys of unknown servers are
 * accepted and written down; a server that comes with another one later is refused.
 */
export async function withSshAccess<T>(
  paths: Paths,
  key: string | undefined,
  { make, remove }: KeyFolder,
  work: (access: SshAccess) => Promise<T>,
): Promise<T> {
  const options = [
    'ssh -oBatchMode=yes -oConnectTimeout=15 -oStrictHostKeyChecking=accept-new',
    // the first of them is written to; that of root and those of the host are read, too
    `-oUserKnownHostsFile=${quoteWord(`"${paths.file(KNOWN_HOSTS)}" ~/.ssh/known_hosts`)}`,
  ];
  if (key === undefined) return work({ env: { GIT_SSH_COMMAND: options.join(' ') }, keyFile: undefined });
  const folder = make();
  try {
    const keyFile = path.join(folder, 'key');
    writeFileSync(keyFile, key.endsWith('\n') ? key : `${key}\n`, { mode: 0o600 });
    const withKey = [...options, '-oIdentitiesOnly=yes -oIdentityAgent=none -i', quoteWord(keyFile)];
    return await work({ env: { GIT_SSH_COMMAND: withKey.join(' ') }, keyFile });
  } finally {
    remove(folder);
  }
}

/** A folder for its owner's eyes only. */
export interface KeyFolder {
  readonly make: () => string;
  readonly remove: (folder: string) => void;
}

/** Of who has the event lock: what it leaves when it is killed, the next one removes. */
export function unfinishedKeys(paths: Paths): KeyFolder {
  return { make: () => makeUnfinished(paths, 'key'), remove: (folder) => removeUnfinished(paths, folder) };
}

/** Whether a key can be used without a passphrase; where nothing can tell, ssh itself will. */
export async function isUsableKey(keyFile: string, signal: AbortSignal): Promise<boolean> {
  const args = ['-y', '-P', '', '-f', keyFile];
  const { exitCode } = await runProcess('ssh-keygen', args, process.env, () => undefined, 10, signal);
  return exitCode === 0 || exitCode === undefined;
}
