import { cpSync, mkdtempSync, readFileSync, rmdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type Result, run } from '../run.ts';
import { type Comparison, compareSpecs } from './compare.ts';
import { type Config, readComposeConfig } from './compose-config.ts';
import type { Project, Try } from './projects.ts';

/** What another project on the same host says. */
const IS_TAKEN = /is taken by container|has a record of that name already/;

/** `whole`: adopted without a gap, made by the first event, and left as it is by the second. */
export type Outcome = 'whole' | 'with gaps' | 'refused' | 'event refused' | 'not settled';

export interface Ran {
  readonly name: string;
  readonly outcome: Outcome;
  /** what was refused, or is left out */
  readonly words: string;
  /** keys that are left out */
  readonly gaps: readonly string[];
  /** undefined: it was not adopted, or there is no docker-compose */
  readonly config?: Config;
  readonly comparison?: Comparison;
}

export interface Bench {
  /** a host that is laid already */
  readonly template: string;
  /** for files of its own; messages are shown without it */
  readonly folder: string;
  readonly hasCompose: boolean;
  /** variables of the files */
  readonly env: Readonly<Record<string, string | undefined>>;
}

interface Said {
  readonly leftOut: readonly { readonly key: string }[];
  readonly folders: readonly string[];
  readonly records: readonly {
    readonly db: string;
    readonly key: string;
    readonly props: Readonly<Record<string, string>>;
  }[];
}

interface Adopted {
  readonly project: Project;
  readonly taken: Try;
  readonly said: Said;
  readonly config: Promise<Config | undefined>;
}

export interface HostRun {
  readonly results: readonly Ran[];
  /** those that want what another one of the same host has already, a name or a port */
  readonly later: readonly Project[];
}

/** Projects on a host of their own, with the engine in memory: adopted, an event, and the same event again. */
export async function runHost(
  projects: readonly Project[],
  { template, folder, hasCompose, env: given }: Bench,
): Promise<HostRun> {
  const root = mkdtempSync(path.join(folder, 'root-'));
  const engine = `${root}.json`;
  cpSync(template, root, { recursive: true });
  const env = { ...given, DOCKSMITH_ROOT: root, DOCKSMITH_ENGINE: `memory://${engine}` };
  const bin = (program: string, ...args: readonly string[]): Promise<Result> =>
    run(process.execPath, [`bin/${program}.js`, ...args], { env });
  const failed = (outcome: Outcome, name: string, { stderr }: Result): Ran => ({
    name,
    outcome,
    words: firstLine(stderr, folder),
    gaps: [],
  });
  const adopted: Adopted[] = [];
  const [refused, later]: [Ran[], Project[]] = [[], []];
  // beside the adoptions, one at a time
  let reading: Promise<unknown> = Promise.resolve();
  try {
    for (const project of projects) {
      let first: Result | undefined;
      for (const taken of project.tries) {
        const called = taken.project === undefined ? [] : ['--project-name', taken.project];
        const named = taken.named.flatMap((file) => ['-f', file]);
        const result = await bin('docksmith', 'adopt', '--json', ...called, ...named);
        first ??= result;
        if (result.exitCode !== 0) continue;
        const config = hasCompose
          ? reading.then(() => readComposeConfig(taken.files, given))
          : Promise.resolve(undefined);
        reading = config;
        adopted.push({ project, taken, said: JSON.parse(result.stdout) as Said, config });
        break;
      }
      if (first === undefined || adopted.at(-1)?.project === project) continue;
      if (adopted.length > 0 && IS_TAKEN.test(first.stderr)) later.push(project);
      else refused.push(failed('refused', project.name, first));
    }
    writeFileSync(engine, JSON.stringify(emptyEngine(adopted.flatMap(({ said }) => said.records))));
    const first = await bin('signal-event', 'docker-update');
    const before = markOf(engine);
    const second = first.exitCode === 0 ? await bin('signal-event', 'docker-update') : first;
    const results = adopted.map(async ({ project: { name }, said: { leftOut, records }, config }): Promise<Ran> => {
      const gaps = [...new Set(leftOut.map(({ key }) => key))].sort();
      const called = records.find(({ props }) => props['Application'] !== undefined)?.props['Application'];
      const read = await config;
      return {
        name,
        ...(first.exitCode !== 0
          ? failed('event refused', name, first)
          : second.exitCode !== 0
            ? failed('not settled', name, second)
            : markOf(engine) !== before
              ? { outcome: 'not settled', words: firstLine(second.stdout, folder) }
              : { outcome: gaps.length === 0 ? 'whole' : 'with gaps', words: gaps.join(' ') }),
        gaps,
        ...(read === undefined ? {} : { config: read }),
        ...(read?.config === undefined ? {} : { comparison: compareSpecs(root, called ?? path.basename(name), read) }),
      };
    });
    return { results: [...(await Promise.all(results)), ...refused], later };
  } finally {
    await reading.catch(() => undefined);
    // those of the machine, which were not there before
    for (const one of adopted.flatMap(({ said }) => said.folders).reverse())
      try {
        if (!one.startsWith(`${folder}/`)) rmdirSync(one);
      } catch {
        // somebody has put something into it
      }
    rmSync(root, { recursive: true, force: true });
    rmSync(engine, { force: true });
  }
}

/** Nothing but which containers are there for their end: no program runs in it that would come to one. */
function emptyEngine(records: Said['records']): object {
  const awaited = records.flatMap(({ props: { DependsOn = '' } }) =>
    DependsOn.split(',').flatMap((text) => /^([^:?]+):completed/.exec(text)?.[1] ?? []),
  );
  return { count: 0, containers: [], images: {}, volumes: [], ends: awaited };
}

/** Each mutating call writes the file again, whatever it changes. */
function markOf(engine: string): string {
  const { ino, mtimeMs } = statSync(engine);
  return `${ino} ${mtimeMs} ${readFileSync(engine, 'utf8')}`;
}

function firstLine(text: string, folder: string): string {
  const lines = text.split('\n').filter((line) => line !== '' && !line.includes('warning:'));
  return (lines[0] ?? '').replaceAll(`${folder}/files/`, '').replace(/^docksmith: /, '');
}
