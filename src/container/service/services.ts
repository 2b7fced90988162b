import type { Service } from '../../engine/swarm-api.ts';
import type { Kept, KeptData } from '../../engine/swarm-engine.ts';
import type { NetworkSummary } from '../../engine/engine.ts';
import type { RegistryLogin } from '../../model/image-source.ts';
import type { ActualContainer } from '../actual/actual.ts';
import type { RunSpec } from '../spec/run-spec.ts';
import type { MadeService } from './service-body.ts';

/** What the dbs ask a swarm for. */
export type DesiredService =
  | {
      readonly state: 'running';
      readonly name: string;
      readonly spec: RunSpec;
      readonly made: MadeService;
      readonly login?: RegistryLogin | undefined;
      /** what the image's repository calls it here, `sha256:…`; absent: nobody here knows */
      readonly digest?: string | undefined;
    }
  /** kept with no task if it is there, and never made */
  | { readonly state: 'stopped'; readonly name: string };

export interface DesiredServices {
  /** in byte order of their names */
  readonly services: readonly DesiredService[];
  /** names of all records that make containers of this host */
  readonly containers: ReadonlySet<string>;
  /** of this host's containers: networks that they want, which nobody removes */
  readonly containerNetworks: ReadonlySet<string>;
}

/** What the swarm has, as far as it matters for what is desired; networks of services by their names. */
export interface ActualServices {
  /** ours, and those of stacks that records have adopted; by name */
  readonly services: ReadonlyMap<string, Service>;
  readonly foreign: readonly Service[];
  /** of all that the swarm keeps */
  readonly keptNames: Readonly<Record<Kept, ReadonlySet<string>>>;
  /** ours */
  readonly kept: Readonly<Record<Kept, readonly KeptData[]>>;
  readonly networks: ReadonlyMap<string, NetworkSummary>;
  /** of our overlay networks, which containers of this host are on them */
  readonly networkUsers: ReadonlyMap<string, readonly string[]>;
  /** containers of ours on this host, by name, whose records make services */
  readonly containers: ReadonlyMap<string, ActualContainer>;
}
