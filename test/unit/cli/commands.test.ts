import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Command } from '../../../src/cli/command.ts';
import { ALIASES, ALL_NAMES, COMMAND_NAMES } from '../../../src/cli/command-names.ts';
import { COMMANDS, findCommand } from '../../../src/cli/commands.ts';
import { formatCommandHelp, formatGroupHelp, formatHelp } from '../../../src/cli/help.ts';
import { readArguments } from '../../../src/cli/read-arguments.ts';
import { isHelp, runCommand } from '../../../src/cli/run-command.ts';
import { UsageFailure } from '../../../src/base/errors.ts';
import { findPaths, type Paths } from '../../../src/base/paths.ts';
import { makeFolder, writeTree } from '../../support/folder.ts';
import { STEPS_THAT_PRINT } from '../../support/step-commands.ts';

const ALL: readonly Command[] = await Promise.all(COMMAND_NAMES.map((name) => COMMANDS[name]()));
const READ = ALL.filter(({ raw }) => raw === undefined);

/** What each takes, so that only what is added to it is wrong. */
const RIGHT: Readonly<Record<string, readonly string[]>> = {
  'signal-event': ['docker-update'],
  'expand-template': ['/etc/motd'],
  start: ['wiki'],
  stop: ['wiki'],
  restart: ['wiki'],
  why: ['wiki'],
  impact: ['docker_containers', 'wiki'],
  add: ['passwords'],
  adopt: ['wiki'],
  edit: ['wiki'],
  logs: ['wiki'],
  exec: ['wiki', 'true'],
  run: ['wiki'],
  rollback: ['1'],
  backup: ['file'],
  restore: ['file'],
  'app status': ['shop'],
  'app start': ['shop'],
  'app stop': ['shop'],
  'app remove': ['shop'],
  'image history': ['wiki:1'],
  'image pull': ['wiki:1'],
  'image build': ['wiki:1'],
  'image import': ['wiki:1'],
  convert: ['folder'],
  'merge-db': ['base', 'ours', 'theirs'],
  'image export': ['wiki', 'file'],
  'image commit': ['wiki', 'wiki:2'],
  'image tag': ['wiki:1', 'wiki:2'],
  'image remove': ['wiki:1'],
};
const VALUES: Readonly<Record<string, string>> = { SECONDS: '1.5', COUNT: '3', LINES: '0', REVISION: 'a'.repeat(40) };

const rightOf = ({ name }: Command): readonly string[] => RIGHT[name] ?? [];
const valueOf = (kind: string | undefined): readonly string[] => (kind === undefined ? [] : [VALUES[kind] ?? 'x']);

let paths: Paths;
beforeEach(() => {
  paths = findPaths({ DOCKSMITH_ROOT: makeFolder() });
  vi.stubEnv('DOCKSMITH_ENGINE', `memory://${paths.file('/engine.json')}`);
  writeTree(paths.file('/var/lib/docksmith/db'), {
    configuration: 'DomainName=example.test\n',
    docker_containers: 'wiki=service|Image|wiki:1|status|enabled\n',
  });
});
afterEach(() => void vi.unstubAllEnvs());

function readTree(folder: string): Readonly<Record<string, string>> {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  return Object.fromEntries(
    entries.map((entry) => [
      path.join(entry.parentPath, entry.name),
      entry.isFile() ? readFileSync(path.join(entry.parentPath, entry.name), 'utf8') : '',
    ]),
  );
}

/** One message of wrong usage, and nothing done or printed. */
async function expectRefused(command: Command, args: readonly string[], why: RegExp): Promise<void> {
  const before = readTree(paths.root);
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const error: unknown = await Promise.resolve()
    .then(() =>
      runCommand(command, args, { paths, stdin: new PassThrough(), stdout, stderr, commands: STEPS_THAT_PRINT }),
    )
    .then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
  expect(error).toBeInstanceOf(UsageFailure);
  expect((error as UsageFailure).message).toMatch(why);
  expect((error as UsageFailure).message).not.toContain('\n');
  expect([stdout.read(), stderr.read(), readTree(paths.root)]).toEqual([null, null, before]);
}

describe.each(READ.map((command) => [command.name, command] as const))('%s', (_, command) => {
  it('refuses an operand that it does not use', async () => {
    const { max } = command.operands;
    if (max === Infinity) return;
    const words = [...rightOf(command), ...Array.from({ length: max - rightOf(command).length }, () => 'x')];
    await expectRefused(command, [...words, 'surplus'], /"surplus"/);
    // also behind options, and behind what ends them
    await expectRefused(command, ['--', ...words, '--surplus'], /"--surplus"/);
  });

  it('refuses to do without an operand that it needs', async () => {
    for (let n = 0; n < command.operands.min; n++) await expectRefused(command, rightOf(command).slice(0, n), /./);
  });

  it.each(['--nonsense', '--nonsense=1', '-Z', '--constructor', '--'.padEnd(3, 'x')])(
    'refuses the option %s',
    async (option) => {
      await expectRefused(
        command,
        [option, ...rightOf(command)],
        new RegExp(`it has no option "${option.replace(/=.*/, '')}"`),
      );
    },
  );

  it.each(Object.keys(command.options).length === 0 ? ['json'] : Object.keys(command.options))(
    'takes --%s once, with its value and no other',
    async (name) => {
      const option = command.options[name];
      if (option === undefined) return expectRefused(command, [`--${name}`], /no option/);
      const given = [`--${name}`, ...valueOf(option.value)];
      expect(Object.keys(readArguments(command, [...given, ...rightOf(command)]).values)).toEqual([name]);
      const twice = [...given, ...given, ...rightOf(command)];
      if (option.many === true) expect(readArguments(command, twice).values[name]).toHaveLength(2);
      else await expectRefused(command, twice, /is given twice/);
      if (option.short !== undefined && option.many !== true)
        await expectRefused(
          command,
          [...given, `-${option.short}`, ...valueOf(option.value), ...rightOf(command)],
          /is given twice/,
        );
      if (option.value === undefined)
        return expectRefused(command, [`--${name}=1`, ...rightOf(command)], /takes no value/);
      await expectRefused(command, [`--${name}`], new RegExp(`needs a value: ${option.value}`));
      await expectRefused(command, [`--${name}`, '--help-me', ...rightOf(command)], /needs a value/);
      if (option.read !== undefined)
        for (const wrong of ['', 'x', '1x', '0x10', ' 1'])
          await expectRefused(
            command,
            [`--${name}=${wrong}`, ...rightOf(command)],
            new RegExp(`is no ${option.value}`),
          );
    },
  );
});

describe('what a command takes', () => {
  it.each(ALL.map((command) => [command.name, command] as const))(
    '%s tells every option and operand that it takes in its help, and takes the options of its kind',
    (name, command) => {
      const help = formatCommandHelp(command, paths, 80);
      for (const [option, { doc, short, value }] of Object.entries(command.options)) {
        expect(help.replace(/\s+/g, ' ')).toContain(
          `${short === undefined ? '' : `-${short}, `}--${option}${value === undefined ? '' : ` ${value}`} ${doc}`,
        );
      }
      expect(help).toMatch(/^usage: (docksmith )?\S/);
      expect(help.split('\n')[0]).toContain(command.operands.usage);
      expect(command.name).toBe(name);
      const names = Object.keys(command.options);
      // `db` writes a log of its own, and what an event's own steps do its dry run says
      const isFree = command.raw !== undefined || command.internal === true;
      if (command.effect !== 'hands over' && !isFree) expect(names).toEqual(expect.arrayContaining(['json', 'quiet']));
      if (command.effect === 'changes' && !isFree) expect(names).toContain('dry-run');
      if (command.effect === 'asks') expect(names).toEqual(expect.arrayContaining(['dry-run', 'yes']));
      expect(names.includes('yes')).toBe(command.effect === 'asks' || names.includes('remove-orphans'));
    },
  );

  it.each(READ.map((command) => [command.name, command] as const))(
    '%s tells how it is used wherever --help stands, but not in what it hands on',
    (_, command) => {
      for (const help of ['--help', '-h']) {
        expect(isHelp(command, [help])).toBe(true);
        expect(isHelp(command, [...rightOf(command), help])).toBe(
          command.operands.passThrough !== true || rightOf(command).length === 0,
        );
        expect(isHelp(command, ['--', help])).toBe(false);
      }
    },
  );

  it('every command is listed once, by its name', async () => {
    const help = await formatHelp(paths, 80);
    for (const { name, internal } of ALL) {
      const [first = '', second] = name.split(' ');
      expect(help.match(new RegExp(`^  ${first}(  |$)`, 'gm')) ?? []).toHaveLength(internal === true ? 0 : 1);
      if (second !== undefined)
        expect((await formatGroupHelp(first, 80)).match(new RegExp(`^  ${second}(  |$)`, 'gm'))).toHaveLength(1);
    }
    expect(new Set(ALL_NAMES).size).toBe(ALL_NAMES.length);
    for (const [alias, name] of Object.entries(ALIASES)) {
      expect(await findCommand(alias)).toBe(await findCommand(name));
      expect(formatCommandHelp((await findCommand(alias)) as Command, paths, 80)).toContain(
        `docksmith ${alias} is another name`,
      );
    }
    expect(await findCommand('constructor')).toBeUndefined();
  });
});

describe('options', () => {
  const command = { ...(ALL.find(({ name }) => name === 'logs') as Command) };
  const read = (...args: readonly string[]): unknown => readArguments(command, args);

  it('can be written in each usual way', () => {
    for (const args of [
      ['-n', '5', 'a'],
      ['-n5', 'a'],
      ['a', '--lines', '5'],
      ['--lines=5', 'a'],
    ])
      expect(read(...args)).toEqual({ values: { lines: 5 }, words: ['a'] });
    expect(read('-ftn', '5', 'a', '--', '-b')).toEqual({
      values: { follow: true, times: true, lines: 5 },
      words: ['a', '-b'],
    });
    expect(read('--since=-x', '-')).toEqual({ values: { since: '-x' }, words: ['-'] });
  });

  it('that nearly are one are told so', () => {
    expect(() => read('--folow', 'a')).toThrow(expect.objectContaining({ hint: 'did you mean --follow?' }));
    expect(() => read('a', '--frobnicate')).toThrow(
      expect.objectContaining({ hint: 'usage: docksmith logs [OPTION…] NAME…' }),
    );
  });

  it('behind the first operand belong to what that is', () => {
    expect(
      readArguments(ALL.find(({ name }) => name === 'exec') as Command, ['-i', 'wiki', 'ls', '-t', '--', '-i']),
    ).toEqual({ values: { interactive: true }, words: ['wiki', 'ls', '-t', '--', '-i'] });
  });
});
