import type { Input } from '../input.ts';
import { readContainerOr, readFlag, readText, readTextMap, readTexts, readFields } from '../read-input.ts';
import { defineKey, type SpecKey } from '../spec-key.ts';
import { FLAG, MAP, SET, TEXT, type TextMap, toMap, toSet } from '../value.ts';

/** What it may do to the host, and what the host keeps of it. */
export const SECURITY_KEYS: readonly SpecKey[] = [
  defineKey(SET, {
    name: 'cap_add',
    answer: 'recreate',
    parse: readCapabilities,
    send: (value, body) => {
      body.HostConfig.CapAdd = [...value];
    },
    read: ({ HostConfig }) => toCapabilities(HostConfig.CapAdd),
  }),
  defineKey(SET, {
    name: 'cap_drop',
    answer: 'recreate',
    parse: readCapabilities,
    send: (value, body) => {
      body.HostConfig.CapDrop = [...value];
    },
    read: ({ HostConfig }) => toCapabilities(HostConfig.CapDrop),
  }),
  defineKey(SET, {
    name: 'security_opt',
    answer: 'recreate',
    parse: (input) => toSet(readTexts(input).map(toSecurityOption)),
    send: (value, body) => {
      body.HostConfig.SecurityOpt = [...value];
    },
    read: ({ HostConfig }) => toSet((HostConfig.SecurityOpt ?? []).map(toSecurityOption)),
  }),
  defineKey(MAP, {
    name: 'sysctls',
    answer: 'recreate',
    parse: (input) => readTextMap(input),
    send: (value, body) => {
      body.HostConfig.Sysctls = { ...value };
    },
    read: ({ HostConfig }) => toMap(Object.entries(HostConfig.Sysctls ?? {})),
  }),
  defineKey(FLAG, {
    name: 'privileged',
    answer: 'recreate',
    default: false,
    parse: readFlag,
    send: (value, body) => {
      body.HostConfig.Privileged = value;
    },
    read: ({ HostConfig }) => HostConfig.Privileged ?? undefined,
  }),
  defineKey(TEXT, {
    name: 'pid',
    answer: 'recreate',
    parse: (input) => readContainerOr(input, ['host']),
    send: (value, body) => {
      body.HostConfig.PidMode = value;
    },
    read: ({ HostConfig }) => HostConfig.PidMode || undefined,
  }),
  defineKey(TEXT, {
    name: 'ipc',
    answer: 'recreate',
    parse: (input) => readContainerOr(input, ['none', 'private', 'shareable', 'host']),
    send: (value, body) => {
      body.HostConfig.IpcMode = value;
    },
    read: ({ HostConfig }) => HostConfig.IpcMode || undefined,
  }),
  defineKey(TEXT, {
    name: 'runtime',
    answer: 'recreate',
    parse: readText,
    send: (value, body) => {
      body.HostConfig.Runtime = value;
    },
    read: ({ HostConfig }) => HostConfig.Runtime || undefined,
  }),
  defineKey(MAP, {
    name: 'logging',
    answer: 'recreate',
    parse: readLogging,
    send: (value, body) => {
      const { driver = '', ...options } = value;
      body.HostConfig.LogConfig = { Type: driver, Config: options };
    },
    read: ({ HostConfig: { LogConfig } }) => (LogConfig ? toLogging(LogConfig.Type, LogConfig.Config) : undefined),
  }),
];

function readCapabilities(input: Input): readonly string[] {
  return toCapabilities(readTexts(input));
}

/** `name:value` is the older way to write `name=value`. */
function toSecurityOption(option: string): string {
  return option.replace(/^([\w-]+):/, '$1=');
}

/** `CAP_NET_ADMIN`, `net_admin` and `NET_ADMIN` are the same. */
function toCapabilities(names: readonly string[] | null | undefined): readonly string[] {
  return toSet((names ?? []).map((name) => name.toUpperCase().replace(/^CAP_/, '')));
}

/** The driver beside its options; no driver has an option of that name. */
function readLogging(input: Input): TextMap {
  const { driver, options } = readFields(input, ['driver', 'options']);
  if (driver === undefined) return input.refuse('needs a driver');
  return toLogging(readText(driver), options === undefined ? {} : readTextMap(options));
}

/** One file is what the driver json-file keeps anyway. */
function toLogging(driver: string, options: Readonly<Record<string, string>>): TextMap {
  const said = Object.entries(options).filter(
    ([name, value]) => !(driver === 'json-file' && name === 'max-file' && value === '1'),
  );
  return toMap([['driver', driver], ...said]);
}
