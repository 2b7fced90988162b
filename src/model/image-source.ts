import { findProp, findRecord, type Snapshot } from '../db/snapshot.ts';
import { Failure } from '../errors.ts';
import { type Container, listContainers } from './container.ts';
import { referenceOfImage } from './image.ts';

export const IMAGES = 'docker_images';

/** Where an image comes from and when, as its record of `docker_images` says. */
export interface ImageSource {
  readonly kind: 'pull' | 'build' | 'import' | 'local';
  /** always: each time that a container is made of it; never: not by docksmith */
  readonly when: 'always' | 'missing' | 'never';
  /** the folder that is built, the archive that is imported */
  readonly path?: string;
  readonly login?: RegistryLogin;
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

/** What a record of `docker_images` says. @param key of a record that is there */
export function readImageSource(snapshot: Snapshot, key: string): ImageSource {
  const get = (prop: string): string => findProp(snapshot, IMAGES, key, prop) ?? '';
  const kind = KINDS.find((name) => name === get('Source')) ?? PLAIN_SOURCE.kind;
  const file = kind === 'build' ? get('BuildPath') : kind === 'import' ? get('ImportPath') : '';
  const user = get('RegistryUser');
  return {
    kind,
    when: WHENS.find((name) => name === get('Pull')) ?? PLAIN_SOURCE.when,
    ...(file === '' ? {} : { path: file }),
    ...(user === '' ? {} : { login: new RegistryLogin(get('Registry') || DOCKER_HUB, user, get('RegistryPassword')) }),
  };
}

const KINDS = ['pull', 'build', 'import', 'local'] as const;
const WHENS = ['always', 'missing', 'never'] as const;

/** The record of `docker_images` that a container's record names; undefined where it names an image itself. */
export function findImageRecord({ snapshot, image }: Container): string | undefined {
  return findRecord(snapshot, IMAGES, image)?.key;
}

/** What a record of `docker_images` lacks for what it asks. */
export function checkImageRecord(snapshot: Snapshot, key: string): readonly Failure[] {
  const get = (prop: string): string => findProp(snapshot, IMAGES, key, prop) ?? '';
  const source = get('Source') || PLAIN_SOURCE.kind;
  const mistakes: Failure[] = [];
  const miss = (prop: string, what: string): void => {
    if (get(prop) === '') mistakes.push(new Failure(`cannot accept ${IMAGES} ${key} Source ${JSON.stringify(source)}`, { why: `it needs ${prop}, ${what}`, hint: `db ${IMAGES} setprop ${key} ${prop} PATH` }));
  };
  if (source === 'build') miss('BuildPath', 'the folder with the Dockerfile');
  if (source === 'import') miss('ImportPath', 'the archive');
  if (source !== 'pull' && get('Digest') !== '') {
    mistakes.push(new Failure(`cannot accept ${IMAGES} ${key} Digest ${JSON.stringify(get('Digest'))}`, { why: `only a registry knows digests, and Source is ${source}` }));
  }
  if (get('RegistryPassword') !== '' && get('RegistryUser') === '') {
    mistakes.push(new Failure(`cannot accept ${IMAGES} ${key} RegistryPassword`, { why: 'there is no RegistryUser that it could belong to' }));
  }
  return mistakes;
}

/**
 * What the references of containers' images mean, by reference as the record spells it.
 * @throws Failure where two records give one reference different meanings
 */
export function listImageSources(snapshot: Snapshot): ReadonlyMap<string, ImageSource> {
  const records = new Map<string, string>();
  for (const container of listContainers(snapshot)) {
    const key = findImageRecord(container);
    if (key === undefined) continue;
    const reference = referenceOfImage(snapshot, key);
    const other = records.get(reference) ?? key;
    if (other !== key && !isSame(snapshot, key, other)) {
      throw new Failure(`cannot use image "${reference}"`, { why: `records "${other}" and "${key}" of db ${IMAGES} both mean it, and want it from different places` });
    }
    records.set(reference, other);
  }
  return new Map([...records].map(([reference, key]) => [reference, readImageSource(snapshot, key)]));
}

function isSame(snapshot: Snapshot, one: string, other: string): boolean {
  const props = ['Source', 'Pull', 'BuildPath', 'ImportPath', 'RegistryUser', 'RegistryPassword'];
  return props.every((prop) => (findProp(snapshot, IMAGES, one, prop) ?? '') === (findProp(snapshot, IMAGES, other, prop) ?? ''));
}
