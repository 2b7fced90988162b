import { rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Failure, throwAll } from '../../base/errors.ts';
import type { Paths } from '../../base/paths.ts';
import { nameOfHost, storedOf } from '../../db/hosts/host-records.ts';
import { readSnapshot } from '../../db/read-snapshot.ts';
import type { SignalRequest } from '../../flow/signal-request.ts';
import { HostRecord } from '../../model/hosts/host-record.ts';
import {
  compareContents,
  type Content,
  type ContentChanges,
  mergeContents,
  NO_CONTENT,
  readContent,
  withoutLocal,
} from './content.ts';
import { INCOMING, type Repository, type Revision } from './repository.ts';

export interface ReceiveRequest extends Pick<SignalRequest, 'commands' | 'signal'> {
  readonly revision: Revision;
  /** the commits that this host may not have; empty: it has them */
  readonly bundle: Buffer;
  /** what was changed on this host itself is replaced */
  readonly takeOver: boolean;
  readonly dryRun: boolean;
  /** after so long without a confirmation it goes back */
  readonly timeoutSeconds: number;
  /** who sent it is the writer, and this host is none; else it was asked for here */
  readonly isPushed: boolean;
  /** of docksmith's commands, which a schema may name */
  readonly commandNames: readonly string[];
}

/** What was sent, beside what is here. */
export interface Prepared {
  readonly quarantine: Repository;
  /** it continues what this host has */
  readonly isForward: boolean;
  readonly ours: Content;
  readonly merged: Content;
  readonly kept: ContentChanges;
}

/** Looks at what was sent. Changes nothing. @throws Failure(s) for what is refused */
export function prepareReceipt(
  paths: Paths,
  repository: Repository,
  agreed: Revision | undefined,
  request: ReceiveRequest,
  folder: string,
): Prepared {
  if (request.isPushed) refuseAsWriter(paths, request.takeOver);
  const quarantine = takeIn(paths, repository, request, folder);
  const isForward = agreed === undefined || quarantine.isAncestor(agreed, request.revision);
  if (!isForward && !request.takeOver && request.isPushed) {
    const here = nameOfHost(storedOf(readSnapshot(paths)));
    throw new Failure('cannot receive', {
      why: 'this host has revisions of another writer, which the sender does not have',
      hint: `on the sender: docksmith pull --from ${here ?? 'HOST'}`,
    });
  }
  return { quarantine, isForward, ...merge(paths, quarantine, { ...request, agreed }) };
}

function refuseAsWriter(paths: Paths, takeOver: boolean): void {
  const snapshot = readSnapshot(paths);
  const here = nameOfHost(storedOf(snapshot));
  if (here === undefined || takeOver || new HostRecord(snapshot, here).role !== 'writer') return;
  throw new Failure('cannot receive', {
    why: `host "${here}" is the writer itself, by its own db hosts`,
    hint:
      `where that is right, on the sender: docksmith pull --from ${here}; ` +
      `else on ${here}: db hosts setprop ${here} Role follower`,
  });
}

/** A repository in which the revision is, and nothing of which is trusted. */
function takeIn(
  paths: Paths,
  repository: Repository,
  { revision, bundle }: ReceiveRequest,
  folder: string,
): Repository {
  const quarantine = repository.makeQuarantine(paths, path.join(folder, 'quarantine.git'));
  if (bundle.length > 0) {
    const file = path.join(folder, 'bundle');
    writeFileSync(file, bundle, { mode: 0o600 });
    quarantine.take(file, INCOMING);
    rmSync(file);
  } else if (quarantine.find(revision) !== undefined) quarantine.set(INCOMING, revision);
  if (quarantine.find(INCOMING) !== revision)
    throw new Failure('cannot receive', { why: `revision ${short(revision)} is not in what was sent` });
  return quarantine;
}

function merge(
  paths: Paths,
  quarantine: Repository,
  { revision, takeOver, agreed }: ReceiveRequest & { readonly agreed: Revision | undefined },
): { readonly ours: Content; readonly merged: Content; readonly kept: ContentChanges } {
  const snapshot = readSnapshot(paths);
  const { schema } = snapshot;
  const read = (of: Revision): Content => {
    const content = quarantine.read(paths, of);
    return { ...content, dbs: withoutLocal(schema, content.dbs, () => true) };
  };
  const theirs = read(revision);
  const common = agreed === undefined ? undefined : quarantine.findBase(agreed, revision);
  const base = common === undefined ? NO_CONTENT : read(common);
  const ours = readContent(paths, [base, theirs]);
  if (takeOver) return { ours, merged: theirs, kept: compareContents(theirs, theirs) };
  const { merged, conflicts } = mergeContents(schema, base, ours, theirs, {
    // who reads it may be on either side
    ours: `on ${nameOfHost(storedOf(snapshot)) ?? 'the receiving host'}`,
    theirs: 'in what was sent',
  });
  throwAll(
    conflicts.map(
      (words) =>
        new Failure('cannot receive', {
          why: `changed on both sides: ${words}`,
          hint: 'change it on one of the hosts, or --take-over replaces what the receiving one has',
        }),
    ),
  );
  return { ours, merged, kept: compareContents(theirs, merged) };
}

export function short(revision: Revision): string {
  return revision.slice(0, 8);
}
