import type { HostConfig } from '../../../engine/engine-api.ts';
import type { Input } from '../input.ts';
import {
  readChoice,
  readCount,
  readFlag,
  readInteger,
  readItems,
  readText,
  readTextMap,
  readTexts,
} from '../read-input.ts';
import { defineKey, type SpecKey } from '../spec-key.ts';
import { FLAG, type Kind, LIST, MAP, NUMBER, SET, TEXT, toSet, type Value } from '../value.ts';
import { makeBlkio, makeDeviceRequests, readBlkio, readBlkioConfig, readDeviceRequests, readGpus } from './devices.ts';

interface FieldDefinition<T extends Value> {
  readonly kind: Kind<T>;
  /** of HostConfig, which holds the value as it is */
  readonly field: keyof HostConfig;
  readonly parse: (input: Input) => T;
  /** what the engine takes when nothing is said */
  readonly default?: T;
  readonly answer?: 'update' | 'recreate';
}

/** A key whose value is that of one field of the engine's: it is sent there, and read back from there. */
function fieldKey<T extends Value>(
  name: string,
  { kind, field, parse, default: base, answer = 'recreate' }: FieldDefinition<T>,
): SpecKey {
  return defineKey(kind, {
    name,
    answer,
    ...(base === undefined ? {} : { default: base }),
    parse,
    send: (value, { HostConfig }) => {
      Reflect.set(HostConfig, field, value);
    },
    read: ({ HostConfig }) => {
      const value = HostConfig[field] as Value | null | undefined;
      // the engine's many ways to say nothing
      return value === null || value === undefined || value === '' || value === 0 || value === -1 || value === false
        ? undefined
        : kind.holds(value)
          ? kind.name === 'set' && Array.isArray(value)
            ? (toSet(value as readonly string[]) as unknown as T)
            : value
          : undefined;
    },
  });
}

/** The keys of further-keys that are a field each, by the names of those fields. */
export const FIELDS = {
  annotations: 'Annotations',
  cgroup: 'CgroupnsMode',
  cgroup_parent: 'CgroupParent',
  cpu_period: 'CpuPeriod',
  cpu_quota: 'CpuQuota',
  cpu_rt_period: 'CpuRealtimePeriod',
  cpu_rt_runtime: 'CpuRealtimeRuntime',
  device_cgroup_rules: 'DeviceCgroupRules',
  dns_opt: 'DnsOptions',
  mem_swappiness: 'MemorySwappiness',
  oom_kill_disable: 'OomKillDisable',
  oom_score_adj: 'OomScoreAdj',
  storage_opt: 'StorageOpt',
  userns_mode: 'UsernsMode',
  uts: 'UTSMode',
} as const satisfies Readonly<Record<string, keyof HostConfig>>;

export const FIELD_KEYS: readonly SpecKey[] = [
  fieldKey('annotations', { kind: MAP, field: FIELDS.annotations, parse: (input) => readTextMap(input, '=', '') }),
  fieldKey('cgroup', {
    kind: TEXT,
    field: FIELDS.cgroup,
    parse: (input) => readChoice(input, ['host', 'private']),
  }),
  fieldKey('cgroup_parent', { kind: TEXT, field: FIELDS.cgroup_parent, parse: readText }),
  fieldKey('cpu_period', { kind: NUMBER, field: FIELDS.cpu_period, parse: readMicroseconds, answer: 'update' }),
  fieldKey('cpu_quota', { kind: NUMBER, field: FIELDS.cpu_quota, parse: readMicroseconds, answer: 'update' }),
  fieldKey('cpu_rt_period', { kind: NUMBER, field: FIELDS.cpu_rt_period, parse: readMicroseconds }),
  fieldKey('cpu_rt_runtime', { kind: NUMBER, field: FIELDS.cpu_rt_runtime, parse: readMicroseconds }),
  fieldKey('device_cgroup_rules', {
    kind: SET,
    field: FIELDS.device_cgroup_rules,
    parse: (input) =>
      toSet(
        readItems(input, (item) => {
          const text = readText(item);
          return /^[acb] (\d+|\*):(\d+|\*) [rwm]{1,3}$/.test(text)
            ? text
            : item.refuse(`"${text}" is not like "c 1:3 mr"`);
        }),
      ),
  }),
  fieldKey('dns_opt', { kind: LIST, field: FIELDS.dns_opt, parse: (input) => readTexts(input, { orOne: true }) }),
  fieldKey('mem_swappiness', {
    kind: NUMBER,
    field: FIELDS.mem_swappiness,
    parse: (input) => (readCount(input) > 100 ? input.refuse('must be from 0 to 100') : readCount(input)),
  }),
  fieldKey('oom_kill_disable', { kind: FLAG, field: FIELDS.oom_kill_disable, parse: readFlag, default: false }),
  fieldKey('oom_score_adj', {
    kind: NUMBER,
    field: FIELDS.oom_score_adj,
    default: 0,
    parse: (input) =>
      Math.abs(readInteger(input)) > 1000 ? input.refuse('must be from -1000 to 1000') : readInteger(input),
  }),
  fieldKey('storage_opt', { kind: MAP, field: FIELDS.storage_opt, parse: (input) => readTextMap(input) }),
  fieldKey('userns_mode', { kind: TEXT, field: FIELDS.userns_mode, parse: (input) => readChoice(input, ['host']) }),
  fieldKey('uts', { kind: TEXT, field: FIELDS.uts, parse: (input) => readChoice(input, ['host']) }),
  defineKey(FLAG, {
    name: 'tty',
    answer: 'recreate',
    default: false,
    parse: readFlag,
    send: (value, body) => {
      body.Tty = value;
    },
    read: ({ Config }) => Config.Tty ?? undefined,
  }),
  defineKey(FLAG, {
    name: 'stdin_open',
    answer: 'recreate',
    default: false,
    parse: readFlag,
    send: (value, body) => {
      body.OpenStdin = value;
    },
    read: ({ Config }) => Config.OpenStdin ?? undefined,
  }),
  defineKey(TEXT, {
    name: 'mac_address',
    answer: 'recreate',
    parse: (input) => {
      const text = readText(input).toLowerCase();
      return /^([0-9a-f]{2}:){5}[0-9a-f]{2}$/.test(text)
        ? text
        : input.refuse(`"${text}" is not like 02:42:ac:11:65:44`);
    },
    send: (value, body) => {
      body.MacAddress = value;
    },
    // engines from 1.44 on keep it with the network, where any container has one
    read: ({ Config }) => Config.MacAddress || undefined,
  }),
  defineKey(LIST, {
    name: 'gpus',
    title: 'devices asked for',
    answer: 'recreate',
    parse: readGpus,
    send: (value, { HostConfig }) => {
      HostConfig.DeviceRequests = makeDeviceRequests(value);
    },
    read: ({ HostConfig }) => readDeviceRequests(HostConfig.DeviceRequests),
  }),
  defineKey(MAP, {
    name: 'blkio_config',
    answer: 'recreate',
    parse: readBlkioConfig,
    send: (value, { HostConfig }) => Object.assign(HostConfig, makeBlkio(value)),
    read: ({ HostConfig }) => readBlkio(HostConfig),
  }),
];

/** A number of microseconds, or a duration. */
function readMicroseconds(input: Input): number {
  const text = readText(input);
  const [, amount = '', unit = 'us'] = /^(-?\d+)(us|ms|s)?$/.exec(text) ?? [];
  return amount === ''
    ? input.refuse(`"${text}" is no number of microseconds, and not like 50ms`)
    : Number(amount) * ({ us: 1, ms: 1000, s: 1_000_000 }[unit] ?? 1);
}
