import { findProp, findRecord, getDb, plainOf } from '../../db/snapshot.ts';
import { type HelperCall, HelperFailure, type HelperTable } from '../language/helper.ts';
import { type Filter, formatFilter, makeTest } from '../language/matches.ts';
import { literalOf, recordsIn, type Shapes, type StaticCall } from '../language/shape.ts';
import { RecordView, textOf, type Value } from '../language/value.ts';
import { textArgument, textOption } from './arguments.ts';
import { noteWhere } from './values/items.ts';

/** Helpers that look into the dbs. The examples are of the sample server that the test lays out. */
export const RECORD_HELPERS: HelperTable = {
  records: {
    doc: 'the records of a db for which every PROP=VALUE holds (also type= and key=), in byte order; where= is a condition: HostType=Self and Visible!=Local, with not, or, brackets, < <= > >= as numbers, ~ and !~ for regular expressions, has for an item of a list, a name alone for what is not empty, and $1 for the first argument behind the db',
    example: {
      fragment:
        '{{#each (records "docker_containers" access="public")}}{{@key}} {{/each}}{{#each (records "docker_containers" "wiki" where="not key=$1 and access~^pub")}}{{@key}}{{#unless @last}}, {{/unless}}{{/each}}',
      gives: 'git git',
    },
    shape: listed,
    call: (call) => {
      const db = textArgument(call, 0);
      const filter = filterOf(call);
      const said = formatFilter(filter);
      const test = makeTest(filter);
      call.scope.note({ db, ...(said === '' ? {} : { filter: said }) });
      const plain = plainOf(call.snapshot);
      return [...getDb(plain, db).values()]
        .filter((record) => test.holds(plain, db, record))
        .map(({ key }) => new RecordView(plain, db, key));
    },
  },
  record: {
    doc: 'the record of a db and a key; the variable of that name is, with FOREACH, the record whose output this is',
    example: { fragment: '{{#with (record "docker_containers" "wiki")}}{{access}}{{/with}}', gives: 'private' },
    shape: ({ args: [db, key], note }) => named(literalOf(db), key, note),
    call: (call) => {
      const [db, key] = [textArgument(call, 0), textArgument(call, 1)];
      return findRecord(call.snapshot, db, key) === undefined ? undefined : new RecordView(call.snapshot, db, key);
    },
  },
  prop: {
    doc: 'a prop of a record in hand, or of DB KEY; default= where it is not set',
    example: {
      fragment:
        '{{prop "docker_containers" "wiki" "MaxMemory" default="none"}} {{prop "docker_containers" "wiki" "Image"}}',
      gives: 'none wiki',
    },
    shape: readProp,
    takesMissing: true,
    call: (call) => {
      const [record, ...rest] = subject(call);
      const prop = textOf(rest[0], call.scope);
      if (prop === undefined || rest.length > 1)
        throw new HelperFailure('it takes a record and a prop, or a db, a key and a prop');
      const { db, key } = record ?? {};
      const value = db === undefined || key === undefined ? undefined : findProp(call.snapshot, db, key, prop);
      return value || (call.hash.get('default') ?? value);
    },
  },
  default: {
    doc: 'the first argument that is there and not empty, else the last',
    example: { fragment: '{{default docker.NoSuchProp "fallback"}}', gives: 'fallback' },
    shape: ({ args }) => args.flat(),
    takesMissing: true,
    call: ({ args, scope }) =>
      args.find((value) => value !== undefined && value !== null && value !== '' && textOf(value, scope) !== '') ??
      args.at(-1),
  },
  exists: {
    doc: 'whether a record or prop is there: exists docker.TLSCert, exists "docker_images" "wiki"',
    example: {
      fragment: '{{#if (exists docker.TLSCert)}}yes{{else}}no{{/if}} {{#if (exists "docker_images" "wiki")}}yes{{/if}}',
      gives: 'no yes',
    },
    shape: ({ args: [db, key], note }) => {
      named(literalOf(db), key, note);
      return [];
    },
    takesMissing: true,
    call: (call) => {
      const [first, key] = call.args;
      if (typeof first !== 'string' || key === undefined) return first !== undefined && first !== '';
      return findRecord(call.snapshot, first, textOf(key, call.scope) ?? '') !== undefined;
    },
  },
  enabled: {
    doc: 'whether a value is "enabled", "yes", "on", "true" or "1", or the status of a record is; a missing one is not',
    example: {
      fragment: '{{#if (enabled docker)}}on{{/if}} {{#if (enabled docker.NoSuchProp)}}on{{else}}off{{/if}}',
      gives: 'on off',
    },
    shape: ({ args: [record], note }) => {
      for (const of of recordsIn(record)) note({ ...of, prop: 'status' });
      return [];
    },
    takesMissing: true,
    call: (call) => {
      const [value] = call.args;
      const text = value instanceof RecordView ? value.prop('status', call.scope) : textOf(value, call.scope);
      return /^(enabled|yes|on|true|1)$/i.test(text ?? '');
    },
  },
};

function filterOf(call: HelperCall): Filter {
  const text = textOption(call, 'where', '');
  const values = call.args.slice(1).map((_, n) => textArgument(call, n + 1));
  if (text === '' && values.length > 0) throw new HelperFailure('it takes a db, PROP=VALUE and where=');
  return {
    equal: new Map(
      [...call.hash].flatMap(([prop, value]) => (prop === 'where' ? [] : [[prop, textOf(value, call.scope) ?? '']])),
    ),
    where: text === '' ? undefined : [text, ...values],
  };
}

/** A record in hand, or one named by db and key; what follows is left over. */
function subject({ args, snapshot, scope }: HelperCall): readonly [RecordView | undefined, ...Value[]] {
  const [first, second, ...rest] = args;
  if (first === undefined || first instanceof RecordView) return [first, ...args.slice(1)];
  return [new RecordView(snapshot, textOf(first, scope) ?? '', textOf(second, scope) ?? ''), ...rest];
}

function listed({ args: [first], hash, note }: StaticCall): Shapes {
  const db = literalOf(first);
  if (db === undefined) return [];
  const [key, type] = [literalOf(hash.get('key')), literalOf(hash.get('type'))];
  const of = { db, ...(key === undefined ? {} : { key }), ...(type === undefined ? {} : { type }) };
  note(of);
  for (const prop of hash.keys()) if (!['key', 'type', 'where'].includes(prop)) note({ ...of, prop });
  const where = hash.get('where');
  if (where !== undefined) noteWhere(of, literalOf(where), note);
  return [{ kind: 'list', items: [{ kind: 'record', of }] }];
}

function named(db: string | undefined, second: Shapes | undefined, note: StaticCall['note']): Shapes {
  if (db === undefined || second === undefined) return [];
  const key = literalOf(second);
  const of = { db, ...(key === undefined ? {} : { key }) };
  note(of);
  return [{ kind: 'record', of }];
}

function readProp({ args, hash, note }: StaticCall): Shapes {
  const [first, second, third] = args;
  const db = literalOf(first);
  const key = literalOf(second);
  const owners = db === undefined ? recordsIn(first) : [{ db, ...(key === undefined ? {} : { key }) }];
  // a computed name may be any
  for (const of of owners) note({ ...of, prop: literalOf(db === undefined ? second : third) ?? '*' });
  return hash.get('default') ?? [];
}
