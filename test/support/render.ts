import { makeRoot, writeTree } from './folder.ts';
import { SAMPLE_FACTS, snapshotOf } from './sample.ts';
import { FACTS, type Read } from '../../src/db/record.ts';
import type { Facts } from '../../src/host/facts.ts';
import type { Snapshot } from '../../src/db/snapshot.ts';
import { HELPERS } from '../../src/template/helpers/index.ts';
import { Renderer } from '../../src/template/render.ts';
import type { RenderRequest, RenderedTemplate } from '../../src/template/render-request.ts';
import { Sources } from '../../src/template/sources.ts';
import { findPaths, type Paths } from '../../src/base/paths.ts';

export interface RenderWith {
  readonly paths?: Paths;
  readonly snapshot?: Snapshot;
  readonly facts?: Facts;
}

/** Where nothing is but what is shipped. */
const SHIPPED = findPaths({ DOCKSMITH_ROOT: '/nowhere' });
const shippedSources = new Sources(SHIPPED);

/** A renderer of the shipped templates, with nothing of a host beside them. */
export function shippedRenderer(snapshot: Snapshot, facts: Facts): Renderer {
  return new Renderer({ paths: SHIPPED, snapshot, facts, helpers: HELPERS, findOwner: () => 0 }, shippedSources);
}

export function render(
  request: RenderRequest,
  { paths = SHIPPED, snapshot = snapshotOf(), facts = SAMPLE_FACTS }: RenderWith = {},
): RenderedTemplate {
  const sources = paths === SHIPPED ? shippedSources : new Sources(paths);
  return new Renderer({ paths, snapshot, facts, helpers: HELPERS, findOwner: () => 0 }, sources).render(request);
}

/** What one fragment gives, with no escaping unless metadata says otherwise. */
export function renderText(
  fragment: string,
  { metadata = 'ESCAPE = none', paths = makeRoot(), ...others }: RenderWith & { readonly metadata?: string } = {},
): string {
  writeTree(`${paths.root}/etc/docksmith`, {
    'templates/etc/one/10fragment': fragment,
    'templates/etc/one/template-begin': '{{! no banner }}',
    'templates.metadata/etc/one': metadata,
  });
  return render({ template: '/etc/one' }, { paths, ...others })
    .outputs.map(({ content }) => content.toString())
    .join('');
}

/** What was read of records, for any output or to know that there is none. */
export function readsOf({ instances, outputs }: RenderedTemplate): readonly Read[] {
  const reads = [
    ...instances.flatMap(({ record, reads: ofUnit }) => [
      ...ofUnit,
      ...(record === undefined ? [] : [{ db: record.db }]),
    ]),
    ...outputs.flatMap((output) => output.scope.noted()),
  ];
  return reads.filter(({ db }) => db !== FACTS);
}
