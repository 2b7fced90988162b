import { splitList } from '../network/parse-ports.ts';

/** A container that another one reaches under a name of its own choice. */
export interface Link {
  readonly target: string;
  readonly alias: string;
}

/** Reads `wikidb:db,cache` (Interlinked, and Compose's `links`); without an alias it is the name. */
export function parseLinks(value: string): readonly Link[] {
  return splitList(value).map((item) => {
    const [target = '', alias = target] = item.split(':');
    return { target, alias };
  });
}

/** `NAME` of `container:NAME`. */
export function parseContainerNetwork(network: string): string | undefined {
  return /^container:(.+)$/.exec(network)?.[1];
}
