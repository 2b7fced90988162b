import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { runOrFail } from '../run.ts';
import { listProjects, type Project } from './projects.ts';
import { type Bench, type Ran, runHost } from './run-project.ts';

const AT_ONCE = 2;
const SETTINGS = [
  'set DomainName example.test',
  'set SystemName host',
  'set docker service status enabled Daemon foreign',
  // no container of the engine in memory becomes healthy by itself
  'set docksmith service status enabled HealthWait 0',
  'set httpd service status enabled',
].join('\n');

export interface Corpus {
  readonly results: readonly Ran[];
  readonly hasCompose: boolean;
}

interface CorpusRequest {
  readonly folders: readonly {
    readonly folder: string;
    /** each file *.yaml is a project */
    readonly everyYaml?: boolean;
  }[];
  /** by the name of a project */
  readonly wanted?: (name: string) => boolean;
  /** as many projects on one host as can be: faster, and what an event refuses for one it refuses for all */
  readonly together?: boolean;
  readonly env?: Bench['env'];
}

/**
 * Every Compose file below folders through adopt, an event and the same event again, and against `docker-compose
 * config`. The files are read as copies, since folders are made beside them.
 */
export async function runCorpus({
  folders,
  wanted = () => true,
  together = false,
  env = {},
}: CorpusRequest): Promise<Corpus> {
  const work = mkdtempSync(path.join(os.tmpdir(), 'docksmith-corpus-'));
  try {
    const template = path.join(work, 'template');
    mkdirSync(template);
    await runOrFail(process.execPath, ['bin/db.js', 'configuration', 'batch'], {
      env: { DOCKSMITH_ROOT: template },
      stdin: SETTINGS,
    });
    const projects = folders.flatMap(({ folder, everyYaml }, n) => {
      const copy = path.join(work, 'files', folders.length === 1 ? '' : String(n));
      cpSync(folder, copy, { recursive: true, filter: (from) => !/\/(\.git|node_modules)$/.test(from) });
      return listProjects(copy, everyYaml).filter(({ name }) => wanted(name));
    });
    const bench = { template, folder: work, hasCompose: spawnSync('docker-compose', ['version']).status === 0, env };
    const results: Ran[] = [];
    const queue: (readonly Project[])[] = together ? [projects] : projects.map((project) => [project]);
    const worker = async (): Promise<void> => {
      for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
        const { results: ran, later } = await runHost(next, bench);
        results.push(...ran);
        if (later.length > 0) queue.push(later);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
    results.sort((a, b) => (a.name < b.name ? -1 : 1));
    return { results, hasCompose: bench.hasCompose };
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}
