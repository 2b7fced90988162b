import { createHash } from 'node:crypto';
import { statSync } from 'node:fs';
import path from 'node:path';
import type { Snapshot } from '../db/snapshot.ts';
import { listNames } from '../layers.ts';
import { LINKED_WITH } from '../model/links.ts';
import type { Scope } from '../output/change-set.ts';
import { LEDGER_FILE } from '../output/ledger.ts';
import type { Paths } from '../paths.ts';
import { type Done, Recall, type RecallContext } from '../reads/recall.ts';
import { remember } from '../reads/remember.ts';
import { signatureOf } from '../signature.ts';
import { HELPERS } from '../template/helpers/index.ts';
import { Mistakes } from '../template/mistakes.ts';
import { Renderer, type RenderRequest } from '../template/render.ts';
import type { Rendered } from '../template/rendered.ts';
import { Compiled } from '../template/compiled.ts';
import { Sources } from '../template/sources.ts';
import { ownersOf } from './owners.ts';
import type { World } from './world.ts';

/** What templates give, as far as it is not known to stand already. */
export interface Rendering {
  readonly outputs: readonly Rendered[];
  /** outputs that were not rendered: they stand as they would be */
  readonly kept: readonly string[];
  readonly scope: Scope;
  /** owned paths that may be wanted no more; undefined: any in scope */
  readonly former: readonly string[] | undefined;
  readonly warnings: readonly string[];
  /** for the next event, once all of it is installed */
  readonly remember: (checked: string | undefined) => void;
}

/** @throws Failure(s) with every mistake of every template */
export function renderRequests(world: World, recall: Recall, requests: readonly RenderRequest[], { isPlain = false }: { readonly isPlain?: boolean } = {}): Rendering {
  const { paths, snapshot, facts } = world;
  const { sources } = recall;
  const renderer = new Renderer({ paths, snapshot, facts, helpers: HELPERS, findOwner: ownersOf(paths), isPlain }, sources);
  const mistakes = new Mistakes();
  const done = requests.flatMap((request): readonly Done[] => mistakes.collect(() => {
    const [rendered, used] = sources.listUsed(() => {
      const { forEach, onlyArguments } = sources.metadata(request.template, request.metadata);
      const isPart = onlyArguments && request.args !== undefined;
      const wanted = recall.want(request, isPart ? request.args : undefined);
      return { request, db: forEach?.db, isPart, wanted, rendered: renderer.render(request, wanted.stale) };
    });
    return [{ ...rendered, sources: used }];
  }) ?? []);
  mistakes.throw();
  const isAnyUnknown = done.some(({ wanted }) => wanted.stale === undefined);
  return {
    outputs: done.flatMap(({ rendered }) => rendered.outputs),
    kept: done.flatMap(({ wanted }) => wanted.kept),
    scope: new Map(done.map(({ rendered }) => [rendered.template, rendered.scope])),
    former: isAnyUnknown ? undefined : done.flatMap(({ wanted }) => wanted.former),
    warnings: done.flatMap(({ rendered }) => rendered.warnings),
    remember: (checked) => {
      remember(recallContext(world, sources), recall, done, checked);
      sources.keepCompiled();
    },
  };
}

/** Renders single templates over the world, whatever is remembered. */
export function makeRenderer({ paths, snapshot, facts }: World): Renderer {
  return new Renderer({ paths, snapshot, facts, helpers: HELPERS, findOwner: ownersOf(paths) }, new Sources(paths, new Compiled(paths)));
}

/** What is remembered of the last renderings, and of the templates. @param isForced nothing */
export function openRecall(world: World, { isForced }: { readonly isForced: boolean }): Recall {
  const context = recallContext(world, new Sources(world.paths, isForced ? undefined : new Compiled(world.paths)));
  return isForced ? new Recall(context, undefined) : Recall.open(context);
}

function recallContext({ paths, snapshot, facts }: World, sources: Sources): RecallContext {
  return { paths, snapshot, facts, maker: makerOf(paths, snapshot), ledger: signatureOf(paths.file(LEDGER_FILE)) ?? 'none', indexes: [LINKED_WITH], sources };
}

/** What text and owners of outputs come from besides records, facts and templates. */
function makerOf(paths: Paths, { schema }: Snapshot): string {
  const program = path.join(paths.packageDir, 'dist');
  const files = [...listNames(program)].sort();
  const parts = [
    process.version, process.geteuid?.(), JSON.stringify(schema),
    ...['/etc/passwd', '/etc/group'].map((file) => signatureOf(paths.file(file))),
    ...files.map((name) => [name, statSync(path.join(program, name)).mtimeMs]),
  ];
  return createHash('sha256').update(parts.join('\n')).digest('base64');
}
