import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { constants as zlib, gunzipSync } from 'node:zlib';
import { Failure, reasonOf } from '../../base/errors.ts';

const BLOCK = 512;
/** enough for the first entries, with their long names */
const LOOK = 64 * 1024;

/**
 * Whether a tar archive is what `docker save` wrote, and not the files of a system. The first
 * entry that has a name tells (https://github.com/opencontainers/image-spec/blob/main/image-layout.md,
 * and the older layout of a folder per layer, named by its id).
 * Throws for what is no tar archive, or compressed otherwise than by gzip.
 */
export async function isSavedImage(file: string): Promise<boolean> {
  const start = await readStart(file);
  for (let at = 0; at + BLOCK <= start.length; ) {
    const header = start.subarray(at, at + BLOCK);
    const name = textOf(header, 0, 100)
      .replace(/^\.?\/+/, '')
      .replace(/^\.$/, '');
    const type = textOf(header, 156, 1);
    const size = Number.parseInt(textOf(header, 124, 12), 8);
    // POSIX 1003.1: `ustar` stands at 257 in what tar programs of today write
    if (!textOf(header, 257, 5).startsWith('ustar') || Number.isNaN(size)) break;
    // x, g, L, K: what follows is about the next entry
    if (name !== '' && !'xgLK'.includes(type === '' ? '0' : type))
      return /^([0-9a-f]{64}(\.json|\/|$)|blobs(\/|$)|(oci-layout|index\.json|manifest\.json|repositories)$)/.test(
        name,
      );
    at += BLOCK * (1 + Math.ceil(size / BLOCK));
  }
  throw new Failure(`cannot import "${file}"`, {
    why: 'it is no tar archive, plain or gzipped',
    hint: 'docker save or docker export writes one',
  });
}

async function readStart(file: string): Promise<Buffer> {
  try {
    const handle = await open(file, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      if (!(await handle.stat()).isFile()) throw new Error('it is no file');
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(LOOK), 0, LOOK, 0);
      const start = buffer.subarray(0, bytesRead);
      // the end of the stream is not there, and that is no error here
      return start[0] === 0x1f && start[1] === 0x8b ? gunzipSync(start, { finishFlush: zlib.Z_SYNC_FLUSH }) : start;
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw new Failure(`cannot import "${file}"`, { why: reasonOf(error), cause: error });
  }
}

function textOf(header: Buffer, from: number, length: number): string {
  return header
    .toString('latin1', from, from + length)
    .replace(/\0.*$/s, '')
    .trim();
}
