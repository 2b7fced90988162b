import { formatSize } from '../../base/quantity.ts';
import { showable, showableLine, showableLines } from '../../base/showable.ts';
import type { HistoryEntry } from '../../engine/image-engine.ts';
import { type ImageView, listUsers } from '../../features/images/image-view.ts';
import type { RemovalPlan } from '../../features/images/remove-images.ts';
import { formatAge } from './format-time.ts';
import { formatTable, wrapWords } from './terminal.ts';

const NONE =
  '<none>: no name means such an image any more, since a newer one got the name; docksmith image prune removes those that nothing needs';

/** `0123456789ab` */
export function shortId(id: string): string {
  return id.replace(/^sha256:/, '').slice(0, 12);
}

/** A row per name. */
export function formatImages(images: readonly ImageView[], width: number): string {
  if (images.length === 0) return 'the engine has no images\n';
  const table = formatTable([
    ['NAME', 'ID', 'AGE', 'SIZE', 'USED BY'],
    ...images.flatMap((image) =>
      (image.names.length === 0 ? [undefined] : image.names).map((name) => [
        showable(name ?? nameOf(image)),
        shortId(image.id),
        formatAge(image.created),
        formatSize(image.size),
        showable(shortUsers(image, name)),
      ]),
    ),
  ]);
  const isDangling = images.some(({ names }) => names.length === 0);
  return isDangling ? `${table}\n${wrapWords(NONE, width).join('\n')}\n` : table;
}

/** As the engine calls it, with what it was called before. */
export function nameOf({ names: [name], formerNames }: ImageView): string {
  return name ?? (formerNames.length === 0 ? '<none>' : `<none> (was ${formerNames.join(', ')})`);
}

function shortUsers({ containers, records }: ImageView, name: string | undefined): string {
  const ofRecords = name === undefined ? [] : (records.get(name) ?? []).map((record) => record.replace('docker_', ''));
  return [...containers, ...ofRecords.map((record) => `record of ${record}`)].join(', ') || 'nothing';
}

export function jsonImage(image: ImageView): unknown {
  return {
    id: image.id,
    names: image.names,
    digests: image.digests,
    created: image.created,
    size: image.size,
    formerNames: image.formerNames,
    containers: image.containers,
    records: [...new Set([...image.records.values()].flat())],
    isUsed: listUsers(image).length > 0,
  };
}

/** What the engine's builder writes in front of what it did. */
const NOT_RUN = /^\/bin\/sh -c #\(nop\)\s*/;

export function formatImageHistory(entries: readonly HistoryEntry[]): string {
  return formatTable([
    ['AGE', 'SIZE', 'MADE BY'],
    ...entries.map(({ created, createdBy, comment, size, names }) => [
      formatAge(created),
      formatSize(size),
      showableLine(
        [
          createdBy.replace(NOT_RUN, '').replace(/\s+/g, ' ').trim() || 'files',
          ...(comment === '' ? [] : [`"${comment}"`]),
          ...names.map((name) => `= ${name}`),
        ].join('  '),
      ),
    ]),
  ]);
}

/** @param isDone whether they are gone, or would go */
export function formatRemoval({ removals, kept }: RemovalPlan, isDone: boolean): string {
  const lines = [
    ...removals.map(
      ({ image, reference }) =>
        `${isDone ? 'removed' : 'remove'} ${reference.startsWith('sha256:') ? nameOf(image) : reference}: ${shortId(image.id)}, ${formatAge(image.created)} old, ${formatSize(image.size)}`,
    ),
    ...kept.map(({ reference, why }) => `keep ${reference}: ${why}`),
  ];
  return showableLines(lines.length === 0 ? ['nothing to do'] : lines);
}

export function jsonRemoval({ removals, kept }: RemovalPlan): Readonly<Record<string, unknown>> {
  return {
    removed: removals.map(({ image, reference }) => ({ reference, id: image.id, size: image.size })),
    kept,
  };
}
