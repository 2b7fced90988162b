import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { ROOT } from './measure.ts';
import { type Figure, NO_LIMIT, type Row } from './row.ts';
import { ROWS } from './rows.ts';

/**
 * `npm run bench [-- [--list] [--rounds COUNT] [ROW…]]`: prints the table and writes it to a file.
 * @returns the exit code: 0 measured, whether the limits hold or not; 1 a row could not be measured; 2 wrong usage
 */
export async function runBench(): Promise<number> {
  const {
    values: { list = false, rounds },
    positionals,
  } = parseArgs({ options: { list: { type: 'boolean' }, rounds: { type: 'string' } }, allowPositionals: true });
  const unknown = positionals.filter((name) => !ROWS.some((row) => row.name === name));
  if (unknown.length > 0 || (rounds !== undefined && !/^[1-9]\d*$/.test(rounds))) {
    console.error(
      `bench: cannot run ${unknown.length > 0 ? unknown.join(', ') : `${rounds ?? ''} rounds`}\nhint: npm run bench -- --list`,
    );
    return 2;
  }
  if (list) {
    for (const { name, title, limit } of ROWS)
      console.log(`${name.padEnd(20)}  ${title}: ${limit === NO_LIMIT ? '' : 'at most '}${limit}`);
    return 0;
  }
  const results: (Pick<Row, 'name' | 'title' | 'limit'> & {
    readonly figure?: Figure;
    readonly holds: boolean;
    readonly error?: string;
  })[] = [];
  for (const { name, title, limit, rounds: usual, measure } of positionals.length === 0
    ? ROWS
    : ROWS.filter((row) => positionals.includes(row.name))) {
    try {
      const figure = await measure(Number(rounds ?? usual));
      const holds = figure.value <= (figure.limit ?? Infinity) && figure.broken === undefined;
      results.push({ name, title, limit, figure, holds });
      console.log(formatRow(name, title, limit, figure, holds));
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      results.push({ name, title, limit, holds: false, error: message });
      console.log(`${name}\n  cannot be measured: ${message}`);
    }
  }
  const file = path.join(ROOT, 'bench/results', `${new Date().toISOString().replace(/[:.]/g, '-')}.json`);
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, `${JSON.stringify({ ...describeMachine(), results }, undefined, 2)}\n`);
  const limited = results.filter(({ limit }) => limit !== NO_LIMIT).length;
  const missed = results.filter(({ holds }) => !holds).map(({ name }) => name);
  console.log(
    `\n${limited - missed.length} of ${limited} limits hold${missed.length === 0 ? '' : `; not: ${missed.join(', ')}`}\nwritten to ${path.relative(ROOT, file)}`,
  );
  return results.some(({ error }) => error !== undefined) ? 1 : 0;
}

function formatRow(
  name: string,
  title: string,
  limit: string,
  { value, limit: most, parts, broken }: Figure,
  holds: boolean,
): string {
  const measured = Object.entries(parts)
    .map(([part, figure]) => `${part} ${figure >= 100 ? Math.round(figure) : figure.toFixed(1)}`)
    .join(', ');
  const compared =
    most === undefined
      ? ''
      : ` of ${most} (at most ${limit}): ${holds ? 'holds' : 'MISSED'}${broken === undefined ? '' : `, ${broken}`}`;
  return `${name}: ${title}\n  ${value.toFixed(2).padStart(7)}${compared}\n          ${measured}`;
}

function describeMachine(): Readonly<Record<string, unknown>> {
  const ask = (command: string, ...args: readonly string[]): string | undefined => {
    try {
      return execFileSync(command, args, { encoding: 'utf8', cwd: ROOT, stdio: ['ignore', 'pipe', 'ignore'] }).trim();
    } catch {
      return undefined;
    }
  };
  const { version } = JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8')) as { version: string };
  return {
    date: new Date().toISOString(),
    machine: {
      cpu: os.cpus()[0]?.model,
      cores: os.cpus().length,
      memoryMB: Math.round(os.totalmem() / 1e6),
      load: os.loadavg(),
      kernel: os.release(),
    },
    versions: {
      docksmith: version,
      commit: ask('git', 'rev-parse', '--short', 'HEAD'),
      node: process.version,
      dockerd: ask('dockerd', '--version'),
    },
  };
}
