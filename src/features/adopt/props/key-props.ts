import { formatBlkio } from '../../../container/spec/keys/devices.ts';
import { FURTHER_KEYS, type FurtherKey } from '../../../model/container-parts/further-keys.ts';
import { formatBytes, formatDuration } from '../../../base/quantity.ts';
import { isList, isMap, type Value } from '../../../container/spec/value.ts';
import { encodeValue } from '../../../db/encoded.ts';
import { isSecretAssignment } from '../../../base/secret-names.ts';
import { quoteWords } from '../../../base/quote.ts';
import { isOfProgram } from '../candidate.ts';
import { setDeploy } from './deploy-props.ts';
import { setMounts } from './mount-props.ts';
import { setNetwork } from './network-props.ts';
import { setPorts } from './port-props.ts';
import type { PropContext, RecordBuilder } from './record-builder.ts';

/** Puts what a key says on the sheet; undefined: it says nothing, and the engine's default holds. */
type Maker = (builder: RecordBuilder, value: Value | undefined, context: PropContext) => void;

const text =
  (key: string, prop: string, format: (value: Value) => string = String): Maker =>
  (builder, value) => {
    if (value !== undefined) builder.set(key, prop, format(value));
  };
const list =
  (key: string, prop: string): Maker =>
  (builder, value) => {
    if (value !== undefined && isList(value)) builder.setList(key, prop, value);
  };
const assignments =
  (key: string, prop: string): Maker =>
  (builder, value) => {
    if (value !== undefined && isMap(value))
      builder.setList(
        key,
        prop,
        Object.entries(value).map(([name, held]) => `${name}=${held}`),
      );
  };
const toList = (value: Value | undefined): readonly string[] => (value !== undefined && isList(value) ? value : []);
const flag = (key: string, prop: string): Maker => text(key, prop, (value) => (value === true ? 'yes' : 'no'));
const words = (key: string, prop: string): Maker =>
  text(key, prop, (value) => (isList(value) ? quoteWords(value) : ''));
const size =
  (key: string, prop: string): Maker =>
  (builder, value) => {
    if (typeof value !== 'number') return;
    const kilobytes = Math.ceil(value / 1024);
    if (kilobytes * 1024 !== value)
      builder.leaveOut(key, String(value), `${prop} counts in kilobytes, and is ${kilobytes}k`);
    // megabytes are what these props mean without a unit
    builder.set(key, prop, formatBytes(kilobytes * 1024).replace(/m$/, ''));
  };

/** The way back of the fragment 95further. */
const furtherKey =
  ({ key, prop, form }: FurtherKey): Maker =>
  (builder, value) => {
    if (value === undefined) return;
    if (form === 'list') builder.setItems(key, prop, toList(value));
    else if (form === 'map' && isMap(value))
      for (const [name, held] of Object.entries(value)) builder.set(key, `${prop}.${name}`, held);
    else if (form === 'json')
      builder.set(key, prop, isMap(value) ? formatBlkio(value) : `[${toList(value).join(',')}]`);
    else
      builder.set(
        key,
        prop,
        form === 'flag' ? (value === true ? 'yes' : 'no') : typeof value === 'object' ? '' : String(value),
      );
  };

/**
 * Every key of a run spec, and the props that say it: the way back of the fragments in
 * templates/etc/docksmith/containers.
 */
export const KEY_PROPS: Readonly<Record<string, Maker>> = {
  // its record of docker_images is written beside
  image: () => undefined,
  deploy: setDeploy,
  command: words('command', 'Command'),
  entrypoint: words('entrypoint', 'Entrypoint'),
  environment: setEnvironment,
  labels: setLabels,
  user: text('user', 'User'),
  working_dir: text('working_dir', 'WorkingDir'),
  hostname: text('hostname', 'Hostname'),
  init: flag('init', 'Init'),
  stop_signal: text('stop_signal', 'StopSignal'),
  stop_grace_period: text('stop_grace_period', 'StopTimeout', (seconds) => `${Number(seconds)}s`),

  ports: setPorts,
  expose: list('expose', 'Expose'),
  network_mode: setNetwork,
  networks: () => undefined,
  extra_hosts: list('extra_hosts', 'ExtraHosts'),
  dns: list('dns', 'Dns'),
  dns_search: list('dns_search', 'DnsSearch'),

  links: (builder, value) => {
    for (const link of value !== undefined && isList(value) ? value : [])
      builder.leaveOut(
        'links',
        link,
        'Interlinked stands for it, which takes a network of their own and so a new container',
      );
  },
  depends_on: () => undefined,
  volumes_from: list('volumes_from', 'VolumesFrom'),

  volumes: setMounts,
  tmpfs: (builder, value) => {
    if (value === undefined || !isMap(value)) return;
    const folders = Object.entries(value).map(([target, options]) =>
      options === '' ? target : `${target}:${options}`,
    );
    builder.set('tmpfs', 'Tmpfs', folders.join(','));
  },
  read_only: flag('read_only', 'ReadOnly'),
  devices: list('devices', 'Devices'),

  mem_limit: size('mem_limit', 'MaxMemory'),
  mem_reservation: size('mem_reservation', 'MemoryReservation'),
  cpus: text('cpus', 'CPUs'),
  cpu_shares: text('cpu_shares', 'CPUShares'),
  cpuset: text('cpuset', 'CPUSet'),
  pids_limit: text('pids_limit', 'PidsLimit'),
  // a record that says nothing means unless-stopped
  restart: (builder, value) => builder.set('restart', 'Restart', typeof value === 'string' ? value : 'no'),
  shm_size: size('shm_size', 'ShmSize'),
  ulimits: assignments('ulimits', 'Ulimits'),

  healthcheck: setHealth,

  cap_add: list('cap_add', 'CapAdd'),
  cap_drop: list('cap_drop', 'CapDrop'),
  security_opt: (builder, value) => builder.setItems('security_opt', 'SecurityOpt', toList(value)),
  sysctls: (builder, value) => {
    const all = value !== undefined && isMap(value) ? Object.entries(value) : [];
    builder.setItems(
      'sysctls',
      'Sysctls',
      all.map(([name, held]) => `${name}=${held}`),
    );
  },
  privileged: flag('privileged', 'Privileged'),
  logging: setLogging,
  ...Object.fromEntries(FURTHER_KEYS.map((one) => [one.key, one.key === 'runtime' ? setRuntime : furtherKey(one)])),
};

const GPUS = 'NVIDIA_VISIBLE_DEVICES';

/** One prop per variable: values may hold commas. What they hold is not shown where it is left out. */
function setEnvironment(
  builder: RecordBuilder,
  value: Value | undefined,
  { values, inFiles, moveSecret }: PropContext,
): void {
  if (value === undefined || !isMap(value)) return;
  const moved: string[] = [];
  for (const [name, held] of Object.entries(value)) {
    if (inFiles[name] === held || (name === GPUS && values['runtime'] === 'nvidia')) continue;
    const isWellNamed = /^[A-Za-z_][\w.-]*$/.test(name);
    const secret = isWellNamed && isSecretAssignment(name, held) ? moveSecret?.(name, held) : undefined;
    if (secret !== undefined) moved.push(`${secret}:${name}`);
    else if (isWellNamed) builder.set('environment', `Env.${name}`, held, name);
    else builder.leaveOut('environment', name, 'the name of a variable has letters, digits and _ . -');
  }
  builder.setList('environment', 'EnvSecrets', moved);
}

function setRuntime(builder: RecordBuilder, value: Value | undefined, context: PropContext): void {
  const { environment } = context.values;
  const gpus = environment !== undefined && isMap(environment) ? environment[GPUS] : undefined;
  if (value === 'nvidia' && gpus !== undefined) builder.set('runtime', 'Gpus', gpus);
  else if (typeof value === 'string') builder.set('runtime', 'Runtime', value);
}

function setLabels(builder: RecordBuilder, value: Value | undefined): void {
  const all = value !== undefined && isMap(value) ? Object.entries(value) : [];
  if (all.some(([name]) => isOfProgram(name)))
    builder.leaveOut(
      'labels',
      'com.docker.*',
      "Compose and the like find their containers by them, and this one is docksmith's now",
    );
  const plain: string[] = [];
  for (const [name, held] of all.filter(([label]) => !isOfProgram(label))) {
    if (/[|\n]/.test(name))
      builder.leaveOut('labels', `${name}=${held}`, 'the name of a prop cannot hold a | or newline');
    else if (held.includes(',') || encodeValue(held) !== held) builder.set('labels', `Labels.${name}`, held);
    else plain.push(`${name}=${held}`);
  }
  builder.setList('labels', 'Labels', plain);
}

function setHealth(builder: RecordBuilder, value: Value | undefined): void {
  if (value === undefined || !isMap(value)) return;
  const { test, interval, timeout, start_period: startPeriod, start_interval: startInterval, retries } = value;
  if (test !== undefined) setTest(builder, JSON.parse(test) as readonly string[], test);
  const durations = {
    HealthInterval: interval,
    HealthTimeout: timeout,
    HealthStart: startPeriod,
    HealthStartInterval: startInterval,
  };
  for (const [prop, nanoseconds] of Object.entries(durations))
    if (nanoseconds !== undefined) builder.set('healthcheck', prop, formatDuration(Number(nanoseconds)));
  if (retries !== undefined) builder.set('healthcheck', 'HealthRetries', retries);
}

function setTest(builder: RecordBuilder, [kind, ...test]: readonly string[], shown: string): void {
  if (kind === 'NONE') return builder.set('healthcheck', 'HealthCmd', 'none');
  const [command, more] = test;
  if (kind === 'CMD-SHELL' && command !== undefined && more === undefined)
    return builder.set('healthcheck', 'HealthCmd', command);
  builder.set('healthcheck', 'HealthExec', quoteWords(test), shown);
}

function setLogging(builder: RecordBuilder, value: Value | undefined): void {
  const { driver = '', ...options }: Readonly<Record<string, string>> =
    value !== undefined && isMap(value) ? value : {};
  if (driver !== '') builder.set('logging', 'LogDriver', driver);
  const { 'max-size': most, 'max-file': files, ...others } = options;
  const isOurs = ['', 'json-file', 'local'].includes(driver);
  // a record that says nothing has a limit
  if (isOurs) builder.set('logging', 'LogMaxSize', most === undefined || most === '-1' ? 'unlimited' : most);
  if (isOurs && most !== undefined) builder.set('logging', 'LogMaxFile', files ?? '1');
  const rest = {
    ...others,
    ...((isOurs && most !== undefined) || files === undefined ? {} : { 'max-file': files }),
    ...(isOurs || most === undefined ? {} : { 'max-size': most }),
  };
  for (const [name, held] of Object.entries(rest)) builder.set('logging', `LogOpt.${name}`, held);
}
