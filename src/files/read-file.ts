import { isUtf8 } from 'node:buffer';
import { closeSync, constants, fstatSync, openSync, readFileSync, type Stats } from 'node:fs';
import { Failure } from '../base/errors.ts';

/** No file that this program reads whole is near it: a list of 10,000 containers takes 10 MB. */
const MOST_BYTES = 256 * 1024 * 1024;

/**
 * Reads a file whole. What is no regular file is refused: nobody may ever write to a FIFO, and a
 * device may have no end; nor is a file read that cannot be meant.
 * Throws an `Error` with a code, as the calls of node do.
 */
export function readBytes(file: string, flags = 0): Buffer {
  const fd = openRegular(file, flags);
  try {
    const { size } = fstatSync(fd);
    if (size > MOST_BYTES)
      throw refusal(
        'EFBIG',
        `it has ${Math.round(size / 1024 / 1024)} MB, and at most ${MOST_BYTES / 1024 / 1024} are read`,
        file,
      );
    return readFileSync(fd);
  } finally {
    closeSync(fd);
  }
}

/**
 * @param encoding `latin1` takes any bytes, for who looks for ASCII words alone
 * @throws {NotText} as well
 */
export function readText(file: string, encoding: 'utf8' | 'latin1' = 'utf8'): string {
  const bytes = readBytes(file);
  return encoding === 'utf8' ? decodeText(bytes, file) : bytes.toString(encoding);
}

/** What cannot be read as text would be something else when it is written: it is refused, never replaced. */
export class NotText extends Failure {}

/** @param file for messages */
export function decodeText(bytes: Buffer, file: string): string {
  if (isUtf8(bytes) && !bytes.includes(0)) return bytes.toString();
  const lines = bytes.toString('latin1').split('\n');
  const line = lines.findIndex((text) => text.includes('\0') || !isUtf8(Buffer.from(text, 'latin1')));
  const isNul = lines[line]?.includes('\0') === true;
  throw new NotText('cannot read the text', {
    why: isNul ? 'it holds a NUL byte' : 'it holds bytes that are not UTF-8',
    at: { file, line: line + 1 },
    ...(isNul ? {} : { hint: `iconv -f ISO-8859-1 -t UTF-8 ${file}, if it is of an older system` }),
  });
}

/** Opens such a file to be read; it is the caller's to close. */
export function openRegular(file: string, flags = 0): number {
  // without it, opening a FIFO waits for somebody who writes
  const fd = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK | flags);
  try {
    const stats = fstatSync(fd);
    if (!stats.isFile())
      throw refusal(stats.isDirectory() ? 'EISDIR' : 'EFTYPE', `it is ${nameType(stats)}, and no file`, file);
    return fd;
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}

function nameType(stats: Stats): string {
  if (stats.isFIFO()) return 'a FIFO';
  return stats.isSocket() ? 'a socket' : 'a device';
}

function refusal(code: string, message: string, path: string): Error {
  return Object.assign(new Error(message), { code, path });
}
