import { rmSync } from 'node:fs';
import { readCacheFile, writeCacheFile } from '../cache-file.ts';
import { CACHE_DIR, type Paths } from '../paths.ts';
import type { Read } from '../db/record.ts';
import type { Source } from '../template/sources.ts';

/** In the folder of caches. Where it is gone, the next event renders everything. */
const FILE = 'reads';

/** One unit of a template as it was rendered last. */
export interface KnownUnit {
  /** what was read, by its number among the lists of reads; undefined: it has to be rendered again */
  readonly reads: number | undefined;
  /** paths of its outputs, each with the signature of the installed file; an empty one is not to be trusted */
  readonly outputs: readonly (readonly [path: string, signature: string])[];
}

export interface KnownTemplate {
  /** what was asked for: template and the metadata of the event */
  readonly request: string;
  /** db of FOREACH */
  readonly db: string | undefined;
  readonly sources: readonly Source[];
  readonly state: string;
  /** by key; the one of a template without FOREACH has an empty one */
  readonly units: ReadonlyMap<string, KnownUnit>;
}

/** All that is known of the last renderings. */
export interface Known {
  /** what made them: equal while the program, the schema and the owners of files are the same */
  readonly maker: string;
  /** signature of the ledger that the outputs were entered in */
  readonly ledger: string;
  /** the facts that were read -> digest of their value */
  readonly facts: ReadonlyMap<string, string>;
  /** what the containers were checked with, where nothing was to be said of any of them */
  readonly checked: string | undefined;
  /** each list by the numbers of its reads */
  readonly lists: readonly string[];
  readonly reads: readonly Read[];
  readonly templates: readonly KnownTemplate[];
  /** the dbs as they stood, see `comparableDbs` */
  readonly dbs: ReadonlyMap<string, Buffer>;
}

const VERSION = 'docksmith reads 1';

/** Undefined where there is none. */
export function readKnown(paths: Paths): Known | undefined {
  const body = readCacheFile(paths, FILE, VERSION);
  return body === undefined ? undefined : parseKnown(body);
}

interface Head extends Pick<Known, 'maker' | 'ledger' | 'checked'> {
  readonly facts: readonly (readonly [string, string])[];
  readonly reads: number;
  readonly lists: number;
  readonly templates: readonly (Omit<KnownTemplate, 'units'> & { readonly units: number })[];
  readonly dbs: readonly (readonly [name: string, bytes: number])[];
  /** bytes of the lines in front of the dbs */
  readonly bytes: number;
}

function parseKnown(body: Buffer): Known {
  const end = body.indexOf(10);
  const { bytes, facts, reads, lists, templates, dbs, ...rest } = JSON.parse(body.toString('utf8', 0, end)) as Head;
  const lines = body.toString('utf8', end + 1, end + 1 + bytes).split('\n');
  let [line, at] = [reads + lists, end + 1 + bytes];
  return {
    ...rest, facts: new Map(facts),
    reads: lines.slice(0, reads).map((text) => JSON.parse(text) as Read), lists: lines.slice(reads, reads + lists),
    templates: templates.map(({ units, ...template }) => ({ ...template, units: new Map(lines.slice(line, line += units).map(parseUnit)) })),
    dbs: new Map(dbs.map(([name, size]) => [name, body.subarray(at, at += size)])),
  };
}

function parseUnit(text: string): readonly [string, KnownUnit] {
  const [key = '', reads = '', ...rest] = text.split('\t');
  const outputs: (readonly [string, string])[] = [];
  for (let n = 0; n < rest.length; n += 2) outputs.push([rest[n] ?? '', rest[n + 1] ?? '']);
  return [unescapeKey(key), { reads: reads === '' ? undefined : Number(reads), outputs }];
}

export function writeKnown(paths: Paths, { maker, ledger, checked, facts, reads, lists, templates, dbs }: Known): void {
  const lines = [...reads.map((read) => JSON.stringify(read)), ...lists];
  for (const { units } of templates) {
    for (const [key, { reads: list, outputs }] of units) lines.push([escapeKey(key), list ?? '', ...outputs.flat()].join('\t'));
  }
  const text = Buffer.from(lines.join('\n'));
  const head: Head = {
    maker, ledger, checked, facts: [...facts], reads: reads.length, lists: lists.length, bytes: text.length,
    templates: templates.map(({ units, ...template }) => ({ ...template, units: units.size })), dbs: [...dbs].map(([name, content]) => [name, content.length]),
  };
  writeCacheFile(paths, FILE, VERSION, Buffer.concat([Buffer.from(`${JSON.stringify(head)}\n`), text, ...dbs.values()]));
}

/** Nothing is remembered any more. */
export function removeKnown(paths: Paths): void {
  rmSync(paths.file(CACHE_DIR), { recursive: true, force: true });
}

/** A key may hold a tab, which ends the parts of a line. */
function escapeKey(key: string): string {
  return key.replaceAll('\\', '\\\\').replaceAll('\t', '\\t');
}

function unescapeKey(text: string): string {
  return text.replaceAll(/\\(.)/g, (_, char: string) => (char === 't' ? '\t' : char));
}
