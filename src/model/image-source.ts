import type { Snapshot } from '../db/snapshot.ts';
import { Failure } from '../base/errors.ts';
import { type Container, listContainers } from './container.ts';
import { referenceOfImage } from './image.ts';
import { ImageRecord, IMAGES } from './image-record.ts';
import { baseOf, listBaseRecords } from './images/base-images.ts';
import { checkInstallroot, type Installroot } from './images/installroot.ts';
import { findOwnLogin } from './registry/registry-record.ts';

/** Where an image comes from and when, as its record of `docker_images` says. */
export interface ImageSource {
  readonly kind: 'pull' | 'build' | 'import' | 'installroot' | 'local';
  /** always: each time that a container is made of it; never: not by docksmith */
  readonly when: 'always' | 'missing' | 'never';
  /** the folder that is built, the archive that is imported */
  readonly path?: string;
  /** how it is built, and for which platform it is built or pulled */
  readonly build?: BuildOptions;
  /** of what is built: the reference of the image that it begins from, where a record says so */
  readonly base?: string;
  /** what is installed into the image */
  readonly installroot?: Installroot;
  readonly login?: RegistryLogin;
}

export interface BuildOptions {
  /** in the folder; not said: `Dockerfile` */
  readonly dockerfile?: string;
  /** the repository that the engine builds instead of a folder */
  readonly git?: string;
  readonly target?: string;
  readonly args?: Readonly<Record<string, string>>;
  readonly platform?: string;
}

/** What a reference means that no record speaks of. */
export const PLAIN_SOURCE: ImageSource = { kind: 'pull', when: 'missing' };

/** A user at a registry. Whoever prints or stores what holds it does not get the password. */
export class RegistryLogin {
  readonly registry: string;
  readonly user: string;
  readonly #password: string;

  constructor(registry: string, user: string, password: string) {
    this.registry = registry;
    this.user = user;
    this.#password = password;
  }

  /** for the call of the engine alone */
  revealPassword(): string {
    return this.#password;
  }
}

/** Docker's own registry goes by this name where logins are kept. */
const DOCKER_HUB = 'https://index.docker.io/v1/';

/** What a record of `docker_images` has installed; it needs the texts of templates. */
export type ReadInstallroot = (record: ImageRecord) => Installroot;

/** What a record of `docker_images` says that is there. */
export function readImageSource(record: ImageRecord, readInstallroot: ReadInstallroot): ImageSource {
  const { source, pull, registryUser: user } = record;
  const kind = KINDS.find((name) => name === source) ?? PLAIN_SOURCE.kind;
  const login =
    user === '' ? findOwnLogin(record.snapshot, record.registry) : { user, password: record.registryPassword };
  const base = baseOf(record);
  const file = kind === 'build' ? record.buildPath : kind === 'import' ? record.importPath : '';
  return {
    kind,
    when: WHENS.find((name) => name === pull) ?? PLAIN_SOURCE.when,
    ...(file === '' ? {} : { path: file }),
    ...readBuildOptions(kind, record),
    ...(base === undefined ? {} : { base: referenceOfImage(base) }),
    ...(kind === 'installroot' ? { installroot: readInstallroot(record) } : {}),
    ...(login === undefined
      ? {}
      : { login: new RegistryLogin(record.registry || DOCKER_HUB, login.user, login.password) }),
  };
}

function readBuildOptions(kind: ImageSource['kind'], record: ImageRecord): Pick<ImageSource, 'build'> {
  const { dockerfile, buildGit: git, buildTarget: target, buildArgs: args, platform } = record;
  const build: BuildOptions = {
    ...(kind !== 'build' || dockerfile === '' ? {} : { dockerfile }),
    ...(kind !== 'build' || git === '' ? {} : { git }),
    ...(kind !== 'build' || target === '' ? {} : { target }),
    ...(kind !== 'build' || Object.keys(args).length === 0 ? {} : { args }),
    ...(platform === '' ? {} : { platform }),
  };
  return Object.keys(build).length === 0 ? {} : { build };
}

const KINDS = ['pull', 'build', 'import', 'installroot', 'local'] as const;
const WHENS = ['always', 'missing', 'never'] as const;

/** The record of `docker_images` that a container's record names; undefined where it names an image itself. */
export function findImageRecord({ snapshot, image }: Container): ImageRecord | undefined {
  const record = new ImageRecord(snapshot, image);
  return record.isThere ? record : undefined;
}

/** What a record of `docker_images` lacks for what it asks. */
export function checkImageRecord(snapshot: Snapshot, key: string): readonly Failure[] {
  const record = new ImageRecord(snapshot, key);
  const { source, digest } = record;
  const mistakes: Failure[] = [];
  const miss = (prop: string, value: string, what: string): void => {
    if (value === '')
      mistakes.push(
        new Failure(`cannot accept ${IMAGES} ${key} Source ${JSON.stringify(source)}`, {
          why: `it needs ${prop}, ${what}`,
          hint: `db ${IMAGES} setprop ${key} ${prop} PATH`,
        }),
      );
  };
  if (source === 'build' && record.buildGit === '')
    miss('BuildPath', record.buildPath, 'the folder with the Dockerfile');
  if (source === 'import') miss('ImportPath', record.importPath, 'the archive');
  if (source === 'installroot') mistakes.push(...checkInstallroot(IMAGES, record));
  if (source !== 'pull' && digest !== '') {
    mistakes.push(
      new Failure(`cannot accept ${IMAGES} ${key} Digest ${JSON.stringify(digest)}`, {
        why: `only a registry knows digests, and Source is ${source}`,
      }),
    );
  }
  if (record.registryPassword !== '' && record.registryUser === '') {
    mistakes.push(
      new Failure(`cannot accept ${IMAGES} ${key} RegistryPassword`, {
        why: 'there is no RegistryUser that it could belong to',
      }),
    );
  }
  return mistakes;
}

/**
 * What the references of images mean, by reference as the record spells it: of those that containers use, and
 * of those that are named.
 * @param names keys of `docker_images`
 * @throws Failure where two records give one reference different meanings
 */
export function listImageSources(
  snapshot: Snapshot,
  readInstallroot: ReadInstallroot,
  names: readonly string[] = [],
): ReadonlyMap<string, ImageSource> {
  const used = listContainers(snapshot).flatMap((container) => findImageRecord(container) ?? []);
  const named = names.map((name) => new ImageRecord(snapshot, name)).filter(({ isThere }) => isThere);
  const records = new Map<string, ImageRecord>();
  for (const record of [...used, ...named].flatMap((one) => [one, ...listBaseRecords(one)])) {
    const reference = referenceOfImage(record);
    const other = records.get(reference) ?? record;
    if (other.key !== record.key && !isSame(record, other)) {
      throw new Failure(`cannot use image "${reference}"`, {
        why: `records "${other.key}" and "${record.key}" of db ${IMAGES} are both for it, with different sources`,
      });
    }
    records.set(reference, other);
  }
  return new Map([...records].map(([reference, record]) => [reference, readImageSource(record, readInstallroot)]));
}

/** Two installations are never taken for one: each has a list of repositories of its own. */
function isSame(one: ImageRecord, other: ImageRecord): boolean {
  const values = ({
    source,
    pull,
    buildPath,
    baseImage,
    importPath,
    registryUser,
    registryPassword,
    dockerfile,
    buildGit,
    buildTarget,
    buildArgs,
    platform,
  }: ImageRecord): readonly string[] => [
    source,
    pull,
    buildPath,
    baseImage,
    importPath,
    registryUser,
    registryPassword,
    dockerfile,
    buildGit,
    buildTarget,
    JSON.stringify(buildArgs),
    platform,
  ];
  return one.source !== 'installroot' && values(one).join('\0') === values(other).join('\0');
}
