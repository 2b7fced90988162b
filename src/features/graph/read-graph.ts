import { getDb, withChanges } from '../../db/snapshot.ts';
import type { Read } from '../../db/record.ts';
import { type Failure, failuresOf, throwAll } from '../../base/errors.ts';
import { compareBytes } from '../../base/layers.ts';
import { allocatePorts } from '../../model/network/allocate-ports.ts';
import { Container, CONTAINERS } from '../../model/container.ts';
import type { Paths } from '../../base/paths.ts';
import { HELPERS } from '../../template/helpers/index.ts';
import { Renderer } from '../../template/render.ts';
import type { RenderedTemplate } from '../../template/render-request.ts';
import { isRunSpec } from '../../flow/expand.ts';
import { listEvents } from '../../event/events.ts';
import { listSteps } from '../../event/steps.ts';
import { ownersIn } from '../../flow/commit/owners.ts';
import { readHostState, type HostState } from '../../flow/host-state.ts';
import { BY_ENGINE, BY_SWARM, type Graph, type GraphEdge, type GraphNode, nodeId } from './graph.ts';

/**
 * What depends on what, as the templates of all events give it over the records of now. Nothing
 * is installed. Values of props are no part of it.
 * @throws Failures for templates that cannot be rendered
 */
export async function readGraph(paths: Paths): Promise<Graph> {
  const hostState = await readHostState(paths);
  // as the first step of an event would do it: what Apache is to reach has a port
  const snapshot = withChanges(hostState.snapshot, allocatePorts(hostState.snapshot, hostState.facts));
  return buildGraph({ ...hostState, snapshot }, renderAll({ ...hostState, snapshot }));
}

function renderAll({ paths, snapshot, facts }: HostState): readonly RenderedTemplate[] {
  const renderer = new Renderer({
    paths,
    snapshot,
    facts,
    helpers: HELPERS,
    findOwner: ownersIn((file) => paths.file(file)),
  });
  const templates = new Set(
    listEvents(paths).flatMap((event) =>
      listSteps(paths, event).steps.flatMap((step) =>
        step.kind === 'templates' ? step.templates.map(({ template }) => template) : [],
      ),
    ),
  );
  const failures = new Map<string, Failure>();
  const rendered = [...templates].sort(compareBytes).flatMap((template) => {
    try {
      return [renderer.render({ template })];
    } catch (error) {
      for (const failure of failuresOf(error)) failures.set(failure.message, failure);
      return [];
    }
  });
  throwAll([...failures.values()]);
  return rendered;
}

/** The graph of templates that are rendered. Pure. */
export function buildGraph({ snapshot }: Pick<HostState, 'snapshot'>, rendered: readonly RenderedTemplate[]): Graph {
  const nodes = new Map<string, GraphNode>();
  const edges = new Map<string, GraphEdge>();
  const add = (node: GraphNode): string => {
    nodes.set(node.id, node);
    return node.id;
  };
  const connect = (kind: GraphEdge['kind'], from: string, to: string): void =>
    void edges.set(`${from}\n${to}`, { kind, from, to });
  const record = (db: string, key: string): string =>
    add({
      id: nodeId('record', db, key),
      kind: 'record',
      name: key,
      group: db,
      ...(db === CONTAINERS ? { of: key } : {}),
    });
  const container = (name: string): string =>
    add({
      ...{ id: nodeId('container', name), kind: 'container', name, of: name },
      group: new Container(snapshot, name).isSwarmService ? BY_SWARM : BY_ENGINE,
    });
  const readAll = (reads: readonly Read[], to: string): void => {
    for (const { db, key } of listRead(reads)) {
      // a db of which single records are not looked at is read as a whole
      for (const one of key === undefined ? getDb(snapshot, db).keys() : [key]) {
        if (getDb(snapshot, db).has(one) || db === 'configuration') connect('reads', record(db, one), to);
      }
    }
  };
  for (const { template, outputs, instances } of rendered) {
    const id = add({ id: nodeId('template', template), kind: 'template', name: template, group: template });
    if (outputs.length === 0)
      readAll(
        instances.flatMap(({ reads, record: own }) => (own === undefined ? reads : [...reads, own])),
        id,
      );
    for (const output of outputs) {
      const of = output.record?.db === CONTAINERS ? output.record.key : undefined;
      const made = add({
        id: nodeId('output', output.path),
        kind: 'output',
        name: output.path,
        group: template,
        ...(of === undefined ? {} : { of }),
      });
      connect('makes', id, made);
      readAll(output.scope.noted(), made);
      for (const service of output.services)
        connect('tells', made, add({ id: nodeId('service', service), kind: 'service', name: service, group: service }));
      if (isRunSpec(output) && of !== undefined) connect('runs', made, container(of));
    }
  }
  for (const { of, kind } of [...nodes.values()]) {
    if (kind !== 'container' || of === undefined) continue;
    for (const need of new Container(snapshot, of).needs) connect('needs', container(need), container(of));
  }
  const first = findCompanies(
    [...nodes.values()].flatMap(({ of }) => of ?? []),
    [...edges.values()]
      .filter(({ kind }) => kind === 'needs')
      .map(({ from, to }) => [nodes.get(from)?.of ?? '', nodes.get(to)?.of ?? '']),
  );
  const company = ({ of = '' }: GraphNode): string => first.get(of) ?? '';
  const sorted = [...nodes.values()].sort(
    (a, b) =>
      compareBytes(a.kind, b.kind) ||
      compareBytes(a.group, b.group) ||
      compareBytes(company(a), company(b)) ||
      compareBytes(a.name, b.name),
  );
  return { nodes: new Map(sorted.map((node) => [node.id, node])), edges: [...edges.values()] };
}

/** Container -> the first name, in byte order, of all those that links lead to from it. */
function findCompanies(
  names: readonly string[],
  links: readonly (readonly [string, string])[],
): ReadonlyMap<string, string> {
  const first = new Map(names.map((name) => [name, name]));
  const lesser = (a: string, b: string): string => (compareBytes(a, b) < 0 ? a : b);
  for (let isDone = false; !isDone; ) {
    isDone = true;
    for (const [a, b] of links) {
      const least = lesser(first.get(a) ?? a, first.get(b) ?? b);
      isDone &&= first.get(a) === least && first.get(b) === least;
      first.set(a, least).set(b, least);
    }
  }
  return first;
}

/**
 * The records that were read, without `key` those of a db of which no single one was. What is known of the
 * host is no record.
 */
function listRead(reads: readonly Read[]): readonly { readonly db: string; readonly key?: string }[] {
  const single = reads.flatMap(({ db, key }) => (db.startsWith('/') || key === undefined ? [] : [{ db, key }]));
  const dbs = new Set(single.map(({ db }) => db));
  const whole = reads
    .filter(({ db, key, index }) => key === undefined && index === undefined && !dbs.has(db) && !db.startsWith('/'))
    .map(({ db }) => ({ db }));
  return [...single, ...whole];
}
