import type { LogLine, Output, OutputStream } from '../admin-engine.ts';

const HEADER_BYTES = 8;
const NEWLINE = 0x0a;
const CARRIAGE_RETURN = 0x0d;

/**
 * Takes apart what the engine sends of a container without a terminal: frames of one byte for
 * the stream, three of nothing, four for the length, then so many bytes
 * (https://docs.docker.com/reference/api/engine/, "Attach to a container").
 */
export async function* readFrames(chunks: AsyncIterable<Buffer>): AsyncGenerator<Output> {
  let buffer: Buffer = Buffer.alloc(0);
  for await (const chunk of chunks) {
    buffer = buffer.length === 0 ? chunk : Buffer.concat([buffer, chunk]);
    let at = 0;
    while (buffer.length - at >= HEADER_BYTES) {
      const end = at + HEADER_BYTES + buffer.readUInt32BE(at + 4);
      if (buffer.length < end) break;
      yield { stream: buffer[at] === 2 ? 'stderr' : 'stdout', bytes: buffer.subarray(at + HEADER_BYTES, end) };
      at = end;
    }
    buffer = buffer.subarray(at);
  }
}

/** What a container with a terminal wrote: plain bytes, a frame per line. */
export async function* readTerminalFrames(chunks: AsyncIterable<Buffer>): AsyncGenerator<Output> {
  let buffer: Buffer = Buffer.alloc(0);
  for await (const chunk of chunks) {
    buffer = buffer.length === 0 ? chunk : Buffer.concat([buffer, chunk]);
    let at = 0;
    for (let end = buffer.indexOf(NEWLINE, at); end !== -1; end = buffer.indexOf(NEWLINE, at)) {
      yield { stream: 'stdout', bytes: buffer.subarray(at, end + 1) };
      at = end + 1;
    }
    buffer = buffer.subarray(at);
  }
  if (buffer.length > 0) yield { stream: 'stdout', bytes: buffer };
}

/**
 * Lines of a log whose frames carry their time in front (`timestamps=1`). A long line comes in
 * pieces of 16 KB, each in a frame with a time of its own and only the last with its end: they
 * are put together, and the time of the first counts.
 */
export async function* readLogLines(frames: AsyncIterable<Output>): AsyncGenerator<LogLine> {
  const begun = new Map<OutputStream, LogLine>();
  for await (const { stream, bytes } of frames) {
    const space = bytes.indexOf(' ');
    const time = bytes.toString('latin1', 0, space === -1 ? bytes.length : space).trim();
    const isEnd = bytes.at(-1) === NEWLINE;
    const piece = space === -1 ? Buffer.alloc(0) : bytes.subarray(space + 1, isEnd ? -1 : undefined);
    const before = begun.get(stream);
    const line: LogLine =
      before === undefined
        ? { time, stream, bytes: piece }
        : { ...before, bytes: Buffer.concat([before.bytes, piece]) };
    begun.delete(stream);
    if (isEnd) yield withoutReturn(line);
    else begun.set(stream, line);
  }
  for (const line of begun.values()) yield withoutReturn(line);
}

/** A terminal ends its lines with both. */
function withoutReturn(line: LogLine): LogLine {
  return line.bytes.at(-1) === CARRIAGE_RETURN ? { ...line, bytes: line.bytes.subarray(0, -1) } : line;
}
