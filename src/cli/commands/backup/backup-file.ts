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
