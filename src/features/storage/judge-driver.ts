import { findOwn } from '../../base/own.ts';
import { readPool, type Space } from './pool.ts';

/** Something to be said of the storage, and what to do about it. */
export interface StorageNote {
  readonly level: 'ok' | 'warn' | 'bad';
  readonly words: string;
  readonly advice?: string;
}

/** Drivers that other drivers have taken the place of, and the one that copies all of every layer. */
const POOR_DRIVERS: Readonly<Record<string, string>> = {
  vfs: 'which copies every layer whole',
  aufs: 'which engines give up',
  devicemapper: 'which engines give up',
  overlay: 'which engines give up for overlay2',
};

/** The first engine that does not have them any more: https://docs.docker.com/engine/deprecated/ */
const GONE_WITH: Readonly<Record<string, number>> = { aufs: 24, overlay: 24, devicemapper: 25 };

const WARN_ABOVE = 0.8;
const BAD_ABOVE = 0.95;

/** The driver first, then loop files and pools of old hosts. Pure. */
export function judgeDriver(driver: string, storage: Readonly<Record<string, string>>): readonly StorageNote[] {
  const backing = storage['Backing Filesystem'];
  const words = `driver ${driver}${backing === undefined ? '' : ` on ${backing}`}`;
  const poor = findOwn(POOR_DRIVERS, driver);
  // without file types in folders, overlays lose files that were removed (moby, overlay2 on XFS without ftype=1)
  if (storage['Supports d_type'] === 'false')
    return [
      {
        level: 'bad',
        words: `${words}, which has no d_type: files that containers remove come back`,
        advice: 'put the data root on a file system that has it (XFS made with ftype=1, or ext4)',
      },
    ];
  if (poor === undefined) return [{ level: 'ok', words }];
  const gone = findOwn(GONE_WITH, driver);
  return [
    {
      level: 'warn',
      words: `${words}, ${poor}`,
      advice:
        'new engines use overlay2; do not change it here without a backup: with another driver all present images and containers seem gone, and with them data outside of volumes',
    },
    ...(gone === undefined
      ? []
      : [
          {
            level: 'warn',
            words: `an engine of version ${gone} or later does not start with ${driver}`,
            advice: `before you upgrade the engine: config setprop docker StorageDriver overlay2, and signal-event --move docker-update`,
          } as const,
        ]),
    ...judgePool(storage),
  ];
}

function judgePool(storage: Readonly<Record<string, string>>): readonly StorageNote[] {
  const pool = readPool(storage);
  if (pool === undefined) return [];
  return [
    ...(pool.loopFiles.length === 0
      ? []
      : [
          {
            level: 'warn',
            words: `pool ${pool.name} is in loop files (${pool.loopFiles.map(({ file }) => file).join(', ')}): every write goes through two file systems, and what containers remove is not given back to the disk`,
            advice: 'meant for trying things out: move to overlay2',
          } as const,
        ]),
    ...judgeSpace(pool.name, 'data', pool.data),
    ...judgeSpace(pool.name, 'metadata', pool.metadata),
  ];
}

/** A pool that is full stops all writes of all containers, whatever is free on the disk. */
function judgeSpace(pool: string, what: string, space: Space | undefined): readonly StorageNote[] {
  if (space === undefined) return [];
  const share = space.usedBytes / space.bytes;
  const words = `${Math.round(share * 100)} % of the ${what} of pool ${pool} are in use`;
  if (share < WARN_ABOVE) return [{ level: 'ok', words }];
  return [
    {
      level: share < BAD_ABOVE ? 'warn' : 'bad',
      words: `${words}: when it is full, no container can write, and files are damaged`,
      advice: 'docksmith image prune; remove containers that are not needed; move to overlay2',
    },
  ];
}
