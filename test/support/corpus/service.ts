/** What `docker-compose config` prints: plain YAML. */
export type Plain = string | number | bigint | boolean | null | readonly Plain[] | { readonly [key: string]: Plain };
export type PlainMap = Readonly<Record<string, Plain>>;

export function toMap(value: Plain | undefined): PlainMap {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as PlainMap) : {};
}

export function toList(value: Plain | undefined): readonly Plain[] {
  return Array.isArray(value) ? (value as readonly Plain[]) : value === undefined || value === null ? [] : [value];
}

/** Empty for what is no scalar. */
export function toText(value: Plain | undefined): string {
  return typeof value === 'object' && value !== null ? '' : String(value ?? '');
}

/** Where keys of `deploy` arrive in a run spec, which is about one container. */
export const DEPLOY: Readonly<Record<string, string>> = {
  'resources.limits.cpus': 'cpus',
  'resources.limits.memory': 'mem_limit',
  'resources.limits.pids': 'pids_limit',
  'resources.reservations.memory': 'mem_reservation',
  'resources.reservations.devices': 'gpus',
  'restart_policy.condition': 'restart',
  'restart_policy.max_attempts': 'restart',
};

/** The names that Compose gives to what the keys of a file mean. */
export interface Names {
  readonly project: string;
  /** service -> container */
  readonly containers: ReadonlyMap<string, string>;
  /** key -> what the engine calls it */
  readonly networks: ReadonlyMap<string, string>;
  readonly volumes: ReadonlyMap<string, string>;
  /** secret or config -> file of this host */
  readonly files: ReadonlyMap<string, string>;
}

export function readNames(project: string, config: PlainMap): Names {
  const named = (what: string): ReadonlyMap<string, string> =>
    new Map(
      Object.entries(toMap(config[what])).map(([key, value]) => {
        const { name, external } = toMap(value);
        const own = toText(name ?? toMap(external)['name']);
        const isExternal = external !== undefined && external !== false;
        return [key, own !== '' ? own : isExternal ? key : `${project}_${key}`] as const;
      }),
    );
  return {
    project,
    containers: new Map(
      Object.entries(toMap(config['services'])).map(([name, value]) => [
        name,
        toText(toMap(value)['container_name']) || `${project}-${name}-1`,
      ]),
    ),
    networks: new Map([['default', `${project}_default`], ...named('networks')]),
    volumes: named('volumes'),
    files: new Map(
      ['secrets', 'configs'].flatMap((what) =>
        Object.entries(toMap(config[what])).map(([key, value]) => [key, toText(toMap(value)['file'])] as const),
      ),
    ),
  };
}

/** A service with each thing under the key of one container that says it, as Compose takes them together. */
export function foldService(service: PlainMap, { files }: Names): PlainMap {
  const { deploy, secrets, configs, volumes, ...rest } = service;
  const mounts = toList(volumes);
  const isTmpfs = (mount: Plain): boolean => toMap(mount)['type'] === 'tmpfs';
  const fromFiles = (entries: Plain | undefined, folder: string): readonly Plain[] =>
    toList(entries).flatMap((entry) => {
      const { source = entry, target = source } = toMap(entry);
      const inside = toText(target);
      const file = files.get(toText(source)) ?? '';
      return file === '' ? [] : [`${file}:${inside.startsWith('/') ? inside : `${folder}${inside}`}:ro`];
    });
  const { replicas, ...deployed } = toMap(deploy);
  const folded: Record<string, Plain> = {
    ...foldDeploy(deployed),
    ...(replicas === undefined ? {} : { scale: replicas }),
    ...rest,
    volumes: [
      ...mounts.filter((mount) => !isTmpfs(mount)),
      ...fromFiles(secrets, '/run/secrets/'),
      ...fromFiles(configs, '/'),
    ],
    tmpfs: [...toList(rest['tmpfs']), ...mounts.filter(isTmpfs).map(formatTmpfs)],
  };
  return folded;
}

function foldDeploy(deploy: PlainMap): PlainMap {
  const flat = (value: PlainMap, before: string): readonly (readonly [string, Plain])[] =>
    Object.entries(value).flatMap(([key, held]) => {
      const name = `${before}${key}`;
      return name in DEPLOY || Object.keys(toMap(held)).length === 0
        ? [[name, held] as const]
        : flat(toMap(held), `${name}.`);
    });
  const folded: Record<string, Plain> = {};
  for (const [name, held] of flat(deploy, '')) {
    const key = DEPLOY[name];
    // what is about more than one container stays under its own name
    if (key === undefined) folded[`deploy.${name}`] = held;
    else if (name.endsWith('condition')) folded['restart'] = { any: 'always', none: 'no' }[toText(held)] ?? held;
    else if (name.endsWith('max_attempts'))
      folded['restart'] = `${toText(folded['restart'] ?? 'on-failure')}:${toText(held)}`;
    else folded[key] = held;
  }
  return folded;
}

function formatTmpfs(mount: Plain): string {
  const { target, tmpfs } = toMap(mount);
  const { size, mode } = toMap(tmpfs);
  const options = [
    ...(size === undefined ? [] : [`size=${toText(size)}`]),
    ...(mode === undefined ? [] : [`mode=${Number(mode).toString(8)}`]),
  ];
  return [toText(target), ...(options.length === 0 ? [] : [options.join(',')])].join(':');
}
