import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { compareBytes } from '../../base/layers.ts';
import type { Paths } from '../../base/paths.ts';
import type { LintFinding } from './finding.ts';
import type { Tree } from './tree.ts';

const EVENTS = '/etc/e-smith/events';

/** What each kind of SME Server's events brings news of: dbs, by what the names of the events begin with. */
const NEWS: readonly (readonly [events: RegExp, dbs: readonly string[]])[] = [
  [/^domain-(create|modify|delete)$/, ['domains', 'hosts']],
  [/^host-(create|modify|delete)$/, ['hosts']],
  [/^network-(create|modify|delete)$/, ['networks']],
  [/^(remoteaccess|email|ssl)-update$|^ip-change$/, ['configuration']],
  [/^(bootstrap-)?console-save$/, ['configuration', 'domains', 'hosts', 'networks']],
  [/^post-upgrade$/, ['accounts', 'configuration', 'domains', 'hosts', 'networks']],
  [/^(user|group|ibay|pseudonym)-(create|modify|delete)$/, ['accounts']],
];

/** A step of ours, whatever its number: `S95docksmith-update`. */
const OURS = /^S\d\ddocksmith-/;

/**
 * On an SME Server, its events that change what templates here read, and that docksmith does not hear of: all of
 * those that the package smeserver-docksmith links where it is not installed, else those of dbs that are read.
 */
export function findUnlinked(paths: Paths, { templates }: Tree): readonly LintFinding[] {
  const folder = paths.file(EVENTS);
  if (!existsSync(folder)) return [];
  const events = readdirSync(folder).sort(compareBytes);
  const isLinked = (event: string): boolean => readdirSync(path.join(folder, event)).some((name) => OURS.test(name));
  const known = events.filter((event) => listNews(event).length > 0);
  const deaf = known.filter((event) => !isLinked(event));
  if (deaf.length === known.length && known.length > 0)
    return [
      {
        rule: 'event-not-linked',
        level: 'fault',
        at: { file: EVENTS },
        what: "none of SME Server's events signals docksmith",
        why: 'after a change of names, addresses or networks its files and the packet filter stay as they were',
        advice: 'install the package smeserver-docksmith',
      },
    ];
  return deaf.flatMap((event): readonly LintFinding[] => {
    const dbs = listNews(event);
    const reader = [...templates.values()].find(({ analysis }) => analysis.reads.some(({ db }) => dbs.includes(db)));
    return reader === undefined
      ? []
      : [
          {
            rule: 'event-not-linked',
            level: 'fault',
            at: { file: path.posix.join(EVENTS, event) },
            what: `SME Server's event ${event} does not signal docksmith`,
            why: `${reader.template} reads what it changes (db ${formatRead(reader.analysis.reads, dbs)}), and stays as it was`,
            advice: `ln -s ../actions/docksmith-update ${EVENTS}/${event}/S95docksmith-update`,
          },
        ];
  });
}

function listNews(event: string): readonly string[] {
  return NEWS.flatMap(([names, dbs]) => (names.test(event) ? dbs : []));
}

function formatRead(reads: readonly { readonly db: string }[], dbs: readonly string[]): string {
  return dbs.filter((db) => reads.some((read) => read.db === db)).join(', ');
}
