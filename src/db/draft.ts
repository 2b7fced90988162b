import { Failure } from '../base/errors.ts';
import { fromByteString } from './byte-text.ts';
import {
  escapeNewlines,
  escapeSeparators,
  type Fields,
  type Lines,
  listFields,
  parseFields,
  trim,
  unescapeNewlines,
} from './flat-file.ts';

/** Why a record cannot be changed. */
export const NO_RECORD = 'there is no such record';

/**
 * A db file being changed: one storing step after the other, each as the original does it.
 * Keys, types, props and values are byte strings.
 */
export class Draft {
  readonly lines: Lines;
  /** keys of records that were given something to store, changed by it or not */
  readonly touched = new Set<string>();
  #stored = false;

  constructor(lines: Lines) {
    this.lines = new Map(lines);
  }

  /** Whether anything was stored, so that the file must be written: also when it was stored back as it was. */
  get stored(): boolean {
    return this.#stored;
  }

  /** The record's whole value with real newlines; undefined: no such record (a line without `=` is none). */
  find(key: string): string | undefined {
    const value = this.lines.get(trim(key));
    return value === undefined ? undefined : unescapeNewlines(value);
  }

  findFields(key: string): Fields | undefined {
    const value = this.find(key);
    return value === undefined ? undefined : parseFields(value);
  }

  /**
   * Replaces the record, without its props. The type is stored as it is: a whole value
   * (`service|status|enabled`) given as the type sets its props too, and scripts rely on it.
   * @throws {Failure} for a key that the format cannot hold
   */
  setType(key: string, type: string): void {
    this.#store(key, type);
  }

  /** Replaces the type and keeps the props; the record must exist. @throws {Failure} */
  changeType(key: string, type: string): void {
    this.#storeFields(key, { ...this.#getFields(key), type });
  }

  /** @throws {Failure} when there is no such record, or for what the format cannot hold */
  setProp(key: string, prop: string, value: string): void {
    const fields = this.#getFields(key);
    if (escapeSeparators(prop) !== prop)
      throw refusal(`prop "${fromByteString(prop)}" of "${fromByteString(key)}"`, 'the name of a prop cannot hold a |');
    fields.props.set(prop, escapeSeparators(value));
    this.#storeFields(key, fields);
  }

  /** @throws {Failure} when there is no such record; a prop that is not set is none */
  deleteProp(key: string, prop: string): void {
    const fields = this.#getFields(key);
    fields.props.delete(prop);
    this.#storeFields(key, fields);
  }

  /** @throws {Failure} when there is no such record */
  delete(key: string): void {
    this.#getFields(key);
    this.lines.delete(trim(key));
    this.#stored = true;
  }

  /** Fields of its own, to be changed and stored. */
  #getFields(key: string): Fields {
    const fields = this.findFields(key);
    if (fields === undefined) throw new Failure(`cannot change "${fromByteString(key)}"`, { why: NO_RECORD });
    return fields;
  }

  #storeFields(key: string, fields: Fields): void {
    const parts = listFields(fields);
    // only the last field may end in a backslash: before a separator it would make that a part of the value
    const broken = parts.findIndex((part, n) => part.endsWith('\\') && n < parts.length - 1);
    if (broken >= 0) {
      // the value itself may be a secret
      const prop = parts[broken % 2 === 0 ? broken - 1 : broken];
      throw refusal(
        broken === 0
          ? `the type of "${fromByteString(key)}"`
          : `prop "${fromByteString(prop ?? '')}" of "${fromByteString(key)}"`,
        'it ends in a backslash, and the | that follows would become a part of it',
      );
    }
    this.#store(key, parts.join('|'));
  }

  #store(untrimmedKey: string, untrimmedValue: string): void {
    const key = trim(untrimmedKey);
    const why = untrimmedKey.includes('\n')
      ? 'a key cannot hold a newline'
      : key.includes('=')
        ? 'a key cannot hold a ='
        : key.startsWith('#')
          ? 'a key cannot begin with #: the line would be a comment'
          : undefined;
    if (why !== undefined) throw refusal(`"${fromByteString(key)}"`, why);
    this.touched.add(key);
    const value = trim(escapeNewlines(untrimmedValue));
    if (this.lines.has(key) && (this.lines.get(key) ?? '') === value) return;
    this.lines.set(key, value);
    this.#stored = true;
  }
}

function refusal(what: string, why: string): Failure {
  return new Failure(`cannot store ${what}`, { why });
}
