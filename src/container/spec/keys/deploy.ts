import { formatBytes, formatDuration } from '../../../base/quantity.ts';
import { collectAll, type Input } from '../input.ts';
import {
  isSaid,
  readBytes,
  readChoice,
  readCount,
  readDuration,
  readFields,
  readItems,
  readText,
  readTextMap,
  readTexts,
} from '../read-input.ts';
import { defineKey, type SpecKey } from '../spec-key.ts';
import { MAP, type TextMap, toMap, toSet } from '../value.ts';

type Read = (input: Input) => string;
/** What a map of Compose's may hold: other maps, or how the text is read that is kept of a value. */
interface Fields {
  readonly [name: string]: Read | Fields;
}

const count =
  (least: number): Read =>
  (input) =>
    String(readCount(input, least));
const choice =
  (...choices: readonly string[]): Read =>
  (input) =>
    readChoice(input, choices);
const duration: Read = (input) => String(readDuration(input));

const ROLLOUT: Fields = {
  parallelism: count(0),
  delay: duration,
  failure_action: choice('continue', 'pause', 'rollback'),
  monitor: duration,
  max_failure_ratio: readRatio,
  order: choice('stop-first', 'start-first'),
};

const FIELDS: Fields = {
  mode: choice('replicated', 'global'),
  replicas: count(0),
  endpoint_mode: choice('vip', 'dnsrr'),
  labels: (input) => JSON.stringify(readTextMap(input, '=', '')),
  placement: {
    constraints: (input) => JSON.stringify(toSet(readTexts(input).map((text) => text.replace(/\s*([!=]=)\s*/, '$1')))),
    preferences: (input) => JSON.stringify(readItems(input, readSpread)),
    max_replicas_per_node: count(0),
  },
  update_config: ROLLOUT,
  rollback_config: { ...ROLLOUT, failure_action: choice('continue', 'pause') },
  restart_policy: {
    condition: choice('none', 'on-failure', 'any'),
    delay: duration,
    max_attempts: count(0),
    window: duration,
  },
  resources: {
    limits: { cpus: readNumber, memory: bytes, pids: count(0) },
    reservations: { cpus: readNumber, memory: bytes },
  },
};

/**
 * How a swarm runs it, flat: `update_config.order`. Durations in nanoseconds, sizes in bytes, lists and labels as
 * JSON. A container with it is a service of the swarm, so one of this host has none.
 */
export const DEPLOY_KEYS: readonly SpecKey[] = [
  defineKey(MAP, {
    name: 'deploy',
    answer: 'none',
    parse: (input) => {
      const value = toMap(readMap(input, FIELDS, ''));
      const { mode, replicas } = value;
      if (mode === undefined && replicas === undefined)
        return input.refuse('needs mode or replicas', 'a container with deploy is a service of the swarm');
      return mode === 'global' && replicas !== undefined
        ? input.refuse('mode global runs one task on each node, and has no replicas')
        : value;
    },
    send: () => undefined,
    read: () => undefined,
    format: (value) =>
      Object.entries(value)
        .map(([name, text]) => `${name}=${formatField(name, text)}`)
        .join(' '),
  }),
];

/** What the key says, flat; undefined: it is a container of one host. */
export function getDeploy({ deploy }: Readonly<Record<string, unknown>>): TextMap | undefined {
  return deploy as TextMap | undefined;
}

function readMap(input: Input, fields: Fields, prefix: string): readonly (readonly [string, string])[] {
  return collectAll(Object.entries(readFields(input, Object.keys(fields))), ([name, value]) => {
    const field = fields[name];
    if (!isSaid(value) || field === undefined) return [];
    return typeof field === 'function'
      ? [[`${prefix}${name}`, field(value)] as const]
      : readMap(value, field, `${prefix}${name}.`);
  }).flat();
}

function readSpread(item: Input): string {
  const { spread } = readFields(item, ['spread']);
  return spread === undefined ? item.refuse('needs spread, a label of nodes') : readText(spread);
}

function readRatio(input: Input): string {
  const number = Number(readNumber(input));
  return number <= 1 ? String(number) : input.refuse('must be a number from 0 to 1');
}

function readNumber(input: Input): string {
  const text = String(input.scalar);
  return /^\d+(\.\d+)?$/.test(text) ? String(Number(text)) : input.refuse('must be a number like 0.5');
}

function bytes(input: Input): string {
  return String(readBytes(input));
}

function formatField(name: string, text: string): string {
  if (/\.(delay|monitor|window)$/.test(name)) return formatDuration(Number(text));
  return name.endsWith('.memory') ? formatBytes(Number(text)) : text;
}
