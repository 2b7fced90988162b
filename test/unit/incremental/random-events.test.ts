import { expect, onTestFinished, test } from 'vitest';
import { changeInPlace, findTwice, makeChange, setUp } from '../../support/random-events/changes.ts';
import { useCoarseClock } from '../../support/random-events/coarse-clock.ts';
import { type Ask, type Outcome, RandomHost } from '../../support/random-events/host.ts';
import { OF_CONTAINERS, OF_THINGS, RUN_SPECS, SINGLE } from '../../support/random-events/texts.ts';
import { pick, type Random, randomFrom } from '../../support/random-changes.ts';
import { readLedger } from '../../../src/output/plan/ledger.ts';

/**
 * `DOCKSMITH_TEST_STEPS=5000` for so many, `DOCKSMITH_TEST_SEED=7` for others; few for those who run it fifty
 * times a day.
 */
const STEPS = Number(process.env['DOCKSMITH_TEST_STEPS'] ?? '60');
const SEED = Number(process.env['DOCKSMITH_TEST_SEED'] ?? '1');
/** Steps on one host: then everything begins anew, with the next seed. */
const STEPS_OF_A_HOST = 250;

const settle = (): void => {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 45);
};

const WHOLE: Ask = { event: 'docker-update', args: [] };

function randomAsk(host: RandomHost, random: Random): Ask {
  const kind = random();
  if (kind < 0.5) return WHOLE;
  const names = ['wiki', 'git', 'app', 'wiki', 'git', 'app', pick(random, ['cache', 'nobody'])];
  if (kind < 0.78)
    return {
      event: 'docker-container-update',
      args: random() < 0.7 ? [pick(random, names)] : [pick(random, names), pick(random, names)],
    };
  const outputs = [...readLedger(host.paths).outputs.paths()];
  if (kind < 0.9 && outputs.length > 0) return { template: pick(random, outputs) };
  const template = pick(random, [
    RUN_SPECS,
    OF_CONTAINERS,
    OF_THINGS,
    SINGLE,
    '/etc/docker/daemon.json',
    '/etc/httpd/docksmith/vhost',
  ]);
  return { template, ...(random() < 0.1 ? { outputFilename: '/etc/elsewhere' } : {}) };
}

interface Counts {
  done: number;
  refused: number;
  inARow: number;
}

/** One step: changes, what is asked for, and whether that left what `--force` would. */
async function step(host: RandomHost, random: Random, counts: Counts, log: string[]): Promise<void> {
  host.begin();
  const changes = 1 + Math.floor(random() * 2.2);
  for (let n = 0; n < changes; n++) log.push(makeChange(host, random));
  // what was changed within a step of the clock is no less changed
  if (random() < 0.6) settle();
  let ask = random() < 0.15 ? await beDisturbed(host, random, log) : randomAsk(host, random);
  if (await compare(host, ask, log)) [counts.done, counts.inARow] = [counts.done + 1, 0];
  else {
    counts.refused++;
    host.undo();
    log.push('undone');
    // what an event of less has let through may be refused by every other one
    if (++counts.inARow % 4 === 0) setUp(host, random);
    return;
  }
  // what one request installed or left, another one has to know
  if (random() < 0.35) {
    ask = random() < 0.7 ? WHOLE : randomAsk(host, random);
    if (random() < 0.5) settle();
    await compare(host, ask, log);
  }
}

/** An event while somebody edits: what it left is not known, what the next one leaves is. */
async function beDisturbed(host: RandomHost, random: Random, log: string[]): Promise<Ask> {
  const ask = randomAsk(host, random);
  let facts = 0;
  const twice = random() < 0.6 ? findTwice(host, random) : undefined;
  const change = twice ?? ((): string => changeInPlace(host, random) ?? 'nothing');
  const at = Math.floor(random() * 6);
  const places = twice === undefined ? [at] : [at, at + 1 + Math.floor(random() * 30)];
  host.onFact = () => {
    if (places.includes(facts++)) log.push(`meanwhile ${change()}`);
  };
  log.push(JSON.stringify(ask));
  await host.run(host.requestsOf(ask));
  host.onFact = () => undefined;
  return ask;
}

/** Undefined records are the only thing that is wrong, or there are none. */
function namesOfGone(outcome: Outcome): readonly string[] {
  const names =
    'mistakes' in outcome
      ? outcome.mistakes.map(
          (mistake) => /^cannot find "(.*)" in db docker_containers: there is no such record$/.exec(mistake)?.[1],
        )
      : [];
  return names.includes(undefined) ? [] : names.flatMap((name) => name ?? []);
}

/** @returns false where it is refused, by either way */
async function compare(host: RandomHost, ask: Ask, log: string[]): Promise<boolean> {
  log.push(JSON.stringify(ask));
  const requests = host.requestsOf(ask);
  const outcome = await host.run(requests);
  const first = host.wouldForce(requests);
  // a container without record and outputs is refused: its event is over
  const gone = 'mistakes' in outcome ? [] : namesOfGone(first.outcome);
  const again = requests.map((request) => ({
    ...request,
    ...(request.args === undefined ? {} : { args: request.args.filter((key) => !gone.includes(key)) }),
  }));
  const isOver = gone.length > 0 && again.every(({ args = [] }) => args.length === 0);
  const { changes, outcome: forced } =
    gone.length === 0 ? first : isOver ? { changes: [], outcome } : host.wouldForce(again);
  const tell = (): string => `seed ${log[0] ?? ''}\n${log.slice(-25).join('\n')}`;
  if ('mistakes' in outcome) {
    expect('mistakes' in forced ? [] : outcome.mistakes, `--force refuses nothing: ${tell()}`).toEqual([]);
    log.push(`refused: ${outcome.mistakes.join('; ')}`);
    return false;
  }
  expect(host.listOutputsOf(gone, requests), tell()).toEqual([]);
  expect(forced, tell()).toEqual(outcome);
  expect(changes, tell()).toEqual([]);
  return true;
}

test(`after any change an event leaves what --force would: ${STEPS} random steps`, { timeout: 3_600_000 }, async () => {
  onTestFinished(useCoarseClock());
  const counts = { done: 0, refused: 0, inARow: 0 };
  for (let begun = 0; begun < STEPS; begun += STEPS_OF_A_HOST) {
    const seed = SEED + begun / STEPS_OF_A_HOST;
    const random = randomFrom(seed);
    const host = new RandomHost();
    const log = [String(seed)];
    try {
      setUp(host, random);
      await compare(host, WHOLE, log);
      for (let n = 0; n < Math.min(STEPS_OF_A_HOST, STEPS - begun); n++) await step(host, random, counts, log);
    } finally {
      if (process.env['DOCKSMITH_TEST_LOG'] !== undefined)
        (await import('node:fs')).writeFileSync(process.env['DOCKSMITH_TEST_LOG'], log.join('\n'));
      host.remove();
    }
  }
  if (process.env['DOCKSMITH_TEST_LOG'] !== undefined) console.log(counts);
  // or nothing was compared
  expect(counts.done).toBeGreaterThan(STEPS / 2);
});
