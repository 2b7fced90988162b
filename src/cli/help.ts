import { UsageFailure } from '../base/errors.ts';
import { findNearest } from '../base/nearest.ts';
import type { Paths } from '../base/paths.ts';
import { type Command, titleOf } from './command.ts';
import { ALIASES, ALL_NAMES, COMMAND_NAMES, GROUPS } from './command-names.ts';
import { COMMANDS, findCommand } from './commands.ts';
import { formatEvents } from './format/format-events.ts';
import { formatOption, formatUsage } from './read-arguments.ts';
import { formatTerms, wrapWords } from './format/terminal.ts';

/** @throws UsageFailure, with the nearest name */
export async function getCommand(name: string): Promise<Command> {
  const command = await findCommand(name);
  if (command !== undefined) return command;
  const nearest = findNearest(name, ALL_NAMES);
  throw new UsageFailure(`cannot run "docksmith ${name}"`, {
    why: 'there is no such command',
    hint: nearest === undefined ? 'docksmith --help lists them' : `did you mean "${nearest}"?`,
  });
}

/** `docksmith --help` */
export async function formatHelp(paths: Paths, width: number): Promise<string> {
  const commands = (await Promise.all(COMMAND_NAMES.map((name) => COMMANDS[name]()))).filter(
    ({ internal }) => internal !== true,
  );
  const programs = commands.filter(({ isProgram }) => isProgram === true).map(({ name }) => name);
  return `docksmith turns a small flat-file db into a server's configuration and its\nrunning containers.\n\nusage: docksmith COMMAND …\n\n${formatTerms(
    listRows(commands),
    width,
  )}\ndocksmith COMMAND --help shows the options of a command, and
docksmith help COMMAND its man page.
${wrapWords(`${programs.slice(0, -1).join(', ')} and ${programs.at(-1) ?? ''} are commands of their own, too.`, width).join('\n')}

Events, for signal-event:
${formatEvents(paths, width)}
DOCKSMITH_ROOT=FOLDER works on a host that is laid out in a folder.
Exit codes: 0 done, 1 failed, 2 wrong usage.\n`;
}

/** A row per command; those of two words have one by their first. */
function listRows(commands: readonly Command[]): readonly (readonly [string, string])[] {
  const rows = new Map<string, string>();
  for (const { name, doc } of commands) {
    const [group = ''] = name.split(' ');
    rows.set(`  ${group}`, GROUPS[group] === undefined ? doc : `${GROUPS[group]}; docksmith ${group} --help`);
  }
  return [...rows];
}

/** `docksmith image --help` */
export async function formatGroupHelp(group: string, width: number): Promise<string> {
  const names = COMMAND_NAMES.filter((name) => name.startsWith(`${group} `));
  const commands: readonly Command[] = await Promise.all(names.map((name) => COMMANDS[name]()));
  return `usage: docksmith ${group} COMMAND …\n\n${wrapWords(GROUPS[group] ?? '', width).join('\n')}\n\n${formatTerms(
    commands.map(({ name, doc }) => [`  ${name.slice(group.length + 1)}`, doc]),
    width,
  )}\ndocksmith ${group} COMMAND --help shows the options of a command.\n`;
}

/** `docksmith COMMAND --help` @param called as it was typed: `docksmith log` */
export function formatCommandHelp(command: Command, paths: Paths, width: number, called = titleOf(command)): string {
  const rows = Object.entries(command.options).map(
    ([name, option]) => [`  ${formatOption(name, option)}`, option.doc] as const,
  );
  const names = Object.keys(ALIASES).filter((alias) => ALIASES[alias] === command.name);
  return [
    `usage: ${formatUsage(command, called)}\n`,
    `${wrapWords(command.doc, width).join('\n')}\n`,
    ...(rows.length === 0 ? [] : [formatTerms(rows, width)]),
    ...(names.length === 0 ? [] : [`docksmith ${names.join(', ')} is another name of docksmith ${command.name}.\n`]),
    ...(command.more === undefined ? [] : [command.more(paths, width)]),
  ].join('\n');
}
