import { findRecord, getDb, hasOwnProp, listProps, type Snapshot } from '../db/snapshot.ts';
import { RecordProps } from './record-props.ts';

export const IMAGES = 'docker_images';

/** A record of `docker_images`. What is not set is empty. */
export class ImageRecord extends RecordProps {
  constructor(snapshot: Snapshot, key: string) {
    super(snapshot, IMAGES, key);
  }

  /** Whether there is such a record: an image may be named by its reference as well. */
  get isThere(): boolean {
    return findRecord(this.snapshot, IMAGES, this.key) !== undefined;
  }

  get registry(): string {
    return this.get('Registry');
  }

  get repository(): string {
    return this.get('Repository') || this.key;
  }

  get tag(): string {
    return this.get('Tag') || 'latest';
  }

  /** Whether the record says so itself. */
  get hasTag(): boolean {
    return hasOwnProp(getDb(this.snapshot, IMAGES).get(this.key), 'Tag');
  }

  get digest(): string {
    return this.get('Digest');
  }

  /** Where it comes from: `pull`, `build`, `import`, `installroot` or `local`. */
  get source(): string {
    return this.get('Source') || 'pull';
  }

  /** When it is fetched: `always`, `missing` or `never`. */
  get pull(): string {
    return this.get('Pull');
  }

  get buildPath(): string {
    return this.get('BuildPath');
  }

  /** Of `Source build`, as are the next ones: the Dockerfile's name in the folder; empty: `Dockerfile`. */
  get dockerfile(): string {
    return this.get('Dockerfile');
  }

  /** The repository that is built instead of a folder. */
  get buildGit(): string {
    return this.get('BuildGit');
  }

  get buildTarget(): string {
    return this.get('BuildTarget');
  }

  /** `BuildArgs`, and over it each `BuildArgs.NAME`. */
  get buildArgs(): Readonly<Record<string, string>> {
    const plain = this.get('BuildArgs')
      .split(',')
      .filter((item) => item.includes('='))
      .map((item) => [item.slice(0, item.indexOf('=')), item.slice(item.indexOf('=') + 1)] as const);
    const single = listProps(this.snapshot, IMAGES, this.key, 'BuildArgs.').map(
      (prop) => [prop.slice('BuildArgs.'.length), this.get(prop)] as const,
    );
    return Object.fromEntries([...plain, ...single]);
  }

  /** `linux/arm64`; empty: that of the engine. */
  get platform(): string {
    return this.get('Platform');
  }

  /** The record that it begins from. */
  get baseImage(): string {
    return this.get('BaseImage');
  }

  get importPath(): string {
    return this.get('ImportPath');
  }

  get registryUser(): string {
    return this.get('RegistryUser');
  }

  get registryPassword(): string {
    return this.get('RegistryPassword');
  }

  /** Of `Source installroot`, as are those below: `dnf` or `debootstrap`. */
  get installer(): string {
    return this.get('Installer');
  }

  get packages(): string {
    return this.get('Packages');
  }

  get repositories(): string {
    return this.get('Repositories');
  }

  get release(): string {
    return this.get('Release');
  }

  get suite(): string {
    return this.get('Suite');
  }

  get deviceNodes(): boolean {
    return this.get('DeviceNodes') !== 'no';
  }

  get networkFile(): boolean {
    return this.get('NetworkFile') !== 'no';
  }

  get keepLocales(): boolean {
    return this.get('KeepLocales') === 'yes';
  }

  get keepDocs(): boolean {
    return this.get('KeepDocs') === 'yes';
  }

  get keepCaches(): boolean {
    return this.get('KeepCaches') === 'yes';
  }

  get smoke(): string {
    return this.get('Smoke') || 'echo success';
  }
}
