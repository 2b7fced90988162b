import { Failure, throwAll } from '../../base/errors.ts';
import { compareBytes } from '../../base/layers.ts';
import type { FileContent } from '../../files/replace-file.ts';
import type { Rendered } from '../../template/rendered.ts';
import type { RecordRef } from '../../template/language/origin.ts';
import type { Installed, ReadInstalled } from './installed.ts';
import { digestOf, type Ledger, type Owned, ownedOf } from './ledger.ts';
import type { Maker } from './owned-files.ts';
import { findOthersOutputs, findTwins } from './path-conflicts.ts';

/** Why an output is written: it is not there, or this of it differs. */
export type Reason = 'new' | 'content' | 'mode' | 'owner';

export interface Install {
  readonly output: Rendered;
  /** the present file; undefined: none */
  readonly old: FileContent | undefined;
  /** empty only for a file that is taken over and is identical already */
  readonly reasons: readonly Reason[];
  /** the file is ours, and somebody changed its content since: that is kept in history */
  readonly edited: boolean;
  /** the file is not ours yet: the original is kept in history */
  readonly takesOver: boolean;
}

export interface Removal {
  readonly owned: Owned;
  /** undefined: removed already, or something in its place that is no file */
  readonly old: FileContent | undefined;
  readonly edited: boolean;
  /** why the path is left as it is and only the ledger's entry goes */
  readonly left?: string;
}

/** Something in the way that is not ours. */
export interface Obstacle {
  readonly output: Rendered;
  readonly what: string;
  /** a plain file, which `--take-over` keeps and replaces */
  readonly isFile: boolean;
  /** content, mode and owner are what would be installed; it is still not ours */
  readonly identical: boolean;
}

/** What an event does to files; lists in byte order of the paths. */
export interface ChangeSet {
  readonly install: readonly Install[];
  readonly remove: readonly Removal[];
  /** what is as it should be; the content is that of the file */
  readonly unchanged: readonly { readonly path: string }[];
  /**
   * what the ledger is to say of unchanged files of which it says something else: whose files they are, or
   * what is in them
   */
  readonly enter: readonly Owned[];
  readonly obstacles: readonly Obstacle[];
}

export const NO_CHANGES: ChangeSet = { install: [], remove: [], unchanged: [], enter: [], obstacles: [] };

/**
 * What was rendered, by template: every output of it, or with `FOREACH` only those of these
 * records. An output of the ledger that is in scope and was not rendered again is removed.
 */
export type Scope = ReadonlyMap<string, 'all' | readonly RecordRef[]>;

export interface PlanOptions {
  readonly takeOver?: boolean;
  /** outputs that are known to stand as they should, and so were not rendered */
  readonly kept?: readonly string[];
}

/**
 * Compares what was rendered with what is installed and what is owned. Decides, and touches
 * nothing. @throws Failures naming every pair of outputs that have one path
 */
export function planChanges(
  rendered: readonly Rendered[],
  ledger: Ledger,
  scope: Scope,
  readInstalled: ReadInstalled,
  { takeOver = false, kept = [] }: PlanOptions = {},
): ChangeSet {
  const outputs = rendered.toSorted((a, b) => compareBytes(a.path, b.path));
  const isInScope = scopeTest(scope);
  const known = new Set(kept);
  throwAll([
    ...findTwins(outputs),
    ...findOthersOutputs(outputs, ledger, (owned) => isInScope(owned) && !known.has(owned.path)),
  ]);
  const install: Install[] = [];
  const unchanged: { readonly path: string }[] = [];
  const enter: Owned[] = [];
  const obstacles: Obstacle[] = [];
  for (const output of outputs) {
    const installed = readInstalled(output.path);
    if (installed.kind === 'other') {
      obstacles.push({ output, what: installed.what, isFile: false, identical: false });
    } else if (installed.kind === 'absent') {
      install.push({ output, old: undefined, reasons: ['new'], edited: false, takesOver: false });
    } else {
      const old = installed.file;
      const reasons = findDifferences(output, old);
      const ours = ledger.outputs.has(output.path);
      if (!ours && !takeOver)
        obstacles.push({
          output,
          what: 'a file that docksmith does not own',
          isFile: true,
          identical: reasons.length === 0,
        });
      else if (ours && reasons.length === 0) {
        unchanged.push({ path: output.path });
        const entry = ownedOf(output);
        if (!ledger.outputs.includes(entry)) enter.push(entry);
      } else {
        install.push({
          output,
          old,
          reasons,
          edited: reasons.includes('content') && isEdited(ledger.outputs.get(output.path), old),
          takesOver: !ours,
        });
      }
    }
  }
  const standing =
    kept.length === 0
      ? unchanged
      : [...kept.map((path) => ({ path })), ...unchanged].sort((a, b) => compareBytes(a.path, b.path));
  return {
    install,
    remove: planRemovals(outputs, ledger, isInScope, readInstalled, known),
    unchanged: standing,
    enter,
    obstacles,
  };
}

/** True when there is nothing to write, also not in the ledger's list of what is owned. */
export function isEmptyChangeSet({ install, remove, obstacles }: ChangeSet): boolean {
  return install.length + remove.length + obstacles.length === 0;
}

/** Owned files whose content was changed by hand: they are replaced or removed, and kept in history first. */
export function listEdited({ install, remove }: ChangeSet): readonly string[] {
  return [
    ...install.filter(({ edited }) => edited).map(({ output }) => output.path),
    ...remove.filter(({ edited }) => edited).map(({ owned }) => owned.path),
  ].sort(compareBytes);
}

/**
 * @param hintOf what else can be done about a plain file in the way, after the hint to take it over
 * @throws Failures naming everything that stands in the way at once
 */
export function refuseObstacles(
  { obstacles }: ChangeSet,
  hintOf: (output: Rendered) => string | undefined = () => undefined,
): void {
  throwAll(
    obstacles.map(
      ({ output, what, isFile, identical }) =>
        new Failure(`cannot install "${output.path}"`, {
          why: `${what} is in the way${identical ? ', with the same content, mode and owner' : ''}`,
          hint: isFile
            ? ["with --take-over it becomes docksmith's, and the original is kept in history", hintOf(output)]
                .filter((hint) => hint !== undefined)
                .join('; ')
            : 'move it away; docksmith neither follows nor replaces it',
        }),
    ),
  );
}

/**
 * The ledger alone says what is owned: what is remembered of one request does not know what another one
 * has installed.
 */
function planRemovals(
  outputs: readonly Rendered[],
  { outputs: owned }: Ledger,
  isInScope: ScopeTest,
  readInstalled: ReadInstalled,
  kept: ReadonlySet<string>,
): readonly Removal[] {
  const produced = new Set(outputs.map(({ path }) => path));
  const removals: Removal[] = [];
  for (const [path, maker] of owned.makers((each) => !produced.has(each) && !kept.has(each))) {
    const entry = isInScope(maker) ? owned.get(path) : undefined;
    if (entry !== undefined) removals.push(planRemoval(entry, readInstalled(path)));
  }
  return removals;
}

/** What to do with an owned file that is no longer rendered. */
export function planRemoval(owned: Owned, installed: Installed): Removal {
  if (installed.kind === 'absent') return { owned, old: undefined, edited: false };
  if (installed.kind === 'other')
    return { owned, old: undefined, edited: false, left: `${installed.what} is in the way` };
  return { owned, old: installed.file, edited: isEdited(owned, installed.file) };
}

function isEdited(owned: Owned | undefined, { content }: FileContent): boolean {
  return owned !== undefined && digestOf(content) !== owned.digest;
}

function findDifferences(wanted: FileContent, old: FileContent): readonly Reason[] {
  const reasons: Reason[] = [];
  if (!old.content.equals(wanted.content)) reasons.push('content');
  if (old.mode !== wanted.mode) reasons.push('mode');
  if (old.uid !== wanted.uid || old.gid !== wanted.gid) reasons.push('owner');
  return reasons;
}

type ScopeTest = (maker: Maker) => boolean;

function scopeTest(scope: Scope): ScopeTest {
  const nameOf = ({ db, key }: RecordRef): string => `${db} ${key}`;
  const records = new Map([...scope].map(([template, of]) => [template, of === 'all' ? of : new Set(of.map(nameOf))]));
  return ({ template, record }) => {
    const of = records.get(template);
    return of === 'all' || (record !== undefined && of?.has(nameOf(record)) === true);
  };
}
