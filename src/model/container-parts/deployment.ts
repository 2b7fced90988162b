import { splitList } from '../network/parse-ports.ts';
import { RecordProps } from '../record-props.ts';

/** When a swarm takes a change back by itself. */
export interface RollbackRule {
  readonly action: 'rollback' | 'pause';
  /** of the tasks, from 0 to 1: so many may fail */
  readonly ratio: number;
}

/** The props that say how a swarm runs a service: how many tasks, where, and how they are replaced. */
export const ROLLOUT_PROPS = [
  'Replicas',
  'Placement',
  'MaxPerNode',
  'UpdateOrder',
  'UpdateParallelism',
  'UpdateDelay',
  'RollbackOn',
] as const;

/** What a record of `docker_containers` says that makes it a service of the swarm, and how a swarm runs that. */
export abstract class ContainerDeployment extends RecordProps {
  /** A number, `global`, or empty: it is a container of this host. */
  get replicas(): string {
    return this.get('Replicas');
  }

  /** Whether it is a service of the swarm by its record; a custom fragment may make it one, too. */
  get isSwarmService(): boolean {
    return this.replicas !== '';
  }

  /** Constraints, and the labels of nodes that tasks are spread over. */
  get placement(): { readonly constraints: readonly string[]; readonly spread: readonly string[] } {
    const items = splitList(this.get('Placement'));
    return {
      constraints: items.filter((item) => !item.startsWith(SPREAD)),
      spread: items.filter((item) => item.startsWith(SPREAD)).map((item) => item.slice(SPREAD.length)),
    };
  }

  get maxPerNode(): string {
    return this.get('MaxPerNode');
  }

  get updateOrder(): string {
    return this.get('UpdateOrder') || 'stop-first';
  }

  get updateParallelism(): string {
    return this.get('UpdateParallelism') || '1';
  }

  get updateDelay(): string {
    return this.get('UpdateDelay');
  }

  get rollback(): RollbackRule {
    const [when, ratio = '0'] = this.get('RollbackOn').split(':');
    return { action: when === 'none' ? 'pause' : 'rollback', ratio: Number(ratio) };
  }

  /** Further fields of Compose's `deploy`, by their path: `restart_policy.delay`. */
  get deployFields(): Readonly<Record<string, string>> {
    return this.getNamed('Deploy');
  }

  /** Secrets and configs that the swarm keeps already, as they are written: `NAME:TARGET`. */
  get keptFiles(): Readonly<Record<'secret' | 'config', readonly string[]>> {
    return { secret: splitList(this.get('SwarmSecrets')), config: splitList(this.get('SwarmConfigs')) };
  }

  /** The stack of `docker stack deploy` that its service was adopted from; empty: none. */
  get stack(): string {
    return this.get(`Labels.${STACK_LABEL}`);
  }

  /** `ingress`, or `host`: the nodes that run a task answer for it alone. */
  get publishMode(): string {
    return this.get('PublishMode') || 'ingress';
  }

  /** The same of one port of its containers: `443`, `53/udp`. */
  publishModeOf(port: string): string {
    return this.get(`PublishMode.${port}`) || this.publishMode;
  }

  /** Whether Apache asks the swarm's own mesh for it, and not the nodes one by one. */
  get isOverMesh(): boolean {
    return this.get('WebMode') === 'mesh';
  }
}

const SPREAD = 'spread:';

/** By which `docker stack deploy` finds its services again; it is on their containers, too. */
export const STACK_LABEL = 'com.docker.stack.namespace';
