const BYTES: Readonly<Record<string, number>> = { b: 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3, t: 1024 ** 4 };

/** `512m`, `1.5g`, `64kb`, `1024` as Compose writes sizes, in bytes; undefined for anything else. */
export function parseBytes(text: string): number | undefined {
  const [, amount, unit = 'b'] = /^(\d+(?:\.\d+)?)\s*(?:([bkmgt])b?)?$/i.exec(text.trim()) ?? [];
  const factor = BYTES[unit.toLowerCase()];
  if (amount === undefined || factor === undefined) return undefined;
  const bytes = Number(amount) * factor;
  return Number.isSafeInteger(Math.round(bytes)) ? Math.round(bytes) : undefined;
}

/** In megabytes where that is a whole number (`512m`, `2048m`: the unit of `MaxMemory`), else in kilobytes or bytes. */
export function formatBytes(bytes: number): string {
  for (const unit of ['m', 'k']) {
    const factor = BYTES[unit] ?? 1;
    if (bytes > 0 && bytes % factor === 0) return `${bytes / factor}${unit}`;
  }
  return String(bytes);
}

/**
 * `12.3 MB`, for people: in powers of 1000 as registries and disks are sold, one digit after the point from a
 * megabyte up.
 */
export function formatSize(bytes: number): string {
  const units = ['bytes', 'kB', 'MB', 'GB', 'TB'];
  let size = bytes;
  let unit = 0;
  while (size >= 1000 && unit < units.length - 1) {
    size /= 1000;
    unit++;
  }
  return `${size.toFixed(unit < 2 ? 0 : 1)} ${units[unit] ?? ''}`;
}

/** `1 container`, `2 containers` */
export function formatCount(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? '' : 's'}`;
}

const NANOSECONDS: Readonly<Record<string, number>> = { ns: 1, us: 1e3, ms: 1e6, s: 1e9, m: 60e9, h: 3600e9 };

/**
 * `1m30s`, `500ms` as Compose writes durations, in nanoseconds; a bare number is seconds; undefined for
 * anything else.
 */
export function parseDuration(text: string): number | undefined {
  if (/^\d+(\.\d+)?$/.test(text)) return Math.round(Number(text) * 1e9);
  if (!/^(\d+(\.\d+)?(ns|us|ms|s|m|h))+$/.test(text)) return undefined;
  let total = 0;
  for (const [, amount, unit = ''] of text.matchAll(/(\d+(?:\.\d+)?)(ns|us|ms|s|m|h)/g))
    total += Number(amount) * (NANOSECONDS[unit] ?? 0);
  return Math.round(total);
}

/** `1m30s`, or a number of seconds, in milliseconds; undefined for anything else. */
export function parseMilliseconds(text: string | undefined): number | undefined {
  const nanoseconds = text === undefined ? undefined : parseDuration(text);
  return nanoseconds === undefined ? undefined : nanoseconds / 1e6;
}

/** `90s`, `500ms`: the largest of s, ms, us and ns that gives a whole number. */
export function formatDuration(nanoseconds: number): string {
  const [unit, factor] = Object.entries(NANOSECONDS)
    .filter(([name]) => name !== 'm' && name !== 'h')
    .reverse()
    .find(([, size]) => nanoseconds % size === 0) ?? ['ns', 1];
  return `${nanoseconds / factor}${unit}`;
}
