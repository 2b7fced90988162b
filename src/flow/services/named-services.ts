import { lstatSync, readlinkSync } from 'node:fs';
import path from 'node:path';
import { layersOf } from '../../base/layers.ts';
import type { Paths } from '../../base/paths.ts';
import { listEvents } from '../../event/events.ts';
import type { ServiceToAdjust, TemplateToExpand } from '../../event/steps.ts';
import { clearIntents, type Intent, listIntents } from '../../output/commit/intents.ts';
import { readLedger } from '../../output/plan/ledger.ts';
import { readMetadata } from '../../template/read-metadata.ts';
import { DOCKER } from '../daemon/foreign-daemon.ts';

/**
 * Services of an event that no file of it can adjust: none of its templates says that a file is theirs.
 * @param intents what is pending, also by what the event is about to change
 */
export function listUntold(
  paths: Paths,
  services: readonly ServiceToAdjust[],
  templates: readonly TemplateToExpand[],
  intents: readonly Intent[],
): readonly ServiceToAdjust[] {
  const idle = services.filter(
    ({ service, always, from }) =>
      from !== undefined && !always && !intents.some(({ kind, name }) => kind === 'service' && name === service),
  );
  if (idle.length === 0 || templates.length === 0) return [];
  const named = new Set(
    templates.flatMap(({ template, metadata, from }) => [
      ...readMetadata(paths, template, metadata.trim() === '' ? undefined : { file: from, text: metadata }).services,
    ]),
  );
  return idle.filter(({ service }) => !named.has(service));
}

/** In words, for events and dry runs. */
export function formatUntold({ service, from = '' }: ServiceToAdjust): string {
  return `"${from}" has no effect: no template of this event has SERVICES = ${service} in its metadata`;
}

/** Whether the event that an adjustment comes of did not say what is to be done: one that says it does it. */
export function isWithoutAction({ kind, name, verbs }: Pick<Intent, 'kind' | 'name' | 'verbs'>): boolean {
  return kind === 'service' && name !== DOCKER && verbs.length === 0;
}

/**
 * Adjustments of services that no event and no file names any more: the package that they were of is gone.
 * @param removed outputs that are about to be removed
 */
export function listForgotten(paths: Paths, removed: ReadonlySet<string> = new Set()): readonly Intent[] {
  const pending = listIntents(paths).filter(({ kind, name }) => kind === 'service' && name !== DOCKER);
  const unnamed = pending.filter(({ name }) => !isAdjustedByEvent(paths, name));
  if (unnamed.length === 0) return [];
  const owning = new Set<string>();
  for (const { path: file, services } of readLedger(paths).outputs.values())
    if (!removed.has(file)) for (const service of services) owning.add(service);
  return unnamed.filter(({ name }) => !owning.has(name));
}

/** Gives up the adjustments that `listForgotten` finds. @returns warnings */
export function dropForgotten(paths: Paths): readonly string[] {
  const forgotten = listForgotten(paths);
  clearIntents(paths, forgotten);
  return forgotten.map(
    ({ name, causes }) =>
      `${name} is not adjusted any more: no event and no file of docksmith names this service (it was pending: ${causes.join(', ')})`,
  );
}

function isAdjustedByEvent(paths: Paths, service: string): boolean {
  return listEvents(paths).some((event) => {
    const [first] = layersOf(paths, `events/${event}/services2adjust`)
      .map((folder) => path.join(folder, service))
      .filter((file) => lstatSync(file, { throwIfNoEntry: false }) !== undefined);
    return first !== undefined && !(lstatSync(first).isSymbolicLink() && readlinkSync(first) === '/dev/null');
  });
}
