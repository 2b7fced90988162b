import { UsageFailure } from '../../../base/errors.ts';
import type { Operands } from '../../command.ts';

/** The one file that a command is about. */
export function backupFile(command: string): Operands {
  return {
    usage: 'FILE',
    min: 1,
    max: 1,
    of: [['file']],
    missing: { why: 'no file is given', hint: `docksmith ${command} FILE` },
  };
}

/** @throws UsageFailure for a standard stream: a backup is read several times, and is there whole or not at all */
export function getBackupFile(command: string, [file = '']: readonly string[]): string {
  if (file === '-')
    throw new UsageFailure(`cannot run "docksmith ${command}"`, {
      why: 'a backup is a file on a disk, "-" is none: no stream can hold one',
      hint: `docksmith ${command} FILE; a file of that name is ./-`,
    });
  return file;
}
