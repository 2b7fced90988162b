import { findPropSchema, isShared } from '../../db/check-value.ts';
import { parseHostKey, storedOf } from '../../db/hosts/host-records.ts';
import { listSchemaFiles } from '../../db/read-schema.ts';
import type { PropSchema, Schema } from '../../db/schema.ts';
import { findRecordSchema, type Snapshot } from '../../db/snapshot.ts';
import type { Place } from '../../base/errors.ts';
import { layersOf, listMerged } from '../../base/layers.ts';
import { findNearest } from '../../base/nearest.ts';
import { type Paths, withoutRoot } from '../../base/paths.ts';
import { type StaticRead, takesProp } from '../../template/language/shape.ts';
import type { LintFinding } from './finding.ts';
import type { Tree } from './tree.ts';
import { readText } from '../../files/read-file.ts';

/**
 * Props that a schema has or a record sets, and that are not read: by no template, and no reader
 * that the schema names.
 * @param commands of docksmith, by name: readers that a schema may name
 */
export function findUnreadProps(
  paths: Paths,
  { templates, events }: Tree,
  snapshot: Snapshot,
  commands: readonly string[],
): readonly LintFinding[] {
  const reads = [...templates.values()].flatMap(({ analysis }) => [...analysis.reads, ...analysis.checkReads]);
  const readers = new Set([
    ...commands.map((name) => `docksmith ${name}`),
    ...[...listMerged(layersOf(paths, 'events/actions')).keys(), ...events.flatMap(({ steps }) => steps)].map(
      (name) => `action ${name}`,
    ),
  ]);
  return [
    ...listDeclared(paths, snapshot.schema).flatMap((declared) => judge(declared, reads, readers)),
    ...findUnknown(snapshot, reads),
  ];
}

interface Declared {
  readonly db: string;
  /** the type of the records, or in `configuration` their key */
  readonly of: string;
  readonly prop: string;
  readonly schema: PropSchema;
  readonly at: Place;
}

function judge(
  { db, of, prop, schema, at }: Declared,
  reads: readonly StaticRead[],
  readers: ReadonlySet<string>,
): readonly LintFinding[] {
  const { reader, kind, values } = schema;
  // a type of one value tells what a record is, and nothing else
  if (prop === 'type' && kind === 'choice' && values?.length === 1) return [];
  const name = db === 'configuration' ? `${db} ${of} ${prop}` : `${db} (${of}) ${prop}`;
  if (reader !== undefined) {
    if (readers.has(reader) || !/^(docksmith|action)( |$)/.test(reader)) return [];
    const nearest = findNearest(reader, readers);
    return [
      {
        rule: 'prop-not-read',
        level: 'fault',
        at,
        what: `${name} is said to be read by "${reader}", and there is none`,
        why: 'a value that an admin sets there has no effect',
        advice:
          nearest === undefined
            ? 'a reader is "docksmith COMMAND", "action NAME", or another program in words'
            : `"reader": "${nearest}"`,
      },
    ];
  }
  if (
    reads.some(
      (read) =>
        read.db === db && isOfKind(read, db, of) && (prop === 'type' ? read.prop === undefined : takesProp(read, prop)),
    )
  )
    return [];
  return [
    {
      rule: 'prop-not-read',
      level: isShared(db) ? 'note' : 'fault',
      at,
      what: `no template reads ${name}`,
      why: 'docksmith does nothing with a value that an admin sets there',
      advice:
        'name its reader in the schema ("reader": "action NAME", or another program in words), use it in a fragment, or remove it from the schema',
    },
  ];
}

function isOfKind({ key, type }: StaticRead, db: string, of: string): boolean {
  return db === 'configuration' ? key === undefined || key === of : type === undefined || type === of;
}

function listDeclared(paths: Paths, schema: Schema): readonly Declared[] {
  const files = listSchemaFiles(paths).map(({ db, file }) => ({
    db,
    shown: withoutRoot(paths, file),
    lines: readText(file).split('\n'),
  }));
  return Object.entries(schema).flatMap(([db, kinds]) =>
    Object.entries(kinds).flatMap(([of, props]) =>
      Object.entries(props).map(([prop, one]): Declared => {
        // the last file that has it is the one that says what holds
        const places = files
          .filter((file) => file.db === db)
          .flatMap(({ shown, lines }) => {
            const line = findLine(lines, of, prop);
            return line === undefined ? [] : [{ file: shown, line }];
          });
        return { db, of, prop, schema: one, at: places.at(-1) ?? { file: db } };
      }),
    ),
  );
}

/** The line of a prop, from 1, in a schema that has one a line, as all of them do that people write. */
function findLine(lines: readonly string[], of: string, prop: string): number | undefined {
  const isMember = (line: string, name: string): boolean => line.includes(`${JSON.stringify(name)}:`);
  const start = lines.findIndex((line) => isMember(line, of));
  const found = start < 0 ? -1 : lines.findIndex((line, n) => n >= start && isMember(line, prop));
  return found < 0 ? undefined : found + 1;
}

/**
 * What records set of kinds that have a schema: a prop that is neither in it nor in a template may
 * be misspelled, or be another program's. So the advice is never to remove one, and where others set theirs as well,
 * it is said only of what resembles one of ours.
 */
function findUnknown(snapshot: Snapshot, reads: readonly StaticRead[]): readonly LintFinding[] {
  return [...storedOf(snapshot)].flatMap(([db, records]) =>
    [...records.values()].flatMap((record): readonly LintFinding[] => {
      const name = parseHostKey(record.key)?.name ?? record.key;
      const kind = findRecordSchema(snapshot, db, record);
      if (kind === undefined) return [];
      const isRead = (prop: string): boolean =>
        reads.some(
          (read) =>
            read.db === db &&
            (read.key ?? name) === name &&
            (read.type ?? record.type) === record.type &&
            takesProp(read, prop),
        );
      return [...record.props.keys()]
        .filter((prop) => findPropSchema(kind, prop) === undefined && !isRead(prop))
        .flatMap((prop): readonly LintFinding[] => {
          const nearest = findNearest(
            prop,
            Object.keys(kind).filter((known) => !record.props.has(known)),
          );
          if (nearest === undefined && isShared(db)) return [];
          return [
            {
              rule: 'prop-not-read',
              level: nearest === undefined || isShared(db) ? 'note' : 'fault',
              at: { file: `db ${db}` },
              what: `no schema has prop "${prop}" of record "${record.key}", and no template reads it`,
              why: 'docksmith does nothing with it; another program may',
              advice:
                nearest === undefined
                  ? `nothing to do if another program reads it; a schema can name that program: db/${db}/schema.d`
                  : `where ${nearest} is meant: db ${db} setprop ${record.key} ${nearest} …`,
            },
          ];
        });
    }),
  );
}
