import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { makeTemporaryFolder, removeFolder } from './leftovers.ts';
import type { Namespace } from './namespace.ts';

/** A repository of git in a folder of its own. */
export interface Repository {
  readonly folder: string;
  /** `file:///tmp/…` */
  readonly url: string;
  /** writes the files, all there are, and commits them; @returns the revision */
  commit(files: Readonly<Record<string, string>>): string;
  git(...args: readonly string[]): string;
  remove(): void;
}

export function makeRepository(): Repository {
  const folder = makeTemporaryFolder('repository');
  const git: Repository['git'] = (...args) =>
    execFileSync('git', ['-c', 'user.name=test', '-c', 'user.email=test@example.test', ...args], {
      cwd: folder,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
  git('init', '--quiet', '--initial-branch=main');
  return {
    folder,
    url: `file://${folder}`,
    git,
    commit(files) {
      git('rm', '-rqf', '--ignore-unmatch', '.');
      for (const [name, text] of Object.entries(files)) {
        mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
        writeFileSync(path.join(folder, name), text);
      }
      git('add', '--all');
      git('commit', '--quiet', '--allow-empty', '--message=change');
      return git('rev-parse', 'HEAD');
    },
    remove: () => removeFolder(folder),
  };
}

/** A pair of keys for ssh: the private one as text, and the line of the public one. */
export interface KeyPair {
  readonly secret: string;
  readonly line: string;
}

export function makeKeyPair(passphrase = ''): KeyPair {
  const folder = makeTemporaryFolder('key');
  try {
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', passphrase, '-C', 'test', '-f', path.join(folder, 'key')]);
    return {
      secret: readFileSync(path.join(folder, 'key'), 'utf8'),
      line: readFileSync(path.join(folder, 'key.pub'), 'utf8'),
    };
  } finally {
    removeFolder(folder);
  }
}

/** Writes what a client enters such servers with, and nothing else. @returns the file for `ssh -F` */
export function writeSshConfig(folder: string, { secret }: KeyPair): string {
  const [key, config] = [path.join(folder, 'key'), path.join(folder, 'config')];
  writeFileSync(key, secret, { mode: 0o600 });
  writeFileSync(
    config,
    `IdentityFile ${key}\nIdentityAgent none\nUserKnownHostsFile /dev/null\nStrictHostKeyChecking no\nLogLevel ERROR\n`,
  );
  return config;
}

/** An sshd of the tests' own, which root may enter with one key. */
export interface SshServer {
  /** `ssh://root@127.0.0.1:2299` */
  readonly url: string;
  stop(): Promise<void>;
}

const TRIES = 200;

export interface SshOptions {
  readonly port?: number;
  /** where it listens, and its url leads */
  readonly address?: string;
  /** of what it runs, `NAME=VALUE` */
  readonly env?: readonly string[];
}

/** Needs `needs('git')`. */
export async function startSshServer(
  namespace: Namespace,
  { line }: KeyPair,
  { port = 2299, address = '127.0.0.1', env = [] }: SshOptions = {},
): Promise<SshServer> {
  const dir = makeTemporaryFolder('sshd');
  const file = (name: string): string => path.join(dir, name);
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', file('host')]);
  writeFileSync(file('authorized'), line);
  writeFileSync(
    file('config'),
    [
      `ListenAddress ${address}`,
      `Port ${port}`,
      `HostKey ${file('host')}`,
      `AuthorizedKeysFile ${file('authorized')}`,
      `PidFile none`,
      'UsePAM no',
      'StrictModes no',
      'PasswordAuthentication no',
      'PermitRootLogin prohibit-password',
      ...(env.length === 0 ? [] : [`SetEnv ${env.join(' ')}`]),
      '',
    ].join('\n'),
  );
  // the program insists on this folder, which the service's own start makes on a real host
  if (!existsSync('/run/sshd')) mkdirSync('/run/sshd', { mode: 0o755 });
  const sshd = execFileSync('which', ['sshd'], { encoding: 'utf8' }).trim();
  const [program, args] = namespace.command(sshd, ['-D', '-e', '-f', file('config')]);
  const child = spawn('setpriv', ['--pdeathsig', 'TERM', program, ...args], { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
  for (let tries = 0; !said.includes('Server listening'); tries++) {
    if (tries === TRIES || child.exitCode !== null) throw new Error(`sshd does not listen on ${port}: ${said}`);
    await setTimeout(20);
  }
  return {
    url: `ssh://root@${address}:${port}`,
    async stop() {
      const end = once(child, 'exit');
      child.kill('SIGTERM');
      await end;
      rmSync(dir, { recursive: true });
    },
  };
}
