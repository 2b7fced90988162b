import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { formatLate } from '../../base/kill-after.ts';
import type { Paths } from '../../base/paths.ts';
import { findProgram } from '../../files/find-program.ts';
import { formatMessages, type Message, parseMessages } from './messages.ts';

export interface PerlSettings {
  /** it sees the host read-only, and nothing but its own folder can be changed by it */
  readonly isConfined: boolean;
  readonly limitSeconds: number;
}

/** Why perl could not be run, or did not end well; the message is the reason. */
export class NoPerl extends Error {
  readonly hint: string | undefined;

  constructor(why: string, hint?: string) {
    super(why);
    this.hint = hint;
  }
}

/** More than any configuration file has. */
const MOST_BYTES = 64 * 1024 * 1024;
/** What `timeout` exits with when it has killed. */
const KILLED = 137;
/** In case `timeout` is killed itself. */
const GRACE_SECONDS = 5;

const ALLOW = 'config setprop docksmith PerlTemplates unconfined lets them run with all rights, if you trust them';

/**
 * Runs perl/render.pl once.
 * @param dbs name -> the bytes of its file
 * @throws NoPerl
 */
export function runPerl(
  paths: Paths,
  job: readonly Message[],
  dbs: ReadonlyMap<string, Buffer>,
  { isConfined, limitSeconds }: PerlSettings,
): readonly Message[] {
  const perl = findProgram('perl', process.env['PATH'] ?? '');
  if (perl === undefined)
    throw new NoPerl('there is no perl on this host', 'install perl: apt-get install perl, or dnf install perl');
  if (isConfined && process.geteuid?.() !== 0)
    throw new NoPerl('only root can shut Perl off from files and network, and this is not root', ALLOW);
  const folder = mkdtempSync(path.join(os.tmpdir(), 'docksmith-perl-'));
  try {
    for (const name of ['root', 'db']) mkdirSync(path.join(folder, name));
    for (const [name, bytes] of dbs) writeFileSync(path.join(folder, 'db', name), bytes);
    const programs = path.join(paths.packageDir, 'perl');
    symlinkSync(programs, path.join(folder, 'perl'));
    const command = isConfined
      ? confined(paths, folder, limitSeconds, [perl, ...renderIn('/tmp/docksmith')])
      : ['timeout', '-s', 'KILL', String(limitSeconds), perl, ...renderIn(folder)];
    const [program = '', ...args] = command;
    const { status, signal, error, output, stderr } = spawnSync(program, args, {
      cwd: '/',
      env: environment(isConfined ? '/tmp/docksmith/db' : path.join(folder, 'db')),
      input: formatMessages([...job, ['end']]),
      stdio: ['pipe', 'ignore', 'pipe', 'pipe'],
      maxBuffer: MOST_BYTES,
      timeout: (limitSeconds + GRACE_SECONDS) * 1000,
      killSignal: 'SIGKILL',
    });
    const result = (output as readonly unknown[] | null)?.[3];
    const messages = parseMessages(Buffer.isBuffer(result) ? result : Buffer.alloc(0));
    if (messages.at(-1)?.[0] === 'end') return messages;
    if (status === KILLED || signal === 'SIGKILL')
      throw new NoPerl(formatLate(limitSeconds), 'config setprop docksmith PerlWait SECONDS');
    const said = stderr.toString().trim().split('\n').at(-1) || error?.message || `exit code ${status ?? signal}`;
    // before it is confined, no message of perl can come
    const isPerl = messages.length > 0 || !isConfined || said.includes('Docksmith') || said.includes('render.pl');
    throw isPerl ? new NoPerl(said) : new NoPerl(`Perl cannot be shut off from files and network: ${said}`, ALLOW);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function renderIn(folder: string): readonly string[] {
  return [`${folder}/perl/render.pl`, `${folder}/perl`, `${folder}/db`];
}

function confined(
  { root, packageDir }: Paths,
  folder: string,
  limitSeconds: number,
  command: readonly string[],
): readonly string[] {
  return [
    ...['unshare', '--mount', '--net', '--pid', '--ipc', '--uts', '--fork'],
    ...['sh', path.join(packageDir, 'perl', 'confine.sh'), folder, root, String(limitSeconds)],
    ...command,
  ];
}

/** Hashes have the same order each time, so that the text does not change by itself. */
function environment(dbs: string): NodeJS.ProcessEnv {
  return {
    PATH: '/usr/sbin:/usr/bin:/sbin:/bin',
    LANG: 'C',
    HOME: '/tmp',
    PERL_HASH_SEED: '0',
    PERL_PERTURB_KEYS: '0',
    ESMITH_CONFIG_DB: `${dbs}/configuration`,
    ESMITH_ACCOUNT_DB: `${dbs}/accounts`,
    ESMITH_NETWORKS_DB: `${dbs}/networks`,
    ESMITH_DOMAINS_DB: `${dbs}/domains`,
    ESMITH_HOSTS_DB: `${dbs}/hosts`,
  };
}
