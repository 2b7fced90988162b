import { checkRecord } from '../../db/check-value.ts';
import { findRecordSchema, getDb, type Snapshot } from '../../db/snapshot.ts';
import type { Paths } from '../../base/paths.ts';
import { Failure } from '../../base/errors.ts';
import { didYouMean } from '../../base/nearest.ts';
import type { ImageRecord } from '../image-record.ts';
import { splitList } from '../network/parse-ports.ts';
import { findRepository, REPOSITORIES, REPOSITORY_DBS, type RepositoryRecord } from './repository-record.ts';

/** What an image of `Source installroot` is made from: packages that are installed into an empty folder. */
export interface Installroot {
  /** host: programs of this server are copied */
  readonly installer: 'dnf' | 'debootstrap' | 'host';
  /** of the system: `9`, `bookworm` */
  readonly release: string;
  readonly packages: readonly string[];
  /** names of the repositories, for people */
  readonly repositories: readonly string[];
  /** of debootstrap: the base system's, where only one is enabled all packages come from it */
  readonly base: BaseRepository | undefined;
  /** the text of the `.repo` file or of `sources.list` */
  readonly sources: string;
  readonly deviceNodes: boolean;
  readonly networkFile: boolean;
  readonly keepLocales: boolean;
  readonly keepDocs: boolean;
  readonly keepCaches: boolean;
  /** a command for sh */
  readonly smoke: string;
  /** where the list of the images that were made is kept, and where it is made meanwhile */
  readonly paths: Paths;
  /** the record names no tag: the image gets the one of its release besides */
  readonly takesTag: boolean;
}

export interface BaseRepository {
  readonly url: string;
  readonly components: string;
  readonly checksSignatures: boolean;
  /** a file of this host */
  readonly gpgKey: string;
  /** there are others that packages may come from */
  readonly hasOthers: boolean;
}

/** @param sources the text that the template gives for it */
export function readInstallroot(paths: Paths, record: ImageRecord, sources: string): Installroot {
  const [first, ...others] = listRepositories(record).filter(({ isEnabled }) => isEnabled);
  return {
    installer: INSTALLERS.find((name) => name === record.installer) ?? 'dnf',
    release: record.installer === 'debootstrap' ? first?.suite || record.suite : record.release,
    packages: splitList(record.packages),
    repositories: splitList(record.repositories),
    base:
      record.installer !== 'debootstrap' || first === undefined
        ? undefined
        : {
            url: first.baseUrl,
            components: first.components,
            checksSignatures: first.checksSignatures,
            gpgKey: first.gpgKey,
            hasOthers: others.length > 0,
          },
    sources,
    paths,
    deviceNodes: record.deviceNodes,
    networkFile: record.networkFile,
    keepLocales: record.keepLocales,
    keepDocs: record.keepDocs,
    keepCaches: record.keepCaches,
    smoke: record.smoke,
    takesTag: !record.hasTag,
  };
}

const INSTALLERS = ['dnf', 'debootstrap', 'host'] as const;

/** An image of programs of this server alone. */
export function installPrograms(paths: Paths, programs: readonly string[], smoke: string): Installroot {
  return {
    installer: 'host',
    release: '',
    packages: programs,
    repositories: [],
    base: undefined,
    sources: '',
    deviceNodes: false,
    networkFile: false,
    keepLocales: false,
    keepDocs: false,
    keepCaches: false,
    smoke,
    paths,
    takesTag: false,
  };
}

/** Those that a record names, as far as they are there. */
export function listRepositories({ snapshot, repositories }: ImageRecord): readonly RepositoryRecord[] {
  return splitList(repositories).flatMap((name) => findRepository(snapshot, name) ?? []);
}

/** What a record of `docker_images` with `Source installroot` lacks. */
export function* checkInstallroot(db: string, record: ImageRecord): Generator<Failure> {
  const { key, installer, repositories } = record;
  const refuse = (what: string, why: string, hint?: string): Failure =>
    new Failure(`cannot accept ${db} ${key} ${what}`, { why, ...(hint === undefined ? {} : { hint }) });
  const set = (prop: string, value: string): string => `db ${db} setprop ${key} ${prop} ${value}`;
  if (!/^[a-zA-Z0-9][\w.-]*$/.test(key))
    yield refuse('Source "installroot"', 'its name is the name of a file, of letters, digits and . _ -');
  if (installer === '')
    yield refuse('Source "installroot"', 'it needs Installer, dnf, debootstrap or host', set('Installer', 'dnf'));
  if (installer === 'dnf' && record.release === '')
    yield refuse('Installer "dnf"', 'it needs Release, the release of the system', set('Release', '9'));
  if (installer === 'dnf' && record.packages === '')
    yield refuse('Installer "dnf"', 'it needs Packages, what is installed', set('Packages', 'bash,coreutils-single'));
  if (installer === 'host' && record.packages === '')
    yield refuse('Installer "host"', 'it needs Packages, the programs of this server', set('Packages', 'socat,sh'));
  if (installer === 'debootstrap' && record.suite === '')
    yield refuse('Installer "debootstrap"', 'it needs Suite, as bookworm', set('Suite', 'bookworm'));
  if (repositories === '' && installer !== 'host')
    yield refuse(
      'Source "installroot"',
      'it needs Repositories, where the packages come from',
      set('Repositories', 'NAME,…'),
    );
}

/** What is wrong with the repositories that such a record names. */
export function* checkRepositories(db: string, record: ImageRecord): Generator<Failure> {
  const { snapshot, key, installer, repositories } = record;
  for (const name of splitList(repositories))
    if (findRepository(snapshot, name) === undefined)
      yield new Failure(`cannot accept ${db} ${key} Repositories ${JSON.stringify(repositories)}`, {
        why: `neither db ${REPOSITORY_DBS.join(' nor db ')} has "${name}"`,
        ...didYouMean(name, listNames(snapshot), `db ${REPOSITORY_DBS[0] ?? ''} keys`),
      });
  const known = listRepositories(record);
  if (known.length > 0 && !known.some(({ isEnabled }) => isEnabled))
    yield new Failure(`cannot accept ${db} ${key} Repositories ${JSON.stringify(repositories)}`, {
      why: 'all of them are disabled',
    });
  for (const repository of known) {
    yield* checkBySchema(snapshot, repository);
    yield* checkRepository(installer, repository);
  }
}

/** SME Server's records have no schema, and mean the same. */
function* checkBySchema(snapshot: Snapshot, { db, key }: RepositoryRecord): Generator<Failure> {
  const record = getDb(snapshot, db).get(key);
  const schema = record && findRecordSchema(snapshot, REPOSITORIES, record);
  if (record === undefined || schema === undefined) return;
  for (const { why } of checkRecord(schema, record).mistakes) yield new Failure(`cannot accept ${db} ${key}`, { why });
}

function* checkRepository(
  installer: string,
  { db, key, isEnabled, baseUrl, mirrorList, gpgKey }: RepositoryRecord,
): Generator<Failure> {
  if (!isEnabled) return;
  if (baseUrl === '' && (installer === 'debootstrap' || mirrorList === ''))
    yield new Failure(`cannot accept ${db} ${key}`, {
      why: installer === 'debootstrap' ? 'debootstrap needs its BaseURL' : 'it has neither BaseURL nor MirrorList',
      hint: `db ${db} setprop ${key} BaseURL URL`,
    });
  if (installer === 'debootstrap' && gpgKey !== '' && !gpgKey.startsWith('/'))
    yield new Failure(`cannot accept ${db} ${key} GPGKey ${JSON.stringify(gpgKey)}`, {
      why: 'for debootstrap it is a file of this host',
    });
}

function listNames(snapshot: Snapshot): readonly string[] {
  return REPOSITORY_DBS.flatMap((db) => [...getDb(snapshot, db).keys()]);
}
