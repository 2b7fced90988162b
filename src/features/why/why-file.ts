import { isMaskedRead } from '../../db/secret-values.ts';
import { findHolder, storedOf } from '../../db/hosts/host-records.ts';
import { findProp, getDb, hasOwnProp, type Snapshot } from '../../db/snapshot.ts';
import { Failure } from '../../base/errors.ts';
import { didYouMean } from '../../base/nearest.ts';
import type { Paths } from '../../base/paths.ts';
import { MASK } from '../../base/mask.ts';
import { alignLines } from '../../output/plan/diff.ts';
import { installedUnder } from '../../output/plan/installed.ts';
import { objectFinder } from '../../output/history/objects.ts';
import type { RecordRef } from '../../template/language/origin.ts';
import { listHistory } from '../history/history.ts';
import { makeRenderer } from '../../flow/rendering.ts';
import { readHostState } from '../../flow/host-state.ts';
import { linesOf, listDeciding, type Named, textsOf } from './deciding.ts';
import { findOutput, renderOver } from './find-output.ts';
import { describeFragment, type LineOrigin } from './line-origin.ts';
import { type PropChange, PropChanges } from './prop-changes.ts';

export interface DecidingProp extends Named {
  /** undefined: not set; a secret is masked */
  readonly value: string | undefined;
  readonly isDefault: boolean;
  readonly change: PropChange | undefined;
}

export interface LineWhy {
  /** from 1, in the file as it stands; in one that is not there yet, as it would be written */
  readonly number: number;
  readonly text: string;
  /** `edited`: made by hand; `outdated`: docksmith wrote it, and would write it differently now */
  readonly state: 'made' | 'edited' | 'outdated';
  readonly origins: readonly LineOrigin[];
  readonly props: readonly DecidingProp[];
}

export interface FileWhy {
  readonly path: string;
  readonly template: string;
  readonly record: RecordRef | undefined;
  /** the commit that last wrote it; undefined for one that is not written yet, or whose commit is not kept */
  readonly written:
    | { readonly when: string; readonly who: string; readonly command: string; readonly generation: number }
    | undefined;
  readonly state: 'installed' | 'edited' | 'missing' | 'new';
  /** what decides the whole file, and so every line of it */
  readonly everywhere: readonly DecidingProp[];
  readonly lines: readonly LineWhy[];
}

/** Which lines of a file: one, those of a key of a merged document and of all below it, or all. */
export interface Wanted {
  readonly line?: number;
  readonly documentKey?: string;
}

/**
 * Says for the lines of a file which fragment and which props made them, by rendering it again in
 * memory: over the dbs as they are, and over others to see what decides a line.
 * @throws Failure for a file that is not docksmith's, and for a line that it has not
 */
export async function whyFile(paths: Paths, file: string, wanted: Wanted = {}): Promise<FileWhy> {
  const hostState = await readHostState(paths);
  const renderer = makeRenderer(hostState);
  const found = findOutput(hostState, renderer, file);
  const { output } = found;
  const owned = hostState.ledger.outputs.get(file);
  const installed = installedUnder(paths)(file);
  const isThere = installed.kind === 'file' && owned !== undefined;
  const made = output === undefined ? [] : linesOf(output);
  const shown = isThere ? textsOf(installed.file.content) : made.map(({ text }) => text);
  const places = isThere
    ? alignLines(
        shown,
        made.map(({ text }) => text),
      )
    : made.map((_, n) => n);
  const written = owned === undefined ? undefined : objectFinder(paths)(owned.digest);
  const isEdited = isThere && written !== undefined && !written.equals(installed.file.content);
  const byUs = written === undefined ? undefined : alignLines(shown, textsOf(written));
  const numbers = choose(
    file,
    wanted,
    shown.map((_, n) =>
      (places[n] === undefined ? [] : (made[places[n]]?.origins ?? [])).flatMap(({ documentKey }) => documentKey ?? []),
    ),
  );
  const asked = numbers.flatMap((n) => places[n] ?? []);
  const deciding =
    output === undefined
      ? new Map<number, readonly Named[]>()
      : listDeciding(output, asked, {
          snapshot: hostState.snapshot,
          words: renderer.listLiterals(),
          render: (overlay) => renderOver(hostState, renderer, found.request, file, overlay),
        });
  const changes = new PropChanges(paths);
  const lists = [...deciding.values()];
  const isEverywhere = (named: Named): boolean => lists.length > 1 && lists.every((list) => list.includes(named));
  const explain = (named: Named): DecidingProp => explainProp(hostState.snapshot, named, changes);
  const [last] = listHistory(paths, { limit: 1, file });
  return {
    path: file,
    template: output?.template ?? owned?.template ?? '',
    record: output?.record ?? owned?.record,
    written:
      last === undefined || last.files.some(({ path: name, kind }) => name === file && kind === 'removed')
        ? undefined
        : {
            when: last.generation.when,
            who: last.generation.who,
            command: last.generation.command,
            generation: last.generation.number,
          },
    state: owned === undefined ? 'new' : !isThere ? 'missing' : isEdited ? 'edited' : 'installed',
    everywhere: (lists[0] ?? []).filter(isEverywhere).map(explain),
    lines: numbers.map((n): LineWhy => {
      const place = places[n];
      const state = place !== undefined ? 'made' : byUs?.[n] === undefined ? 'edited' : 'outdated';
      return {
        number: n + 1,
        text: shown[n] ?? '',
        state,
        origins:
          place === undefined
            ? []
            : (made[place]?.origins ?? []).map(({ fragment, line, documentKey }) => ({
                ...describeFragment(paths, fragment),
                line,
                documentKey,
              })),
        props:
          place === undefined ? [] : (deciding.get(place) ?? []).filter((named) => !isEverywhere(named)).map(explain),
      };
    }),
  };
}

/** The numbers of the lines that are asked for, from 0. @param keys of each line */
function choose(file: string, { line, documentKey }: Wanted, keys: readonly (readonly string[])[]): readonly number[] {
  if (line !== undefined) {
    if (line >= 1 && line <= keys.length) return [line - 1];
    throw new Failure(`cannot tell why "${file}:${line}" is as it is`, { why: `the file has ${keys.length} lines` });
  }
  if (documentKey === undefined) return keys.map((_, n) => n);
  const numbers = keys.flatMap((of, n) =>
    of.some((key) => key === documentKey || key.startsWith(`${documentKey}.`)) ? [n] : [],
  );
  if (numbers.length > 0) return numbers;
  throw new Failure(`cannot tell why "${file}:${documentKey}" is as it is`, {
    why: 'the file has no such line or key',
    ...didYouMean(documentKey, keys.flat()),
  });
}

function explainProp(snapshot: Snapshot, named: Named, changes: PropChanges): DecidingProp {
  const { db, key, prop } = named;
  const record = getDb(snapshot, db).get(key);
  const value = prop === undefined ? record?.type : findProp(snapshot, db, key, prop);
  const holder = { ...named, key: findHolder(snapshot, db, key, prop) };
  const change = changes.find(holder, storedOf(snapshot).get(db)?.get(holder.key));
  const isSecret = isMaskedRead(snapshot, named);
  const mask = (text: string | undefined): string | undefined => (text !== undefined && isSecret ? MASK : text);
  return {
    ...holder,
    value: mask(value),
    isDefault: prop !== undefined && value !== undefined && !hasOwnProp(record, prop),
    change: change && { ...change, before: mask(change.before) },
  };
}
