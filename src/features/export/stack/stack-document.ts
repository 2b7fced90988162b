import type { RunSpec } from '../../../container/spec/run-spec.ts';
import { placeFile } from '../../../container/service/host-files.ts';
import type { ServiceMounts } from '../../../container/service/service-mounts.ts';
import { parseMounted } from '../../../container/spec/mounted.ts';
import type { Container } from '../../../model/container.ts';
import { listSecrets } from '../../../model/secrets.ts';
import type { Facts } from '../../../host/facts.ts';
import { listUrls } from '../../../model/urls.ts';
import { asMap, type ComposeDocument, mapTexts, showPlain, type Plain, type PlainMap } from '../compose-document.ts';
import { type NotCarried, Sheet } from './sheet.ts';
import { NO_KEY, STACK_KEYS } from './stack-keys.ts';

/** One of the containers of a stack file. */
export interface StackPart {
  readonly container: Container;
  readonly spec: RunSpec;
}

/** This host, where the client reads the files that the stack file names. */
export interface StackHost {
  readonly facts: Pick<Facts, 'secretSalt'>;
  /** single files that a swarm gives to the tasks of a service; none for a container */
  readonly listFiles: (part: StackPart) => ServiceMounts['files'];
  /** a path with the root before it */
  readonly fileOf: (path: string) => string;
}

export interface StackDocument {
  readonly document: ComposeDocument;
  readonly notCarried: readonly NotCarried[];
}

/**
 * What `docker stack deploy -c` takes (https://docs.docker.com/reference/compose-file/legacy-versions/, version 3.8)
 * of a Compose file of containers. Pure.
 */
export function makeStackDocument(
  { services, networks, secrets, ...document }: ComposeDocument,
  parts: readonly StackPart[],
  host: StackHost,
): StackDocument {
  const { fileOf } = host;
  const notCarried: NotCarried[] = [];
  const given: Record<'secrets' | 'configs', Record<string, Plain>> = { secrets: {}, configs: {} };
  const made = parts.map((part) => {
    const sheet = new Sheet(part.container.key);
    const files = listGivenFiles(part, host);
    for (const { key, name, source } of files) given[key][name] = { file: source };
    fillSheet(sheet, withoutMounts(services[part.container.key] ?? {}, files), part, { files, ...host });
    notCarried.push(...sheet.notCarried);
    return [part.container.key, withTypes(sheet.service, TYPES)] as const;
  });
  const isHostUsed = made.some(([, { networks: joined }]) => Array.isArray(joined) && joined.includes('host'));
  const overlay = Object.entries(networks)
    .filter(([name]) => name !== 'bridge')
    .map(([name, network]) => [name, toOverlay(name, asMap(network), notCarried)]);
  return {
    document: {
      ...document,
      secrets: {
        ...Object.fromEntries(
          Object.entries(secrets).map(([name, secret]) => {
            const { file, ...external } = asMap(secret);
            return [name, file === undefined ? withTypes(external, EXTERNAL) : { file: fileOf(showPlain(file)) }];
          }),
        ),
        ...given.secrets,
      },
      configs: {
        ...Object.fromEntries(
          Object.entries(document.configs).map(([name, config]) => [name, withTypes(asMap(config), EXTERNAL)]),
        ),
        ...given.configs,
      },
      services: Object.fromEntries(made),
      networks: {
        ...withTypes(Object.fromEntries(overlay) as PlainMap, NETWORK_TYPES),
        ...(isHostUsed ? { host: { external: true, name: 'host' } } : {}),
      },
    },
    notCarried,
  };
}

/** The first version of the format that has all that is in it; clients of today ignore it. */
export function findVersion({ services }: ComposeDocument): string {
  const hasPids = Object.values(services).some(
    ({ deploy }) => asMap(asMap(asMap(deploy)['resources'])['limits'])['pids'] !== undefined,
  );
  return hasPids ? '3.9' : '3.8';
}

function fillSheet(
  sheet: Sheet,
  service: PlainMap,
  { container, spec }: StackPart,
  { facts, fileOf, files }: StackHost & { readonly files: readonly GivenFile[] },
): void {
  for (const [key, value] of Object.entries(service)) {
    const carry = Object.hasOwn(STACK_KEYS, key) ? STACK_KEYS[key] : undefined;
    if (carry === undefined) sheet.leaveOut(key, value, NO_KEY);
    else carry(sheet, value, spec);
  }
  const kept = spec.kept ?? [];
  const of = { secret: listSecrets(container, facts), config: [] } as const;
  for (const kind of ['secret', 'config'] as const)
    sheet.set(
      `${kind}s`,
      [...of[kind], ...kept.filter((one) => one.kind === kind), ...files.filter(({ key }) => key === `${kind}s`)].map(
        ({ name, target, mode = 0o400, uid = 0, gid = 0 }) => ({
          source: name,
          target,
          mode,
          uid: String(uid),
          gid: String(gid),
        }),
      ),
    );
  const envFiles = service['env_file'];
  if (envFiles !== undefined)
    sheet.set(
      'env_file',
      (Array.isArray(envFiles) ? (envFiles as readonly Plain[]) : [envFiles]).map((file) => fileOf(showPlain(file))),
    );
  const { role, isEnabled, hasWeb, isPublic } = container;
  // it never runs by itself; a task always would
  if (!isEnabled || role === 'data') sheet.setDeploy(['replicas'], 0);
  if (role !== 'service')
    sheet.leaveOut(
      'Role',
      role,
      role === 'job' ? 'a stack runs it once, when it is deployed' : 'a stack has nothing like it: it has no replica',
    );
  if (hasWeb)
    sheet.leaveOut(
      'web address',
      listUrls(container).join(' '),
      "Apache's vhost is docksmith's, and no part of a stack",
    );
  if (!isPublic && container.hasPortMapping)
    sheet.leaveOut('access', 'private', 'no packet filter comes with a stack: everybody reaches its ports');
}

/** A file of this host that the client hands to the swarm. */
interface GivenFile {
  readonly key: 'secrets' | 'configs';
  /** in the file, `shop.app.conf` */
  readonly name: string;
  readonly source: string;
  readonly target: string;
  readonly mode: number;
  readonly uid: string;
  readonly gid: string;
}

/** Those that a service mounts, but for its secrets, which have names of their own. */
function listGivenFiles(part: StackPart, { facts, fileOf, listFiles }: StackHost): readonly GivenFile[] {
  const { container, spec } = part;
  const own = new Set(listSecrets(container, facts).map(({ file }) => fileOf(file)));
  return listFiles(part)
    .filter(({ source }) => !own.has(source))
    .map((file, n, all) => {
      const { Mode: mode, UID: uid, GID: gid } = placeFile(file.target, file, spec.values['user']);
      const isTwice = all.findIndex(({ base }) => base === file.base) < n;
      const name = `${container.key}.${file.base}${isTwice ? `.${n}` : ''}`.replaceAll(/[^\w.-]/g, '_');
      return { key: `${file.kind}s` as const, name, source: file.source, target: file.target, mode, uid, gid };
    });
}

/** A service without the mounts of these files. */
function withoutMounts(service: PlainMap, files: readonly GivenFile[]): PlainMap {
  const { volumes } = service;
  if (!Array.isArray(volumes) || files.length === 0) return service;
  const targetOf = (mount: Plain): string =>
    typeof mount === 'string' ? parseMounted(mount).target : showPlain(asMap(mount)['target']);
  return {
    ...service,
    volumes: volumes.filter((mount: Plain) => !files.some(({ target }) => target === targetOf(mount))),
  };
}

/** Networks of one host are those of all nodes. */
function toOverlay(name: string, network: PlainMap, notCarried: NotCarried[]): PlainMap {
  if (network['external'] !== undefined && network['external'] !== false && network['external'] !== 'false')
    return { external: true, name: network['name'] ?? name };
  const leaveOut = (key: string, value: Plain, why: string): void => {
    notCarried.push({
      name: `network ${name}`,
      key,
      value: showPlain(value),
      why,
    });
  };
  const { driver = 'bridge', driver_opts: options, ipam, enable_ipv6: six, ...rest } = network;
  if (!['bridge', 'overlay'].includes(showPlain(driver)))
    leaveOut('driver', driver, 'a network of several nodes has the driver overlay');
  const kept = Object.entries(asMap(options)).filter(([option]) => driver === 'overlay' || !isOfBridge(option));
  for (const [option, value] of kept.filter(() => driver !== 'overlay'))
    leaveOut(option, value, 'overlay has no such option');
  if (six !== undefined && showPlain(six) === 'true') leaveOut('enable_ipv6', six, NO_KEY);
  const config = (asMap(ipam)['config'] ?? []) as readonly PlainMap[];
  for (const entry of config)
    for (const [field, value] of Object.entries(entry))
      if (field !== 'subnet') leaveOut(`ipam.${field}`, value, NO_KEY);
  const subnets = config.flatMap(({ subnet }) => (subnet === undefined ? [] : [{ subnet }]));
  return {
    driver: 'overlay',
    ...(driver === 'overlay' && kept.length > 0 ? { driver_opts: Object.fromEntries(kept) } : {}),
    ...(subnets.length === 0 ? {} : { ipam: { config: subnets } }),
    ...Object.fromEntries(
      Object.entries(rest).filter(([key]) => ['name', 'internal', 'attachable', 'labels'].includes(key)),
    ),
  };
}

/** The name of an interface means nothing to others. */
function isOfBridge(option: string): boolean {
  return option.startsWith('com.docker.network.bridge.');
}

type Types = Readonly<Record<'number' | 'flag', RegExp>>;

/** Where the format wants numbers and truth values, by path: the client turns no text into them. */
const TYPES: Types = {
  number:
    /^(healthcheck\.retries|deploy\.(replicas|placement\.max_replicas_per_node|resources\.limits\.pids|restart_policy\.max_attempts|(update|rollback)_config\.(parallelism|max_failure_ratio))|ulimits\.[^.]+(\.\w+)?|(secrets|configs)\.\d+\.mode)$/,
  flag: /^(init|read_only|tty|stdin_open|healthcheck\.disable|volumes\.\d+\.(read_only|volume\.nocopy))$/,
};
const EXTERNAL: Types = { number: /^$/, flag: /^external$/ };
const NETWORK_TYPES: Types = { number: /^$/, flag: /^[^.]+\.(internal|attachable)$/ };

function withTypes(map: PlainMap, { number, flag }: Types): PlainMap {
  return mapTexts(map, (text, path) => {
    const at = path.join('.');
    if (number.test(at) && text !== '' && Number.isFinite(Number(text))) return Number(text);
    return flag.test(at) ? text === 'true' : text;
  }) as PlainMap;
}
