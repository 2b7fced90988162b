import type { ContainerInspect, CreateBody, ImageInspect } from '../../engine/engine-api.ts';
import type { Input } from './input.ts';
import type { Kind, Value } from './value.ts';

/**
 * How a change of a key is answered: not at all, by the engine's live update of the same
 * container, or by a new container.
 */
type Answer = 'none' | 'update' | 'recreate';

/** One key of a run spec, from the Compose file to the engine and back. */
export interface SpecKey {
  /** as Compose calls it */
  readonly name: string;
  /** as a plan calls it */
  readonly title: string;
  readonly answer: Answer;
  readonly kind: Kind<Value>;
  /** what the engine takes when a run spec says nothing; saying it changes nothing */
  readonly default: Value | undefined;
  /** whether a live update can go back to the default; else that is a recreate */
  readonly canUnset: boolean;
  /** values that may be secrets: a plan then names the entries and not what they hold */
  readonly hidden: boolean;
  /** canonical form; throws all that is wrong with it */
  parse(input: Input): Value;
  send(value: Value, body: CreateBody): void;
  /** what the container has, canonical; undefined for nothing */
  read(container: ContainerInspect): Value | undefined;
  /** what comes from the image unless the run spec says otherwise */
  ofImage(image: ImageInspect): Value | undefined;
  format(value: Value): string;
}

export interface KeyDefinition<T extends Value> {
  readonly name: string;
  /** by default the name, with blanks for `_` */
  readonly title?: string;
  readonly answer: Answer;
  readonly default?: T;
  readonly canUnset?: boolean;
  readonly hidden?: boolean;
  parse(input: Input): T;
  send(value: T, body: CreateBody): void;
  read(container: ContainerInspect): T | undefined;
  ofImage?(image: ImageInspect): T | undefined;
  format?(value: T): string;
}

/** Makes a table row of a definition that knows the type of its values. */
export function defineKey<T extends Value>(kind: Kind<T>, definition: KeyDefinition<T>): SpecKey {
  const { name } = definition;
  const check = (value: Value): T => {
    if (!kind.holds(value)) throw new TypeError(`"${name}" of a run spec holds ${typeof value}, not ${kind.name}`);
    return value;
  };
  return {
    name,
    kind,
    title: definition.title ?? name.replaceAll('_', ' '),
    answer: definition.answer,
    default: definition.default,
    canUnset: definition.canUnset ?? false,
    hidden: definition.hidden ?? false,
    parse: (input) => definition.parse(input),
    send: (value, body) => definition.send(check(value), body),
    read: (container) => definition.read(container),
    ofImage: (image) => definition.ofImage?.(image),
    format: (value) => definition.format?.(check(value)) ?? formatPlain(value),
  };
}

function formatPlain(value: Value): string {
  if (typeof value !== 'object') return String(value);
  return (Array.isArray(value) ? value : Object.entries(value).map(([key, text]) => `${key}=${text}`)).join(' ');
}
