import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Failure } from '../../../../src/base/errors.ts';
import { type CommandContext, defineCommand } from '../../../../src/cli/command.ts';
import { ConsoleReporter } from '../../../../src/cli/format/console-reporter.ts';
import { runCommand } from '../../../../src/cli/run-command.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const terminal = (): PassThrough => Object.assign(new PassThrough(), { isTTY: true });

test.each([
  ['is done', () => Promise.resolve(0)],
  ['has failed', () => Promise.reject(new Failure('cannot check "/a"', { why: 'it is not well' }))],
])('a line that moves on a terminal ends with a command that %s, and keeps no process alive', async (_, work) => {
  const command = defineCommand({
    name: 'work',
    doc: 'work',
    effect: 'changes',
    options: {},
    operands: { usage: '', min: 0, max: 0 },
    run: (_given, { stdout, stderr }) => {
      new ConsoleReporter({ stdout, stderr }).progress('apache-syntax');
      expect(vi.getTimerCount()).toBe(1);
      return work();
    },
  });
  await Promise.allSettled([
    runCommand(command, [], { stdout: terminal(), stderr: terminal() } as unknown as CommandContext),
  ]);
  expect(vi.getTimerCount()).toBe(0);
});
