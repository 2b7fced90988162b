import { splitMounts } from '../../base/mount-options.ts';
import { listProps } from '../../db/snapshot.ts';
import { ContainerRole } from './role.ts';

const CONTAINERS_DB = 'docker_containers';

/** What a record of `docker_containers` says of folders and data. */
export abstract class ContainerStorage extends ContainerRole {
  /** The items of `MountPath`, and each `MountPath.NAME`, as they are written. */
  get writtenMounts(): readonly string[] {
    return [
      ...splitMounts(this.get('MountPath')),
      ...listProps(this.snapshot, CONTAINERS_DB, this.key, 'MountPath.').map((prop) => this.get(prop)),
    ].filter((mount) => mount !== '');
  }

  /** `MountPath`: a path alone means the same path inside. */
  get mounts(): readonly { readonly host: string; readonly inside: string }[] {
    return this.writtenMounts.map((mount) => {
      const [host = '', inside = host] = mount.split(':');
      return { host, inside };
    });
  }

  /** Whether folders of `MountPath` that are missing are made, with which mode and owner. */
  get makesMounts(): boolean {
    return this.get('MountCreate') === 'yes';
  }

  get mountMode(): number {
    return Number.parseInt(this.get('MountMode') || '0755', 8);
  }

  /** `USER` or `USER:GROUP` */
  get mountOwner(): string {
    return this.get('MountOwner');
  }

  /** Items VOLUME:CONTAINERPATH[:OPTIONS], as they are written. */
  get volumes(): string {
    return this.get('Volumes');
  }

  get dataMountPath(): string {
    return this.get('DataMountPath');
  }

  get isDataOnHost(): boolean {
    return this.get('DataMount') === 'host';
  }

  get isDataWritable(): boolean {
    return this.get('DataMountWrite') !== 'no';
  }
}
