import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readLedger } from '../../src/output/plan/ledger.ts';
import { findPaths } from '../../src/base/paths.ts';
import { copyHost, makeFaultHost } from '../support/fault-host.ts';
import { type Host, makeHost } from '../support/host.ts';
import { needs } from '../support/needs.ts';
import { inParallel, type Result, run } from '../support/run.ts';
import { type Call, CHANGING, listCalls, runTraced } from '../support/strace.ts';

const BIN = path.resolve(import.meta.dirname, '../../bin');
const STATE = '/var/lib/docksmith/state';

/**
 * Kills a command at its renames (of which the commit is one), at every third link and removal, each on a
 * copy of the host, and lets `db` be the next one.
 * @returns how often which outcome was found
 */
async function killEverywhere(
  host: Host,
  words: readonly string[],
  env: (root: string) => Readonly<Record<string, string | undefined>>,
  look: (root: string, next: Result) => string,
): Promise<ReadonlyMap<string, number>> {
  const program = [path.join(BIN, 'docksmith.js'), ...words];
  const found = new Map<string, number>();
  const withCopy = async <T>(
    name: string,
    work: (root: string, own: Readonly<Record<string, string | undefined>>) => Promise<T>,
  ): Promise<T> => {
    const root = copyHost(host, name);
    try {
      return await work(root, {
        DBPATH: undefined,
        DOCKER_HOST: undefined,
        DOCKSMITH_RUN: undefined,
        ...env(root),
        DOCKSMITH_ROOT: root,
      });
    } finally {
      rmSync(root, { recursive: true, force: true });
      rmSync(`${root}.log`, { force: true });
    }
  };
  const calls = await withCopy('whole', async (root, own): Promise<readonly Call[]> => {
    const traced = await runTraced(program, { env: own, log: `${root}.log`, calls: CHANGING });
    expect(traced).toMatchObject({ exitCode: 0 });
    return listCalls(traced, root).filter(
      ({ name }, n) => name === 'rename' || (['link', 'unlink', 'rmdir'].includes(name) && n % 3 === 0),
    );
  });
  await inParallel(calls, async (call) => {
    await withCopy(`${call.name}-${call.n}`, async (root, own) => {
      await runTraced(program, {
        env: own,
        log: `${root}.log`,
        calls: [call.name],
        inject: `${call.name}:signal=KILL:when=${call.n}`,
      });
      const outcome = look(
        root,
        await run(process.execPath, [path.join(BIN, 'db.js'), 'docker_containers', 'keys'], { env: own }),
      );
      found.set(outcome, (found.get(outcome) ?? 0) + 1);
    });
  });
  return found;
}

needs('strace')('commands that are killed where they rename, link or remove something', () => {
  let installed: Host;
  let adopting: Host;
  beforeAll(async () => {
    installed = await makeFaultHost();
    installed.write('/etc/own.conf', 'theirs\n');
    installed.writeFragment('/etc/own.conf', '10value', 'ours\n');
    await installed.runOrFail('expand-template', ['--take-over', '/etc/own.conf']);

    adopting = makeHost({ env: { DOCKSMITH_ENGINE: undefined } });
    const engine = adopting.file('/engine.json');
    const env = { DOCKSMITH_ENGINE: `memory://${engine}` };
    await adopting.db(
      'configuration set DomainName example.test',
      'configuration set SystemName host',
      'configuration set docker service Daemon foreign',
      'docker_containers set late service status enabled Image app:1',
    );
    await adopting.runOrFail('signal-event', ['docker-update'], { env });
    // as if somebody else had made it
    const labelled = readFileSync(engine, 'utf8');
    writeFileSync(
      engine,
      labelled.replaceAll(/"docksmith\.[^"]*": *"(?:\\.|[^"\\])*",?/g, '').replaceAll(/,(\s*\})/g, '$1'),
    );
    expect(readFileSync(engine, 'utf8')).not.toBe(labelled);
    await adopting.runOrFail('docksmith', ['uninstall', '--yes'], { env });
    adopting.remove('/var/lib/docksmith/db/docker_containers');
  });
  afterAll(() => {
    installed.stop();
    adopting.stop();
  });

  it("uninstall removes all of docksmith's files, or none", async () => {
    const outcomes = await killEverywhere(
      installed,
      ['uninstall', '--yes'],
      () => ({}),
      (root, { stderr }) => {
        const files = readdirSync(path.join(root, 'etc'), { recursive: true, encoding: 'utf8' }).filter(
          (name) => !name.startsWith('docksmith'),
        );
        const own = readFileSync(path.join(root, 'etc/own.conf'), 'utf8').includes('ours') ? 'ours' : 'theirs';
        const owned = readLedger(findPaths({ DOCKSMITH_ROOT: root })).outputs.size;
        return `${files.join(' ')}: own.conf ${own}, owned ${owned}${/cannot/.test(stderr) ? stderr : ''}`;
      },
    );
    const all = installed
      .files('/etc')
      .filter((name) => !name.startsWith('/etc/docksmith'))
      .map((name) => name.slice('/etc/'.length));
    const [before, after] = [
      `${['app', ...all].sort().join(' ')}: own.conf ours, owned 20`,
      'own.conf: own.conf theirs, owned 0',
    ];
    expect(
      [...outcomes.keys()]
        .map((outcome) => outcome.replace(/^[^:]*/, (files) => files.split(' ').sort().join(' ')))
        .sort(),
    ).toEqual([before, after].sort());
  }, 600_000);

  it('adopt writes the record and puts the container on its list, or does neither', async () => {
    const outcomes = await killEverywhere(
      adopting,
      ['adopt', 'late'],
      (root) => ({ DOCKSMITH_ENGINE: `memory://${root}/engine.json` }),
      (root, { stdout }) => {
        let adopted = '{}';
        try {
          adopted = readFileSync(path.join(root, STATE, 'adopted.json'), 'utf8');
        } catch {
          // it is written by the first adoption
        }
        return `record ${stdout.trim() || 'none'}, ${/docksmith\.name/.test(adopted) ? 'adopted' : 'not adopted'}`;
      },
    );
    expect([...outcomes.keys()].sort()).toEqual(['record late, adopted', 'record none, not adopted']);
  }, 600_000);
});
