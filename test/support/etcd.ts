import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, mkdirSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { makeTemporaryFolder, removeFolder } from './leftovers.ts';

/** A cluster of the tests' own, on loopback. */
export interface Etcd {
  readonly endpoints: readonly string[];
  /** with the consent of the majority; fails without it */
  put(key: string, value: string): Promise<void>;
  delete(key: string): Promise<void>;
  /** ends a member as a power cut does */
  kill(member: number): Promise<void>;
  /** stops a member, which then neither answers nor closes its connections; and lets it go on */
  freeze(member: number): void;
  thaw(member: number): void;
  /** starts a killed member again, with its data */
  start(member: number): Promise<void>;
  /** the authority of a cluster with TLS */
  readonly authority: string;
  stop(): Promise<void>;
}

const TRIES = 500;

/** Needs `needs('etcd')`. */
export async function startEtcd({ members = 3, isTls = false } = {}): Promise<Etcd> {
  const dir = makeTemporaryFolder('etcd');
  const ports = await findPorts(members * 2);
  const [client, peer] = [ports.slice(0, members), ports.slice(members)];
  const scheme = isTls ? 'https' : 'http';
  const at = (kind: readonly number[], member: number, by = 'http'): string => `${by}://127.0.0.1:${kind[member] ?? 0}`;
  const endpoints = client.map((_port, member) => at(client, member, scheme));
  const file = (name: string): string => path.join(dir, name);
  if (isTls) makeCertificates(dir);
  const processes: (ChildProcess | undefined)[] = [];

  /** As JSON, without the program etcdctl; the first member that answers does it. */
  const call = async (what: string, body: unknown, only: readonly string[] = endpoints): Promise<void> => {
    const reasons: string[] = [];
    for (const endpoint of only) {
      const { stdout, status } = await curl(`${endpoint}/v3/${what}`, body, isTls ? file('ca.pem') : undefined);
      if (status === 0 && !stdout.includes('"error"')) return;
      reasons.push(`${endpoint}: ${status} ${stdout}`);
    }
    throw new Error(`etcd ${what}: ${reasons.join('; ')}`);
  };
  const launch = (member: number): void => {
    const args = {
      name: `m${member}`,
      'data-dir': file(`data${member}`),
      'listen-client-urls': at(client, member, scheme),
      'advertise-client-urls': at(client, member, scheme),
      'listen-peer-urls': at(peer, member),
      'initial-advertise-peer-urls': at(peer, member),
      'initial-cluster': peer.map((_, n) => `m${n}=${at(peer, n)}`).join(),
      'initial-cluster-token': path.basename(dir),
      'heartbeat-interval': '50',
      'election-timeout': '500',
      logger: 'zap',
      'log-level': 'error',
      ...(isTls ? { 'cert-file': file('server.pem'), 'key-file': file('server.key') } : {}),
    };

    const child = spawn(
      'setpriv',
      ['--pdeathsig', 'KILL', 'etcd', ...Object.entries(args).flatMap(([name, value]) => [`--${name}`, value])],
      { stdio: ['ignore', 'ignore', 'pipe'] },
    );
    child.stderr.pipe(createWriteStream(file(`log${member}`), { flags: 'a' }));
    processes[member] = child;
  };
  const waitFor = async (only: readonly string[]): Promise<void> => {
    for (let tries = 0; ; tries++) {
      try {
        await call('kv/put', { key: 'dXA=', value: '' }, only);
        return;
      } catch (error) {
        if (tries === TRIES) throw error;
        await setTimeout(50);
      }
    }
  };
  const base64 = (text: string): string => Buffer.from(text).toString('base64');
  const signal = (member: number, name: NodeJS.Signals): boolean => processes[member]?.kill(name) ?? false;
  for (let member = 0; member < members; member++) launch(member);
  for (const endpoint of endpoints) await waitFor([endpoint]);
  return {
    endpoints,
    authority: file('ca.pem'),
    put: (key, value) => call('kv/put', { key: base64(key), value: base64(value) }),
    delete: (key) => call('kv/deleterange', { key: base64(key) }),
    async kill(member) {
      const child = processes[member];
      processes[member] = undefined;
      if (child === undefined) return;
      const end = once(child, 'exit');
      child.kill('SIGKILL');
      await end;
    },
    freeze: (member) => void signal(member, 'SIGSTOP'),
    thaw: (member) => void signal(member, 'SIGCONT'),
    async start(member) {
      launch(member);
      await waitFor([endpoints[member] ?? '']);
    },
    async stop() {
      for (const child of processes) {
        if (child === undefined) continue;
        const end = once(child, 'exit');
        child.kill('SIGKILL');
        await end;
      }
      removeFolder(dir);
    },
  };
}

function curl(url: string, body: unknown, authority?: string): Promise<{ stdout: string; status: number }> {
  return new Promise((resolve) => {
    const args = ['-sS', '-m', '4', ...(authority === undefined ? [] : ['--cacert', authority])];
    const child = spawn('curl', [...args, '-d', JSON.stringify(body), url], { stdio: ['ignore', 'pipe', 'pipe'] });
    let stdout = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.on('close', (status) => resolve({ stdout, status: status ?? -1 }));
  });
}

/** Ports that nobody has at the moment. */
export async function findPorts(count: number): Promise<readonly number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = net.createServer().listen(0, '127.0.0.1');
      await once(server, 'listening');
      return server;
    }),
  );
  const ports = servers.map((server) => (server.address() as net.AddressInfo).port);
  for (const server of servers) server.close();
  return ports;
}

/** An authority, and a certificate for 127.0.0.1. */
function makeCertificates(dir: string): void {
  mkdirSync(dir, { recursive: true });
  writeFileSync(path.join(dir, 'san'), 'subjectAltName=IP:127.0.0.1\n');
  const openssl = (line: string): void =>
    void execFileSync('openssl', line.split(' '), { cwd: dir, stdio: ['ignore', 'ignore', 'ignore'] });
  const key = '-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes';
  openssl(`req -x509 ${key} -days 2 -keyout ca.key -out ca.pem -subj /CN=authority`);
  openssl(`req ${key} -keyout server.key -out server.csr -subj /CN=etcd`);
  openssl('x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile san -out server.pem');
}
