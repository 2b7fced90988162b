import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findHarm, makeFaultHost } from '../support/fault-host.ts';
import type { Host } from '../support/host.ts';
import { start } from '../support/running.ts';

const BIN = path.resolve(import.meta.dirname, '../../bin');
/** `DOCKSMITH_TEST_KILLS=1000` for so many. */
const KILLS = Number(process.env['DOCKSMITH_TEST_KILLS'] ?? '60');
const WRITERS = 3;
/** a bit more than an event takes, so that each moment of it is met */
const LONGEST_MILLISECONDS = 1200;

describe('killed at random, with all of it at once', () => {
  let host: Host;
  beforeAll(async () => (host = await makeFaultHost()));
  afterAll(() => host.stop());

  interface Ended {
    readonly wasKilled: boolean;
    readonly exitCode: number;
  }

  /** Starts a program, and kills it after a random time unless it has ended by then. */
  async function runAndKill(program: string, ...args: readonly string[]): Promise<Ended> {
    const running = start(process.execPath, [path.join(BIN, `${program}.js`), ...args], {
      env: { DOCKSMITH_ROOT: host.root, DBPATH: undefined, DOCKER_HOST: undefined },
    });
    const timer = setTimeout(() => running.kill('SIGKILL'), Math.random() * LONGEST_MILLISECONDS);
    const { exitCode } = await running.ended;
    clearTimeout(timer);
    return { wasKilled: exitCode === -1, exitCode };
  }

  it('no event is half done, no value that was acknowledged is lost, and nothing lies about', async () => {
    let kills = 0;
    const counts = { events: 0, writes: 0, acknowledged: 0, old: 0, new: 0 };
    const values = Array.from({ length: WRITERS }, () => '0');
    await host.db(...values.map((value, n) => `counters set writer${n} counter N ${value}`));
    let generation = '1';
    for (let round = 1; kills < KILLS; round++) {
      const wanted = generation === '1' ? '2' : '1';
      host.write('/wanted', `${wanted}\n`);
      // one of them writes to the db that the event's own step changes
      const writers = values.map((_, n) =>
        runAndKill(
          'db',
          n === 0 ? 'configuration' : 'counters',
          'setprop',
          n === 0 ? 'generation' : `writer${n}`,
          n === 0 ? 'Writer' : 'N',
          String(round),
        ),
      );
      const [ended, written] = await Promise.all([runAndKill('signal-event', 'change'), Promise.all(writers)]);
      const next = await host.run('db', ['configuration', 'getprop', 'app', 'Value']);
      const now = next.stdout.trim();
      expect([round, next.exitCode, [generation, wanted].includes(now)], next.stderr).toEqual([round, 0, true]);
      expect(findHarm(host.root, now, false), `round ${round}, ${JSON.stringify(ended)}: ${next.stderr}`).toEqual([]);
      if (!ended.wasKilled) expect([round, ended.exitCode, now]).toEqual([round, 0, wanted]);
      for (const [n, { wasKilled, exitCode }] of written.entries()) {
        const read = await host.run(
          'db',
          n === 0 ? ['configuration', 'getprop', 'generation', 'Writer'] : ['counters', 'getprop', `writer${n}`, 'N'],
        );
        const value = read.stdout.trim() || '0';
        expect([round, n, wasKilled || exitCode === 0]).toEqual([round, n, true]);
        // killed: before it or after it; acknowledged: after it
        expect(wasKilled ? [values[n], String(round)] : [String(round)], `round ${round}, writer ${n}`).toContain(
          value,
        );
        values[n] = value;
        if (wasKilled) counts.writes++;
        else counts.acknowledged++;
      }
      if (ended.wasKilled) {
        counts.events++;
        counts[now === generation ? 'old' : 'new']++;
      }
      kills = counts.events + counts.writes;
      generation = now;
    }
    console.log(
      `${kills} kills: ${counts.events} events (${counts.old} times as before, ${counts.new} times done), ${counts.writes} writes; ${counts.acknowledged} writes acknowledged, none lost`,
    );
    expect(counts.events).toBeGreaterThan(0);
    expect(counts.writes).toBeGreaterThan(0);
  }, 3_600_000);
});
