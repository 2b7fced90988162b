import { Container } from '../../model/container.ts';
import { RecordView, textOf, type Value, VariableMap } from '../language/value.ts';
import { type HelperCall, HelperFailure } from '../language/helper.ts';

/** The text of the n-th argument. @throws HelperFailure for a list, a map or nothing */
export function textArgument({ args, scope }: HelperCall, n: number): string {
  const text = textOf(args[n], scope);
  if (text === undefined)
    throw new HelperFailure(`argument ${n + 1} is ${args[n] === undefined ? 'missing' : 'not a text'}`);
  return text;
}

/** The text of a named argument, or `fallback` where it is not given. */
export function textOption({ hash, scope }: HelperCall, name: string, fallback: string): string {
  const value = hash.get(name);
  return value === undefined ? fallback : (textOf(value, scope) ?? fallback);
}

/** The n-th argument as a list. */
export function listArgument({ args }: HelperCall, n: number): readonly Value[] {
  const list = args[n];
  if (!Array.isArray(list)) throw new HelperFailure(`argument ${n + 1} is not a list`);
  return list as readonly Value[];
}

/** The n-th argument as a record: one that a fragment has in hand. */
export function recordArgument({ args }: HelperCall, n: number): RecordView {
  const record = args[n];
  if (!(record instanceof RecordView)) throw new HelperFailure(`argument ${n + 1} is not a record`);
  return record;
}

/** The n-th argument as the container that its record makes. */
export function containerArgument(call: HelperCall, n: number): Container {
  return new Container(call.snapshot, recordArgument(call, n).key);
}

/** A value as JSON and YAML know it: records become their props. */
export function plainValue(value: Value, call: HelperCall): unknown {
  if (Array.isArray(value)) return (value as readonly Value[]).map((item) => plainValue(item, call));
  if (value instanceof VariableMap)
    return Object.fromEntries([...value.entries].map(([name, item]) => [name, plainValue(item, call)]));
  if (value instanceof RecordView && value.db !== 'configuration') {
    return Object.fromEntries(value.listProps(call.scope).map((prop) => [prop, value.prop(prop, call.scope)]));
  }
  return typeof value === 'boolean' || typeof value === 'number' ? value : (textOf(value, call.scope) ?? null);
}

/** Whether two values print the same; records compare by their key. */
export function sameValue(a: Value, b: Value, call: HelperCall): boolean {
  if (a instanceof RecordView && b instanceof RecordView) return a.db === b.db && a.key === b.key;
  return textOf(a, call.scope) === textOf(b, call.scope);
}
