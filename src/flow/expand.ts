import { createHash } from 'node:crypto';
import { parseRunSpec, type RunSpec } from '../container/spec/run-spec.ts';
import { getDb, lookUpIndex, type Snapshot } from '../db/snapshot.ts';
import { Failure, UsageFailure, Failures, throwAll } from '../base/errors.ts';
import type { TemplateToExpand } from '../event/steps.ts';
import { checkRecords } from '../model/check-records.ts';
import type { Facts } from '../host/facts.ts';
import { NEEDING } from '../model/links/links.ts';
import { CONTAINERS } from '../model/container.ts';
import { type ChangeSet, planChanges } from '../output/plan/change-set.ts';
import { placeOfLine } from '../output/plan/check.ts';
import { installedUnder } from '../output/plan/installed.ts';
import type { Paths } from '../base/paths.ts';
import type { Done, RenderCache } from '../incremental/render-cache.ts';
import type { Kept } from '../incremental/cache-renderings.ts';
import { listMistakes } from '../template/mistakes.ts';
import type { RenderRequest } from '../template/render-request.ts';
import type { Rendered } from '../template/rendered.ts';
import { releaseForeign } from './daemon/foreign-daemon.ts';
import { listInvolved, RUN_SPECS } from './involved.ts';
import { Rendering } from './rendering.ts';
import { checkNamedFiles } from './trusted-files.ts';
import type { HostState } from './host-state.ts';

export interface Expanded {
  readonly changes: ChangeSet;
  /** what was rendered: unchanged outputs may not be among them */
  readonly outputs: readonly Rendered[];
  readonly warnings: readonly string[];
  readonly done: readonly Done[];
  /** what makes the next event faster; undefined where not all of it is to be installed */
  readonly toRemember: ToRemember | undefined;
}

interface ToRemember extends Kept {
  readonly rendering: Rendering;
}

/** To be called when all of it is installed. */
export function rememberExpanded({ done, toRemember }: Pick<Expanded, 'done' | 'toRemember'>): void {
  toRemember?.rendering.cacheRenderings(done, toRemember);
}

export interface ExpandOptions {
  readonly takeOver: boolean;
  /** renders everything, whatever is remembered of the last time */
  readonly isForced?: boolean;
}

/**
 * Renders templates over the world and compares them with what is installed.
 * Touches nothing. Where run specs or vhosts of containers are among them, the records are
 * checked first.
 * @throws Failure(s) with every mistake of one kind
 */
export function expandTemplates(
  hostState: HostState,
  asked: readonly RenderRequest[],
  { takeOver, isForced = false }: ExpandOptions,
): Expanded {
  const { paths, ledger } = hostState;
  const open = checkNamedFiles(paths, hostState.snapshot);
  const rendering = new Rendering(hostState, { isForced });
  const requests = asked.map((request) => withInvolved(hostState, request, rendering));
  const { warnings, checked } = checkContainers(hostState, requests, rendering);
  const rendered = rendering.render(requests);
  const { outputs, kept, scope, done } = rendered;
  throwAll(outputs.filter(isRunSpec).flatMap((output) => listMistakes(() => parseRenderedSpec(paths, output))));
  const gone = [...scope.values()].every((of) => of === 'all') ? goneTemplates(hostState, rendering, scope) : [];
  const changes = releaseForeign(
    hostState.snapshot,
    planChanges(outputs, ledger, new Map([...gone, ...scope]), installedUnder(paths), { takeOver, kept }),
  );
  return {
    changes,
    outputs,
    warnings: [...open, ...warnings, ...rendered.warnings],
    done,
    toRemember: { rendering, checked, entered: changes.enter.map(({ path }) => path) },
  };
}

/** With those containers that the named ones cannot do without. */
function withInvolved({ paths, snapshot }: HostState, request: RenderRequest, rendering: Rendering): RenderRequest {
  const { args = [] } = request;
  if (args.length === 0) return request;
  const { db, onlyArguments } = rendering.aimOf(request);
  return onlyArguments && db === CONTAINERS ? { ...request, args: listInvolved(paths, snapshot, args) } : request;
}

function checkContainers(
  { snapshot, facts, ledger }: HostState,
  requests: readonly RenderRequest[],
  rendering: Rendering,
): { readonly warnings: readonly string[]; readonly checked: string | undefined } {
  const { renderCache } = rendering;
  const ofContainers = requests
    .map((request) => ({ ...rendering.aimOf(request), args: request.args }))
    .filter(({ db }) => db === CONTAINERS);
  if (ofContainers.length === 0) return { warnings: [], checked: undefined };
  const isWhole = ofContainers.some(({ onlyArguments }) => !onlyArguments);
  const asked = [...new Set(ofContainers.flatMap(({ args }) => args ?? []))];
  if (isWhole && asked.length > 0)
    throw new UsageFailure('cannot expand the templates', {
      why: `the event is about all containers and takes no names (${asked.join(', ')})`,
      hint: `signal-event docker-container-update ${asked.join(' ')}`,
    });
  const cached = snapshot.dbs.get(CONTAINERS);
  const missing = asked.filter((key) => cached?.has(key) !== true);
  // a record that went may still have outputs: its name is no mistake
  const owners = new Set(
    missing.length === 0
      ? []
      : [...ledger.outputs.values()].flatMap(({ record }) => (record?.db === CONTAINERS ? [record.key] : [])),
  );
  const only = isWhole ? undefined : asked.filter((key) => cached?.has(key) === true || !owners.has(key));
  if (only !== undefined && asked.length === 0)
    throw new Failure('cannot expand the templates', {
      why: 'the event takes the names of containers',
      hint: `db ${CONTAINERS} keys`,
    });
  const checked = isWhole ? digestOfChecks(facts) : undefined;
  const { mistakes, warnings } = checkRecords(
    snapshot,
    facts,
    only ??
      (checked !== undefined && renderCache.cached?.checked === checked
        ? listChanged(snapshot, renderCache)
        : undefined),
  );
  throwAll(mistakes);
  return { warnings, checked: warnings.length === 0 ? checked : undefined };
}

/**
 * The containers whose check can have another outcome than the last one, which was content with all;
 * undefined: any.
 */
function listChanged(snapshot: Snapshot, { diff }: RenderCache): readonly string[] | undefined {
  if (diff === undefined || diff.dbs.some((db) => db !== CONTAINERS)) return undefined;
  const keys = [...diff.records(CONTAINERS).keys()];
  return [...new Set([...keys, ...keys.flatMap((key) => lookUpIndex(snapshot, NEEDING, key))])].filter((key) =>
    getDb(snapshot, CONTAINERS).has(key),
  );
}

/** What is looked at of the host when records are checked. */
function digestOfChecks({ host, addresses, listeners, publishedPorts, images }: Facts): string {
  const sockets = listeners.map(({ protocol, address, port }) => [protocol, address, port]);
  return createHash('sha256')
    .update(JSON.stringify([host, addresses, sockets, publishedPorts, [...images]]))
    .digest('base64');
}

/** What is to be rendered for the templates of an event. */
export function requestsOf(templates: readonly TemplateToExpand[], args: readonly string[]): readonly RenderRequest[] {
  return templates.map(({ template, metadata, from }) => ({
    template,
    args,
    ...(metadata.trim() === '' ? {} : { metadata: { file: from, text: metadata } }),
  }));
}

/**
 * Templates that made outputs and are in no layer any more: a package that went takes its outputs along.
 * @param present some that are there
 */
function goneTemplates(
  { ledger }: HostState,
  { sources }: Rendering,
  present: ReadonlyMap<string, unknown>,
): readonly (readonly [string, 'all'])[] {
  return [...ledger.outputs.templates()]
    .filter(
      (template) => !present.has(template) && sources.list(sources.metadata(template).template, false) === undefined,
    )
    .map((template) => [template, 'all'] as const);
}

/** Whether an output is a container's run spec. */
export function isRunSpec({ path }: Pick<Rendered, 'path'>): boolean {
  return path.startsWith(`${RUN_SPECS}/`) && path.endsWith('.yaml');
}

/** Reads a run spec before it is installed; its mistakes are shown at the fragments that made the lines. */
export function parseRenderedSpec(paths: Paths, output: Rendered): RunSpec {
  try {
    return parseRunSpec(output.path, output.content.toString(), paths);
  } catch (error) {
    throw new Failures(
      listMistakes(() => {
        throw error;
      }).map((failure) => atFragment(failure, output)),
    );
  }
}

function atFragment(failure: Failure, output: Rendered): Failure {
  const at =
    failure.at?.file !== output.path || failure.at.line === undefined
      ? undefined
      : placeOfLine(output, failure.at.line);
  if (at === undefined) return failure;
  const what = failure.message
    .slice(0, failure.message.length - failure.why.length - 2)
    .replace(/^\S+:\d+(?::\d+)?: /, '');
  return new Failure(what, {
    why: failure.why,
    at,
    ...(failure.hint === undefined ? {} : { hint: failure.hint }),
    cause: failure,
  });
}
