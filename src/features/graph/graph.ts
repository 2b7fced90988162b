/** What something in the graph is. */
export type NodeKind = 'record' | 'template' | 'output' | 'service' | 'container';

export interface GraphNode {
  /** unlike any other: `record docker_containers wiki`, `output /etc/motd` */
  readonly id: string;
  readonly kind: NodeKind;
  /** as people call it: a record's key, a path, a service */
  readonly name: string;
  /** the db of a record, the template of an output; of what is run, BY_ENGINE or BY_SWARM */
  readonly group: string;
  /** the container's record that an output is made for, or that a node itself is */
  readonly of?: string;
}

/** Who runs a container: the engine of this host, or the swarm, which has tasks of it on nodes of its choice. */
export const [BY_ENGINE, BY_SWARM] = ['containers', 'services of the swarm'] as const;

/**
 * reads: a record that an output (or a template without one) is made of; makes: a template's output;
 * tells: the service that an output is for; runs: the container of a run spec; needs: a container that
 * another one needs
 */
export interface GraphEdge {
  readonly kind: 'reads' | 'makes' | 'tells' | 'runs' | 'needs';
  /** ids; what is at `to` depends on what is at `from` */
  readonly from: string;
  readonly to: string;
}

export interface Graph {
  /**
   * by id; of a kind and group together, those of linked containers next to each other, else in byte order
   * of their names
   */
  readonly nodes: ReadonlyMap<string, GraphNode>;
  readonly edges: readonly GraphEdge[];
}

export function nodeId(kind: NodeKind, ...names: readonly string[]): string {
  return [kind, ...names].join(' ');
}
