/** An ISO time in the time of this place, to the second: `2026-11-21 17:04:05`. */
export function formatTime(when: string): string {
  const date = new Date(when);
  if (Number.isNaN(date.getTime())) return when;
  return new Date(date.getTime() - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 19).replace('T', ' ');
}

const UNITS = [
  ['d', 86_400],
  ['h', 3600],
  ['m', 60],
] as const;

/** How long ago an ISO time is, in its largest unit: `5d`, `20s`; empty for what is no time. */
export function formatAge(when: string, now = Date.now()): string {
  const seconds = Math.max(0, Math.floor((now - Date.parse(when)) / 1000));
  if (Number.isNaN(seconds)) return '';
  const [unit, size] = UNITS.find(([, most]) => seconds >= most) ?? ['s', 1];
  return `${Math.floor(seconds / size)}${unit}`;
}
