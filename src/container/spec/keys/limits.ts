import { collectAll, type Input } from '../input.ts';
import { readBytes, readCount, readFields, readText } from '../read-input.ts';
import { formatBytes } from '../../../base/quantity.ts';
import { defineKey, type SpecKey } from '../spec-key.ts';
import { MAP, NUMBER, TEXT, type TextMap, toMap } from '../value.ts';

/** The engine starts nothing below it. */
const LEAST_MEMORY = 6 * 1024 ** 2;

/** What it may use, and what happens when it ends. All but `shm_size` and `ulimits` change on the living container. */
export const LIMIT_KEYS: readonly SpecKey[] = [
  defineKey(NUMBER, {
    name: 'mem_limit',
    title: 'memory',
    answer: 'update',
    format: formatBytes,
    parse: (input) => {
      const bytes = readBytes(input);
      return bytes < LEAST_MEMORY
        ? input.refuse(`${formatBytes(bytes)} is below the 6m that a container needs`)
        : bytes;
    },
    send: (value, { HostConfig }) => {
      HostConfig.Memory = value;
      // an update of the one without the other is refused; twice is what the engine makes of it at create
      HostConfig.MemorySwap ??= 2 * value;
    },
    read: ({ HostConfig }) => HostConfig.Memory || undefined,
  }),
  defineKey(NUMBER, {
    name: 'memswap_limit',
    title: 'memory+swap',
    answer: 'update',
    format: (value) => (value === -1 ? 'unlimited' : formatBytes(value)),
    parse: (input) => (String(input.scalar) === '-1' ? -1 : readBytes(input)),
    send: (value, { HostConfig }) => {
      HostConfig.MemorySwap = value;
    },
    read: ({ HostConfig }) => HostConfig.MemorySwap || undefined,
  }),
  defineKey(NUMBER, {
    name: 'mem_reservation',
    title: 'memory reservation',
    answer: 'update',
    format: formatBytes,
    parse: readBytes,
    send: (value, { HostConfig }) => {
      HostConfig.MemoryReservation = value;
    },
    read: ({ HostConfig }) => HostConfig.MemoryReservation || undefined,
  }),
  defineKey(NUMBER, {
    name: 'cpus',
    answer: 'update',
    parse: (input) => {
      const number = Number(readText(input));
      return number >= 0.01 ? Math.round(number * 1e9) / 1e9 : input.refuse('must be a number of CPUs, 0.01 or more');
    },
    send: (value, { HostConfig }) => {
      HostConfig.NanoCpus = Math.round(value * 1e9);
    },
    read: ({ HostConfig }) => (HostConfig.NanoCpus ? HostConfig.NanoCpus / 1e9 : undefined),
  }),
  defineKey(NUMBER, {
    name: 'cpu_shares',
    answer: 'update',
    default: 1024,
    canUnset: true,
    parse: (input) => readCount(input, 2),
    send: (value, { HostConfig }) => {
      HostConfig.CpuShares = value;
    },
    read: ({ HostConfig }) => HostConfig.CpuShares || undefined,
  }),
  defineKey(TEXT, {
    name: 'cpuset',
    answer: 'update',
    parse: (input) => {
      const text = readText(input);
      return /^\d+(-\d+)?(,\d+(-\d+)?)*$/.test(text) ? text : input.refuse(`"${text}" is no list of CPUs like 0-2,4`);
    },
    send: (value, { HostConfig }) => {
      HostConfig.CpusetCpus = value;
    },
    read: ({ HostConfig }) => HostConfig.CpusetCpus || undefined,
  }),
  defineKey(NUMBER, {
    name: 'pids_limit',
    answer: 'update',
    default: -1,
    canUnset: true,
    format: (value) => (value === -1 ? 'unlimited' : String(value)),
    parse: (input) => readCount(input, -1) || -1,
    send: (value, { HostConfig }) => {
      HostConfig.PidsLimit = value;
    },
    read: ({ HostConfig }) => HostConfig.PidsLimit || undefined,
  }),
  defineKey(TEXT, {
    name: 'restart',
    answer: 'update',
    default: 'no',
    canUnset: true,
    parse: readRestart,
    send: (value, { HostConfig }) => {
      const [name = 'no', count] = value.split(':');
      HostConfig.RestartPolicy = { Name: name, MaximumRetryCount: Number(count ?? 0) };
    },
    read: ({ HostConfig: { RestartPolicy: policy } }) =>
      policy?.Name ? `${policy.Name}${policy.MaximumRetryCount ? `:${policy.MaximumRetryCount}` : ''}` : undefined,
  }),
  defineKey(NUMBER, {
    name: 'shm_size',
    answer: 'recreate',
    format: formatBytes,
    parse: readBytes,
    // what the engine gives when nothing is said, unless daemon.json says otherwise
    default: 64 * 1024 ** 2,
    send: (value, { HostConfig }) => {
      HostConfig.ShmSize = value;
    },
    read: ({ HostConfig }) => HostConfig.ShmSize || undefined,
  }),
  defineKey(MAP, {
    name: 'ulimits',
    answer: 'recreate',
    parse: readUlimits,
    send: (value, { HostConfig }) => {
      HostConfig.Ulimits = Object.entries(value).map(([name, limits]) => {
        const [soft, hard] = limits.split(':');
        return { Name: name, Soft: Number(soft), Hard: Number(hard) };
      });
    },
    read: ({ HostConfig }) =>
      toMap((HostConfig.Ulimits ?? []).map(({ Name, Soft, Hard }) => [Name, `${Soft}:${Hard}`])),
  }),
];

function readRestart(input: Input): string {
  // YAML 1.1 programs write a bare no as false
  const text = input.scalar === false ? 'no' : readText(input);
  if (/^(no|always|unless-stopped|on-failure(:\d+)?)$/.test(text)) return text.replace(/:0+$/, '');
  return input.refuse(`"${text}" is none of no, always, unless-stopped, on-failure, on-failure:N`);
}

/** `nofile: 1024` or `nofile: {soft: 1024, hard: 2048}`, as `soft:hard`. */
function readUlimits(input: Input): TextMap {
  return toMap(
    collectAll(input.entries ?? input.refuse('must be a map'), ([name, value]) => {
      const { soft = value, hard = value } = value.entries === undefined ? {} : readFields(value, ['soft', 'hard']);
      return [name, `${readCount(soft, -1)}:${readCount(hard, -1)}`] as const;
    }),
  );
}
