import { readSync, writeSync } from 'node:fs';
import type { Writable } from 'node:stream';
import { errorCode, Failure, reasonOf } from '../base/errors.ts';

// Node takes milliseconds to make a stream of a standard one, and needs it only where a read or a write
// would have to wait (EAGAIN): another process has made a pipe or terminal that it shares with us non-blocking.

const CHUNK = 65_536;

/** Standard input to its end. @throws {Failure} where it cannot be read (a folder) */
export async function* readStandardInput(): AsyncGenerator<Buffer> {
  for (;;) {
    const chunk = Buffer.allocUnsafe(CHUNK);
    let length: number;
    try {
      length = readSync(0, chunk);
    } catch (error) {
      if (errorCode(error) === 'EAGAIN') break;
      throw new Failure('cannot read standard input', { why: reasonOf(error), cause: error });
    }
    if (length === 0) return;
    yield chunk.subarray(0, length);
  }
  yield* process.stdin as AsyncIterable<Buffer>;
}

/**
 * Writes all of it. A reader that has seen enough (`| head -1`) is no failure.
 * @throws {Failure} where it cannot be written
 */
export async function writeStandardOutput(bytes: Buffer): Promise<void> {
  for (let at = 0; at < bytes.length; ) {
    const rest = bytes.subarray(at);
    try {
      at += writeSync(1, rest);
    } catch (error) {
      if (errorCode(error) === 'EPIPE') return;
      if (errorCode(error) === 'EAGAIN') return writeTo(process.stdout, rest);
      throw new Failure('cannot write standard output', { why: reasonOf(error), cause: error });
    }
  }
}

/** The same to a stream. */
export function writeTo(stream: Writable, bytes: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (error: Error): void => (errorCode(error) === 'EPIPE' ? resolve() : reject(error));
    stream.once('error', fail);
    stream.write(bytes, (error) => {
      if (error) fail(error);
      else resolve();
    });
  });
}
