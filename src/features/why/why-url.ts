import type { Snapshot } from '../../db/snapshot.ts';
import { errorCode, Failure } from '../../base/errors.ts';
import { Container, listEnabled } from '../../model/container.ts';
import { findImageReference } from '../../model/image.ts';
import { NotAccepted } from '../../model/network/parse-ports.ts';
import { isOfPrimarySite } from '../../model/names/sme-sites.ts';
import { backEndPort, subDomainName } from '../../model/web.ts';
import { SITE_TEMPLATES } from '../../web-server/layouts.ts';
import { listUrls } from '../../model/urls.ts';
import type { Paths } from '../../base/paths.ts';
import { countWanted, listRunning, readServiceViews } from '../../flow/swarm/service-views.ts';
import { listWebMembers } from '../../model/swarm/nodes.ts';
import { findEngine, readHostState, type HostState } from '../../flow/host-state.ts';
import { findContainer } from './why-container.ts';
import { readText } from '../../files/read-file.ts';

/** Who answers at an address. */
export interface UrlWhy {
  readonly urls: readonly string[];
  readonly container: string;
  /** the prop that leads Apache there */
  readonly by: 'SubDomain' | 'WebAlias';
  /**
   * Apache's file, and the line of it that names the host or the path; no line where the file does not
   * have it (yet)
   */
  readonly vhost: { readonly path: string; readonly line: number | undefined; readonly text: string } | undefined;
  /** the loopback port that Apache asks; undefined where none was given yet */
  readonly port: number | undefined;
  /** of a service of a swarm: the nodes that Apache shares requests among, and how many tasks each runs now */
  readonly nodes?: readonly { readonly name: string; readonly address: string; readonly tasks: number }[];
  readonly image: string;
  /** `running`, of a service `2/3`; undefined where the engine does not answer or has no such container */
  readonly state: string | undefined;
}

/**
 * A host and a path, as a person gives them: `http://wiki.example.test/`, `wiki.example.test`, `/git/`,
 * `host.example.test/git`. Undefined for what cannot be one.
 */
function parseTarget(target: string): { readonly host: string | undefined; readonly path: string } | undefined {
  const isPath = target.startsWith('/');
  const text = isPath ? `http://primary.invalid${target}` : target.includes('://') ? target : `http://${target}`;
  if (!URL.canParse(text)) return undefined;
  const { hostname, pathname } = new URL(text);
  return { host: isPath ? undefined : hostname, path: pathname };
}

/**
 * Finds the container behind a URL, a host name or a path of the primary host; undefined where the
 * records have none.
 */
export async function findWhyUrl(paths: Paths, target: string): Promise<UrlWhy | undefined> {
  const parsed = parseTarget(target);
  if (parsed === undefined) return undefined;
  const hostState = await readHostState(paths);
  const found = findServed(hostState.snapshot, parsed);
  if (found === undefined) return undefined;
  const { container, by, mark } = found;
  const { snapshot } = hostState;
  const record = new Container(snapshot, container);
  const service = record.isSwarmService ? await findService(hostState, record) : undefined;
  const summary = service === undefined ? await findContainer(await findEngine(paths, snapshot), container) : undefined;
  return {
    urls: listUrls(record),
    container,
    by,
    vhost: findVhost(hostState, container, by, mark),
    port: findBackEndPort(record, hostState),
    image: findImageReference(record),
    state: summary?.status,
    ...service,
  };
}

/** Its nodes, and its tasks where this host is a manager that is told. */
async function findService(
  { snapshot, facts }: HostState,
  record: Container,
): Promise<Pick<UrlWhy, 'nodes' | 'state'>> {
  const views = await readServiceViews(snapshot);
  const view = views instanceof Failure ? undefined : views.get(record.key);
  const running = view === undefined ? [] : listRunning(view);
  return {
    nodes: listWebMembers(record, facts).map(({ name, address }) => ({
      name,
      address,
      tasks: running.filter(({ nodeName }) => nodeName === name).length,
    })),
    state: view === undefined ? undefined : `${running.length}/${countWanted(view)}`,
  };
}

/** Undefined also for one that no event would accept. */
function findBackEndPort(container: Container, { facts }: HostState): number | undefined {
  try {
    return backEndPort(container, facts);
  } catch (error) {
    if (error instanceof NotAccepted) return undefined;
    throw error;
  }
}

interface FoundContainer {
  readonly container: string;
  readonly by: UrlWhy['by'] /** what the line of the vhost ends with */;
  readonly mark: string;
}

function findServed(
  snapshot: Snapshot,
  { host, path }: { readonly host: string | undefined; readonly path: string },
): FoundContainer | undefined {
  const served = listEnabled(snapshot).filter(({ hasWeb }) => hasWeb);
  const bySubDomain = served.find(
    (container) => container.hasSubDomain && hostOf(container) === host?.toLowerCase(),
  )?.key;
  if (host !== undefined && bySubDomain !== undefined)
    return { container: bySubDomain, by: 'SubDomain', mark: `ServerName ${host.toLowerCase()}` };
  if (host !== undefined && !isOfPrimarySite(snapshot, host.toLowerCase())) return undefined;
  const alias = path.split('/')[1] ?? '';
  const byAlias = served.find(({ webAliases }) => webAliases.includes(alias))?.key;
  return byAlias === undefined ? undefined : { container: byAlias, by: 'WebAlias', mark: `<Location "/${alias}/">` };
}

function hostOf(container: Container): string | undefined {
  try {
    return subDomainName(container);
  } catch (error) {
    if (error instanceof NotAccepted) return undefined;
    throw error;
  }
}

function findVhost({ paths, ledger }: HostState, container: string, by: UrlWhy['by'], mark: string): UrlWhy['vhost'] {
  const templates = SITE_TEMPLATES[by === 'SubDomain' ? 'vhost' : 'primary'];
  const owned = [...ledger.outputs.values()].find(
    (output) => templates.includes(output.template) && (output.record === undefined || output.record.key === container),
  );
  if (owned === undefined) return undefined;
  const lines = readLines(paths.file(owned.path));
  const n = lines.findIndex((line) => line.trim() === mark);
  return { path: owned.path, line: n < 0 ? undefined : n + 1, text: lines[n]?.trim() ?? '' };
}

function readLines(file: string): readonly string[] {
  try {
    return readText(file).split('\n');
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return [];
    throw error;
  }
}
