import { createHash } from 'node:crypto';
import { FlatDb } from '../db/flat-db.ts';
import { FACTS, type Read } from '../db/record.ts';
import type { Index, Snapshot } from '../db/snapshot.ts';
import type { Facts } from '../facts/facts.ts';
import type { Paths } from '../paths.ts';
import { comparableDbs } from './comparable.ts';
import { findFact } from '../template/observed-facts.ts';
import type { RenderedTemplate, RenderRequest } from '../template/render.ts';
import type { Source, Sources } from '../template/sources.ts';
import { type Known, type KnownTemplate, type KnownUnit, readKnown } from './file.ts';
import { Moved } from './moved.ts';
import { signatureOf } from '../signature.ts';
import { stateOfSources } from './sources-state.ts';

export interface RecallContext {
  readonly paths: Paths;
  readonly snapshot: Snapshot;
  readonly facts: Facts;
  /** see `Known` */
  readonly maker: string;
  /** see `Known` */
  readonly ledger: string;
  readonly indexes: readonly Index[];
  /** the templates, as this rendering finds them */
  readonly sources: Sources;
}

/** What of a request has to be rendered. */
export interface Wanted {
  /** keys of units, with the empty one for a template without FOREACH; undefined: all */
  readonly stale: ReadonlySet<string> | undefined;
  /** outputs of the other units: they stand as they would be rendered */
  readonly kept: readonly string[];
  /** what the stale units had as outputs */
  readonly former: readonly string[];
}

const EVERYTHING: Wanted = { stale: undefined, kept: [], former: [] };

/** A rendering that was done, for `remember`. */
export interface Done {
  readonly request: RenderRequest;
  readonly db: string | undefined;
  /** only records of the arguments were asked for */
  readonly isPart: boolean;
  readonly wanted: Wanted;
  readonly rendered: RenderedTemplate;
  readonly sources: readonly Source[];
}

/** What was rendered last and from what, against how things stand now. */
export class Recall {
  readonly #context: RecallContext;
  readonly #known: Known | undefined;
  readonly #moved: Moved | undefined;
  #staleLists: ReadonlySet<number> | undefined;

  constructor(context: RecallContext, known: Known | undefined) {
    this.#context = context;
    this.#known = known;
    if (known === undefined) return;
    const before: Snapshot = { dbs: new Map([...known.dbs].map(([name, content]) => [name, FlatDb.parse(content)])), schema: context.snapshot.schema };
    const after: Snapshot = { dbs: comparableDbs(context.snapshot), schema: context.snapshot.schema };
    this.#moved = new Moved(before, after, context.indexes, (read) => known.facts.get(nameOfFact(read)) !== digestOfFact(context.facts, read));
  }

  /** Nothing is known where the program, the schema or the ledger are others than those that were remembered. */
  static open(context: RecallContext): Recall {
    const known = readKnown(context.paths);
    return new Recall(context, known?.maker === context.maker && known.ledger === context.ledger ? known : undefined);
  }

  /** What is remembered, and how the records moved since; undefined: nothing is. */
  get known(): Known | undefined {
    return this.#known;
  }

  get moved(): Moved | undefined {
    return this.#moved;
  }

  get sources(): Sources {
    return this.#context.sources;
  }

  /** @param args keys that alone are asked for; undefined: all */
  want(request: RenderRequest, args: readonly string[] | undefined): Wanted {
    const template = this.findTemplate(request);
    if (template === undefined || stateOfSources(this.sources, template.sources, { isKept: false }) !== template.state) return EVERYTHING;
    const { units, db } = template;
    const stale = new Set<string>(db === undefined ? [] : [...this.#moved?.records(db).keys() ?? []]);
    const [kept, former]: [string[], string[]] = [[], []];
    for (const [key, unit] of units) {
      const isStale = stale.has(key) || this.isStale(unit) || unit.outputs.some(([path, signature]) => signatureOf(this.#context.paths.file(path)) !== signature);
      if (isStale) stale.add(key);
      const list = isStale ? former : kept;
      for (const [path] of unit.outputs) list.push(path);
    }
    if (args === undefined) return { stale, kept, former };
    const asked = new Set(args.filter((key) => stale.has(key)));
    return { stale: asked, kept, former: [...asked].flatMap((key) => units.get(key)?.outputs.map(([path]) => path) ?? []) };
  }

  findTemplate(request: RenderRequest): KnownTemplate | undefined {
    const name = nameOfRequest(request);
    return this.#known?.templates.find((template) => template.request === name);
  }

  /** Whether any fact that was read is another one. */
  get isAnyFactMoved(): boolean {
    return (this.#known?.reads ?? []).some((read) => read.db === FACTS && this.#moved?.isAffected(read) === true);
  }

  /** Whether something that was read for it gives another answer. */
  isStale({ reads }: KnownUnit): boolean {
    return reads === undefined || this.#listStale().has(reads);
  }

  #listStale(): ReadonlySet<number> {
    if (this.#staleLists !== undefined) return this.#staleLists;
    const [known, moved] = [this.#known, this.#moved];
    const affected = new Set<string>();
    if (known !== undefined && moved !== undefined) for (const [n, read] of known.reads.entries()) if (moved.isAffected(read)) affected.add(String(n));
    const lists = affected.size === 0 ? [] : (known?.lists ?? []).flatMap((list, n) => (list.split(' ').some((read) => affected.has(read)) ? [n] : []));
    return (this.#staleLists = new Set(lists));
  }
}

/** What a request is remembered by; undefined for one whose output's name was given by hand. */
export function nameOfRequest({ template, metadata, outputFilename }: RenderRequest): string | undefined {
  return outputFilename === undefined ? JSON.stringify([template, metadata?.text ?? '']) : undefined;
}

export function nameOfFact({ key = '', prop }: Read): string {
  return prop === undefined ? key : `${key} ${prop}`;
}

export function digestOfFact(facts: Facts, { key = '', prop }: Read): string {
  return createHash('sha256').update(JSON.stringify([findFact(facts, key, prop)])).digest('base64');
}
