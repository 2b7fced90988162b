import { Writable } from 'node:stream';
import { expect, it } from 'vitest';
import { ALIASES, COMMAND_NAMES, GROUPS } from '../../../src/cli/command-names.ts';
import { EVENT_DOCS } from '../../../src/cli/format/format-events.ts';
import { formatCommandHelp, formatGroupHelp, formatHelp, getCommand } from '../../../src/cli/help.ts';
import { helpersCommand } from '../../../src/cli/commands/show/helpers.ts';
import { runCommand } from '../../../src/cli/run-command.ts';
import { signalEventCommand } from '../../../src/cli/commands/change/signal-event.ts';
import { formatTerms } from '../../../src/cli/format/terminal.ts';
import { listEvents } from '../../../src/event/events.ts';
import { findPaths } from '../../../src/base/paths.ts';
import { makeRoot } from '../../support/folder.ts';
import { STEPS_THAT_PRINT } from '../../support/step-commands.ts';

const SHIPPED = findPaths({ DOCKSMITH_ROOT: '/nowhere' });

async function printHelpers(): Promise<string> {
  const chunks: Buffer[] = [];
  const stdout = new Writable({
    write(chunk: Buffer, _, done) {
      chunks.push(chunk);
      done();
    },
  });
  await runCommand(helpersCommand, [], {
    paths: SHIPPED,
    stdin: process.stdin,
    stdout,
    stderr: stdout,
    commands: STEPS_THAT_PRINT,
  });
  return Buffer.concat(chunks).toString();
}

it.each([
  ['docksmith', () => formatHelp(SHIPPED, 80)],
  ['docksmith helpers', printHelpers],
  ...Object.keys(GROUPS).map((group) => [group, () => formatGroupHelp(group, 80)] as const),
  ...COMMAND_NAMES.map((name) => [name, async () => formatCommandHelp(await getCommand(name), SHIPPED, 80)] as const),
  ...Object.entries(ALIASES).map(
    ([alias, name]) =>
      [alias, async () => formatCommandHelp(await getCommand(name), SHIPPED, 80, `docksmith ${alias}`)] as const,
  ),
] as const)('the help of %s fits 80 columns', async (_, help) => {
  const text = await help();
  expect(text.length).toBeGreaterThan(20);
  expect(text.split('\n').filter((line) => line.length > 80)).toEqual([]);
});

it('lists every event that is shipped, on one line each, and those of the host by name', async () => {
  expect(Object.keys(EVENT_DOCS).sort()).toEqual(listEvents(SHIPPED));
  for (const help of [await formatHelp(SHIPPED, 80), formatCommandHelp(signalEventCommand, SHIPPED, 80)]) {
    for (const [event, [args, doc]] of Object.entries(EVENT_DOCS))
      expect(help).toMatch(
        new RegExp(`^  ${event}${args === '' ? '' : ` ${args.replace(/[[\]]/g, '\\$&')}`} +${doc}$`, 'm'),
      );
  }
  expect(await formatHelp(makeRoot({ 'events/backup/S50run': '' }), 80)).toMatch(/^ {2}backup +of this server$/m);
});

it('gives a long term a line of its own, and wraps what it means', () => {
  expect(
    formatTerms(
      [
        ['a', 'some words'],
        ['much too long', 'x'],
      ],
      12,
      3,
    ),
  ).toBe('a    some\n     words\nmuch too long\n     x\n');
});
