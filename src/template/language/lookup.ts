import { findNearest } from '../../base/nearest.ts';
import { findPropSchema } from '../../db/check-value.ts';
import { findRecordSchema, type Snapshot } from '../../db/snapshot.ts';
import type { Lets } from './lets.ts';
import { isFreePath, type PathNode } from './program.ts';
import type { ReadScope } from './tracked-text.ts';
import { RecordView, type Value, VariableMap } from './value.ts';

/** What names lead to from anywhere in a template. */
export interface Names {
  readonly snapshot: Snapshot;
  /** variables besides the records of `configuration`: `record` with FOREACH, the hash of `expand` */
  readonly variables: ReadonlyMap<string, Value>;
  /** those that its fragments set */
  readonly lets: Lets;
}

/** A `this` with what blocks lay around it. */
export interface Frame {
  readonly context: Value | typeof ROOT;
  /** @key, @index, @first, @last */
  readonly data: ReadonlyMap<string, Value>;
  /** what was read for the list that is gone through */
  readonly listed?: ReadScope | undefined;
  readonly blockParams: ReadonlyMap<string, Value>;
  readonly parent?: Frame;
}

const ROOT = Symbol('the variables of the template');

/** Where no block is open: names are the variables and the records of `configuration`. */
export const OUTERMOST: Frame = { context: ROOT, data: new Map(), blockParams: new Map() };

/** A path that can't be followed at all, whatever the dbs hold; the message is the reason. */
export class NoSuchName extends Error {}

/**
 * The value at the end of a path; undefined for a missing record or prop.
 * @throws NoSuchName
 */
export function lookUpPath(path: PathNode, frame: Frame, names: Names, scope: ReadScope): Value {
  const { isData, depth, parts } = path;
  const [first, ...rest] = parts;
  let base = frame;
  for (let n = 0; n < depth; n++) {
    if (base.parent === undefined) throw new NoSuchName('there is nothing around the template');
    base = base.parent;
  }
  if (isData) {
    if (first === 'root') {
      if (rest[0] === undefined) throw new NoSuchName('it names nothing here: say which record');
      return walk(variable(names, rest[0], scope), rest.slice(1), scope);
    }
    if (first === undefined || !base.data.has(first))
      throw new NoSuchName('there is @key, @index, @first and @last inside {{#each}}, and @root');
    // the place of an item is decided by the others
    if (first !== 'key') for (const read of base.listed?.own ?? []) scope.note(read);
    return walk(base.data.get(first), rest, scope);
  }
  if (first === undefined) {
    if (base.context === ROOT) throw new NoSuchName('it names nothing here: say which record');
    return base.context;
  }
  const isFree = isFreePath(path);
  if (isFree && frame.blockParams.has(first)) return walk(frame.blockParams.get(first), rest, scope);
  // `config` and the variables of this expansion are seen from inside any block
  if (isFree && first === 'config') {
    if (rest[0] === undefined) throw new NoSuchName('it names nothing here: say which record');
    return walk(configurationRecord(names, rest[0], scope), rest.slice(1), scope);
  }
  if (base.context === ROOT || (isFree && isVariable(names, first)))
    return walk(variable(names, first, scope), rest, scope);
  const own = walk(base.context, [first], scope);
  if (own !== undefined || !isFree || isPropOf(base.context, first)) return walk(own, rest, scope);
  const read = scope.own.at(-1);
  const record = variable(names, first, scope);
  // where neither is there, a message is about the item
  if (record === undefined && read !== undefined && base.context instanceof RecordView) scope.note(read);
  return walk(record, rest, scope);
}

/** Whether a name is a variable of the template, which is seen from inside any block. */
export function isVariable({ variables, lets }: Names, name: string): boolean {
  return variables.has(name) || lets.has(name);
}

/** What the item of the innermost block has under a name itself: there a helper of that name is not meant. */
export function findOwn({ context }: Frame, name: string, scope: ReadScope): Value {
  return context instanceof RecordView || context instanceof VariableMap ? walk(context, [name], scope) : undefined;
}

function variable(names: Names, name: string, scope: ReadScope): Value {
  if (names.variables.has(name)) return names.variables.get(name);
  const set = names.lets.get(name, scope);
  return names.lets.has(name) ? set : configurationRecord(names, name, scope);
}

/** A prop that the schema has for the item is the item's, set or not. */
function isPropOf(item: Frame['context'], name: string): boolean {
  if (!(item instanceof RecordView)) return false;
  const { snapshot, db, plainKey } = item;
  const record = snapshot.dbs.get(db)?.get(plainKey);
  const schema = record === undefined ? undefined : findRecordSchema(snapshot, db, record);
  return schema !== undefined && findPropSchema(schema, name) !== undefined;
}

function configurationRecord({ snapshot }: Names, name: string, scope: ReadScope): Value {
  return new RecordView(snapshot, 'configuration', name).orMissing(scope);
}

/** Only records and sets of named values have something inside; nothing else of JavaScript can be reached. */
function walk(start: Value, parts: readonly string[], scope: ReadScope): Value {
  let value = start;
  for (const part of parts) {
    if (value instanceof RecordView) value = value.lookUp(part, scope);
    else if (value instanceof VariableMap) value = value.entries.get(part);
    else return undefined;
  }
  return value;
}

/**
 * Why an expression has no value, from what was looked at last, and the name that was meant.
 * @param callable names of helpers, one of which a name without arguments may have meant
 */
export function explainMissing(
  source: string,
  { snapshot, variables, lets }: Names,
  scope: ReadScope,
  callable: readonly string[] = [],
): { readonly why: string; readonly meant: string | undefined } {
  const { db, key, prop = '' } = scope.own.at(-1) ?? {};
  if (db === undefined || key === undefined) return { why: `${source} has no value`, meant: undefined };
  const records = snapshot.dbs.get(db);
  const record = records?.get(key);
  if (record !== undefined) {
    const known = [...record.props.keys(), ...Object.keys(findRecordSchema(snapshot, db, record) ?? {})];
    // one that the schema has is spelled well, and just not set
    return {
      why: `record "${key}" of db ${db} has no prop "${prop}"`,
      meant: known.includes(prop) ? undefined : findNearest(prop, known),
    };
  }
  const names = [
    ...(db === 'configuration' ? [...variables.keys(), ...lets.keys(), ...callable] : []),
    ...(records?.keys() ?? []),
  ];
  // a name that is known elsewhere (`record`, where a template is expanded once per record) is spelled well
  return { why: `db ${db} has no record "${key}"`, meant: names.includes(key) ? undefined : findNearest(key, names) };
}
