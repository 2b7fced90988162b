import { parseDuration } from '../../base/quantity.ts';

/**
 * A time as people write it: `10m` or `1h30m` ago, `2026-11-21`, `2026-11-21 10:00` or
 * `2026-11-21T10:00:00Z` (of this host's time zone where none is said), or seconds since 1970.
 * @returns RFC 3339 in UTC; undefined for what is no time
 */
export function parseTime(text: string, now = new Date()): string | undefined {
  const milliseconds = toMilliseconds(text, now.getTime());
  return Number.isNaN(milliseconds) || Math.abs(milliseconds) > 8.64e15
    ? undefined
    : new Date(milliseconds).toISOString();
}

function toMilliseconds(text: string, now: number): number {
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text) * 1000;
  const ago = parseDuration(text);
  if (ago !== undefined) return now - ago / 1e6;
  const [, date, time = '00:00', zone = ''] =
    /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d(?:\.\d+)?)?))?(Z|[+-]\d\d:\d\d)?$/.exec(text) ?? [];
  return date === undefined ? Number.NaN : Date.parse(`${date}T${time}${zone}`);
}
