import { lstatSync } from 'node:fs';
import { errorCode, Failure, reasonOf } from '../base/errors.ts';
import type { Paths } from '../base/paths.ts';
import { readText } from '../files/read-file.ts';

/**
 * Which ports files name: port -> the first file with it. A port that an old vhost still leads to
 * would show its visitors another container. Every whole number that could be one counts, for
 * fragments of admins write ports in ways of their own, and one port less to give out does no harm.
 * @param files paths without the root; one that is gone names nothing
 * @throws {Failure} when one can't be read
 */
export function findPortsInFiles(paths: Paths, files: Iterable<string>): ReadonlyMap<number, string> {
  const ports = new Map<number, string>();
  for (const file of files) {
    for (const port of parsePortNumbers(readIfThere(paths.file(file)))) if (!ports.has(port)) ports.set(port, file);
  }
  return ports;
}

/** The whole numbers from 1024 to 65535 in a text. */
export function parsePortNumbers(text: string): readonly number[] {
  return [...text.matchAll(/(?<![\w.])\d{4,5}(?!\w|\.\d)/g)]
    .map(([number]) => Number(number))
    .filter((port) => port >= 1024 && port <= 65_535);
}

function readIfThere(file: string): string {
  try {
    // a pipe would hold us for ever, and what is no file is none that we wrote
    return lstatSync(file).isFile() ? readText(file, 'latin1') : '';
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return '';
    throw new Failure(`cannot look for ports in "${file}"`, { why: reasonOf(error), cause: error });
  }
}
