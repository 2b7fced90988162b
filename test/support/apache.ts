import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { makeTemporaryFolder, removeFolder } from './leftovers.ts';
import type { Namespace } from './namespace.ts';
import { type Result, run, runOrFail } from './run.ts';

/** Debian's, then Red Hat's. */
const MODULE_DIRS = ['/usr/lib/apache2/modules', '/usr/lib64/httpd/modules'];
const MODULES = [
  'mpm_event',
  'authn_core',
  'authn_file',
  'authz_core',
  'authz_host',
  'authz_user',
  'auth_basic',
  'proxy',
  'proxy_http',
  'proxy_wstunnel',
  'rewrite',
  'headers',
  'alias',
  'dir',
  'mime',
  'setenvif',
  'ssl',
  'socache_shmcb',
  'filter',
];
const START_SECONDS = 15;

export interface ApacheOptions {
  /** the files that it includes, as patterns: `ROOT/etc/httpd/conf.d/*.conf` */
  readonly include?: readonly string[];
  /** lines before those, for the host's own sites */
  readonly extraConfig?: string;
  /** further modules */
  readonly modules?: readonly string[];
  /** where it stands; in a namespace the ports are 80 and 443 on all addresses, else two free ones on 127.0.0.1 */
  readonly namespace?: Namespace;
}

export interface Apache {
  readonly port: number;
  readonly sslPort: number;
  readonly dir: string;
  /** a certificate for any name, signed by itself */
  readonly certificate: string;
  readonly certificateKey: string;
  /** as `httpd` records want them: the command lines that check the configuration and take it up */
  readonly checkCommand: string;
  readonly reloadCommand: string;
  /** checks the syntax of everything that it includes */
  check(): Promise<Result>;
  /** takes the configuration up; requests are answered by it when this is done */
  graceful(): Promise<Result>;
  errorLog(): string;
  stop(): Promise<void>;
}

/** A private Apache: nothing is read from the machine's configuration. Needs `needs('apache')`. */
export async function startApache({
  include = [],
  extraConfig = '',
  modules = [],
  namespace,
}: ApacheOptions = {}): Promise<Apache> {
  const dir = makeTemporaryFolder('apache');
  const inside = (program: string, args: readonly string[]): readonly [string, readonly string[]] =>
    namespace === undefined ? [program, args] : namespace.command(program, args);
  const [port, sslPort] = namespace === undefined ? await findFreePorts() : [80, 443];
  const certificate = await makeCertificate(dir, 'host.example.test');
  const config = path.join(dir, 'apache.conf');
  mkdirSync(path.join(dir, 'htdocs'));
  writeFileSync(path.join(dir, 'htdocs/index.html'), 'the default site\n');
  const address = namespace === undefined ? '127.0.0.1:' : '';
  writeFileSync(
    config,
    [
      `ServerRoot "${dir}"`,
      `DefaultRuntimeDir "${dir}"`,
      `PidFile "${dir}/apache.pid"`,
      `Mutex "file:${dir}" default`,
      `ErrorLog "${dir}/error.log"`,
      'LogLevel warn',
      'ServerName localhost',
      'User nobody',
      'Group nogroup',
      ...loadModules(modules),
      `SSLSessionCache "shmcb:${dir}/sessions(65536)"`,
      `Listen ${address}${port}`,
      `Listen ${address}${sslPort}`,
      `DocumentRoot "${dir}/htdocs"`,
      'TypesConfig /dev/null',
      `<Directory "${dir}">`,
      'Require all granted',
      '</Directory>',
      extraConfig,
      ...include.map((pattern) => `IncludeOptional ${pattern}`),
      '',
    ].join('\n'),
  );

  // in the foreground, as our own child, so that its end is seen; and the kernel ends it if the test run is killed
  const child = spawn(
    'setpriv',
    ['--pdeathsig', 'TERM', ...inside('apache2', ['-f', config, '-D', 'FOREGROUND']).flat()],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  );
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
  const ended = once(child, 'exit');
  const hasEnded = (): boolean => child.exitCode !== null || child.signalCode !== null;
  const errorLog = (): string => (existsSync(`${dir}/error.log`) ? readFileSync(`${dir}/error.log`, 'utf8') : '');
  const stop = async (): Promise<void> => {
    if (!hasEnded()) {
      child.kill('SIGTERM');
      await ended;
    }
    removeFolder(dir);
  };
  const until = Date.now() + START_SECONDS * 1000;
  while (!hasEnded() && !existsSync(path.join(dir, 'apache.pid')) && Date.now() < until) await setTimeout(10);
  if (hasEnded() || Date.now() >= until) {
    const message = `apache2 did not start: ${said}${errorLog()}`;
    await stop();
    throw new Error(message);
  }

  return {
    port,
    sslPort,
    dir,
    ...certificate,
    checkCommand: `apache2 -f ${config} -t`,
    reloadCommand: `apache2 -f ${config} -k graceful`,
    check: () => run(...inside('apache2', ['-f', config, '-t'])),
    async graceful() {
      const generations = countGenerations(errorLog());
      const result = await run(...inside('apache2', ['-f', config, '-k', 'graceful']));
      // the command only sends the signal; the log tells when the new generation serves
      while (result.exitCode === 0 && !hasEnded() && countGenerations(errorLog()) === generations) await setTimeout(5);
      return result;
    },
    errorLog,
    stop,
  };
}

/** A key and a certificate for the name and all names below its domain, signed by itself, in the folder. */
export async function makeCertificate(
  dir: string,
  name: string,
): Promise<{ certificate: string; certificateKey: string }> {
  const certificate = path.join(dir, `${name}.crt`);
  const certificateKey = path.join(dir, `${name}.key`);
  const names = `subjectAltName=DNS:${name},DNS:*.${name.replace(/^[^.]*\./, '')}`;
  await runOrFail('openssl', [
    'req',
    '-x509',
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:prime256v1',
    '-nodes',
    '-days',
    '30',
    '-subj',
    `/CN=${name}`,
    '-addext',
    names,
    '-keyout',
    certificateKey,
    '-out',
    certificate,
  ]);
  return { certificate, certificateKey };
}

/** Two ports of 127.0.0.1 on which nobody listens now. */
async function findFreePorts(): Promise<readonly [number, number]> {
  const servers = [net.createServer(), net.createServer()] as const;
  const ports = await Promise.all(
    servers.map(async (server) => {
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
      const address = server.address();
      return typeof address === 'object' && address !== null ? address.port : 0;
    }),
  );
  for (const server of servers) server.close();
  return [ports[0] ?? 0, ports[1] ?? 0];
}

/**
 * `LoadModule` lines by full path; what is built into this Apache has no file.
 * @param more modules besides those of a server
 */
export function loadModules(more: readonly string[] = []): readonly string[] {
  const folder = MODULE_DIRS.find((candidate) => existsSync(candidate)) ?? '';
  return [...MODULES, ...more]
    .map((name) => [name, path.join(folder, `mod_${name}.so`)] as const)
    .filter(([, file]) => existsSync(file))
    .map(([name, file]) => `LoadModule ${name}_module "${file}"`);
}

function countGenerations(log: string): number {
  return log.split('resuming normal operations').length;
}
