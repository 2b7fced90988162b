import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Host, makeHost } from '../support/host.ts';

const WRITERS = 8;
const VALUES = 500;
/** A process per value costs a tenth of a second: `DOCKSMITH_TEST_SINGLE_CALLS=500` has them all that way. */
const SINGLE_CALLS = Number(process.env['DOCKSMITH_TEST_SINGLE_CALLS'] ?? 4);
/** Four thousand processes take their time. */
const LIMIT = 3_600_000;
const BATCH = 50;
const PERL_WRITER = path.resolve(import.meta.dirname, '../support/perl-writer.pl');
const FILE = '/var/lib/docksmith/db/work';
/** long enough that half of it is seen to be half of it */
const valueOf = (writer: number, n: number): string => `${writer}.${n}.`.repeat(12);

describe('eight writers of 500 values each', () => {
  let host: Host;
  beforeEach(async () => {
    host = makeHost();
    await host.db(...Array.from({ length: WRITERS }, (_, writer) => `work set w${writer} t`));
  });
  afterEach(() => host.stop());

  /** A single call after each batch, until the single ones are used up. */
  async function write(writer: number): Promise<void> {
    let n = 0;
    for (let singles = SINGLE_CALLS; n < VALUES; singles--) {
      const left = VALUES - n - Math.max(singles, 0);
      const lines = Array.from(
        { length: Math.min(BATCH, left) },
        () => `setprop w${writer} n${n} ${valueOf(writer, n++)}\n`,
      );
      if (lines.length > 0) await host.runOrFail('db', ['work', 'batch'], { stdin: lines.join('') });
      if (singles > 0) await host.runOrFail('db', ['work', 'setprop', `w${writer}`, `n${n}`, valueOf(writer, n++)]);
    }
  }

  /** Runs something beside the writers, again and again, until they are done. @returns how often */
  async function besideWriters(...others: readonly ((n: number) => Promise<void>)[]): Promise<readonly number[]> {
    let isDone = false;
    const counts = others.map(async (other) => {
      let n = 0;
      for (; !isDone; n++) await other(n);
      return n;
    });
    await Promise.all(Array.from({ length: WRITERS }, (_, writer) => write(writer))).finally(() => (isDone = true));
    return Promise.all(counts);
  }

  /** `w3 n17` -> its value, of a file's text that is whole or an error. */
  function parseText(text: string): ReadonlyMap<string, string> {
    expect(text.startsWith('# This db belongs to docksmith') || /^(perl|w)\d/.test(text), text.slice(0, 80)).toBe(true);
    expect(text.endsWith('\n')).toBe(true);
    return new Map(
      text
        .split('\n')
        .filter((line) => /^w\d+=/.test(line))
        .flatMap((line) => {
          const [key = '', rest = ''] = line.split('=');
          const [, ...fields] = rest.split('|');
          return fields.flatMap((prop, n) =>
            n % 2 === 0 && prop.startsWith('n') ? [[`${key} ${prop}`, fields[n + 1] ?? '']] : [],
          );
        }),
    );
  }

  function countLost(values: ReadonlyMap<string, string>): number {
    const wanted = Array.from({ length: WRITERS * VALUES }, (_, at) => [Math.floor(at / VALUES), at % VALUES] as const);
    return wanted.filter(([writer, n]) => values.get(`w${writer} n${n}`) !== valueOf(writer, n)).length;
  }

  /** A reader that sees every version whole, and never one that has less than the last. */
  function makeReader(): () => Promise<void> {
    let seen: ReadonlyMap<string, string> = new Map();
    return async () => {
      const now = parseText(readFileSync(host.file(FILE), 'utf8'));
      const torn = [...now].filter(
        ([name, value]) => value !== valueOf(...(name.match(/\d+/g)?.map(Number) as [number, number])),
      );
      const gone = [...seen.keys()].filter((name) => !now.has(name));
      expect({ torn, gone }).toEqual({ torn: [], gone: [] });
      seen = now;
      await setTimeout(2);
    };
  }

  it(
    'lose none beside readers, and events that write the db and expand it',
    async () => {
      host.write('/etc/docksmith/events/count/S02note', '#!/bin/sh\ndb work setprop events "$2" seen\n');
      host.write('/etc/docksmith/events/count/S60again', '#!/bin/sh\ndb work setprop events "again$2" seen\n');
      host.write('/etc/docksmith/events/count/templates2expand/etc/values', '');
      host.writeFragment('/etc/values', '10values', '{{#each (records "work" type="t")}}{{json this}}\n{{/each}}');
      await host.db('work set events list');
      const [reads = 0, events = 0, prints = 0] = await besideWriters(
        makeReader(),
        async (n) => {
          await host.runOrFail('signal-event', ['count', `n${n}`]);
          for (const line of host
            .read('/etc/values')
            .split('\n')
            .filter((text) => text.startsWith('{')))
            expect(() => JSON.parse(line) as unknown).not.toThrow();
        },
        async () => void JSON.parse(await host.runOrFail('db', ['--json', 'work', 'show'])),
      );
      expect(countLost(parseText(host.read(FILE)))).toBe(0);
      const noted = JSON.parse(await host.runOrFail('db', ['--json', 'work', 'get', 'events'])) as {
        props: Readonly<Record<string, string>>;
      };
      expect(Object.keys(noted.props)).toHaveLength(2 * events);
      expect(Math.min(reads, events, prints)).toBeGreaterThan(0);
      expect(host.files('/var/lib/docksmith/db').filter((name) => /docksmith-\d|\.\d+$/.test(name))).toEqual([]);
    },
    LIMIT,
  );

  it(
    'lose none beside one that locks as the original does, and it loses none either',
    async () => {
      const perl = spawn('perl', [PERL_WRITER, host.file(FILE), 'perl', '1000000', '0.02'], {
        stdio: ['pipe', 'pipe', 'inherit'],
      });
      let said = '';
      perl.stdout.setEncoding('utf8').on('data', (text: string) => (said += text));
      const [reads = 0] = await besideWriters(makeReader()).finally(() => perl.stdin.end());
      await once(perl, 'close');
      const [written, text] = [Number(said), host.read(FILE)];
      const perls = new Map(
        [...text.matchAll(/^perl(\d+)=(\d+)$/gm)].map(([, at, value]) => [Number(at), Number(value)]),
      );
      const lostByPerl = Array.from({ length: Math.min(written, 500) }, (_, back) => written - back).filter(
        (n) => perls.get(n % 500) !== n,
      ).length;
      expect({ ours: countLost(parseText(text)), originals: lostByPerl }).toEqual({ ours: 0, originals: 0 });
      expect(Math.min(reads, written)).toBeGreaterThan(10);
      expect(existsSync(`${host.file(FILE)}.${perl.pid ?? 0}`)).toBe(false);
    },
    LIMIT,
  );
});

describe('a db that is held', () => {
  let host: Host;
  beforeEach(() => (host = makeHost()));
  afterEach(() => host.stop());

  it('is waited for, with a word for whom, and is free when its holder has died', async () => {
    await host.db('work set k t');
    const lock = `${host.file(FILE)}.lock`;
    const holder = spawn(
      'flock',
      ['-x', lock, 'sh', '-c', 'echo "an editor (pid $$)" > "$0"; echo held; exec sleep 600', lock],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    await once(holder.stdout, 'data');
    const child = spawn(
      process.execPath,
      [path.resolve(import.meta.dirname, '../../bin/db.js'), 'work', 'setprop', 'k', 'p', 'v'],
      { env: { ...process.env, DBPATH: undefined, DOCKSMITH_ROOT: host.root } },
    );
    let stderr = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    const ended = once(child, 'close');
    await expect.poll(() => stderr, { timeout: 30_000 }).toMatch(/^waiting for an editor \(pid \d+\) to end\n$/);
    // the program that flock runs holds the lock too
    process.kill(Number(/pid (\d+)/.exec(stderr)?.[1]), 'SIGKILL');
    holder.kill('SIGKILL');
    expect(await ended).toEqual([0, null]);
    expect(await host.runOrFail('db', ['work', 'getprop', 'k', 'p'])).toBe('v\n');
  });
});
