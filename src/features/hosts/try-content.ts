import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Failure, Failures, failuresOf, formatPlace, throwAll } from '../../base/errors.ts';
import { CONFIG_DIR, type Paths, withoutRoot } from '../../base/paths.ts';
import { StagedDbs, writeDifference } from '../../flow/commit/staged-dbs.ts';
import type { StepCommands } from '../../flow/step-part.ts';
import { OWN_FOLDERS } from '../../flow/trusted-files.ts';
import { UPDATE } from '../dry-run/db-change.ts';
import { previewEvent, type Preview } from '../dry-run/dry-run.ts';
import { refuseObstacles } from '../../output/plan/change-set.ts';
import type { LintFinding } from '../lint/finding.ts';
import { lintTree } from '../lint/lint.ts';
import { lintRecords } from '../lint/records.ts';
import type { Content } from './content.ts';

export interface TrialOptions {
  /** for the copies */
  readonly folder: string;
  readonly commands: StepCommands;
  readonly commandNames: readonly string[];
}

/**
 * Tries a content on copies of the dbs and of the admin's files: what `docksmith lint` finds that was not there before
 * is a mistake of it, and so is what an event would refuse. Changes nothing.
 * @throws Failures for all that is wrong with it
 */
export async function tryContent(
  paths: Paths,
  before: Content,
  after: Content,
  { folder, commands, commandNames }: TrialOptions,
): Promise<Preview> {
  const scratch = path.join(folder, 'config');
  for (const [name, { content, mode }] of after.files) {
    mkdirSync(path.dirname(scratch + name), { recursive: true, mode: 0o755 });
    writeFileSync(scratch + name, content, { mode });
  }
  const staged = new StagedDbs(withConfig(paths, scratch));
  try {
    writeDifference(staged.paths, before.dbs, after.dbs);
    throwAll(await listNewFaults(paths, staged.paths, commandNames));
    const preview = await previewEvent(staged.paths, { event: UPDATE, args: [], commands });
    refuseObstacles(preview.changes);
    return preview;
  } catch (error) {
    // told as the files will be called
    throw new Failures(failuresOf(error).map((failure) => renamed(failure, paths, scratch)));
  } finally {
    staged.remove();
  }
}

/** The same host, whose files of the admin's are the copy. */
function withConfig(paths: Paths, scratch: string): Paths {
  const own = OWN_FOLDERS.map((name) => path.posix.join(CONFIG_DIR, name));
  return {
    ...paths,
    file: (name) => {
      const target = path.posix.resolve('/', name);
      return own.some((one) => target === one || target.startsWith(`${one}/`)) ? scratch + target : paths.file(name);
    },
  };
}

/** What an event would refuse or could not do; the others are for who writes fragments, and lint says them there. */
const REFUSED: readonly LintFinding['rule'][] = [
  'record-refused',
  'file-not-usable',
  'metadata-not-usable',
  'event-lacks-template',
  'template-not-there',
];

async function listNewFaults(paths: Paths, staged: Paths, names: readonly string[]): Promise<readonly Failure[]> {
  const nameOf = ({ rule, what }: LintFinding): string => `${rule} ${what}`;
  const found = await lint(staged, names);
  if (found.length === 0) return [];
  const known = new Set((await lint(paths, names)).map(nameOf));
  return found
    .filter((finding) => !known.has(nameOf(finding)))
    .map(
      ({ what, why, advice }) => new Failure('cannot accept what was sent', { why: `${what} (${why})`, hint: advice }),
    );
}

async function lint(paths: Paths, names: readonly string[]): Promise<readonly LintFinding[]> {
  const { findings } = lintTree(paths, names, await lintRecords(paths));
  return findings.filter(({ level, rule }) => level === 'fault' && REFUSED.includes(rule));
}

function renamed(failure: Failure, paths: Paths, scratch: string): Failure {
  const name = (text: string): string => text.replaceAll(scratch, '').replaceAll(withoutRoot(paths, scratch), '');
  const { at, hint, why } = failure;
  const what = failure.message.slice(at === undefined ? 0 : formatPlace(at).length + 2, -why.length - 2);
  return new Failure(name(what), {
    why: name(why),
    ...(at === undefined ? {} : { at: { ...at, file: name(at.file) } }),
    ...(hint === undefined ? {} : { hint: name(hint) }),
  });
}
