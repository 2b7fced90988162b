import { isList, isMap, type Value } from '../../container/spec/value.ts';
import { formatMounted, parseMounted } from '../../container/spec/mounted.ts';
import { parsePublished } from '../../container/spec/published-port.ts';
import type { Candidate } from '../adopt/candidate.ts';

/** What only a person knows. */
export interface Choices {
  /** the host name under which Apache serves it, whole or a label; undefined: Apache does not */
  readonly host?: string | undefined;
  readonly access: 'private' | 'public';
  /** where its data lives; undefined: in volumes */
  readonly folder?: string | undefined;
  /** props of the record that people reach */
  readonly props: ReadonlyMap<string, string>;
}

/** The container that people reach, and its port for Apache. */
export interface Front {
  readonly name: string;
  /** undefined: it has none that speaks HTTP, as far as its number tells */
  readonly port: string | undefined;
}

/** What web servers in containers listen on, the most usual first. */
const WEB_PORTS = ['80', '8080', '3000', '8000', '5000', '8081', '8888', '9000'];
/** Ports that are no web, or one that Apache does not speak to. */
const OTHER_PORTS = ['21', '22', '25', '53', '110', '143', '389', '443', '465', '587', '993', '995', '8443'].concat([
  '1883',
  '3306',
  '5432',
  '6379',
  '11211',
  '27017',
]);

/** The first container with a port for Apache, else the first with a port, else the first. */
export function findFront(candidates: readonly Candidate[]): Front {
  const fronts = candidates.map((candidate) => {
    const ports = listPorts(candidate);
    const web = WEB_PORTS.find((port) => ports.includes(port)) ?? ports.find((port) => !OTHER_PORTS.includes(port));
    return { name: candidate.name, port: web, hasPorts: ports.length > 0 };
  });
  const front = fronts.find(({ port }) => port !== undefined) ?? fronts.find(({ hasPorts }) => hasPorts) ?? fronts[0];
  return { name: front?.name ?? '', port: front?.port };
}

/** The numbers of its TCP ports, as they are published. */
function listPorts({ values: { ports } }: Candidate): readonly string[] {
  return listOf(ports).flatMap((text) => {
    const [, number] = /^(\d+)\/tcp$/.exec(parsePublished(text)?.port ?? '') ?? [];
    return number === undefined ? [] : [number];
  });
}

/** The containers as they are chosen: what Apache serves is not published as well, and folders replace volumes. */
export function choose(candidates: readonly Candidate[], front: Front, choices: Choices): readonly Candidate[] {
  return candidates.map((candidate) => {
    const isFront = candidate.name === front.name;
    const isServed = isFront && choices.host !== undefined && front.port !== undefined;
    const { ports, volumes } = candidate.values;
    const values: Record<string, Value> = { ...candidate.values };
    if (isServed && ports !== undefined)
      values['ports'] = listOf(ports).filter((text) => parsePublished(text)?.port !== `${front.port ?? ''}/tcp`);
    if (volumes !== undefined && choices.folder !== undefined)
      values['volumes'] = moveToFolder(listOf(volumes), choices.folder);
    const { logging } = values;
    const isPlainLog = logging !== undefined && isMap(logging) && Object.keys(logging).join() === 'driver';
    const props = new Map<string, string | undefined>([
      // of a file that says nothing of it, an admin expects the limit that other logs have
      ...(isPlainLog && logging['driver'] === 'json-file' ? ([['LogMaxSize', undefined]] as const) : []),
      ...(isServed ? listWebProps(candidate.name, front.port, choices) : []),
      ...(choices.folder === undefined ? [] : ([['MountCreate', 'yes']] as const)),
      ...(isFront ? choices.props : []),
    ]);
    return { ...candidate, values, chosen: props };
  });
}

function listWebProps(
  name: string,
  port: string,
  { host = '', access }: Choices,
): readonly (readonly [string, string])[] {
  return [
    ['WebPort', port],
    ['SubDomain', 'enabled'],
    ...(host === name ? [] : [['SubDomainName', host] as const]),
    ['access', access],
  ];
}

/** `wiki_db:/var/lib/mysql` is `/srv/wiki/db:/var/lib/mysql`. */
function moveToFolder(volumes: readonly string[], folder: string): readonly string[] {
  return volumes
    .map(parseMounted)
    .map((mount) =>
      formatMounted(
        mount.source === '' || mount.source.startsWith('/')
          ? mount
          : { ...mount, source: `${folder}/${mount.source.replace(/^[^_]+_/, '')}` },
      ),
    );
}

function listOf(value: Value | undefined): readonly string[] {
  return value !== undefined && isList(value) ? value : [];
}
