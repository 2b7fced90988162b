import { randomUUID } from 'node:crypto';
import { FACTS, type Read } from '../../db/record.ts';
import type { Facts, ImageFacts } from '../../host/facts.ts';
import type { Lookups } from '../../host/lookups.ts';
import type { ReadScope } from './tracked-text.ts';

/** The facts, and what is looked at of them is noted in the scope: a fact as a key, an image as a prop of `images`. */
export function observeFacts(facts: Facts, scope: ReadScope): Facts {
  return new ObservedFacts(facts, scope);
}

/** A fact as its reads name it, for who compares it with that of another time. */
export function findFact(facts: Facts, key: string, prop: string | undefined): unknown {
  if (key === 'images') return prop === undefined ? [...facts.images] : facts.images.get(prop);
  // what cannot be known is another one each time
  if (key === 'outside') return randomUUID();
  if (key === 'portsInFiles') return [...facts.portsInFiles()];
  if (key === 'certificates') return prop === undefined ? undefined : facts.certificates.get(prop);
  if (key === 'secretSalt') return facts.secretSalt;
  if (Object.hasOwn(facts.lookups, key)) return lookUp(facts.lookups, key as keyof Lookups, prop ?? '');
  const named: Readonly<Record<string, unknown>> = {
    host: facts.host,
    addresses: facts.addresses,
    listeners: facts.listeners,
    connectedPorts: [...facts.connectedPorts],
    localPorts: facts.localPorts,
    publishedPorts: facts.publishedPorts,
    dockerUnit: facts.dockerUnit,
    bridges: [...facts.bridges],
    nodes: facts.nodes,
    peers: facts.peers,
  };
  return named[key];
}

/** What cannot be looked up is an answer as well, which another one may follow. */
function lookUp(lookups: Lookups, key: keyof Lookups, name: string): unknown {
  try {
    return lookups[key](name);
  } catch (error) {
    return String(error);
  }
}

/** Whether what was read of the host is in a file that not everybody may read. */
export function isPrivateFact(facts: Facts, { db, key, prop }: Read): boolean {
  return db === FACTS && key === 'lines' && prop !== undefined && facts.lookups.file(prop)?.isPrivate === true;
}

class ObservedFacts implements Facts {
  readonly #facts: Facts;
  readonly #scope: ReadScope;

  constructor(facts: Facts, scope: ReadScope) {
    this.#facts = facts;
    this.#scope = scope;
  }

  #note(key: string): Facts {
    this.#scope.note({ db: FACTS, key });
    return this.#facts;
  }

  get host(): Facts['host'] {
    return this.#note('host').host;
  }
  get addresses(): Facts['addresses'] {
    return this.#note('addresses').addresses;
  }
  get listeners(): Facts['listeners'] {
    return this.#note('listeners').listeners;
  }
  get connectedPorts(): Facts['connectedPorts'] {
    return this.#note('connectedPorts').connectedPorts;
  }
  get localPorts(): Facts['localPorts'] {
    return this.#note('localPorts').localPorts;
  }
  get publishedPorts(): Facts['publishedPorts'] {
    return this.#note('publishedPorts').publishedPorts;
  }
  get dockerUnit(): Facts['dockerUnit'] {
    return this.#note('dockerUnit').dockerUnit;
  }
  get bridges(): Facts['bridges'] {
    return this.#note('bridges').bridges;
  }
  get nodes(): Facts['nodes'] {
    return this.#note('nodes').nodes;
  }
  get peers(): Facts['peers'] {
    return this.#note('peers').peers;
  }
  get portsInFiles(): Facts['portsInFiles'] {
    return this.#note('portsInFiles').portsInFiles;
  }
  get certificates(): Facts['certificates'] {
    return {
      get: (file) => {
        this.#scope.note({ db: FACTS, key: 'certificates', prop: file });
        return this.#facts.certificates.get(file);
      },
    };
  }
  get secretSalt(): Facts['secretSalt'] {
    return this.#note('secretSalt').secretSalt;
  }
  get lookups(): Lookups {
    const { lookups } = this.#facts;
    const note = (key: keyof Lookups, prop: string): Lookups => {
      this.#scope.note({ db: FACTS, key, prop });
      return lookups;
    };
    return {
      file: (name) => note('file', name).file(name),
      lines: (name) => note('lines', name).lines(name),
      package: (name) => note('package', name).package(name),
      user: (name) => note('user', name).user(name),
      group: (name) => note('group', name).group(name),
      hostname: () => this.#note('hostname').lookups.hostname(),
    };
  }
  get images(): Facts['images'] {
    return new ObservedImages(this.#facts.images, this.#scope);
  }
}

class ObservedImages extends Map<string, ImageFacts> {
  readonly #images: Facts['images'];
  readonly #scope: ReadScope;

  constructor(images: Facts['images'], scope: ReadScope) {
    super();
    this.#images = images;
    this.#scope = scope;
  }

  override get(reference: string): ImageFacts | undefined {
    this.#scope.note({ db: FACTS, key: 'images', prop: reference });
    return this.#images.get(reference);
  }

  override has(reference: string): boolean {
    return this.get(reference) !== undefined;
  }

  override [Symbol.iterator](): MapIterator<[string, ImageFacts]> {
    this.#scope.note({ db: FACTS, key: 'images' });
    return new Map(this.#images)[Symbol.iterator]();
  }

  override entries(): MapIterator<[string, ImageFacts]> {
    return this[Symbol.iterator]();
  }
}
