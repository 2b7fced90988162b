/** Every command of `docksmith`, in the order of its help. */
export const COMMAND_NAMES = [
  'signal-event',
  'expand-template',
  'db',
  'config',
  'reconcile',
  'start',
  'stop',
  'restart',
  'update-images',
  'update-content',
  'plan',
  'why',
  'impact',
  'edit',
  'adopt',
  'status',
  'content',
  'watches',
  'exposure',
  'logs',
  'exec',
  'doctor',
  'firewall',
  'watch',
  'runs',
  'history',
  'rollback',
  'undo',
  'verify',
  'lint',
  'graph',
  'props',
  'helpers',
  'uninstall',
  'set-up',
  'check-apache',
  'allocate-ports',
  'restart-daemon',
] as const;

/** Other names of some of them. */
export const ALIASES: Readonly<Record<string, (typeof COMMAND_NAMES)[number]>> = { log: 'runs', filter: 'firewall' };

/** Whatever can be typed behind `docksmith`. */
export const ALL_NAMES: readonly string[] = [...COMMAND_NAMES, ...Object.keys(ALIASES)];
