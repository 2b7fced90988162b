import type { Read } from '../db/record.ts';
import type { Scope } from '../output/plan/change-set.ts';
import { LEDGER_FILE } from '../output/plan/ledger.ts';
import type { Paths } from '../base/paths.ts';
import { type Done, RenderCache, type RenderCacheContext } from '../incremental/render-cache.ts';
import { type Kept, cacheRenderings } from '../incremental/cache-renderings.ts';
import { loadCache, type LoadedCache } from '../incremental/load-cache.ts';
import { signatureOf } from '../files/signature.ts';
import { Compiled } from '../incremental/compiled.ts';
import { HELPERS } from '../template/helpers/index.ts';
import { Mistakes } from '../template/mistakes.ts';
import { Renderer } from '../template/render.ts';
import { type RenderContext, type RenderRequest, scopeOf } from '../template/render-request.ts';
import type { Rendered } from '../template/rendered.ts';
import { Sources } from '../template/sources.ts';
import { ownersOf } from './commit/owners.ts';
import { cacheOptions } from './cache-options.ts';
import type { HostState } from './host-state.ts';

/** What templates give, as far as it is not known to stand already. */
export interface Renderings {
  readonly outputs: readonly Rendered[];
  /** outputs that were not rendered: they stand as they would be */
  readonly kept: readonly string[];
  readonly scope: Scope;
  readonly warnings: readonly string[];
  /** by request */
  readonly done: readonly Done[];
}

/** What was read for what was rendered. */
export function listReads(done: readonly Done[]): readonly Read[] {
  return done.flatMap(({ db, rendered }) => [
    ...(db === undefined ? [] : [{ db }]),
    ...rendered.instances.flatMap(({ reads }) => reads),
  ]);
}

/** What a request is about, of its metadata. */
export interface RenderTarget {
  readonly db: string | undefined;
  readonly onlyArguments: boolean;
}

/** Renders the templates of an event, as far as their outputs are not known to stand already. */
export class Rendering {
  readonly #hostState: HostState;
  readonly #context: RenderCacheContext;
  readonly sources: Sources;
  readonly renderCache: RenderCache;

  /** @param isForced whatever is remembered of the last time */
  constructor(hostState: HostState, { isForced }: { readonly isForced: boolean }) {
    this.#hostState = hostState;
    // what is compiled is no less remembered than what was rendered
    this.sources = new Sources(hostState.paths, isForced ? undefined : new Compiled(hostState.paths));
    const { paths, snapshot, facts } = hostState;
    const loadedCache = isForced ? undefined : cacheOf(hostState);
    this.#context = {
      ...(loadedCache?.options ?? cacheOptions(paths, snapshot)),
      paths,
      snapshot,
      facts,
      ledger: signLedger(paths),
      sources: this.sources,
    };
    this.renderCache = new RenderCache(this.#context, loadedCache?.last);
  }

  /** @throws Failure(s) for metadata that cannot be used */
  aimOf(request: RenderRequest): RenderTarget {
    const cached = this.renderCache.findCurrent(request);
    if (cached !== undefined) return { db: cached.db, onlyArguments: cached.onlyArguments };
    const { forEach, onlyArguments } = this.sources.metadata(request.template, request.metadata);
    return { db: forEach?.db, onlyArguments };
  }

  /** @throws Failure(s) with every mistake of every template */
  render(requests: readonly RenderRequest[], { isPlain = false }: Pick<RenderContext, 'isPlain'> = {}): Renderings {
    const { paths, snapshot, facts } = this.#hostState;
    const renderer = new Renderer(
      { paths, snapshot, facts, helpers: HELPERS, findOwner: ownersOf(paths), isPlain },
      this.sources,
    );
    const mistakes = new Mistakes();
    const done = requests.flatMap(
      (request): readonly Done[] =>
        mistakes.collect(() => {
          const [rendered, used] = this.sources.listUsed(() => this.#renderOne(renderer, request));
          return [{ ...rendered, sources: used }];
        }) ?? [],
    );
    mistakes.throw();
    return {
      outputs: done.flatMap(({ rendered }) => rendered.outputs),
      kept: done.flatMap(({ wanted }) => wanted.kept),
      scope: new Map(done.map(({ rendered }) => [rendered.template, rendered.scope])),
      warnings: done.flatMap(({ rendered }) => rendered.warnings),
      done,
    };
  }

  /** For the next event, once all of it is installed. */
  cacheRenderings(done: readonly Done[], kept: Kept): void {
    cacheRenderings({ ...this.#context, ledger: signLedger(this.#hostState.paths) }, this.renderCache, done, kept);
    this.sources.keepCompiled();
  }

  #renderOne(renderer: Renderer, request: RenderRequest): Omit<Done, 'sources'> {
    const { db, onlyArguments } = this.aimOf(request);
    const only = onlyArguments && db !== undefined ? request.args : undefined;
    const wanted = this.renderCache.findStale(request, only);
    const cached = this.renderCache.findCurrent(request);
    const rendered =
      cached === undefined || wanted.stale === undefined || wanted.stale.size > 0
        ? renderer.render(request, wanted.stale)
        : {
            template: request.template,
            instances: [],
            outputs: [],
            warnings: cached.warnings,
            scope: scopeOf(db, only),
          };
    return { request, db, onlyArguments, isPart: only !== undefined, wanted, rendered };
  }
}

/** Renders single templates over the world, whatever is remembered. */
export function makeRenderer({ paths, snapshot, facts }: Pick<HostState, 'paths' | 'snapshot' | 'facts'>): Renderer {
  return new Renderer(
    { paths, snapshot, facts, helpers: HELPERS, findOwner: ownersOf(paths) },
    new Sources(paths, new Compiled(paths)),
  );
}

/** What was read with the world, where that is still of the same snapshot. */
function cacheOf({ paths, snapshot, loadedCache }: HostState): LoadedCache {
  return loadedCache?.snapshot === snapshot ? loadedCache : loadCache(paths, snapshot, cacheOptions(paths, snapshot));
}

function signLedger(paths: Paths): string {
  return signatureOf(paths.file(LEDGER_FILE)) ?? 'none';
}
