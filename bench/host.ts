import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { bin, ROOT, type Run, timeNode } from './measure.ts';

/** A host in a folder, with one event `bench` of files only. */
export interface BenchHost {
  readonly root: string;
  /** runs the event; milliseconds */
  event(): Promise<number>;
  /** further variables for the environment of a process that is to work on it */
  readonly env: Readonly<Record<string, string>>;
  write(file: string, text: string): void;
  /** a copy without caches, to be removed by its `stop` */
  copy(): BenchHost;
  /** takes away every cache */
  forget(): void;
  /** every file that the event has written, as `plain.js` takes them, laid out in a folder of its own */
  listOutputs(): readonly (readonly [file: string, text: string])[];
  stop(): void;
}

/** @param from a root to be copied; absent: an empty one */
export function makeBenchHost(from?: string): BenchHost {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'docksmith-bench-'));
  const root = path.join(folder, 'root');
  if (from === undefined) mkdirSync(root);
  else cpSync(from, root, { recursive: true });
  // no engine: these are figures of files
  const env = { DOCKSMITH_ROOT: root, DOCKSMITH_ENGINE: `memory://${path.join(folder, 'engine.json')}` };
  const host: BenchHost = {
    root,
    env,
    event: () => timeNode([bin('signal-event'), 'bench'], { env }),
    write(file, text) {
      mkdirSync(path.dirname(path.join(root, file)), { recursive: true });
      writeFileSync(path.join(root, file), text);
    },
    copy() {
      const copied = makeBenchHost(root);
      copied.forget();
      return copied;
    },
    forget: () => rmSync(path.join(root, 'var/cache/docksmith'), { recursive: true, force: true }),
    listOutputs: () =>
      ['etc/out', 'etc/docksmith/containers', 'etc/httpd/conf.d'].flatMap((below) =>
        listFiles(path.join(root, below)).map(
          (file) => [path.relative(root, file), readFileSync(file, 'utf8')] as const,
        ),
      ),
    stop: () => rmSync(folder, { recursive: true, force: true }),
  };
  return host;
}

function listFiles(folder: string): readonly string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => path.join(folder, name))
    .filter((file) => statSync(file).isFile());
}

/**
 * The plain code for the outputs of a host.
 * @param isFresh none of them is there before; else they replace what the last round has left
 */
export function plainCode(
  outputs: () => readonly (readonly [file: string, text: string])[],
  isFresh: boolean,
): Run & { stop(): void } {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'docksmith-bench-plain-'));
  const run = (): Promise<number> => {
    if (isFresh) rmSync(path.join(folder, 'out'), { recursive: true, force: true });
    const list = path.join(folder, 'files.json');
    writeFileSync(list, JSON.stringify(outputs().map(([file, text]) => [path.join(folder, 'out', file), text])));
    const { status, stdout, stderr } = spawnSync(process.execPath, [path.join(ROOT, 'bench/plain.js'), list], {
      encoding: 'utf8',
    });
    if (status !== 0) throw new Error(`bench/plain.js: ${stderr}`);
    return Promise.resolve(Number(stdout));
  };
  return Object.assign(run, { stop: () => rmSync(folder, { recursive: true, force: true }) });
}

/**
 * Templates and records, all distinct: template `n` has `fragments` fragments, each with a text of its
 * own and props of a record of its own.
 */
export function makeTemplateHost(templates: number, fragments: number): BenchHost {
  const host = makeBenchHost();
  for (let n = 0; n < templates; n++) {
    for (let f = 0; f < fragments; f++) {
      host.write(
        `etc/docksmith/templates/etc/out/file${n}/${10 + f}part`,
        `# part ${f} of file ${n}\n{{#if (enabled r${n})}}\nsetting-${n}-${f} {{r${n}.Value}} {{default r${n}.Other "none ${n}"}}\n{{/if}}\n`,
      );
    }
    host.write(`etc/docksmith/events/bench/templates2expand/etc/out/file${n}`, '');
  }
  writeTemplateRecords(host, templates, 0);
  return host;
}

/** All of a template host's records, with values that differ from those of another round. */
export function writeTemplateRecords(host: BenchHost, templates: number, round: number): void {
  const lines = Array.from(
    { length: templates },
    (_, n) => `r${n}=service|Other|other ${n}|Value|value ${n} of ${round}|status|enabled\n`,
  ).toSorted();
  host.write('var/lib/docksmith/db/configuration', lines.join(''));
}

/** So many containers, with a run spec and a vhost each, by the shipped templates. */
export function makeContainerHost(count: number): BenchHost {
  const host = makeBenchHost();
  host.write(
    'var/lib/docksmith/db/configuration',
    [
      'DomainName=example.test\n',
      'LocalIP=127.0.0.1\n',
      'SystemName=host\n',
      'docker=service|status|enabled\n',
      'docksmith=service|PortRange|10001-30000\n',
      'httpd=service|ConfDir|/etc/httpd/conf.d|Layout|redhat|status|enabled\n',
    ].join(''),
  );
  host.write('var/lib/docksmith/db/networks', '127.0.0.0=network|Mask|255.0.0.0\n');
  host.write(
    'var/lib/docksmith/db/docker_containers',
    Array.from({ length: count }, (_, n) => containerRecord(n)).join(''),
  );
  for (const template of ['docksmith/containers', 'httpd/docksmith/vhost'])
    host.write(`etc/docksmith/events/bench/templates2expand/etc/${template}`, '');
  mkdirSync(path.join(host.root, 'etc/httpd/conf.d'), { recursive: true });
  return host;
}

function containerRecord(n: number): string {
  const name = `c${String(n).padStart(5, '0')}`;
  return `${name}=service|Env|NUMBER=${n}|Image|image${n}:1|MaxMemory|${64 + n}|SubDomain|enabled|WebHostPort|${10001 + n}|WebPort|${80 + (n % 1000)}|access|private|status|enabled\n`;
}

/** One prop of one container becomes what no round had before. */
export async function changeContainer(host: BenchHost, round: number): Promise<void> {
  await timeNode([bin('db'), 'docker_containers', 'setprop', 'c00007', 'MaxMemory', String(20_000 + round)], {
    env: host.env,
  });
}
