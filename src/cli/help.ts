import { UsageFailure } from '../errors.ts';
import { findNearest } from '../nearest.ts';
import type { Paths } from '../paths.ts';
import { COMMANDS } from './commands.ts';
import { formatEvents } from './format-events.ts';
import { formatTerms, wrapWords } from './terminal.ts';

/** @throws UsageFailure, with the nearest name */
export function getCommand(name: string): (typeof COMMANDS)[string] {
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (command !== undefined) return command;
  const nearest = findNearest(name, Object.keys(COMMANDS));
  throw new UsageFailure(`cannot run "docksmith ${name}"`, { why: 'there is no such command', hint: nearest === undefined ? 'docksmith --help lists them' : `did you mean "${nearest}"?` });
}

/** `docksmith --help` */
export function formatHelp(paths: Paths, width: number): string {
  const listed = Object.entries(COMMANDS).filter(([, { internal }]) => internal !== true);
  return `docksmith turns a small flat-file db into a server's configuration and its\nrunning containers.\n\nusage: docksmith COMMAND …\n\n${
    formatTerms(listed.map(([name, { doc }]) => [`  ${name}`, doc]), width)}\ndocksmith COMMAND --help tells more of one.
signal-event, expand-template, db and config are commands of their own, too.

Events, for signal-event:
${formatEvents(paths, width)}
DOCKSMITH_ROOT=FOLDER works on a host that is laid out in a folder.
Exit codes: 0 done, 1 failed, 2 wrong usage.\n`;
}

/** `docksmith COMMAND --help` @throws UsageFailure for one that there is not */
export function formatCommandHelp(name: string, called: string, paths: Paths, width: number): string {
  const { usage, doc, options = {} } = getCommand(name);
  const rows = Object.entries(options).map(([option, words]) => [`  ${option}`, words] as const);
  return `usage: ${called} ${usage}\n\n${wrapWords(doc, width).join('\n')}\n${rows.length === 0 ? '' : `\n${formatTerms(rows, width)}`}${name === 'signal-event' ? `\nEvents:\n${formatEvents(paths, width)}` : ''}`;
}
