import { createHash } from 'node:crypto';
import { FACTS, type Read } from '../db/record.ts';
import type { Snapshot } from '../db/snapshot.ts';
import type { Facts } from '../host/facts.ts';
import type { Paths } from '../base/paths.ts';
import { signatureOf } from '../files/signature.ts';
import { findFact } from '../template/language/observed-facts.ts';
import type { RenderedTemplate, RenderRequest } from '../template/render-request.ts';
import type { Source, Sources } from '../template/sources.ts';
import type { CachedRenderings, CachedTemplate } from './cached-renderings.ts';
import { dbOfRead, type CachedInstance, listLines, parseRead, parseInstance } from './cache-lines.ts';
import type { DbDiff } from './db-diff.ts';
import type { LastRenderings, CacheOptions } from './load-cache.ts';
import { isSame } from './watched.ts';

export interface RenderCacheContext extends CacheOptions {
  readonly paths: Paths;
  readonly snapshot: Snapshot;
  readonly facts: Facts;
  /** see `CachedRenderings` */
  readonly ledger: string;
  /** the templates, as this rendering finds them */
  readonly sources: Sources;
}

/** What of a request has to be rendered. */
export interface Wanted {
  /** keys of units, with the empty one for a template without FOREACH; undefined: all */
  readonly stale: ReadonlySet<string> | undefined;
  /** outputs of the other units: they stand as they would be rendered */
  readonly kept: readonly string[];
}

const EVERYTHING: Wanted = { stale: undefined, kept: [] };

/** A rendering that was done, for `remember`. */
export interface Done {
  readonly request: RenderRequest;
  readonly db: string | undefined;
  readonly onlyArguments: boolean;
  /** only records of the arguments were asked for */
  readonly isPart: boolean;
  readonly wanted: Wanted;
  readonly rendered: RenderedTemplate;
  readonly sources: readonly Source[];
}

/** What was rendered last and from what, against how things stand now. */
export class RenderCache {
  readonly #context: RenderCacheContext;
  readonly #cached: CachedRenderings | undefined;
  readonly #diff: DbDiff | undefined;
  readonly #changedFacts: ReadonlySet<string>;
  readonly #templates: ReadonlyMap<string, CachedTemplate>;
  readonly #current = new Map<CachedTemplate, boolean>();
  #staleLists: ReadonlySet<string> | undefined;

  /** @param last nothing is known where the ledger differs from the one that was remembered with it */
  constructor(context: RenderCacheContext, last: LastRenderings | undefined) {
    const usable = last?.cached.ledger === context.ledger ? last : undefined;
    this.#context = context;
    this.#cached = usable?.cached;
    this.#diff = usable?.diff;
    this.#templates = new Map(this.#cached?.templates.map((template) => [template.request, template]));
    this.#changedFacts = new Set(
      (this.#cached?.facts ?? []).filter((fact) => fact.digest !== digestOfFact(context.facts, fact)).map(nameOfFact),
    );
  }

  /** What is remembered, and how the records moved since; undefined: nothing is. */
  get cached(): CachedRenderings | undefined {
    return this.#cached;
  }

  get diff(): DbDiff | undefined {
    return this.#diff;
  }

  /** What is remembered of a template whose sources stand as they did. */
  findCurrent(request: RenderRequest): CachedTemplate | undefined {
    const template = this.findTemplate(request);
    if (template === undefined) return undefined;
    let isCurrent = this.#current.get(template);
    if (isCurrent === undefined)
      this.#current.set(
        template,
        (isCurrent = isSame(this.#context.paths, template.watched, this.#context.sources.look)),
      );
    return isCurrent ? template : undefined;
  }

  /** @param args keys of records that alone are asked for; undefined: all */
  findStale(request: RenderRequest, args: readonly string[] | undefined): Wanted {
    const template = this.findCurrent(request);
    if (template === undefined || (args === undefined && template.isPart)) return EVERYTHING;
    const diff = template.db === undefined ? undefined : this.#diff?.records(template.db);
    const asked = args === undefined ? undefined : new Set(args);
    // of what no event has asked for yet nothing is known
    const stale = new Set(
      asked === undefined ? diff?.keys() : [...asked].filter((key) => template.isPart || diff?.has(key)),
    );
    const kept: string[] = [];
    for (const line of listLines(template.instances)) {
      const instance = parseInstance(line);
      const { key, outputs } = instance;
      if (asked?.has(key) === false) continue;
      if (diff?.has(key) === true || this.isStale(instance) || !outputs.every(this.#isInstalled)) {
        stale.add(key);
        continue;
      }
      stale.delete(key);
      for (const [path] of outputs) kept.push(path);
    }
    return { stale, kept };
  }

  readonly #isInstalled = ([path, signature]: readonly [string, string]): boolean =>
    signatureOf(this.#context.paths.file(path)) === signature;

  findTemplate(request: RenderRequest): CachedTemplate | undefined {
    const name = nameOfRequest(request);
    return name === undefined ? undefined : this.#templates.get(name);
  }

  /** Whether any fact that was read has changed. */
  get isAnyFactChanged(): boolean {
    return this.#changedFacts.size > 0;
  }

  /** Whether something that was read for it gives another answer. */
  isStale({ list }: Pick<CachedInstance, 'list'>): boolean {
    return list === '' || (this.#staleLists ??= this.#listStale()).has(list);
  }

  #listStale(): ReadonlySet<string> {
    const [cached, diff] = [this.#cached, this.#diff];
    const dbs = new Set([...(diff?.dbs ?? []), ...(this.#changedFacts.size > 0 ? [FACTS] : [])]);
    if (cached === undefined || diff === undefined || dbs.size === 0) return new Set();
    const isAffected = (read: Read): boolean =>
      read.db === FACTS ? this.#changedFacts.has(nameOfFact(read)) : diff.isAffected(read);
    const affected = new Set(
      listLines(cached.reads).flatMap((line, n) =>
        dbs.has(dbOfRead(line)) && isAffected(parseRead(line)) ? [String(n)] : [],
      ),
    );
    if (affected.size === 0) return affected;
    return new Set(
      listLines(cached.lists).flatMap((list, n) =>
        list.split(' ').some((read) => affected.has(read)) ? [String(n)] : [],
      ),
    );
  }
}

/** What a request is remembered by; undefined for one whose output's name was given by hand. */
export function nameOfRequest({ template, metadata, outputFilename }: RenderRequest): string | undefined {
  return outputFilename === undefined ? JSON.stringify([template, metadata?.text ?? '']) : undefined;
}

function nameOfFact({ key = '', prop }: Pick<Read, 'key' | 'prop'>): string {
  return prop === undefined ? key : `${key} ${prop}`;
}

export function digestOfFact(facts: Facts, { key = '', prop }: Pick<Read, 'key' | 'prop'>): string {
  return createHash('sha256')
    .update(JSON.stringify([findFact(facts, key, prop)]))
    .digest('base64');
}
