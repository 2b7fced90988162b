import { findProgram } from '../../files/find-program.ts';
import { findEventHolder } from '../../event/event-holder.ts';
import { listRuns } from '../../event/runs.ts';
import { isWithoutAction } from '../../flow/services/named-services.ts';
import { listIntents } from '../../output/commit/intents.ts';
import type { Paths } from '../../base/paths.ts';
import type { Verified } from '../verify/verify.ts';
import { isInterruption } from '../../base/interrupt.ts';
import { type Finding, formatSome, makeFinder } from './finding.ts';

/** Programs of this host that docksmith runs, and what for. */
const PROGRAMS = [
  { name: 'flock', level: 'bad', use: 'no db can be written and no event run without it' },
  { name: 'iptables', level: 'warn', use: 'private ports of containers cannot be kept from foreign addresses' },
  { name: 'logger', level: 'warn', use: "nothing is written to the system's log" },
] as const;

export function checkPrograms(env: NodeJS.ProcessEnv = process.env): readonly Finding[] {
  const finder = makeFinder('programs');
  const searchPath = `${env['PATH'] ?? ''}:/usr/sbin:/sbin`;
  const missing = PROGRAMS.filter(({ name }) => findProgram(name, searchPath) === undefined);
  return missing.length === 0
    ? [finder.ok(`${PROGRAMS.map(({ name }) => name).join(', ')} are there`)]
    : missing.map(({ name, level, use }) => finder[level](`${name} is not installed: ${use}`));
}

/**
 * Files of ours that somebody else has changed or removed, and fragments of the admin's that may have to
 * follow a shipped one.
 */
export function checkFiles({ deviations, outdated, owned }: Verified): readonly Finding[] {
  const finder = makeFinder('files');
  const changed = deviations.map(({ path, kind, details }) => `${path} (${[kind, ...details].join(', ')})`);
  return [
    ...(changed.length === 0
      ? [finder.ok(owned === 0 ? 'none is written yet' : `${owned} are as docksmith wrote them`)]
      : []),
    ...(changed.length === 0
      ? []
      : [
          finder.warn(
            `not as docksmith wrote ${changed.length === 1 ? 'it' : 'them'}: ${formatSome(changed)}`,
            'the next event writes what its templates say, and keeps an edited file in history; your own lines belong in /etc/docksmith/templates-custom',
          ),
        ]),
    ...(outdated.length === 0
      ? []
      : [
          finder.warn(
            `the shipped fragments that they override were changed since they were written: ${formatSome(outdated.map(({ custom }) => custom))}`,
            'docksmith verify --diff shows how',
          ),
        ]),
  ];
}

/** What is still to be done, and an event that went wrong. */
export function checkPending(paths: Paths): readonly Finding[] {
  const finder = makeFinder('pending');
  const intents = listIntents(paths);
  const [last] = listRuns(paths, 1).runs;
  const holder = findEventHolder(paths);
  const isInterrupted =
    last !== undefined && holder === undefined && (last.ended === undefined || isInterruption(last.exitCode));
  return [
    ...intents.map(({ kind, name, verbs, causes, since }) =>
      finder.warn(
        `${verbs.length === 0 ? 'an adjustment' : verbs.join(', ')} of ${kind} ${name} since ${since}: ${formatSome(causes, 2)}`,
        isWithoutAction({ kind, name, verbs })
          ? `no event says how: services2adjust/${name}`
          : 'signal-event docker-update tries again',
      ),
    ),
    ...(isInterrupted
      ? [
          finder.warn(
            `the event ${last.event} of ${last.started} was interrupted`,
            'signal-event docker-update continues it',
          ),
        ]
      : []),
    ...(last?.exitCode === 1
      ? [finder.warn(`the last event, ${last.event} of ${last.ended ?? ''}, failed`, `docksmith runs ${last.id}`)]
      : []),
    ...(holder === undefined ? [] : [finder.ok(`an event runs now: ${holder}`)]),
    ...(intents.length === 0 && !isInterrupted && last?.exitCode !== 1 ? [finder.ok('nothing')] : []),
  ];
}
