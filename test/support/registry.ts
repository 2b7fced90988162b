import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import type { Dockerd } from './dockerd.ts';
import { makeTemporaryFolder, removeFolder } from './leftovers.ts';

/** A registry that asks for a password, on loopback in the namespace of an engine. */
export interface Registry {
  /** `127.0.0.1:5999` */
  readonly address: string;
  readonly user: string;
  readonly password: string;
  /** pushes an image of the engine under this name (`app:1`), and takes it off the engine again; @returns its digest */
  push(image: string, name: string): Promise<string>;
  stop(): Promise<void>;
}

const TRIES = 200;

/** Needs `needs('dockerd', 'registry')`. */
export async function startRegistry(dockerd: Dockerd, port = 5999): Promise<Registry> {
  const dir = makeTemporaryFolder('registry');
  const address = `127.0.0.1:${port}`;
  const [user, password] = ['puller', 'open: sesame, $1'];
  mkdirSync(path.join(dir, 'data'));
  writeFileSync(path.join(dir, 'htpasswd'), execFileSync('htpasswd', ['-nbB', user, password]));
  writeFileSync(
    path.join(dir, 'config.yml'),
    JSON.stringify({
      version: 0.1,
      log: { level: 'error' },
      storage: { filesystem: { rootdirectory: path.join(dir, 'data') } },
      http: { addr: address },
      auth: { htpasswd: { realm: 'test', path: path.join(dir, 'htpasswd') } },
    }),
  );
  const child = spawn(
    'setpriv',
    [
      '--pdeathsig',
      'TERM',
      ...dockerd.namespace.command('docker-registry', ['serve', path.join(dir, 'config.yml')]).flat(),
    ],
    { stdio: 'ignore' },
  );
  const isUp = async (): Promise<boolean> =>
    (await dockerd.namespace.run('busybox', ['wget', '-q', '-O', '/dev/null', `http://${address}/`])).exitCode === 0;
  for (let tries = 0; !(await isUp()); tries++) {
    if (tries === TRIES || child.exitCode !== null) throw new Error(`docker-registry does not answer on ${address}`);
    await setTimeout(20);
  }
  return {
    address,
    user,
    password,
    async push(image, name) {
      const there = `${address}/${name}`;
      await dockerd.docker('login', '--username', user, '--password', password, address);
      await dockerd.docker('tag', image, there);
      const said = await dockerd.docker('push', there);
      await dockerd.docker('logout', address);
      await dockerd.docker('rmi', there);
      const [, digest = ''] = /digest: (sha256:[0-9a-f]+)/.exec(said) ?? [];
      return digest;
    },
    async stop() {
      child.kill('SIGTERM');
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
      removeFolder(dir);
    },
  };
}
