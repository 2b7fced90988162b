import { parsePublished } from '../../../container/spec/published-port.ts';
import type { RunSpec } from '../../../container/spec/run-spec.ts';
import { isList, isMap } from '../../../container/spec/value.ts';
import { BIND_OPTIONS } from '../../../base/mount-options.ts';
import { isLoopback } from '../../../base/loopback.ts';
import { parseBytes } from '../../../base/quantity.ts';
import { asMap, showPlain, type Plain, type PlainMap } from '../compose-document.ts';
import type { Sheet } from './sheet.ts';

/** What is done with a key of a run spec: told apart by what `docker stack deploy` makes of a file of version 3.8. */
type Carry = (sheet: Sheet, value: Plain, spec: RunSpec) => void;

const asItIs =
  (key: string): Carry =>
  (sheet, value) =>
    sheet.set(key, value);
const limit =
  (...path: readonly string[]): Carry =>
  (sheet, value) =>
    sheet.setDeploy(['resources', ...path], showPlain(value));
const never =
  (key: string, why: string): Carry =>
  (sheet, value) =>
    sheet.leaveOut(key, value, why);
/** Of a map, the fields that the format knows. */
const fields =
  (key: string, known: readonly string[]): Carry =>
  (sheet, value) => {
    if (Array.isArray(value) || typeof value !== 'object') return sheet.set(key, value);
    const entries = Object.entries(asMap(value));
    sheet.set(key, Object.fromEntries(entries.filter(([field]) => known.includes(field))));
    for (const [field, held] of entries.filter(([one]) => !known.includes(one)))
      sheet.leaveOut(`${key}.${field}`, held, NO_KEY);
  };

export const NO_KEY = 'a stack file has no key for it';
const ONE_NODE = 'it is of one server, and a task runs on any node';

const KEPT = [
  'cap_add',
  'cap_drop',
  'command',
  'dns',
  'dns_search',
  'entrypoint',
  'env_file',
  'environment',
  'extra_hosts',
  'hostname',
  'image',
  'init',
  'labels',
  'read_only',
  'stdin_open',
  'stop_grace_period',
  'stop_signal',
  'sysctls',
  'tty',
  'ulimits',
  'user',
  'working_dir',
];

/** Keys that are not here have no place in a stack file. */
export const STACK_KEYS: Readonly<Record<string, Carry>> = {
  ...Object.fromEntries(KEPT.map((key) => [key, asItIs(key)])),
  // its tasks are called after the stack; and ports between containers need not be named
  container_name: () => undefined,
  expose: () => undefined,
  // by what the record says of them (stack-document.ts)
  secrets: () => undefined,
  configs: () => undefined,
  build: never('build', 'a stack builds nothing: push the image where each node can pull it'),
  depends_on: never('depends_on', 'a stack starts its services at once; what needs another has to try again'),
  devices: never('devices', ONE_NODE),
  deploy: (sheet, value) => {
    for (const [field, held] of Object.entries(asMap(value))) setAll(sheet, [field], held);
  },
  healthcheck: fields('healthcheck', ['test', 'interval', 'timeout', 'retries', 'start_period', 'disable']),
  logging: fields('logging', ['driver', 'options']),
  mem_limit: limit('limits', 'memory'),
  cpus: limit('limits', 'cpus'),
  pids_limit: limit('limits', 'pids'),
  mem_reservation: limit('reservations', 'memory'),
  network_mode: setNetworkMode,
  networks: setNetworks,
  ports: setPorts,
  privileged: never('privileged', 'no task of a swarm is privileged'),
  restart: setRestart,
  tmpfs: (sheet, _, spec) => sheet.add('volumes', listTmpfs(sheet, spec)),
  volumes: setVolumes,
  volumes_from: never('volumes_from', ONE_NODE),
};

function setAll(sheet: Sheet, path: readonly string[], value: Plain): void {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return sheet.setDeploy(path, value);
  for (const [field, held] of Object.entries(value)) setAll(sheet, [...path, field], held);
}

function setRestart(sheet: Sheet, value: Plain): void {
  const [name, attempts] = showPlain(value).split(':');
  const condition = name === 'no' ? 'none' : name === 'on-failure' ? 'on-failure' : 'any';
  sheet.setDeploy(['restart_policy', 'condition'], condition);
  if (attempts !== undefined) sheet.setDeploy(['restart_policy', 'max_attempts'], attempts);
}

function setNetworkMode(sheet: Sheet, value: Plain, spec: RunSpec): void {
  if (value === 'bridge' || spec.networks.length > 0) return;
  if (value === 'host') sheet.set('networks', ['host']);
  else sheet.leaveOut('network_mode', value, NO_NETWORK);
}

const NO_NETWORK = "a task has networks of the swarm: it is on the stack's default network instead";

/** Without the bridge, which each node has for itself, and over which a task leads out in any case. */
function setNetworks(sheet: Sheet, value: Plain): void {
  const named = Array.isArray(value) ? value.map((network: Plain) => [showPlain(network), {}] as const) : undefined;
  const joined = (named ?? Object.entries(asMap(value))).filter(([network]) => network !== 'bridge');
  for (const [network, endpoint] of joined)
    for (const [field, held] of Object.entries(asMap(endpoint)))
      if (!['aliases', 'priority'].includes(field))
        sheet.leaveOut(`networks.${network}.${field}`, held, 'each task gets an address of its own from the swarm');
  sheet.set(
    'networks',
    Object.fromEntries(joined.map(([network, endpoint]) => [network, keep(asMap(endpoint), ['aliases']) ?? {}])),
  );
}

/** Published by all nodes, whatever address: what is on loopback is not published at all, which would open it. */
function setPorts(sheet: Sheet, value: Plain, spec: RunSpec): void {
  const said = Array.isArray(value) ? value.filter((port: Plain) => typeof port === 'object') : [];
  const ports = spec.values['ports'] ?? [];
  const published = (isList(ports) ? ports : []).flatMap((text): readonly PlainMap[] => {
    const port = parsePublished(text);
    if (port === undefined) return [];
    const { address, host } = port;
    const [target = '', protocol = 'tcp'] = port.port.split('/');
    if (address !== '' && isLoopback(address)) {
      sheet.leaveOut('ports', text, 'a swarm publishes a port to everybody, and this one is for this server alone');
      return [];
    }
    if (!['', '0.0.0.0', '::'].includes(address))
      sheet.leaveOut('ports', address, `port ${host} is published at all addresses of all nodes`);
    const mode = said.map(asMap).find((one) => showPlain(one['target']) === target && one['mode'] !== undefined)?.[
      'mode'
    ];
    return [
      {
        target: Number(target),
        ...(/^\d+$/.test(host) ? { published: Number(host) } : {}),
        protocol,
        ...(mode === undefined ? {} : { mode }),
      },
    ];
  });
  sheet.set('ports', [...new Map(published.map((port) => [JSON.stringify(port), port])).values()]);
}

function setVolumes(sheet: Sheet, value: Plain): void {
  const mounts = (Array.isArray(value) ? value : []).map((mount: Plain) => {
    if (typeof mount !== 'object' || mount === null) return keepOptions(sheet, showPlain(mount));
    const { type = 'volume', source, target = '', read_only, bind, volume, tmpfs } = asMap(mount);
    return Object.fromEntries(
      Object.entries({
        type,
        source,
        target,
        read_only,
        bind: keep(bind, ['propagation']),
        volume: keep(volume, ['nocopy']),
        tmpfs: keep(tmpfs, ['size']),
      }).filter((entry): entry is [string, Plain] => entry[1] !== undefined),
    );
  });
  sheet.add('volumes', mounts);
}

function keepOptions(sheet: Sheet, text: string): string {
  const [source = '', target, options = ''] = text.split(':');
  if (target === undefined) return text;
  const said = options.split(',').filter(Boolean);
  const known = said.filter((option) => ['ro', 'rw', 'nocopy', ...PROPAGATION].includes(option));
  for (const option of said.filter((one) => !known.includes(one)))
    sheet.leaveOut('volumes', `${source}:${target}:${option}`, NO_KEY);
  return [source, target, ...(known.length === 0 ? [] : [known.join(',')])].join(':');
}

const PROPAGATION = BIND_OPTIONS.filter((option) => /shared|slave|private/.test(option));

function keep(map: Plain | undefined, known: readonly string[]): PlainMap | undefined {
  const kept = Object.entries(asMap(map)).filter(([field]) => known.includes(field));
  return kept.length === 0 ? undefined : Object.fromEntries(kept);
}

/** In the long form of a mount: the short one is not read by a swarm. */
function listTmpfs(sheet: Sheet, { values: { tmpfs = {} } }: RunSpec): readonly PlainMap[] {
  return Object.entries(isMap(tmpfs) ? tmpfs : {}).map(([target, options]) => {
    const said = options.split(',').filter(Boolean);
    const size = said.find((option) => option.startsWith('size='))?.slice('size='.length);
    const bytes = size === undefined ? undefined : parseBytes(size);
    for (const option of said.filter((one) => !one.startsWith('size=')))
      sheet.leaveOut('tmpfs', `${target}:${option}`, NO_KEY);
    return { type: 'tmpfs', target, ...(bytes === undefined ? {} : { tmpfs: { size: bytes } }) };
  });
}
