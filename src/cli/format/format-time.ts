/** An ISO time in the time of this place, to the second: `2026-11-21 17:04:05`. */
export function formatTime(when: string): string {
  const date = new Date(when);
  if (Number.isNaN(date.getTime())) return when;
  return new Date(date.getTime() - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 19).replace('T', ' ');
}
