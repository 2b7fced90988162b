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
  'setup',
  'add',
  'adopt',
  'export',
  'convert',
  'status',
  'content',
  'watches',
  'app list',
  'app status',
  'app start',
  'app stop',
  'app remove',
  'image list',
  'image history',
  'image pull',
  'image build',
  'image import',
  'image export',
  'image commit',
  'image tag',
  'image remove',
  'image prune',
  'swarm update',
  'swarm status',
  'swarm nodes',
  'exposure',
  'logs',
  'exec',
  'run',
  'doctor',
  'storage',
  'firewall',
  'watch',
  'runs',
  'history',
  'rollback',
  'undo',
  'backup',
  'restore',
  'hosts',
  'push',
  'pull',
  'merge-db',
  'verify',
  'lint',
  'graph',
  'props',
  'helpers',
  'uninstall',
  'set-up',
  'check-apache',
  'make-registry',
  'receive',
  'allocate-ports',
  'restart-daemon',
] as const;

/** Other names of some of them. */
export const ALIASES: Readonly<Record<string, (typeof COMMAND_NAMES)[number]>> = { log: 'runs', filter: 'firewall' };

/** The first words of commands of two words, each with its line in the help. */
export const GROUPS: Readonly<Record<string, string>> = {
  app: 'applications of several containers: whether they are up, and all of their containers at once',
  swarm: 'the swarm that this host is in: its part in it, and the nodes',
  image: 'images day by day: what is there and who uses it',
};

/** Whatever can be typed behind `docksmith`. */
export const ALL_NAMES: readonly string[] = [...COMMAND_NAMES, ...Object.keys(ALIASES), ...Object.keys(GROUPS)];

/** What was typed, with a command of two words as one name. */
export function joinName(words: readonly string[]): readonly string[] {
  const [first = '', second = '', ...rest] = words;
  const isGroup = Object.hasOwn(GROUPS, first) && second !== '' && !second.startsWith('-');
  return isGroup ? [`${first} ${second}`, ...rest] : words;
}
