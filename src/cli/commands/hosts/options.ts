/** Options of `push`, `pull` and `receive`. */
export const TAKE_OVER_OPTION = {
  'take-over': { doc: 'replace what was changed on a host itself by what is sent' },
} as const;

export const CONFIRM_TIMEOUT_OPTION = {
  'confirm-timeout': {
    value: 'SECONDS',
    doc: 'timeout: a host that is not reached again within SECONDS goes back by itself (60)',
    read: readSeconds,
  },
} as const;

/** Up to a day. */
export function readSeconds(text: string): number | undefined {
  const seconds = /^\d{1,5}(\.\d+)?$/.test(text) ? Number(text) : 0;
  return seconds > 0 && seconds <= 86_400 ? seconds : undefined;
}
