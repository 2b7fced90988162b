import { readdirSync } from 'node:fs';
import path from 'node:path';
import { isBackupName, layersOf, listMergedTree, listSubfolders } from '../../base/layers.ts';
import { findNearest } from '../../base/nearest.ts';
import { type Paths, withoutRoot } from '../../base/paths.ts';
import type { Snapshot } from '../../db/snapshot.ts';
import { listEvents } from '../../event/events.ts';
import type { LintFinding } from './finding.ts';

/** Files and folders of packages that have a place or a name in which nobody looks for them. */
export function findMisplaced(paths: Paths): readonly LintFinding[] {
  const events = layersOf(paths, 'events').flatMap((layer) =>
    listEvents(paths).flatMap((event) => findInEvent(paths, path.join(layer, event))),
  );
  const dbs = layersOf(paths, 'db').flatMap((layer) =>
    listSubfolders(layer).flatMap((db) => findInDb(paths, path.join(layer, db))),
  );
  return [...events, ...dbs];
}

const OF_EVENT = ['checks', 'services2adjust', 'templates2expand'];

function findInEvent(paths: Paths, folder: string): readonly LintFinding[] {
  return [
    ...listSubfolders(folder)
      .filter((name) => !OF_EVENT.includes(name))
      .map((name) => describe(paths, path.join(folder, name), 'no event reads a folder of that name', OF_EVENT)),
    ...['checks', 'services2adjust'].flatMap((name) =>
      listSubfolders(path.join(folder, name)).map((below) =>
        describe(paths, path.join(folder, name, below), `${name} holds files, and no folders`),
      ),
    ),
  ];
}

const OF_DB = ['defaults', 'force', 'migrate', 'schema.d', 'schema.json'];

function findInDb(paths: Paths, folder: string): readonly LintFinding[] {
  const names = (below: string): readonly string[] => listFiles(path.join(folder, below));
  return [
    ...[...listSubfolders(folder), ...names('')]
      .filter((name) => !OF_DB.includes(name) && !/^README/.test(name))
      .map((name) => describe(paths, path.join(folder, name), 'nothing of a db has that name', OF_DB)),
    ...['defaults', 'force'].flatMap((kind) =>
      names(kind).map((name) => describe(paths, path.join(folder, kind, name), `a value is a file ${kind}/KEY/PROP`)),
    ),
    ...names('schema.d')
      .filter((name) => !name.endsWith('.json'))
      .map((name) => describe(paths, path.join(folder, 'schema.d', name), 'a schema is a file NAME.json')),
  ];
}

function listFiles(folder: string): readonly string[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
      .filter((entry) => !entry.isDirectory() && !entry.name.startsWith('.') && !isBackupName(entry.name))
      .map(({ name }) => name);
  } catch {
    return [];
  }
}

function describe(paths: Paths, file: string, what: string, names: readonly string[] = []): LintFinding {
  const shown = withoutRoot(paths, file);
  const nearest = findNearest(path.basename(file), names);
  return {
    rule: 'file-not-used',
    level: 'fault',
    at: { file: shown },
    what,
    why: 'it is ignored without a word by events',
    advice:
      nearest !== undefined
        ? `mv ${shown} ${path.posix.join(path.posix.dirname(shown), nearest)}`
        : names.length > 0
          ? `the names are ${names.join(', ')}`
          : 'give it the place or the name that is meant, or remove it',
  };
}

/** Defaults of a record that nobody makes. */
export function findLostDefaults(paths: Paths, { dbs }: Snapshot): readonly LintFinding[] {
  const layers = layersOf(paths, 'db');
  const names = new Set(layers.flatMap((layer) => listSubfolders(layer)));
  return [...names].flatMap((db) => {
    const values = ['defaults', 'force'].flatMap((kind) =>
      [...listMergedTree(layers.map((layer) => path.join(layer, db, kind)))].filter(([name]) => name.includes('/')),
    );
    const typed = new Set(values.flatMap(([name]) => (name.endsWith('/type') ? [path.dirname(name)] : [])));
    const lost = new Map<string, string>();
    for (const [name, file] of values) {
      const key = path.dirname(name);
      if (!typed.has(key) && dbs.get(db)?.has(key) !== true && !lost.has(key)) lost.set(key, file);
    }
    return [...lost].map(
      ([key, file]): LintFinding => ({
        rule: 'default-without-record',
        level: 'note',
        at: { file: withoutRoot(paths, file) },
        what: `there is no record ${key} in db ${db}, and no default makes it`,
        why: 'without a type the values go only to a record that exists',
        advice: `echo TYPE > ${path.join(path.dirname(withoutRoot(paths, file)), 'type')}`,
      }),
    );
  });
}
