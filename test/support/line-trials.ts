import { checkValue, findPropSchema } from '../../src/db/check-value.ts';
import { type RecordOverlay, withRecords } from '../../src/db/overlay.ts';
import { type DbRecord, FACTS } from '../../src/db/record.ts';
import { findRecordSchema, getDb, type Snapshot } from '../../src/db/snapshot.ts';
import { Failure, Failures } from '../../src/base/errors.ts';
import type { Facts } from '../../src/host/facts.ts';
import { linesOf, listDeciding, listLost, type Named } from '../../src/features/why/deciding.ts';
import type { Renderer } from '../../src/template/render.ts';
import type { Rendered } from '../../src/template/rendered.ts';
import { type Dbs, type Random, randomValue } from './random-changes.ts';
import { shippedRenderer } from './render.ts';
import { snapshotOf } from './sample.ts';

/** All that is shipped with outputs of its own. */
export const SHIPPED_TEMPLATES = [
  '/etc/docker/daemon.json',
  '/etc/sysconfig/docker',
  '/etc/default/docker',
  '/etc/systemd/system/docker.service.d/docksmith.conf',
  '/etc/docksmith/filter/docker-user.v4',
  '/etc/docksmith/filter/docker-user.v6',
  '/etc/docksmith/containers',
  '/etc/dnsmasq.d/docksmith.conf',
  '/etc/docksmith/hosts/containers',
  '/etc/docksmith/users/container',
  '/etc/docker/certs.d/registry',
  '/etc/httpd/docksmith/default',
  '/etc/httpd/docksmith/primary',
  '/etc/httpd/docksmith/vhost',
];
/** Values that mean something of their own somewhere; illegal ones are no change that an event would make. */
const SPECIAL = ['none', 'unlimited', 'json-file', 'exposed', '443', '', 'host', '/etc/default/one'];
/** Kinds most of whose random values are alike to a line. */
const MANY = ['links', 'socket', 'volumes-from'];

export interface Verdict {
  readonly lines: number;
  /** how often a prop is named for a line */
  readonly named: number;
  /** how often one was read for a line */
  readonly runRecorded: number;
  /** other records that were rendered */
  readonly trials: number;
  /** `FILE:LINE TEXT | DB KEY PROP`: named, and no change of it changes or removes the line */
  readonly tooWide: readonly string[];
  /** not named, and a change of it changes or removes the line */
  readonly tooNarrow: readonly string[];
}

/** Tries for every line of every shipped output whether what `why` names decides it, and nothing else. */
export function tryLines(dbs: Dbs, facts: Facts, random: Random): Verdict {
  const snapshot = snapshotOf(dbs, facts);
  const renderer = shippedRenderer(snapshot, facts);
  const outputs = SHIPPED_TEMPLATES.flatMap((template) => renderer.render({ template }).outputs);
  const verdicts = outputs.map((output) => tryOutput(output, { dbs, snapshot, facts, renderer, random }));
  const sum = (count: (verdict: Verdict) => number): number =>
    verdicts.reduce((total, verdict) => total + count(verdict), 0);
  return {
    lines: sum(({ lines }) => lines),
    named: sum(({ named }) => named),
    runRecorded: sum(({ runRecorded }) => runRecorded),
    trials: sum(({ trials }) => trials),
    tooWide: verdicts.flatMap(({ tooWide }) => tooWide),
    tooNarrow: verdicts.flatMap(({ tooNarrow }) => tooNarrow),
  };
}

interface Server {
  readonly dbs: Dbs;
  readonly snapshot: Snapshot;
  readonly facts: Facts;
  readonly renderer: Renderer;
  readonly random: Random;
}

function tryOutput(output: Rendered, server: Server): Verdict {
  const { snapshot, renderer } = server;
  const lines = linesOf(output);
  const deciding = listDeciding(
    output,
    lines.map((_, n) => n),
    { snapshot, words: renderer.listLiterals(), render: (overlay) => renderOver(output, server, overlay) },
  );
  const [tooWide, tooNarrow]: [string[], string[]] = [[], []];
  let trials = 0;
  const read = listRead(output);
  for (const candidate of [...read, ...listUnread(output, read, snapshot)]) {
    const lost = new Set<number>();
    for (const overlay of otherRecords(
      server,
      candidate,
      read.includes(candidate) || candidate.prop === 'Interlinked',
    )) {
      const after = renderOver(output, server, overlay);
      trials++;
      if (after !== 'refused') for (const n of listLost(output, after, lines)) lost.add(n);
    }
    for (const [n, named] of deciding) {
      const isNamed = named.some(
        ({ db, key, prop }) => db === candidate.db && key === candidate.key && prop === candidate.prop,
      );
      const text = `${output.path}:${n + 1} ${lines[n]?.text ?? ''} | ${candidate.db} ${candidate.key} ${candidate.prop ?? ''}`;
      if (isNamed && !lost.has(n)) tooWide.push(text);
      if (!isNamed && lost.has(n)) tooNarrow.push(text);
    }
  }
  const runRecorded = output.text
    .lineOrigins()
    .reduce(
      (sum, origins) => sum + new Set(origins.flatMap(({ reads }) => reads.map((one) => JSON.stringify(one)))).size,
      0,
    );
  return {
    lines: lines.length,
    named: [...deciding.values()].reduce((sum, named) => sum + named.length, 0),
    runRecorded,
    trials,
    tooWide,
    tooNarrow,
  };
}

/** One output over other records. */
function renderOver(
  { path, template, record }: Rendered,
  { dbs, facts, renderer }: Server,
  overlay: RecordOverlay,
): Rendered | 'refused' | undefined {
  const only = record === undefined ? {} : { args: [record.key], metadata: { file: path, text: 'ONLY = arguments' } };
  try {
    return renderer
      .over({ snapshot: snapshotOf(withRecords({ dbs }, [overlay]).dbs, facts), facts })
      .render({ template, ...only })
      .outputs.find((output) => output.path === path);
  } catch (error) {
    if (error instanceof Failure || error instanceof Failures) return 'refused';
    throw error;
  }
}

function listRead({ scope }: Rendered): readonly Named[] {
  return scope
    .noted()
    .flatMap(({ db, key, prop, filter }): readonly Named[] =>
      key === undefined || filter !== undefined || db === FACTS
        ? []
        : [{ db, key, ...(prop === undefined ? {} : { prop }) }],
    );
}

/** The other props of all records of which something was read, and the links of all containers. */
function listUnread(output: Rendered, read: readonly Named[], snapshot: Snapshot): readonly Named[] {
  const isRead = (db: string, key: string, prop: string): boolean =>
    read.some((one) => one.db === db && one.key === key && one.prop === prop);
  // what it says of a record that is there, or of one whose output it is
  const links = [...getDb(snapshot, 'docker_containers').keys()]
    .flatMap((key) => ['Interlinked', 'status'].map((prop) => ({ db: 'docker_containers', key, prop })))
    .filter(({ db, key, prop }) => !isRead(db, key, prop));
  const records = new Map(
    read
      .filter(({ db, key }) => output.record === undefined || (output.record.db === db && output.record.key === key))
      .map((one) => [`${one.db} ${one.key}`, one]),
  );
  const others = [...records.values()].flatMap(({ db, key }) => {
    const record = getDb(snapshot, db).get(key);
    if (record === undefined) return [];
    const props = [
      ...Object.keys(findRecordSchema(snapshot, db, record) ?? {}).filter(
        (prop) => prop !== 'type' && !prop.endsWith('*'),
      ),
      'Own',
    ];
    return props.filter((prop) => !isRead(db, key, prop)).map((prop) => ({ db, key, prop }));
  });
  return [
    ...others.filter(
      (one) => !links.some(({ db, key, prop }) => db === one.db && key === one.key && prop === one.prop),
    ),
    ...links,
  ];
}

function otherRecords(
  { dbs, snapshot, random }: Server,
  { db, key, prop }: Named,
  isRead: boolean,
): readonly RecordOverlay[] {
  const there = getDb(snapshot, db).get(key);
  const record: DbRecord = there ?? { key, type: 'service', props: new Map() };
  const schema = findPropSchema(findRecordSchema(snapshot, db, record) ?? {}, prop ?? 'type') ?? {
    doc: '',
    kind: 'text',
  };
  const drawn = Array.from({ length: isRead ? (MANY.includes(schema.kind) ? 24 : 5) : 1 }, () =>
    randomValue(schema, dbs, random),
  );
  const values = new Set<string | undefined>([
    ...(schema.values ?? drawn),
    ...(isRead ? SPECIAL.filter((value) => checkValue(schema, value) === undefined) : []),
    undefined,
  ]);
  const before = prop === undefined ? there?.type : record.props.get(prop);
  const others = [...values]
    .filter((value) => value !== before)
    .map((value): RecordOverlay => {
      if (prop === undefined) return { db, key, record: value === undefined ? undefined : { ...record, type: value } };
      const props = new Map(record.props);
      if (value === undefined) props.delete(prop);
      else props.set(prop, value);
      return { db, key, record: { ...record, props } };
    });
  return there === undefined ? [{ db, key, record }, ...others] : others;
}
