import path from 'node:path';
import { keysWithProp } from '../db/flat-db.ts';
import { findProp, getDb, type Snapshot } from '../db/snapshot.ts';
import { Failure, throwAll } from '../base/errors.ts';
import { listMergedTree, listNames } from '../base/layers.ts';
import { CHECKED_DBS } from '../model/check-records.ts';
import { Container, CONTAINERS, listEnabled } from '../model/container.ts';
import { splitList } from '../model/network/parse-ports.ts';
import { CACHE_DIR, CONFIG_DIR, type Paths, STATE_DIR, withoutRoot } from '../base/paths.ts';
import { listUnusableLogins } from './containers/named-files.ts';
import { distrust, findWriter, findWriters } from '../files/trust.ts';

/**
 * What is done where others can write what a record names. `refuse`: it is run, or decides what root's
 * programs do or whom they let in. `fetch`: the same, looked at when the image is made. `warn`: it goes
 * into a container, or is shown to the world, and decides nothing else. `leave`: it is a container's own to
 * write, or no file of this host.
 */
type Trust = 'refuse' | 'fetch' | 'warn' | 'leave';

/** Every prop that can name a file or folder, by its db, its record or kind of record, and its name. */
export const NAMED_FILES: Readonly<Record<string, Trust>> = {
  // who is let in to the engine, and so is root
  'configuration docker TLSCACert': 'refuse',
  'configuration docker TLSCert': 'refuse',
  'configuration docker TLSKey': 'refuse',
  // what the engine is started with, and what it runs
  'configuration docker OptionsFile': 'refuse',
  'configuration docker DataRoot': 'refuse',
  // who can put a socket there hears all that the engine is told, and answers for it
  'configuration docker Socket': 'leave',
  'configuration httpd ConfDir': 'refuse',
  'docker_containers service BasicAuth': 'refuse',
  // whom the engine believes that an image is from the registry
  'configuration registry CACertificate': 'refuse',
  'configuration registry Certificate': 'leave',
  'configuration registry CertificateKey': 'leave',
  'configuration registry Storage': 'leave',
  // those that renew certificates are often not root: a name is theirs to hold, and no more
  'configuration httpd Certificate': 'warn',
  'docker_containers service TargetCA': 'warn',
  'configuration httpd CertificateKey': 'warn',
  'docker_containers service Certificate': 'warn',
  'docker_containers service CertificateKey': 'warn',
  // served, and no more
  'configuration httpd DocumentRoot': 'leave',
  'docker_images service BuildPath': 'fetch',
  'docker_images service ImportPath': 'fetch',
  'docker_containers service EnvFile': 'warn',
  'docker_containers service MountPath': 'leave',
  'docker_containers service DataMountPath': 'leave',
  'docker_containers service ContentPath': 'leave',
  'docker_containers service Volumes': 'leave',
  'docker_containers service Devices': 'leave',
  'configuration docker NodeFolders': 'leave',
  // who can write them can have the event run, and no more
  'watches file Path': 'leave',
  'watches etcd CACert': 'leave',
  'watches etcd Cert': 'leave',
  'watches etcd CertKey': 'leave',
  // in the container
  'docker_containers service WorkingDir': 'leave',
  'docker_containers service Tmpfs': 'leave',
  'docker_containers service HealthPath': 'leave',
  'docker_containers service Secrets': 'leave',
  'docker_containers service SwarmSecrets': 'leave',
  'docker_containers service SwarmConfigs': 'leave',
};

/** What of the host's own decides what is done, without any record that names it. */
export const OWN_FOLDERS = ['templates-custom', 'templates', 'templates-default', 'templates.metadata', 'events', 'db'];

/** The folders of the package, and the program itself. */
const PACKAGE = [
  'bin',
  'dist',
  'db',
  'events',
  'templates',
  'templates-custom',
  'templates-default',
  'templates.metadata',
];

/**
 * Refuses to act upon fragments, metadata, events, schemas, defaults, dbs, states and the program itself
 * where others than root and the caller can change them.
 * @throws Failures, one for each file or folder that they can write
 */
export function refuseOpenSources(paths: Paths): void {
  const own = OWN_FOLDERS.flatMap((folder) => [
    ...listMergedTree([paths.file(path.posix.join(CONFIG_DIR, folder))]).values(),
  ]);
  const program = PACKAGE.map((name) => path.join(paths.packageDir, name));
  const bundle = listNames(path.join(paths.packageDir, 'dist')).map((name) =>
    path.join(paths.packageDir, 'dist', name),
  );
  const states = [
    paths.file(STATE_DIR),
    paths.file(CACHE_DIR),
    paths.dbDir,
    ...CHECKED_DBS.map((db) => path.join(paths.dbDir, db)),
  ];
  throwAll(
    findWriters([...program, ...bundle, ...states, ...own]).map((writer) =>
      distrust(writer, `"${withoutRoot(paths, writer.file)}"`),
    ),
  );
}

/**
 * Looks at the files that records name.
 * @returns warnings for what decides nothing here
 * @throws Failures for what decides what is done as root
 */
export function checkNamedFiles(paths: Paths, snapshot: Snapshot): readonly string[] {
  const failures: Failure[] = [];
  const warnings: string[] = [];
  for (const { db, key, prop, trust } of listNamed(snapshot)) {
    for (const file of splitList(findProp(snapshot, db, key, prop) ?? '')) {
      const writer = file.startsWith('/') ? findWriter(paths.file(file)) : undefined;
      if (writer === undefined) continue;
      const failure = distrust(writer, `${prop} "${file}" of "${key}" in db "${db}"`);
      if (trust === 'refuse') failures.push(failure);
      else
        warnings.push(
          `${prop} "${file}" of ${key} is not its own: ${writer.who} can write "${writer.part}" (${failure.hint ?? ''})`,
        );
    }
  }
  throwAll(failures);
  return [
    ...warnings,
    ...keysWithProp(getDb(snapshot, CONTAINERS), 'BasicAuth').flatMap((key) =>
      listUnusableLogins(paths, new Container(snapshot, key)).map(
        (words) => `Apache will answer every request for ${key} with an error: ${words}`,
      ),
    ),
  ];
}

interface Named {
  readonly db: string;
  readonly key: string;
  readonly prop: string;
  readonly trust: Trust;
}

function listNamed(snapshot: Snapshot): readonly Named[] {
  const looked = Object.entries(NAMED_FILES).filter(([, trust]) => trust === 'refuse' || trust === 'warn');
  return looked.flatMap(([name, trust]): readonly Named[] => {
    const [db = '', kind = '', prop = ''] = name.split(' ');
    if (db !== CONTAINERS) return getDb(snapshot, db).has(kind) ? [{ db, key: kind, prop, trust }] : [];
    // a default is one of all of them
    const isDefault = snapshot.schema[db]?.[kind]?.[prop]?.default !== undefined;
    const containers = isDefault
      ? listEnabled(snapshot)
      : keysWithProp(getDb(snapshot, db), prop)
          .map((key) => new Container(snapshot, key))
          .filter(({ isEnabled }) => isEnabled);
    return containers.map(({ key }) => ({ db, key, prop, trust }));
  });
}
