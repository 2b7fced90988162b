import { parseRunSpec, type RunSpec } from '../container/run-spec.ts';
import { Failure, UsageFailure, Failures, throwAll } from '../errors.ts';
import type { TemplateToExpand } from '../event/steps.ts';
import { checkRecords } from '../model/check-records.ts';
import { CONTAINERS } from '../model/ports.ts';
import { type ChangeSet, planChanges, type Scope } from '../output/change-set.ts';
import { placeOfLine } from '../output/check.ts';
import { installedUnder } from '../output/installed.ts';
import type { Paths } from '../paths.ts';
import { listFragments } from '../template/fragment.ts';
import { HELPERS } from '../template/helpers/index.ts';
import { readMetadata } from '../template/metadata.ts';
import { Renderer, type RenderRequest } from '../template/render.ts';
import type { Rendered } from '../template/rendered.ts';
import { ownersOf } from './owners.ts';
import { listInvolved, RUN_SPECS } from './involved.ts';
import type { World } from './world.ts';

export interface Expanded {
  readonly changes: ChangeSet;
  readonly outputs: readonly Rendered[];
  readonly warnings: readonly string[];
}

/**
 * Renders templates over the world and compares them with what is installed.
 * Touches nothing. Where run specs or vhosts of containers are among them, the records are
 * checked first.
 * @throws Failure(s) with every mistake of one kind
 */
export function expandTemplates(world: World, asked: readonly RenderRequest[], { takeOver }: { readonly takeOver: boolean }): Expanded {
  const { paths, snapshot, facts, ledger } = world;
  const requests = asked.map((request) => withInvolved(world, request));
  const warnings = checkContainers(world, requests);
  const renderer = new Renderer({ paths, snapshot, facts, helpers: HELPERS, findOwner: ownersOf(paths) });
  const failures: Failure[] = [];
  const rendered = requests.flatMap((request) => collect(failures, () => renderer.render(request)) ?? []);
  throwAll(uniqueByMessage(failures));
  const outputs = rendered.flatMap((template) => template.outputs);
  throwAll(outputs.filter(isRunSpec).flatMap((output) => listMistakes(() => parseRenderedSpec(paths, output))));
  const scope: Scope = new Map([...(rendered.every((template) => template.scope === 'all') ? goneTemplates(world) : []), ...rendered.map((template) => [template.template, template.scope] as const)]);
  const changes = planChanges(outputs, ledger, scope, installedUnder(paths), { takeOver });
  return { changes, outputs, warnings: [...warnings, ...rendered.flatMap((template) => template.warnings)] };
}

/** With those containers that the named ones cannot do without. */
function withInvolved({ paths, snapshot }: World, request: RenderRequest): RenderRequest {
  const { args = [], template, metadata } = request;
  const { forEach, onlyArguments } = readMetadata(paths, template, metadata);
  return args.length > 0 && onlyArguments && forEach?.db === CONTAINERS ? { ...request, args: listInvolved(paths, snapshot, args) } : request;
}

function checkContainers({ paths, snapshot, facts, ledger }: World, requests: readonly RenderRequest[]): readonly string[] {
  const ofContainers = requests.map(({ template, metadata, args }) => ({ metadata: readMetadata(paths, template, metadata), args }))
    .filter(({ metadata }) => metadata.forEach?.db === CONTAINERS);
  if (ofContainers.length === 0) return [];
  const isWhole = ofContainers.some(({ metadata }) => !metadata.onlyArguments);
  // a record that went may still have outputs: its name is no mistake
  const owners = new Set([...ledger.outputs.values()].flatMap(({ record }) => (record?.db === CONTAINERS ? [record.key] : [])));
  const asked = [...new Set(ofContainers.flatMap(({ args }) => args ?? []))];
  if (isWhole && asked.length > 0) throw new UsageFailure('cannot expand the templates', { why: `the event is about all containers and takes no names (${asked.join(', ')})`, hint: `signal-event docker-container-update ${asked.join(' ')}` });
  const only = isWhole ? undefined : asked.filter((key) => snapshot.dbs.get(CONTAINERS)?.has(key) === true || !owners.has(key));
  if (only !== undefined && asked.length === 0) throw new Failure('cannot expand the templates', { why: 'the event takes the names of containers', hint: `db ${CONTAINERS} keys` });
  const { mistakes, warnings } = checkRecords(snapshot, facts, only);
  throwAll(mistakes);
  return warnings;
}

/** What is to be rendered for the templates of an event. */
export function requestsOf(templates: readonly TemplateToExpand[], args: readonly string[]): readonly RenderRequest[] {
  return templates.map(({ template, metadata, from }) => ({ template, args, ...(metadata.trim() === '' ? {} : { metadata: { file: from, text: metadata } }) }));
}

/** Templates that made outputs and are in no layer any more: a package that went takes its outputs along. */
function goneTemplates({ paths, ledger }: World): readonly (readonly [string, 'all'])[] {
  return [...ledger.outputs.templates()].filter((template) => listFragments(paths, readMetadata(paths, template).template, false) === undefined).map((template) => [template, 'all'] as const);
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
    throw new Failures(listMistakes(() => { throw error; }).map((failure) => atFragment(failure, output)));
  }
}

function atFragment(failure: Failure, output: Rendered): Failure {
  const at = failure.at?.file !== output.path || failure.at.line === undefined ? undefined : placeOfLine(output, failure.at.line);
  if (at === undefined) return failure;
  const what = failure.message.slice(0, failure.message.length - failure.why.length - 2).replace(/^\S+:\d+(?::\d+)?: /, '');
  return new Failure(what, { why: failure.why, at, ...(failure.hint === undefined ? {} : { hint: failure.hint }), cause: failure });
}

function listMistakes(work: () => unknown): readonly Failure[] {
  const failures: Failure[] = [];
  collect(failures, work);
  return failures;
}

function collect<T>(failures: Failure[], work: () => T): T | undefined {
  try {
    return work();
  } catch (error) {
    if (error instanceof Failures) failures.push(...error.failures);
    else if (error instanceof Failure) failures.push(error);
    else throw error;
    return undefined;
  }
}

function uniqueByMessage(failures: readonly Failure[]): readonly Failure[] {
  return [...new Map(failures.map((failure) => [failure.message, failure])).values()];
}
