import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { errorCode, Failure, reasonOf } from '../base/errors.ts';
import { type FileContent, replaceFile } from './replace-file.ts';
import { readText } from './read-file.ts';

/**
 * What every file under state/ carries in its first bytes. Raised by one when the form of any of them changes so that
 * an older program would misread it; what a newer program wrote is refused, what an older one wrote is read.
 */
export const VERSION = 1;

/**
 * Reads a JSON file that this program keeps under state/. `undefined` only where there is no such
 * file: one that is damaged, or that a newer version wrote, is an error and never taken as empty.
 * @param what what it is, for the message: `the ledger`
 */
export function readState<T>(file: string, what: string, parse: (state: Field) => T): T | undefined {
  return readStateText(file, what, (text, checkVersion) => {
    const state = new Field(JSON.parse(text), '');
    checkVersion(state.get('version').number());
    return parse(state);
  });
}

/** The same for one that has a format of its own; `parse` throws for what is damaged. */
export function readStateText<T>(
  file: string,
  what: string,
  parse: (text: string, checkVersion: (version: number) => void) => T,
): T | undefined {
  const cannot = (why: string, hint: string): Failure => new Failure(`cannot read ${what} "${file}"`, { why, hint });
  let text: string;
  try {
    text = readText(file);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw new Failure(`cannot read ${what} "${file}"`, { why: reasonOf(error), cause: error });
  }
  try {
    return parse(text, (version) => {
      if (!Number.isInteger(version) || version < 1) throw new Error(`${version} is no version`);
      if (version > VERSION) throw refuseNewer(what, file, version);
    });
  } catch (error) {
    throw error instanceof Failure
      ? error
      : cannot(`it is damaged: ${reasonOf(error)}`, 'put back a copy of it from a backup; it is never taken as empty');
  }
}

/** The version that the first bytes of a file of this kind tell; undefined for others: locks, those of ssh. */
export function findVersion(head: string): number | undefined {
  const [, ofJson, ofText] = /^(?:\{"version":(\d+)[,}]|docksmith [a-z]+ (\d+) )/.exec(head) ?? [];
  const version = ofJson ?? ofText;
  return version === undefined ? undefined : Number(version);
}

/** @param known the newest version of such a file that this program can read */
export function refuseNewer(what: string, file: string, version: number, known = VERSION): Failure {
  return new Failure(`cannot read ${what} "${file}"`, {
    why: `a newer docksmith wrote it: it has version ${version}, and this program knows ${known}`,
    hint: 'install the version of docksmith that wrote it, or a newer one; docs/upgrading.md says how to go back',
  });
}

/** Writes such a file as one step, for its owner's eyes only (mode 0600). Folders are made. */
export function writeState(file: string, what: string, state: Readonly<Record<string, unknown>>): void {
  writeStateFile(file, what, formatState(state));
}

/** The same for one that has a format of its own. */
export function writeStateFile(file: string, what: string, content: FileContent): void {
  try {
    mkdirSync(path.dirname(file), { recursive: true });
    replaceFile(file, content);
  } catch (error) {
    throw new Failure(`cannot write ${what} "${file}"`, { why: reasonOf(error), cause: error });
  }
}

/** The file itself, for who writes it together with others. */
export function formatState(state: Readonly<Record<string, unknown>>): FileContent {
  return asStateFile(Buffer.from(`${JSON.stringify({ version: VERSION, ...state })}\n`));
}

/** For its owner's eyes only. */
export function asStateFile(content: Buffer): FileContent {
  return { content, mode: 0o600, uid: process.geteuid?.() ?? 0, gid: process.getegid?.() ?? 0 };
}

/** A part of a JSON document that knows where it stands, so that a wrong one can be named. */
export class Field {
  readonly value: unknown;
  readonly place: string;

  constructor(value: unknown, place: string) {
    this.value = value;
    this.place = place;
  }

  get(name: string): Field {
    return new Field(this.object()[name], this.place === '' ? name : `${this.place}.${name}`);
  }

  text(): string {
    return typeof this.value === 'string' ? this.value : this.wrong('a text');
  }

  number(): number {
    return typeof this.value === 'number' ? this.value : this.wrong('a number');
  }

  list<T>(parse: (item: Field) => T): readonly T[] {
    if (!Array.isArray(this.value)) return this.wrong('a list');
    return this.value.map((item, n) => parse(new Field(item, `${this.place}[${n}]`)));
  }

  /** the fields of an object by name */
  map<T>(parse: (field: Field, name: string) => T): ReadonlyMap<string, T> {
    return new Map(Object.keys(this.object()).map((name) => [name, parse(this.get(name), name)]));
  }

  optional<T>(parse: (field: Field) => T): T | undefined {
    return this.value === undefined ? undefined : parse(this);
  }

  wrong(wanted: string): never {
    throw new Error(`${this.place === '' ? 'the whole' : `"${this.place}"`} is not ${wanted}`);
  }

  private object(): Readonly<Record<string, unknown>> {
    return isObject(this.value) ? this.value : this.wrong('an object');
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
