import { Failure, throwAll } from '../../base/errors.ts';
import { compareBytes } from '../../base/layers.ts';
import type { Paths } from '../../base/paths.ts';
import { parseMounted } from '../../container/spec/mounted.ts';

import { isList } from '../../container/spec/value.ts';
import { toByteString } from '../../db/byte-text.ts';
import { getDb, lookUpIndex, type Snapshot } from '../../db/snapshot.ts';
import { changeDb } from '../../db/store.ts';
import { reconcile } from '../../flow/containers/run-reconcile.ts';
import { readRunSpecs } from '../../flow/containers/run-specs.ts';
import { getEngine, readHostSnapshot } from '../../flow/host-state.ts';
import type { Reporter } from '../../flow/reporter.ts';
import { signalEvent } from '../../flow/signal.ts';
import type { SignalRequest } from '../../flow/signal-request.ts';
import { getApplication } from '../../model/names/applications.ts';
import { Container, CONTAINERS, listContainers } from '../../model/container.ts';
import { IMAGES } from '../../model/image-record.ts';
import { NEEDING } from '../../model/links/links.ts';
import { NETWORKS } from '../../model/network/networks.ts';

/** What removing an application removes, and what it leaves. */
export interface Removal {
  readonly name: string;
  /** those that the engine has now */
  readonly containers: readonly string[];
  readonly records: readonly { readonly db: string; readonly key: string }[];
  /** `volume shop_data`, `folder /srv/shop`, `secret shop.PASSWORD` */
  readonly kept: readonly string[];
}

/**
 * What is to be removed; reads only.
 * @throws Failure(s) where there is no such application, or where containers of others need it
 */
export async function readRemoval(paths: Paths, name: string): Promise<Removal> {
  const snapshot = readHostSnapshot(paths);
  const parts = getApplication(snapshot, name);
  const keys = parts.map(({ key }) => key);
  throwAll(listNeeded(snapshot, name, keys));
  const there = await (await getEngine(paths, snapshot)).listContainers();
  return {
    name,
    containers: keys.filter((key) => there.some((container) => container.name === key)),
    records: [
      ...keys.map((key) => ({ db: CONTAINERS, key })),
      ...listOwn(snapshot, keys, IMAGES, ({ image }) => [image]),
      ...listOwn(snapshot, keys, NETWORKS, ({ customNetwork, furtherNetworks }) => [
        ...(customNetwork === undefined ? [] : [customNetwork]),
        ...furtherNetworks,
      ]),
    ],
    kept: [
      ...listData(paths, keys),
      ...[...new Set(parts.flatMap(({ secrets, secretVariables }) => [...secrets, ...secretVariables]))]
        .map((text) => `secret ${text.split(':')[0] ?? ''}`)
        .sort(compareBytes),
    ],
  };
}

/** Containers of others would be left without what they need. */
function listNeeded(snapshot: Snapshot, name: string, keys: readonly string[]): readonly Failure[] {
  return keys.flatMap((key) =>
    lookUpIndex(snapshot, NEEDING, key)
      .filter((other) => !keys.includes(other) && new Container(snapshot, other).isEnabled)
      .map(
        (other) =>
          new Failure(`cannot remove application "${name}"`, {
            why: `container "${other}", which is not part of it, needs "${key}"`,
            hint: `db ${CONTAINERS} setprop ${other} status disabled`,
          }),
      ),
  );
}

/** Records that its containers name, and no other container does. */
function listOwn(
  snapshot: Snapshot,
  keys: readonly string[],
  db: string,
  namesOf: (container: Container) => readonly string[],
): readonly { readonly db: string; readonly key: string }[] {
  const [own, others] = [new Set<string>(), new Set<string>()];
  for (const container of listContainers(snapshot))
    for (const named of namesOf(container)) (keys.includes(container.key) ? own : others).add(named);
  return [...own]
    .filter((key) => !others.has(key) && getDb(snapshot, db).has(key))
    .sort(compareBytes)
    .map((key) => ({ db, key }));
}

/** As the installed run specs mount it. */
function listData(paths: Paths, keys: readonly string[]): readonly string[] {
  const sources = [...readRunSpecs(paths, keys).values()].flatMap(({ values: { volumes = [] } }) =>
    isList(volumes) ? volumes.map((text) => parseMounted(text).source) : [],
  );
  return [...new Set(sources)]
    .filter((source) => source !== '')
    .map((source) => (!source.startsWith('/') ? `volume ${source}` : `folder ${source}`))
    .sort(compareBytes);
}

/**
 * Deletes the records, and their files with them, then removes the containers. Volumes, folders and secrets stay.
 * @returns what failed
 */
export async function removeApplication(
  paths: Paths,
  { name, records, containers }: Removal,
  { commands, signal, waitSeconds }: Pick<SignalRequest, 'commands' | 'signal' | 'waitSeconds'>,
  reporter: Reporter,
): Promise<readonly Failure[]> {
  const keys = records.flatMap(({ db, key }) => (db === CONTAINERS ? [key] : []));
  const deleteRecords = (of: Paths): void => {
    for (const db of new Set(records.map((record) => record.db)))
      changeDb(of, db, (draft) => {
        for (const record of records) if (record.db === db) draft.delete(toByteString(record.key));
      });
  };
  // an event knows a record that is gone by its files, and has nothing to do where there were none
  const installed = [...readRunSpecs(paths, keys).keys()];
  if (installed.length === 0) deleteRecords(paths);
  else {
    const { failures } = await signalEvent(
      paths,
      {
        event: 'docker-container-update',
        args: installed,
        calledAs: { command: 'docksmith app remove', args: [name] },
        commands,
        signal,
        waitSeconds,
        changeDbs: deleteRecords,
      },
      reporter,
    );
    if (failures.length > 0) return failures;
  }
  if (containers.length === 0) return [];
  const { failures } = await reconcile(
    paths,
    {
      names: containers,
      removeOrphans: true,
      command: 'docksmith app remove',
      mayStayPending: false,
      signal,
      waitSeconds,
    },
    reporter,
    ({ operation: { verb, name: what }, state }) => {
      if (state === 'done') reporter.line('app', `${verb} ${what}`, 'stdout');
    },
  );
  return failures;
}
