import type { Docker } from './docker-client.ts';

/**
 * The end of a container's log. Some log drivers keep nothing that can be read: then there is
 * nothing to show, and that is no failure of what asks.
 */
export async function readLastLines(
  container: Docker.Container,
  count: number,
  since = '',
): Promise<readonly string[]> {
  let log: Buffer;
  try {
    const answer: unknown = await container.logs({
      stdout: true,
      stderr: true,
      tail: count,
      follow: false,
      ...(since !== '' && { since: Date.parse(since) / 1000 }),
    });
    log = Buffer.isBuffer(answer) ? answer : Buffer.from(String(answer));
  } catch {
    return [];
  }
  return withoutHeaders(log)
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .filter((line) => line !== '')
    .slice(-count);
}

/**
 * Without a terminal each piece has a header of 8 bytes, the stream (0 to 2), three zeros and the length:
 * https://docs.docker.com/reference/api/engine/version/v1.51/#tag/Container/operation/ContainerAttach
 */
function withoutHeaders(log: Buffer): Buffer {
  const pieces: Buffer[] = [];
  for (let at = 0; at < log.length; ) {
    if (log.length - at < 8 || (log[at] ?? 0) > 2 || log.readUIntBE(at + 1, 3) !== 0)
      return Buffer.concat([...pieces, log.subarray(at)]);
    const end = at + 8 + log.readUInt32BE(at + 4);
    pieces.push(log.subarray(at + 8, end));
    at = end;
  }
  return Buffer.concat(pieces);
}
