/** What can be asked of a service. `stop` and `start` come from events of their own; signals go to the main process. */
export const VERBS = [
  'restart',
  'reload',
  'start',
  'stop',
  'sighup',
  'sigusr1',
  'sigusr2',
  'sigterm',
  'sigint',
  'sigquit',
  'sigalrm',
  'sigcont',
] as const;
export type Verb = (typeof VERBS)[number];

export function isVerb(word: string): word is Verb {
  return (VERBS as readonly string[]).includes(word);
}
