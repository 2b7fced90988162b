import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import path from 'node:path';
import type { Paths } from '../../../base/paths.ts';
import { askRemote, type KeyFolder, withSshAccess } from '../../../flow/content/git.ts';
import { pollingSource } from './poll.ts';
import type { Source } from './source.ts';

export interface GitWatch {
  readonly repository: string;
  readonly ref: string;
  readonly sshKey: string | undefined;
  readonly milliseconds: number;
  readonly limitSeconds: number;
}

/** Gone with the next start of the host at the latest. */
export const WATCH_KEYS = '/run/docksmith-watch';

/** A branch or tag, by its revision. */
export function gitSource(paths: Paths, { repository, ref, sshKey, milliseconds, limitSeconds }: GitWatch): Source {
  return pollingSource(milliseconds, (signal) =>
    withSshAccess(paths, sshKey, keyFolder(paths), async ({ env }) => {
      const found = await askRemote(repository, ref, { limitSeconds, signal, env });
      if (found === undefined) throw new Error(`it has no branch or tag "${ref}"`);
      return found[1];
    }),
  );
}

/** Of its own: the state's is for who has the event lock. */
function keyFolder(paths: Paths): KeyFolder {
  return {
    make: () => {
      const folder = paths.file(WATCH_KEYS);
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      return mkdtempSync(path.join(folder, 'key-'));
    },
    remove: (folder) => rmSync(folder, { recursive: true, force: true }),
  };
}
