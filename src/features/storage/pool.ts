/** The thin pool of devicemapper. */
export interface Pool {
  readonly name: string;
  /** files under the data root that stand for disks */
  readonly loopFiles: readonly { readonly what: 'data' | 'metadata'; readonly file: string }[];
  readonly data: Space | undefined;
  readonly metadata: Space | undefined;
}

export interface Space {
  readonly usedBytes: number;
  readonly bytes: number;
}

/** What an engine says of itself with devicemapper; undefined with any other driver. Pure. */
export function readPool(storage: Readonly<Record<string, string>>): Pool | undefined {
  const name = storage['Pool Name'];
  if (name === undefined) return undefined;
  const file = (what: 'data' | 'metadata', key: string): Pool['loopFiles'] => {
    const found = storage[key];
    return found === undefined || found === '' ? [] : [{ what, file: found }];
  };
  return {
    name,
    loopFiles: [...file('data', 'Data loop file'), ...file('metadata', 'Metadata loop file')],
    data: readSpace(storage, 'Data'),
    metadata: readSpace(storage, 'Metadata'),
  };
}

function readSpace(storage: Readonly<Record<string, string>>, what: string): Space | undefined {
  const usedBytes = parseSize(storage[`${what} Space Used`]);
  const bytes = parseSize(storage[`${what} Space Total`]);
  return usedBytes === undefined || bytes === undefined || bytes === 0 ? undefined : { usedBytes, bytes };
}

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];

/** `12.9MB`, `107.4 GB`: thousands, as the engine counts here. */
function parseSize(text = ''): number | undefined {
  const [, number = '', unit = ''] = /^(\d+(?:\.\d+)?)\s*([kMGTP]?B)$/.exec(text) ?? [];
  const power = UNITS.indexOf(unit);
  return power < 0 ? undefined : Math.round(Number(number) * 1000 ** power);
}
