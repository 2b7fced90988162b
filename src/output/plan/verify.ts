import { formatMode } from './diff.ts';
import type { Installed, ReadInstalled } from './installed.ts';
import { digestOf, type Ledger, type Owned } from './ledger.ts';

/** How a file that docksmith wrote is not any more as it wrote it. */
export interface Deviation {
  readonly path: string;
  /** `edited`: another content, whatever else; `replaced`: by something that is no file */
  readonly kind: 'missing' | 'replaced' | 'edited' | 'mode' | 'owner';
  /** what differs, a few words each: `mode 0600 instead of 0644` */
  readonly details: readonly string[];
}

/** What somebody else changed of what docksmith wrote, as `rpm -V` has it of packages; in byte order of the paths. */
export function listDeviations({ outputs }: Ledger, readInstalled: ReadInstalled): readonly Deviation[] {
  return [...outputs.values()].flatMap((owned) => findDeviation(owned, readInstalled(owned.path)) ?? []);
}

function findDeviation({ path, digest, mode, uid, gid }: Owned, installed: Installed): Deviation | undefined {
  if (installed.kind === 'absent') return { path, kind: 'missing', details: [] };
  if (installed.kind === 'other') return { path, kind: 'replaced', details: [`by ${installed.what}`] };
  const { file } = installed;
  const modes = file.mode === mode ? [] : [`mode ${formatMode(file.mode)} instead of ${formatMode(mode)}`];
  const owners = file.uid === uid && file.gid === gid ? [] : [`owner ${file.uid}:${file.gid} instead of ${uid}:${gid}`];
  const details = [...modes, ...owners];
  if (digestOf(file.content) !== digest) return { path, kind: 'edited', details };
  if (details.length === 0) return undefined;
  return { path, kind: modes.length > 0 ? 'mode' : 'owner', details };
}
