import { Writable } from 'node:stream';
import { expect, it } from 'vitest';
import { COMMANDS } from '../../../src/cli/commands.ts';
import { EVENT_DOCS } from '../../../src/cli/format-events.ts';
import { formatCommandHelp, formatHelp, getCommand } from '../../../src/cli/help.ts';
import { runHelpers } from '../../../src/cli/helpers.ts';
import { formatTerms } from '../../../src/cli/terminal.ts';
import { listEvents } from '../../../src/event/events.ts';
import { findPaths } from '../../../src/paths.ts';
import { makeRoot } from '../../support/folder.ts';

const SHIPPED = findPaths({ DOCKSMITH_ROOT: '/nowhere' });

async function print(run: typeof runHelpers, args: readonly string[]): Promise<string> {
  const chunks: Buffer[] = [];
  const stdout = new Writable({ write(chunk: Buffer, _, done) {
    chunks.push(chunk);
    done();
  } });
  await run(args, { paths: SHIPPED, stdin: process.stdin, stdout, stderr: stdout });
  return Buffer.concat(chunks).toString();
}

it.each([
  ['docksmith', () => formatHelp(SHIPPED, 80)], ['docksmith helpers', () => print(runHelpers, [])], ['db', async () => print(await getCommand('db').load(), ['--help'])],
  ...Object.keys(COMMANDS).map((name) => [name, () => formatCommandHelp(name, name, SHIPPED, 80)] as const),
] as const)('the help of %s fits 80 columns', async (_, help) => {
  const text = await help();
  expect(text.length).toBeGreaterThan(20);
  expect(text.split('\n').filter((line) => line.length > 80)).toEqual([]);
});

it('lists every event that is shipped, on one line each, and those of the host by name', () => {
  expect(Object.keys(EVENT_DOCS).sort()).toEqual(listEvents(SHIPPED));
  for (const help of [formatHelp(SHIPPED, 80), formatCommandHelp('signal-event', 'signal-event', SHIPPED, 80)]) {
    for (const [event, [args, doc]] of Object.entries(EVENT_DOCS)) expect(help).toMatch(new RegExp(`^  ${event}${args === '' ? '' : ` ${args.replace(/[[\]]/g, '\\$&')}`} +${doc}$`, 'm'));
  }
  expect(formatHelp(makeRoot({ 'events/backup/S50run': '' }), 80)).toMatch(/^ {2}backup +of this server$/m);
});

it('gives a long term a line of its own, and wraps what it means', () => {
  expect(formatTerms([['a', 'some words'], ['much too long', 'x']], 12, 3)).toBe('a    some\n     words\nmuch too long\n     x\n');
});
