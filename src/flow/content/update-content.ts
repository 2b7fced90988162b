import { Failure, Failures, throwAll } from '../../base/errors.ts';
import { Interrupted, NEVER } from '../../base/interrupt.ts';
import { didYouMean } from '../../base/nearest.ts';
import type { Paths } from '../../base/paths.ts';
import { parseMilliseconds } from '../../base/quantity.ts';
import { getDb, type Snapshot } from '../../db/snapshot.ts';
import { checkBySchema } from '../../model/check-one-record.ts';
import { Container, CONTAINERS } from '../../model/container.ts';
import { checkContent, checkContentKey, listContents } from '../../model/content.ts';
import { ContentRecord } from '../../model/content-record.ts';
import { DocksmithRecord } from '../../model/docksmith-record.ts';
import { readHostSnapshot } from '../host-state.ts';
import { listInvolved } from '../involved.ts';
import type { Reporter } from '../reporter.ts';
import { runRecorded } from '../run-recorded.ts';
import { readSecrets } from '../secrets.ts';
import { ContentClone } from './content-clone.ts';
import { findSeenContent, switchContent } from './content-folder.ts';
import { readContentStates, writeContentState } from './content-state.ts';

export interface UpdateContent {
  /** of containers; none: all enabled ones with content */
  readonly names: readonly string[];
  /** only what is not there, or is of another repository or ref than the record says */
  readonly onlyMissing: boolean;
  readonly waitSeconds?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** of a package's hook: what cannot be fetched now is fetched by the next event */
  readonly mayStayPending: boolean;
}

/** What has become of the content of a container. */
export interface ContentUpdated {
  readonly name: string;
  readonly outcome: 'updated' | 'unchanged' | 'failed';
  readonly from: string | undefined;
  readonly to: string | undefined;
}

export interface ContentsUpdated {
  readonly contents: readonly ContentUpdated[];
  readonly failures: readonly Failure[];
}

/**
 * Fetches the content of containers and puts it in place. Where one cannot be fetched, it stays as it was,
 * and the others go on. Containers are not told: reconciling sees that the link has changed.
 * @throws Failure(s) for names without content
 */
export async function updateContents(
  paths: Paths,
  request: UpdateContent,
  reporter: Reporter,
): Promise<ContentsUpdated> {
  const { names, waitSeconds, signal = NEVER } = request;
  const { result } = await runRecorded(
    paths,
    { command: 'docksmith update-content', args: names, waitSeconds, signal, isStep: true },
    reporter,
    async () => {
      const contents: ContentUpdated[] = [];
      const failures: Failure[] = [];
      for (const content of findAskedContents(paths, readHostSnapshot(paths), request)) {
        const { key: name } = content;
        reporter.progress(`content ${name}: ${content.url}`);
        const from = findSeenContent(paths, name)?.revision;
        try {
          const to = await updateContent(paths, content, signal);
          contents.push({ name, outcome: from === to ? 'unchanged' : 'updated', from, to });
        } catch (error) {
          if (!(error instanceof Failure || error instanceof Failures)) throw error;
          contents.push({ name, outcome: 'failed', from, to: undefined });
          failures.push(...(error instanceof Failures ? error.failures : [error]));
          if (error instanceof Interrupted) break;
        }
      }
      return { contents, failures };
    },
    ({ failures }) => ({ failures: request.mayStayPending ? [] : failures }),
  );
  return result;
}

/** Those that are to be fetched. @throws Failure(s) for names that have no content, where content is asked for */
export function findAskedContents(
  paths: Paths,
  snapshot: Snapshot,
  { names, onlyMissing }: Pick<UpdateContent, 'names' | 'onlyMissing'>,
): readonly ContentRecord[] {
  const isEnabled = ({ key }: ContentRecord): boolean => new Container(snapshot, key).isEnabled;
  if (onlyMissing) {
    const all = listContents(snapshot).filter(isEnabled);
    if (all.length === 0) return [];
    const involved = names.length === 0 ? undefined : listInvolved(paths, snapshot, names);
    const states = readContentStates(paths);
    return all.filter((content) => {
      const state = states.get(content.key);
      return (
        involved?.includes(content.key) !== false &&
        (findSeenContent(paths, content.key) === undefined || state?.url !== content.url || state.ref !== content.ref)
      );
    });
  }
  if (names.length === 0) return listContents(snapshot).filter(isEnabled);
  const asked = [...new Set(names)].map((name) => new ContentRecord(snapshot, name));
  throwAll(asked.filter(({ key }) => !hasContent(snapshot, key)).map(({ key }) => withoutContent(snapshot, key)));
  return asked;
}

function hasContent(snapshot: Snapshot, name: string): boolean {
  return new Container(snapshot, name).isContainer && new ContentRecord(snapshot, name).hasContent;
}

export function withoutContent(snapshot: Snapshot, name: string): Failure {
  const db = getDb(snapshot, CONTAINERS);
  return db.has(name)
    ? new Failure(`cannot find content of container "${name}"`, {
        why: `its record has no Content.git`,
        hint: `db ${CONTAINERS} setprop ${name} Content.git URL ContentPath /content`,
      })
    : new Failure(`cannot find "${name}" in db ${CONTAINERS}`, {
        why: 'there is no such record',
        ...didYouMean(name, db.keys(), `db ${CONTAINERS} keys`),
      });
}

/** Only fetches it: nothing that a container sees changes. @throws Failure(s), which `docksmith content` shows too */
export async function fetchContent(paths: Paths, content: ContentRecord, signal: AbortSignal): Promise<string> {
  return remembering(paths, content, () => cloneOf(paths, content, signal).fetch(undefined));
}

/** @returns the revision that is in place now @throws Failure(s): the old one stays */
async function updateContent(paths: Paths, content: ContentRecord, signal: AbortSignal): Promise<string> {
  const { key, url, ref } = content;
  const revision = await remembering(paths, content, async () => {
    const clone = cloneOf(paths, content, signal);
    const known = findSeenContent(paths, key)?.revision;
    const fetched = await clone.fetch(known);
    if (fetched !== known) await switchContent(paths, key, fetched, (folder) => clone.layOut(fetched, folder));
    return fetched;
  });
  writeContentState(paths, key, { url, ref, checked: new Date().toISOString() });
  return revision;
}

function cloneOf(paths: Paths, content: ContentRecord, signal: AbortSignal): ContentClone {
  const { snapshot, key } = content;
  const container = new Container(snapshot, key);
  const { mistakes } = checkBySchema(snapshot, CONTAINERS, getDb(snapshot, CONTAINERS).get(key));
  throwAll([...mistakes, ...checkContent(container), ...checkContentKey(container)]);
  const wait = parseMilliseconds(new DocksmithRecord(snapshot).contentWait ?? '') ?? 120_000;
  return new ContentClone(paths, content, { limitSeconds: wait / 1000, signal });
}

/** Writes down why it has failed. */
async function remembering<T>(paths: Paths, { key }: ContentRecord, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof Interrupted || !(error instanceof Failure || error instanceof Failures)) throw error;
    const why = readSecrets(paths).mask(error.message);
    const before = readContentStates(paths).get(key) ?? { url: '', ref: '' };
    writeContentState(paths, key, { ...before, failure: { when: new Date().toISOString(), why } });
    throw error;
  }
}
