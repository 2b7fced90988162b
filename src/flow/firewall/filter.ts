import path from 'node:path';
import { errorCode, Failure, reasonOf } from '../../base/errors.ts';
import { isNeeded, listLost, type StillReached, withRetained } from '../../firewall/retained-rules.ts';
import {
  FAMILIES,
  type Family,
  isOutOfReach,
  type KernelRules,
  readKernelRules,
  readRules,
  restoreRules,
} from '../../firewall/kernel.ts';
import {
  type Applied,
  findDifference,
  formatRemoval,
  formatRestore,
  listOwnRules,
  type Rules,
} from '../../firewall/rules.ts';
import { addIntents, clearIntents } from '../../output/commit/intents.ts';
import { type Paths, STATE_DIR } from '../../base/paths.ts';
import { readState, writeState } from '../../files/state-file.ts';
import { readText } from '../../files/read-file.ts';

/** What became of the filter of one family, or would. */
export interface Filtered {
  readonly family: Family['name'];
  /**
   * in place: nothing had to be done; removed: nothing is private, and our chains went; left alone: not ours
   * or out of reach
   */
  readonly outcome: 'in place' | 'set' | 'removed' | 'left alone';
  /** why it was set, removed or left alone */
  readonly cause: string;
  /** the file of rules that it is about; undefined where there is none */
  readonly file: string | undefined;
}

export interface FilterResult {
  readonly filtered: readonly Filtered[];
  readonly failures: readonly Failure[];
}

const PENDING = { kind: 'service', name: 'packet-filter' } as const;

export interface FilterRequest {
  readonly dryRun: boolean;
  /** the files as a dry run has rendered them; absent: as they are installed */
  readonly texts?: FilterTexts;
  /** the containers for which rules stay that the files no longer have; `everybody`: all blocking rules stay */
  readonly keepFor: StillReached | 'everybody' | 'nobody';
  /** as they were just read; absent: they are read now */
  readonly kernelRules?: Promise<KernelRules> | undefined;
}

/**
 * Puts the rules of the files into the kernel where it does not have them, without touching
 * anybody else's; where there is no file, takes ours away. What is out of reach stays pending.
 */
export async function applyFilter(
  paths: Paths,
  { dryRun, texts = readFilterFiles(paths), keepFor, kernelRules = readKernelRules(paths) }: FilterRequest,
): Promise<FilterResult> {
  const state = readAppliedFilters(paths);
  const filtered: Filtered[] = [];
  const failures: Failure[] = [];
  const pending: string[] = [];
  for (const [family, rules] of await kernelRules) {
    const applied = state.get(family.name);
    const text = chooseText(texts.get(family.file), applied, keepFor);
    const file = text === undefined ? undefined : family.file;
    if (isOutOfReach(rules)) {
      filtered.push({ family: family.name, outcome: 'left alone', cause: rules.why, file });
      if (rules.isWanted && text !== undefined)
        pending.push(`the filter for ${family.name} was left alone ${rules.why}`);
      continue;
    }
    const cause = findDifference(text, rules, applied);
    filtered.push({
      family: family.name,
      outcome: cause === undefined ? 'in place' : text === undefined ? 'removed' : 'set',
      cause: cause ?? '',
      file,
    });
    if (cause === undefined || dryRun) continue;
    try {
      await restoreRules(family, text === undefined ? formatRemoval(rules) : formatRestore(text, rules));
      state.delete(family.name);
      if (text !== undefined) state.set(family.name, { text, rules: listOwnRules(await rulesAfter(paths, family)) });
      writeState(stateFile(paths), STATE, { families: Object.fromEntries(state) });
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      filtered.pop();
      failures.push(error);
      pending.push(error.message);
    }
  }
  if (!dryRun) notePending(paths, pending);
  return { filtered, failures };
}

function chooseText(
  text: string | undefined,
  applied: Applied | undefined,
  keepFor: FilterRequest['keepFor'],
): string | undefined {
  if (applied === undefined || keepFor === 'nobody') return text;
  const lost = listLost(applied.text, text);
  return withRetained(
    text,
    keepFor === 'everybody' ? lost : lost.filter((line) => isNeeded(line, keepFor)),
    applied.text,
  );
}

/** Whether the kernel has rules that the files no longer have. */
export function hasRetained(paths: Paths): boolean {
  const [state, texts] = [readAppliedFilters(paths), readFilterFiles(paths)];
  return FAMILIES.some(({ name, file }) => listLost(state.get(name)?.text ?? '', texts.get(file)).length > 0);
}

/** Files of rules by path; one that is not there is not in it. */
export type FilterTexts = ReadonlyMap<string, string>;

async function rulesAfter(paths: Paths, family: Family): Promise<Rules> {
  const rules = await readRules(paths, family);
  if (isOutOfReach(rules))
    throw new Failure(`cannot read the packet filter for ${family.name} back`, { why: rules.why });
  return rules;
}

function notePending(paths: Paths, causes: readonly string[]): void {
  if (causes.length === 0) clearIntents(paths, [PENDING]);
  else addIntents(paths, [{ ...PENDING, verbs: ['set'], causes, since: new Date().toISOString() }]);
}

const STATE = 'the packet filter as it was last set';
const stateFile = (paths: Paths): string => paths.file(path.posix.join(STATE_DIR, 'filter.json'));

function readAppliedFilters(paths: Paths): Map<string, Applied> {
  return new Map(
    readState(stateFile(paths), STATE, (state) =>
      state.get('families').map((family) => ({
        // an older release has written none, and does not know what it is: it is set once more
        text: family.get('text').optional((text) => text.text()) ?? '',
        rules: family.get('rules').list((rule) => rule.text()),
      })),
    ) ?? [],
  );
}

/** Those that are installed. */
export function readFilterFiles(paths: Paths): FilterTexts {
  return new Map(
    FAMILIES.flatMap(({ file }) => {
      try {
        return [[file, readText(paths.file(file))] as const];
      } catch (error) {
        if (errorCode(error) === 'ENOENT') return [];
        throw new Failure(`cannot read "${file}"`, { why: reasonOf(error), cause: error });
      }
    }),
  );
}

export function isFilterFile(path: string): boolean {
  return FAMILIES.some(({ file }) => file === path);
}
