import type { ContainerInspect, ImageInspect } from '../../engine/engine-api.ts';
import type { ServiceBody } from '../../engine/swarm-api.ts';
import type { KeptReference } from '../../container/spec/kept/kept-references.ts';
import type { NetworkDefinition } from '../../container/spec/network-definition.ts';
import type { VolumeDefinition } from '../../container/spec/volume-definition.ts';
import type { OwnRecords } from './own-records.ts';
import type { Dependency } from '../../model/links/parse-links.ts';
import type { TextMap, Value } from '../../container/spec/value.ts';

/** Something that the db cannot say of a container, a network or a volume. */
export interface LeftOut {
  /** `wiki`, `network lan` */
  readonly name: string;
  /** a key of a run spec, or a field of the engine's */
  readonly key: string;
  readonly value: string;
  readonly why: string;
}

/** Labels that Docker's programs, Compose among them, and docksmith set and look for themselves: no record has them. */
export function isOfProgram(label: string): boolean {
  return /^(com\.docker|docksmith)\./.test(label);
}

/** One container that is to be adopted, as it runs or as a Compose file writes it down. */
export interface Candidate {
  readonly name: string;
  /** its image, and settings of neither the image nor the engine's defaults, canonical, by key of a run spec */
  readonly values: Readonly<Record<string, Value>>;
  /** absent: it is written down only */
  readonly there?: There;
  /** it is a service of a swarm, and runs */
  readonly service?: RunningService;
  /** whether it is to run */
  readonly enabled: boolean;
  readonly source: ImageOrigin;
  /** the networks that it is on, but for the engine's own */
  readonly networks: readonly NetworkDefinition[];
  /** those of its volumes that more is said of than their names */
  readonly volumes?: readonly VolumeDefinition[];
  /** files that some of its variables are left in */
  readonly envFiles?: EnvFiles;
  /** the Compose project that it is a part of */
  readonly application?: string;
  /** the container that needs it, where it was not named itself */
  readonly neededBy?: string;
  /** it is written down only, and a container of that name is an orphan of docksmith's */
  readonly isOrphan?: boolean;
  /** what it waits for, by the names of containers */
  readonly dependsOn?: readonly Dependency[];
  /** files whose content db secrets is to have */
  readonly secretFiles?: readonly SecretFile[];
  /** of a service: those of its ports that the nodes publish which run a task */
  readonly hostPorts?: readonly string[];
  /** what the swarm keeps for it */
  readonly keptFiles?: readonly KeptReference[];
  /** what no key of a run spec says */
  readonly leftOut: readonly LeftOut[];
  /** what its file says that is not done, and that is no gap of the record; a sentence each */
  readonly warnings?: readonly string[];
  /** what its file says of records itself */
  readonly own?: OwnRecords;
  /** props of its record that somebody chose, whatever else says them; undefined: it does not have them */
  readonly chosen?: ReadonlyMap<string, string | undefined>;
}

export interface RunningService {
  /** with the names of networks */
  readonly body: ServiceBody;
  /** of its swarm, for the names of what that keeps */
  readonly salt: string;
}

export interface SecretFile {
  readonly name: string;
  readonly value: string;
  /** in the container */
  readonly target: string;
  /** octal; undefined: for its user alone */
  readonly mode: string | undefined;
  /** `UID:GID`; undefined: its user */
  readonly owner: string | undefined;
}

export interface EnvFiles {
  /** as a record names them */
  readonly files: readonly string[];
  readonly variables: TextMap;
}

export interface There {
  readonly id: string;
  readonly inspect: ContainerInspect;
  /** undefined: it is gone */
  readonly image: ImageInspect | undefined;
}

/** Where its image comes from: a registry, this host, or a folder or repository that is built. */
export interface ImageOrigin {
  readonly kind: 'pull' | 'local' | 'build';
  /** of docker_images, beside those that name the image */
  readonly props?: TextMap;
}

/** The value of a key that holds one text. */
export function findText(values: Candidate['values'], key: string): string | undefined {
  const value = values[key];
  return typeof value === 'string' ? value : undefined;
}
