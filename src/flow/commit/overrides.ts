import path from 'node:path';
import { compareBytes, layersOf, listMergedTree } from '../../base/layers.ts';
import { digestOf } from '../../output/plan/ledger.ts';
import { type Paths, STATE_DIR, withoutRoot } from '../../base/paths.ts';
import { findStats } from '../../files/signature.ts';
import { readState, writeState } from '../../files/state-file.ts';
import { readBytes, readText } from '../../files/read-file.ts';

/** An admin's fragment, and the shipped one that it stands in for. */
interface Override {
  /** both without the root */
  readonly custom: string;
  readonly shipped: string;
  readonly digest: string;
  readonly shippedText: string;
}

/** What was shipped when an admin's fragment was first seen with this content. */
interface Remembered {
  /** sha256 of the admin's fragment, hex */
  readonly digest: string;
  readonly shippedText: string;
}

/** A custom fragment that may need an update: the shipped one that it overrides has changed. */
export interface OutdatedOverride {
  readonly custom: string;
  readonly shipped: string;
  readonly before: string;
  readonly now: string;
}

const WHAT = 'the list of overridden fragments';
const overridesFile = (paths: Paths): string => paths.file(path.posix.join(STATE_DIR, 'overrides.json'));

/**
 * Keeps what each of the admin's fragments overrides as it was when the fragment was written. A
 * fragment that is edited counts as looked after: it is remembered with what is shipped by then.
 */
export function rememberOverrides(paths: Paths): void {
  const before = readRemembered(paths);
  const after = new Map(
    listOverrides(paths).map(({ custom, digest, shippedText }): [string, Remembered] => {
      const known = before.get(custom);
      return [custom, known?.digest === digest ? known : { digest, shippedText }];
    }),
  );
  if (JSON.stringify([...after]) === JSON.stringify([...before])) return;
  writeState(overridesFile(paths), WHAT, { overrides: Object.fromEntries(after) });
}

/** Those whose shipped original changed after an event had first seen them. */
export function listOutdatedOverrides(paths: Paths): readonly OutdatedOverride[] {
  const remembered = readRemembered(paths);
  return listOverrides(paths).flatMap(({ custom, shipped, digest, shippedText }) => {
    const known = remembered.get(custom);
    return known?.digest === digest && known.shippedText !== shippedText
      ? [{ custom, shipped, before: known.shippedText, now: shippedText }]
      : [];
  });
}

function readRemembered(paths: Paths): ReadonlyMap<string, Remembered> {
  const parsed = readState(overridesFile(paths), WHAT, (state) =>
    state
      .get('overrides')
      .map((entry) => ({ digest: entry.get('digest').text(), shippedText: entry.get('shippedText').text() })),
  );
  return new Map([...(parsed ?? [])].sort(([a], [b]) => compareBytes(a, b)));
}

/** Fragments of the same name in the same template; in byte order. */
function listOverrides(paths: Paths): readonly Override[] {
  const shipped = layersOf(paths, 'templates');
  return [...listMergedTree(layersOf(paths, 'templates-custom'))].flatMap(([name, file]) => {
    const original = shipped.map((layer) => path.join(layer, name)).find((each) => findStats(each)?.isFile());
    // what stands beside the templates is none: a README
    if (original === undefined || !name.includes('/')) return [];
    return [
      {
        custom: withoutRoot(paths, file),
        shipped: withoutRoot(paths, original),
        digest: digestOf(readBytes(file)),
        shippedText: readText(original),
      },
    ];
  });
}
