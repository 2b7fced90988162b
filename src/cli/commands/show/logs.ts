import { once } from 'node:events';
import type { Writable } from 'node:stream';
import { UsageFailure } from '../../../base/errors.ts';
import { showable } from '../../../base/showable.ts';
import { readLogs } from '../../../features/logs/logs.ts';
import type { NamedLine } from '../../../features/logs/request.ts';
import { parseTime } from '../../../features/logs/parse-time.ts';
import { type CommandContext, defineCommand, type Given, JSON_OPTION } from '../../command.ts';
import { isTerminal, painter } from '../../format/terminal.ts';
import { breakable } from '../../breakable.ts';

const COMMAND = 'docksmith logs';
const OPTIONS = {
  follow: {
    short: 'f',
    doc: 'follow new output, across restarts and recreates, until they have ended',
  },
  since: {
    value: 'TIME',
    doc: 'show lines from then on: 10m ago, 2026-11-21, "2026-11-21 10:00", 2026-11-21T10:00:00Z',
  },
  lines: {
    short: 'n',
    value: 'LINES',
    doc: 'show the last LINES of each',
    read: (text: string) => (/^\d+$/.test(text) ? Number(text) : undefined),
  },
  tail: {
    value: 'LINES',
    doc: 'the same as --lines',
    read: (text: string) => (/^\d+$/.test(text) ? Number(text) : undefined),
  },
  times: { short: 't', doc: 'print the time of each line' },
  ...JSON_OPTION,
} as const;

export const logsCommand = defineCommand({
  name: 'logs',
  doc: 'show what containers wrote, merged by time',
  effect: 'prints',
  unmasked: true,
  options: OPTIONS,
  operands: {
    usage: 'NAME…',
    min: 1,
    max: Infinity,
    ofContainers: true,
    missing: { why: 'no container is named', hint: 'docksmith status lists them' },
  },
  run: runLogs,
});

/** So that a container keeps its colour among the others. */
const NAME_COLOURS = ['cyan', 'yellow', 'green', 'magenta', 'blue'] as const;

async function runLogs(
  { values: { follow = false, since, tail, lines = tail, times = false, json = false }, words }: Given<typeof OPTIONS>,
  { paths, stdout }: CommandContext,
): Promise<number> {
  const names = [...new Set(words)];
  if (json && follow)
    throw new UsageFailure(`cannot run "${COMMAND}"`, { why: '--json prints one document, and --follow has no end' });
  await breakable(async (signal) => {
    const request = { names, follow, signal, since: since === undefined ? undefined : readTime(since), tail: lines };
    const format = json ? formatJsonLine() : formatLine(names, times, stdout);
    for await (const line of readLogs(paths, request)) {
      if (signal.aborted) break;
      if (!stdout.write(format(line))) await once(stdout, 'drain');
    }
    if (json) stdout.write(format(undefined));
  });
  return 0;
}

function readTime(text: string): string {
  const time = parseTime(text);
  if (time === undefined)
    throw new UsageFailure(`cannot run "${COMMAND}"`, {
      why: `"${text}" is no time`,
      hint: 'as 10m, 1h30m, 2026-11-21, "2026-11-21 10:00" or 2026-11-21T10:00:00Z',
    });
  return time;
}

/** Bytes as they came for a pipe; what a terminal shows can neither move its cursor nor colour more than the line. */
function formatLine(
  names: readonly string[],
  times: boolean,
  stdout: Writable,
): (line: NamedLine | undefined) => Buffer {
  const paint = painter(stdout);
  const width = Math.max(...names.map((name) => name.length));
  const forTerminal = isTerminal(stdout);
  return (line) => {
    if (line === undefined) return Buffer.alloc(0);
    const { name, node, time, bytes } = line;
    const who = node === undefined ? name.padEnd(width) : `${name.padEnd(names.length > 1 ? width : 0)} ${node}`;
    const colour = NAME_COLOURS[names.indexOf(name) % NAME_COLOURS.length] ?? 'cyan';
    const front = `${names.length > 1 || node !== undefined ? `${paint(colour, `${who} |`)} ` : ''}${times ? `${paint('dim', time)} ` : ''}`;
    const text = forTerminal ? Buffer.from(showable(bytes.toString().replaceAll(COLOURS, ''))) : bytes;
    return Buffer.concat([Buffer.from(front), text, Buffer.from('\n')]);
  };
}

/** ECMA-48, select graphic rendition. */
const COLOURS = new RegExp(`${String.fromCharCode(27)}\\[[0-9;]*m`, 'g');

/** One document, however many lines: a list of objects. */
function formatJsonLine(): (line: NamedLine | undefined) => string {
  let count = 0;
  return (line) => {
    if (line === undefined) return count === 0 ? '[]\n' : '\n]\n';
    const { name, node, time, stream, bytes } = line;
    const from = node === undefined ? { name } : { name, node };
    return `${count++ === 0 ? '[\n' : ',\n'}  ${JSON.stringify({ ...from, time, stream, text: bytes.toString() })}`;
  };
}
