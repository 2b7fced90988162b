import path from 'node:path';
import { compareBytes } from '../../base/layers.ts';
import { type Paths, STATE_DIR } from '../../base/paths.ts';
import type { FileContent } from '../../files/replace-file.ts';
import { type Field, formatState, readState, writeState } from '../../files/state-file.ts';

export interface IntentTarget {
  readonly kind: 'service' | 'container';
  readonly name: string;
}

/** An adjustment that is still to be done. */
export interface Intent extends IntentTarget {
  /** `reload`, `restart`: what is to be done, each once */
  readonly verbs: readonly string[];
  /** why, in words, each once: `/etc/docker/daemon.json changed` */
  readonly causes: readonly string[];
  /** when the first of them came, ISO 8601 */
  readonly since: string;
}

/** Without the root. */
export const INTENTS_FILE = path.posix.join(STATE_DIR, 'intents.json');
const WHAT = 'the pending adjustments';

const intentsFile = (paths: Paths): string => paths.file(INTENTS_FILE);

/** In byte order of kind and name, one per target. */
export function listIntents(paths: Paths): readonly Intent[] {
  return readState(intentsFile(paths), WHAT, (state) => state.get('intents').list(parseIntent)) ?? [];
}

/** Adds to what is pending: verbs and causes of one target are put together, and the oldest time stays. */
export function addIntents(paths: Paths, intents: readonly Intent[]): void {
  if (intents.length > 0) writeState(intentsFile(paths), WHAT, { intents: withIntents(paths, intents) });
}

/** The file with these added, for who writes it together with others. */
export function formatIntents(paths: Paths, intents: readonly Intent[]): FileContent {
  return formatState({ intents: withIntents(paths, intents) });
}

function withIntents(paths: Paths, intents: readonly Intent[]): readonly Intent[] {
  return mergeIntents([...listIntents(paths), ...intents]);
}

/** Takes off what was done; writes nothing where none of it was pending. */
export function clearIntents(paths: Paths, done: readonly IntentTarget[]): void {
  const pending = listIntents(paths);
  const left = pending.filter((intent) => !done.some((target) => isSameTarget(target, intent)));
  if (left.length < pending.length) writeState(intentsFile(paths), WHAT, { intents: left });
}

/** One intent per target. */
function mergeIntents(intents: readonly Intent[]): readonly Intent[] {
  const targets = new Map<
    string,
    { readonly target: IntentTarget; readonly verbs: Set<string>; readonly causes: Set<string>; since: string }
  >();
  for (const { kind, name, verbs, causes, since } of intents) {
    const key = `${kind} ${name}`;
    let merged = targets.get(key);
    if (merged === undefined)
      targets.set(key, (merged = { target: { kind, name }, verbs: new Set(), causes: new Set(), since }));
    for (const verb of verbs) merged.verbs.add(verb);
    for (const cause of causes) merged.causes.add(cause);
    if (since < merged.since) merged.since = since;
  }
  return [...targets]
    .sort(([a], [b]) => compareBytes(a, b))
    .map(([, { target, verbs, causes, since }]) => ({ ...target, verbs: [...verbs], causes: [...causes], since }));
}

function isSameTarget(a: IntentTarget, b: IntentTarget): boolean {
  return a.kind === b.kind && a.name === b.name;
}

function parseIntent(intent: Field): Intent {
  const texts = (field: Field): readonly string[] => field.list((item) => item.text());
  const kind = intent.get('kind').text();
  return {
    kind: kind === 'service' || kind === 'container' ? kind : intent.get('kind').wrong('service or container'),
    name: intent.get('name').text(),
    verbs: texts(intent.get('verbs')),
    causes: texts(intent.get('causes')),
    since: intent.get('since').text(),
  };
}
