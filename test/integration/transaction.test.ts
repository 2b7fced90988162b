import { existsSync, rmSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { copyHost, findHarm, MADE_DB, makeFaultHost, makeSpoiledPackage } from '../support/fault-host.ts';
import type { Host } from '../support/host.ts';
import { removeFolder } from '../support/leftovers.ts';
import { needs } from '../support/needs.ts';
import { inParallel, run } from '../support/run.ts';
import { type Call, CHANGING, findHit, listCalls, runTraced } from '../support/strace.ts';

const PACKAGE = path.resolve(import.meta.dirname, '../..');
const FAULTS = ['KILL', 'EIO', 'ENOSPC', 'EACCES'] as const;
type Fault = (typeof FAULTS)[number];

/**
 * `DOCKSMITH_TEST_FAULTS=all`: every call with every fault. Else every call with one of them, by turns that
 * begin with the one that the variable says: 0 to 3.
 */
const ASKED = process.env['DOCKSMITH_TEST_FAULTS'];
const WITH_ALL = ASKED === 'all';
const TURN = ASKED === undefined || WITH_ALL ? 0 : Number(ASKED);

interface Outcome {
  readonly fault: string;
  readonly generation: string;
  readonly harm: readonly string[];
  readonly isHit: boolean;
  readonly said: string;
}

needs('strace')('an event of 20 files, with the steps before them', () => {
  let host: Host;
  let calls: readonly Call[];
  const folders: string[] = [];

  beforeAll(async () => {
    host = await makeFaultHost();
    const root = copyHost(host, 'baseline');
    const traced = await runTraced([path.join(PACKAGE, 'bin/signal-event.js'), 'change'], {
      env: envOf(root),
      log: `${root}.log`,
      calls: CHANGING,
    });
    expect(traced).toMatchObject({ exitCode: 0, stderr: '' });
    calls = listCalls(traced, root);
    expect(findHarm(root, '2')).toEqual([]);
    discard(root);
  });
  afterAll(() => {
    host.stop();
    for (const folder of folders) removeFolder(folder);
  });

  const envOf = (root: string): Readonly<Record<string, string | undefined>> => ({
    DOCKSMITH_ROOT: root,
    DBPATH: undefined,
    DOCKER_HOST: undefined,
    DOCKSMITH_RUN: undefined,
  });

  /**
   * Node itself writes too, into pipes of its own, not always as often, and hangs where that fails: these
   * calls are counted by their file.
   */
  const isOwnWrite = ({ name }: Call): boolean => name === 'write';

  function discard(root: string): void {
    rmSync(root, { recursive: true, force: true });
    rmSync(`${root}.log`, { force: true });
  }

  /** Runs the event with one fault, then one other command, which is none that changes files. */
  async function runWith(call: Call, fault: Fault, id: string, program = PACKAGE): Promise<Outcome> {
    const root = copyHost(host, id);
    const file = isOwnWrite(call) && fault !== 'KILL' ? call.file : undefined;
    const inject = `${call.name}:${fault === 'KILL' ? 'signal=KILL' : `error=${fault}`}:when=${file?.times ?? call.n}`;
    const traced = await runTraced([path.join(program, 'bin/signal-event.js'), 'change'], {
      env: envOf(root),
      log: `${root}.log`,
      calls: [call.name],
      inject,
      file: file && path.join(root, file.path),
    });
    const next = await run(
      process.execPath,
      [path.join(program, 'bin/db.js'), 'configuration', 'getprop', 'app', 'Value'],
      { env: envOf(root) },
    );
    const generation = next.stdout.trim();
    // the db that the event's first step makes goes with what it has made
    const isLeft = generation === '1' && existsSync(path.join(root, MADE_DB));
    const harm =
      next.exitCode === 0
        ? [...findHarm(root, generation), ...(isLeft ? [`${MADE_DB} stays`] : [])]
        : [`db: exit code ${next.exitCode}: ${next.stderr}`];
    const hit = findHit(traced, call, root);
    discard(root);
    return {
      fault: `${fault} at ${call.name} ${call.n} (${call.target})`,
      generation,
      harm,
      isHit: hit !== undefined && call.target.startsWith(hit),
      said: next.stderr,
    };
  }

  it('makes some hundred calls that change something', () => {
    expect(calls.length).toBeGreaterThan(250);
    const names = new Set(calls.map(({ name }) => name));
    expect([...names].sort()).toEqual(
      expect.arrayContaining([
        'fchmod',
        'fchown',
        'fsync',
        'link',
        'mkdir',
        'openat',
        'rename',
        'rmdir',
        'unlink',
        'write',
      ]),
    );
  });

  it('is wholly old or wholly new after the next command, whichever of them fails or is the last', async () => {
    const faults = calls.flatMap((call, n) => {
      // of a file that has another name each time a write cannot be made to fail; opening and syncing it can
      const possible = isOwnWrite(call) && call.file === undefined ? FAULTS.slice(0, 1) : FAULTS;
      return possible
        .filter((_, at) => WITH_ALL || at === (n + TURN) % possible.length)
        .map((fault) => ({ call, fault }));
    });
    const outcomes = await inParallel(faults, ({ call, fault }, n) => runWith(call, fault, `run-${n}`));
    expect(outcomes.filter(({ harm }) => harm.length > 0).map(({ fault, harm }) => [fault, ...harm])).toEqual([]);
    const count = (generation: string): number =>
      outcomes.filter((outcome) => outcome.generation === generation).length;
    const hits = outcomes.filter(({ isHit }) => isHit).length;
    console.log(
      `${outcomes.length} faults at ${calls.length} calls, ${hits} of them at the very call: ${count('1')} times old, ${count('2')} times new, ${outcomes.filter(({ said }) => said !== '').length} times put right and said so`,
    );
    expect(count('1') + count('2')).toBe(outcomes.length);
    // both happen, and the faults come where they should; the first calls of `write` are node's own, and not
    // always as many
    expect(count('1')).toBeGreaterThan(outcomes.length / 4);
    expect(count('2')).toBeGreaterThan(outcomes.length / 10);
    expect(hits).toBeGreaterThan(outcomes.length * 0.8);
  }, 7_200_000);

  it('would be found half done if there were no journal', async () => {
    const program = makeSpoiledPackage((text) =>
      text.replace(
        /^(function (?:writeJournal|commitJournal)\(.*\) \{\n)(.*)$/gm,
        (_, head: string, line: string) => `${head}${'return;'.padEnd(line.length)}`,
      ),
    );
    folders.push(program);
    const renames = calls.filter(({ name }) => name === 'rename').filter((_, n) => n % 3 === 0);
    const outcomes = await inParallel(renames, (call, n) => runWith(call, 'KILL', `spoiled-${n}`, program));
    const mixed = outcomes.filter(({ harm }) => harm.some((words) => words.includes(' instead of ')));
    expect(mixed.length).toBeGreaterThan(2);
  }, 600_000);
});
