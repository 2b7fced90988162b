import {
  type Dependency,
  type Link,
  parseContainerNetwork,
  parseDependencies,
  parseLinks,
} from '../links/parse-links.ts';
import { splitList } from '../network/parse-ports.ts';
import { ContainerStorage } from './storage.ts';

/** What a record of `docker_containers` says that the container needs of others. */
export abstract class ContainerNeeds extends ContainerStorage {
  /** `bridge`, `host`, `none`, `custom:NAME` or `container:NAME` */
  get network(): string {
    return this.get('network') || 'bridge';
  }

  /** Those of Interlinked, and the containers that an ambassador leads to. */
  get links(): readonly Link[] {
    const links = parseLinks(this.get('Interlinked'));
    const reached = this.targets.flatMap(({ host, isContainer }) =>
      isContainer && !links.some(({ target, alias }) => target === host && alias === host) ? [host] : [],
    );
    return [...links, ...[...new Set(reached)].map((host) => ({ target: host, alias: host }))];
  }

  /** Those of DependsOn, as it says. */
  get dependencies(): readonly Dependency[] {
    return parseDependencies(this.get('DependsOn'));
  }

  /** When the engine starts it again by itself. */
  get restart(): string {
    return this.isJob ? 'no' : this.get('Restart') || 'unless-stopped';
  }

  get volumesFrom(): readonly string[] {
    return splitList(this.get('VolumesFrom')).map((item) => item.split(':')[0] ?? '');
  }

  /** What is started before it: those that it is linked with, depends on, whose network it uses, and whose volumes. */
  get needs(): readonly string[] {
    return [
      ...new Set([
        ...this.links.map(({ target }) => target),
        ...this.dependencies.map(({ name }) => name),
        ...this.boundTo,
      ]),
    ];
  }

  /** Those whose network or volumes it has: it has to follow when they are recreated. */
  get boundTo(): readonly string[] {
    const network = parseContainerNetwork(this.network);
    return [...(network === undefined ? [] : [network]), ...this.volumesFrom];
  }
}
