import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Failure } from '../base/errors.ts';
import { INTERRUPTS } from '../base/interrupt.ts';

/**
 * Lets somebody edit a text in `$VISUAL`, `$EDITOR` or vi, in a file that nobody else can read.
 * @param name of the file, which editors show
 * @returns what the editor left
 * @throws Failure where it does not end well
 */
export async function editText(name: string, text: string): Promise<string> {
  const editor = process.env['VISUAL'] || process.env['EDITOR'] || 'vi';
  const folder = mkdtempSync(path.join(os.tmpdir(), 'docksmith-edit-'));
  // Ctrl-C is the editor's
  const ignore = (): void => undefined;
  for (const signal of Object.keys(INTERRUPTS)) process.on(signal, ignore);
  try {
    const file = path.join(folder, name);
    writeFileSync(file, text, { mode: 0o600 });
    // through a shell: it may have options of its own (`code --wait`)
    const child = spawn('sh', ['-c', `exec ${editor} "$1"`, 'sh', file], { stdio: 'inherit' });
    const [code, signal] = (await once(child, 'close')) as [number | null, string | null];
    if (code !== 0)
      throw new Failure('cannot edit the record', {
        why: `the editor "${editor}" ended with ${signal ?? `exit code ${code ?? ''}`}`,
        ...(code === 127 ? { hint: 'EDITOR=nano docksmith edit …' } : {}),
      });
    return readFileSync(file, 'utf8');
  } finally {
    for (const signal of Object.keys(INTERRUPTS)) process.off(signal, ignore);
    rmSync(folder, { recursive: true, force: true });
  }
}
