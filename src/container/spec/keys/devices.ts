import type { DeviceRequest, HostConfig } from '../../../engine/engine-api.ts';
import type { Input } from '../input.ts';
import {
  readBytes,
  readCount,
  readFields,
  readInteger,
  readItems,
  readText,
  readTextMap,
  readTexts,
} from '../read-input.ts';
import { type TextMap, toMap } from '../value.ts';

/** `gpus`: `all`, or a list as in `deploy.resources.reservations.devices`; each as canonical JSON. */
export function readGpus(input: Input): readonly string[] {
  if (input.items === undefined) {
    const text = readText(input);
    if (text !== 'all' && !/^\d+$/.test(text)) return input.refuse(`"${text}" is not all, a number or a list`);
    return [formatRequest({ Count: text === 'all' ? -1 : Number(text), Capabilities: [['gpu']] })];
  }
  return readItems(input, (item) => {
    const {
      driver,
      count,
      device_ids: ids,
      capabilities,
      options,
    } = readFields(item, ['driver', 'count', 'device_ids', 'capabilities', 'options']);
    const isAll = count === undefined || count.scalar === 'all';
    return formatRequest({
      Driver: driver === undefined ? '' : readText(driver),
      Count: ids !== undefined ? 0 : isAll ? -1 : readInteger(count),
      DeviceIDs: ids === undefined ? [] : [...readTexts(ids)],
      Capabilities: [[...new Set(['gpu', ...(capabilities === undefined ? [] : readTexts(capabilities))])]],
      Options: options === undefined ? {} : readTextMap(options),
    });
  });
}

/** As Compose writes it, so that a record and a run spec hold the same text. */
function formatRequest({ Driver, Count, DeviceIDs, Capabilities, Options }: DeviceRequest): string {
  const ids = DeviceIDs ?? [];
  return JSON.stringify({
    ...(Driver ? { driver: Driver } : {}),
    ...(ids.length > 0 ? { device_ids: ids } : { count: Count === -1 || !Count ? 'all' : Count }),
    capabilities: Capabilities?.[0] ?? [],
    ...(Object.keys(Options ?? {}).length > 0 ? { options: toMap(Object.entries(Options ?? {})) } : {}),
  });
}

interface Written {
  readonly driver?: string;
  readonly count?: number | 'all';
  readonly device_ids?: string[];
  readonly capabilities: string[];
  readonly options?: Record<string, string>;
}

export function makeDeviceRequests(value: readonly string[]): DeviceRequest[] {
  return value.map((text) => {
    const { driver = '', count = 0, device_ids: ids, capabilities, options } = JSON.parse(text) as Written;
    return {
      Driver: driver,
      Count: count === 'all' ? -1 : count,
      ...(ids === undefined ? {} : { DeviceIDs: ids }),
      Capabilities: [capabilities],
      ...(options === undefined ? {} : { Options: options }),
    };
  });
}

export function readDeviceRequests(requests: HostConfig['DeviceRequests']): readonly string[] | undefined {
  return requests && requests.length > 0 ? requests.map(formatRequest) : undefined;
}

/** Key of Compose's and field of the engine's, of limits per device. */
const RATES = {
  device_read_bps: 'BlkioDeviceReadBps',
  device_write_bps: 'BlkioDeviceWriteBps',
  device_read_iops: 'BlkioDeviceReadIOps',
  device_write_iops: 'BlkioDeviceWriteIOps',
} as const;

export const BLKIO_FIELDS: readonly string[] = ['BlkioWeight', 'BlkioWeightDevice', ...Object.values(RATES)];

/** `weight`, and per kind of limit `PATH=RATE` in lines. */
export function readBlkioConfig(input: Input): TextMap {
  const names = ['weight', 'weight_device', ...Object.keys(RATES)];
  const fields = readFields(input, names);
  return toMap(
    Object.entries(fields).map(([name, field]): readonly [string, string] => {
      if (field === undefined) return [name, ''];
      if (name === 'weight') return [name, String(readCount(field, 10))];
      const rate = name === 'weight_device' ? 'weight' : 'rate';
      const lines = readItems(field, (item) => {
        const { path, [rate]: held } = readFields(item, ['path', rate]);
        if (path === undefined || held === undefined) return item.refuse(`needs a path and a ${rate}`);
        return `${readText(path)}=${name.endsWith('bps') ? readBytes(held) : readCount(held)}`;
      });
      return [name, lines.join('\n')];
    }),
  );
}

const toLines = (text: string | undefined): readonly (readonly [string, number])[] =>
  (text ?? '')
    .split('\n')
    .filter(Boolean)
    .map((line) => [line.slice(0, line.lastIndexOf('=')), Number(line.slice(line.lastIndexOf('=') + 1))] as const);

export function makeBlkio(value: TextMap): HostConfig {
  return {
    ...(value['weight'] === undefined ? {} : { BlkioWeight: Number(value['weight']) }),
    ...(value['weight_device'] === undefined
      ? {}
      : { BlkioWeightDevice: toLines(value['weight_device']).map(([Path, Weight]) => ({ Path, Weight })) }),
    ...Object.fromEntries(
      Object.entries(RATES).flatMap(([name, field]) =>
        value[name] === undefined ? [] : [[field, toLines(value[name]).map(([Path, Rate]) => ({ Path, Rate }))]],
      ),
    ),
  };
}

export function readBlkio(config: HostConfig): TextMap | undefined {
  const weights = config.BlkioWeightDevice ?? [];
  const entries = [
    ...(config.BlkioWeight ? [['weight', String(config.BlkioWeight)] as const] : []),
    ...(weights.length === 0
      ? []
      : [['weight_device', weights.map(({ Path, Weight }) => `${Path}=${Weight}`).join('\n')] as const]),
    ...Object.entries(RATES).flatMap(([name, field]) => {
      const rates = config[field] ?? [];
      return rates.length === 0 ? [] : [[name, rates.map(({ Path, Rate }) => `${Path}=${Rate}`).join('\n')] as const];
    }),
  ];
  return entries.length === 0 ? undefined : toMap(entries);
}

/** What Compose calls it, as JSON for a record. */
export function formatBlkio(value: TextMap): string {
  return JSON.stringify(
    Object.fromEntries(
      Object.entries(value).map(([name, text]) => [
        name,
        name === 'weight'
          ? Number(text)
          : toLines(text).map(([path, held]) => ({ path, [name === 'weight_device' ? 'weight' : 'rate']: held })),
      ]),
    ),
  );
}
