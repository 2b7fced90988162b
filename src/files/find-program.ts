import { accessSync, constants } from 'node:fs';
import path from 'node:path';

/** @param searchPath folders with colons between them, as PATH has them; relative ones do not count */
export function findProgram(name: string, searchPath: string): string | undefined {
  return searchPath
    .split(':')
    .filter((folder) => path.isAbsolute(folder))
    .map((folder) => path.join(folder, name))
    .find((file) => {
      try {
        accessSync(file, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}
