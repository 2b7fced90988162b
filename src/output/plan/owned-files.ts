import { compareBytes } from '../../base/layers.ts';
import type { RecordRef } from '../../template/language/origin.ts';

/** One output that docksmith put in place, and may therefore replace and remove. */
export interface Owned {
  /** without the root */
  readonly path: string;
  /** sha256 of the content, hex */
  readonly digest: string;
  /** permission bits */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly template: string;
  /** with `FOREACH`: whose output it is */
  readonly record?: RecordRef;
  readonly services: readonly string[];
  /** a secret was read for it, so what it holds is not shown */
  readonly isSecret: boolean;
}

/** Whose output a file is. */
export type Maker = Pick<Owned, 'template' | 'record'>;

/**
 * What docksmith owns, by path in byte order. Kept as the lines of the ledger, and a line is
 * parsed when it is asked for: an event that changes one file of many thousand looks at few.
 */
export class OwnedFiles implements Iterable<readonly [string, Owned]> {
  /** path -> its line, in byte order */
  readonly #lines: ReadonlyMap<string, string>;

  private constructor(lines: ReadonlyMap<string, string>) {
    this.#lines = lines;
  }

  static of(entries: Iterable<Owned>): OwnedFiles {
    return new OwnedFiles(new Map()).with(entries);
  }

  /** @param lines in byte order of their paths, as `lines` gives them. @throws Error for one without a path */
  static parse(lines: Iterable<string>): OwnedFiles {
    const byPath = new Map<string, string>();
    for (const line of lines) {
      const end = line.indexOf('\t');
      if (!line.startsWith('/') || end < 0) throw new Error(`${JSON.stringify(line)} is no line of it`);
      byPath.set(line.slice(0, end), line);
    }
    return new OwnedFiles(byPath);
  }

  get size(): number {
    return this.#lines.size;
  }

  has(path: string): boolean {
    return this.#lines.has(path);
  }

  get(path: string): Owned | undefined {
    const line = this.#lines.get(path);
    return line === undefined ? undefined : parseLine(line);
  }

  /** Whether just that entry is among them. */
  includes(owned: Owned): boolean {
    return this.#lines.get(owned.path) === formatLine(owned);
  }

  paths(): Iterable<string> {
    return this.#lines.keys();
  }

  *values(): Generator<Owned> {
    for (const line of this.#lines.values()) yield parseLine(line);
  }

  *[Symbol.iterator](): Generator<readonly [string, Owned]> {
    for (const [path, line] of this.#lines) yield [path, parseLine(line)];
  }

  /** The templates that made any of them. */
  templates(): ReadonlySet<string> {
    const templates = new Set<string>();
    for (const [path, line] of this.#lines)
      templates.add(line.slice(path.length + 1, line.indexOf('\t', path.length + 1)));
    return templates;
  }

  /** Whose those of some paths are: thousands of lines need not be parsed for that. */
  *makers(isMeant: (path: string) => boolean): Generator<readonly [path: string, maker: Maker]> {
    for (const [path, line] of this.#lines) if (isMeant(path)) yield [path, makerIn(line)];
  }

  lines(): Iterable<string> {
    return this.#lines.values();
  }

  /** With these entered and those paths gone; itself where that changes nothing. */
  with(entered: Iterable<Owned>, gone: Iterable<string> = []): OwnedFiles {
    let lines: Map<string, string> | undefined;
    let isSorted = true;
    for (const path of gone) if (this.#lines.has(path)) (lines ??= new Map(this.#lines)).delete(path);
    for (const owned of entered) {
      const line = formatLine(owned);
      if (this.#lines.get(owned.path) === line) continue;
      isSorted &&= this.#lines.has(owned.path);
      (lines ??= new Map(this.#lines)).set(owned.path, line);
    }
    if (lines === undefined) return this;
    return new OwnedFiles(isSorted ? lines : new Map([...lines].sort(([a], [b]) => compareBytes(a, b))));
  }
}

/** Paths and templates hold no control characters; a key may hold all but a newline, and so stands last. */
function formatLine({ path, template, digest, mode, uid, gid, services, isSecret, record }: Owned): string {
  return [
    path,
    template,
    digest,
    mode.toString(8).padStart(4, '0'),
    uid,
    gid,
    services.join(' '),
    isSecret ? 'secret' : '',
    record?.db ?? '',
    record?.key ?? '',
  ].join('\t');
}

function makerIn(line: string): Maker {
  const tabs = [line.indexOf('\t')];
  while (tabs.length < 9) tabs.push(line.indexOf('\t', (tabs.at(-1) ?? 0) + 1));
  const db = line.slice((tabs[7] ?? 0) + 1, tabs[8]);
  return {
    template: line.slice((tabs[0] ?? 0) + 1, tabs[1]),
    ...(db !== '' && { record: { db, key: line.slice((tabs[8] ?? 0) + 1) } }),
  };
}

function parseLine(line: string): Owned {
  const [
    path = '',
    template = '',
    digest = '',
    mode = '',
    uid = '',
    gid = '',
    services = '',
    secret = '',
    db = '',
    ...key
  ] = line.split('\t');
  if (key.length === 0 || !/^[0-7]{4}$/.test(mode)) throw new Error(`${JSON.stringify(line)} is no line of it`);
  return {
    path,
    digest,
    mode: Number.parseInt(mode, 8),
    uid: Number(uid),
    gid: Number(gid),
    template,
    ...(db !== '' && { record: { db, key: key.join('\t') } }),
    services: services === '' ? [] : services.split(' '),
    isSecret: secret !== '',
  };
}
