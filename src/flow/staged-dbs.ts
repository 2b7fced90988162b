import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import path from 'node:path';
import { toByteString } from '../db/byte-text.ts';
import { listDbs } from '../db/db-file.ts';

import type { Db, DbRecord } from '../db/record.ts';
import { changeDb, readDb } from '../db/store.ts';
import type { Draft } from '../db/draft.ts';
import { type Paths, STATE_DIR } from '../paths.ts';

/**
 * A copy of the dbs on which the steps before the templates work, so that what they change is
 * written only if all that follows from it can be installed.
 */
export class StagedDbs {
  readonly #paths: Paths;
  readonly #folder: string;
  readonly #before: ReadonlyMap<string, Db>;
  /** the same host, whose dbs are the copy */
  readonly paths: Paths;

  constructor(paths: Paths) {
    const state = paths.file(STATE_DIR);
    mkdirSync(state, { recursive: true, mode: 0o700 });
    this.#paths = paths;
    this.#folder = mkdtempSync(path.join(state, 'dbs-'));
    this.paths = { ...paths, dbDir: this.#folder };
    for (const name of existsSync(paths.dbDir) ? listDbs(paths) : []) {
      cpSync(path.join(paths.dbDir, name), path.join(this.#folder, name), { preserveTimestamps: true });
    }
    this.#before = this.#read();
  }

  /** Writes what the steps changed to the dbs themselves, record by record, so that what others changed meanwhile stays. */
  commit(): void {
    this.#write(this.#before, this.#read());
  }

  /** Takes back what `commit` wrote. */
  undo(): void {
    this.#write(this.#read(), this.#before);
  }

  #write(from: ReadonlyMap<string, Db>, to: ReadonlyMap<string, Db>): void {
    for (const name of new Set([...from.keys(), ...to.keys()])) {
      const [before, after] = [from.get(name) ?? new Map<string, DbRecord>(), to.get(name) ?? new Map<string, DbRecord>()];
      const changed = [...after.values()].filter((record) => !isSame(before.get(record.key), record));
      const gone = [...before.values()].filter(({ key }) => !after.has(key));
      if (changed.length + gone.length === 0) continue;
      changeDb(this.#paths, name, (draft) => {
        for (const record of changed) carryOver(draft, before.get(record.key), record);
        for (const { key } of gone) if (draft.find(toByteString(key)) !== undefined) draft.delete(toByteString(key));
      });
    }
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #read(): ReadonlyMap<string, Db> {
    return new Map(listDbs(this.paths).map((name) => [name, readDb(this.paths, name)]));
  }
}

function isSame(a: DbRecord | undefined, b: DbRecord): boolean {
  return a !== undefined && a.type === b.type && a.props.size === b.props.size && [...b.props].every(([prop, value]) => a.props.get(prop) === value);
}

function carryOver(draft: Draft, before: DbRecord | undefined, { key, type, props }: DbRecord): void {
  const stored = toByteString(key);
  if (draft.findFields(stored) === undefined) draft.setType(stored, toByteString(type));
  else if (before?.type !== type) draft.changeType(stored, toByteString(type));
  for (const [prop, value] of props) {
    if (before?.props.get(prop) !== value) draft.setProp(stored, toByteString(prop), toByteString(value));
  }
  for (const prop of before?.props.keys() ?? []) if (!props.has(prop)) draft.deleteProp(stored, toByteString(prop));
}
