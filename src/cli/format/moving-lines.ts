import type { Writable } from 'node:stream';

const ends = new Map<() => void, Writable>();

/** A line that moves on a terminal until it is ended: by who began it, or else with the command. */
export function beginMovingLine(stream: Writable, end: () => void): void {
  ends.set(end, stream);
}

export function endMovingLine(end: () => void): void {
  ends.delete(end);
}

/** With the command, however it ends: the timer of a line that still moves would keep the process from ending. */
export function endMovingLines(stream: Writable): void {
  for (const [end, on] of ends) if (on === stream) end();
}
