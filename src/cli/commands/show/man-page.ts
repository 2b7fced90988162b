import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import type { Paths } from '../../../base/paths.ts';
import type { Command } from '../../command.ts';

/**
 * Has man show the page of a command, which `npm run build` made.
 * @returns false where there is no man or no page
 */
export function showManPage({ name }: Command, { packageDir }: Paths): Promise<boolean> {
  const page = path.join(packageDir, 'dist/man', `docksmith-${name.replaceAll(' ', '-')}.1`);
  if (!existsSync(page)) return Promise.resolve(false);
  return new Promise((resolve) => {
    spawn('man', [page], { stdio: 'inherit' })
      .on('error', () => resolve(false))
      .on('exit', (code) => resolve(code === 0));
  });
}
