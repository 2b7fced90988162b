import { formatJoined, parseJoined } from '../../../src/container/spec/endpoints.ts';
import { isList, isMap, isSame, type Value } from '../../../src/container/spec/value.ts';

/** One way in which run specs are not what Compose prints, on purpose. */
export interface Explanation {
  readonly key: string;
  readonly why: string;
}

interface Sides {
  readonly ours: Readonly<Record<string, Value>>;
  readonly theirs: Readonly<Record<string, Value>>;
  /** the aliases that links of the project ask for */
  readonly linked: ReadonlySet<string>;
}

interface Row extends Explanation {
  readonly holds: (ours: Value | undefined, theirs: Value | undefined, sides: Sides) => boolean;
}

/** All of them: a difference that no row explains is a mistake, and so is a row that explains none. */
export const EXPLAINED: readonly Row[] = [
  {
    key: 'logging',
    why: 'a record has LogDriver json-file unless it says another one, so that the size of logs can be limited',
    holds: (ours, theirs) => theirs === undefined && JSON.stringify(ours) === '{"driver":"json-file"}',
  },
  ...['build', 'platform', 'pull_policy'].map((key) => ({
    key,
    why: 'a record of docker_images says where an image comes from, and a run spec only which one it is',
    holds: (ours: Value | undefined) => ours === undefined,
  })),
  {
    key: 'scale',
    why: 'a run spec is one container',
    holds: (ours) => ours === undefined,
  },
  {
    key: 'links',
    why: 'links on networks of Compose are aliases of the one that is linked with, for all on these networks',
    holds: (ours) => ours === undefined,
  },
  {
    key: 'networks',
    why: 'the aliases that links of others give it',
    holds: (ours, theirs, { linked }) => {
      if (ours === undefined || theirs === undefined || !isMap(ours) || !isMap(theirs)) return false;
      const unlinked = Object.entries(ours).map(([network, text]) => {
        const joined = parseJoined(text);
        return [
          network,
          formatJoined({ ...joined, aliases: joined.aliases.filter((alias) => !linked.has(alias)) }),
        ] as const;
      });
      return isSame(Object.fromEntries(unlinked), theirs);
    },
  },
  {
    key: 'depends_on',
    why: 'who shares something of another container by links, volumes_from, network_mode, pid or ipc is started after it, and when it is healthy',
    holds: (ours = [], theirs = [], { ours: spec, theirs: said }) => {
      if (!isList(ours) || !isList(theirs)) return false;
      const shared = ['links', 'volumes_from', 'network_mode', 'pid', 'ipc']
        .flatMap((key) => [spec[key] ?? [], said[key] ?? []])
        .flatMap((value) => (typeof value === 'string' ? [value] : isList(value) ? value : []));
      const names = shared.map((value) => value.replace(/^container:/, '').replace(/:.*$/, ''));
      const isShared = (one: string): boolean => names.includes(one.replace(/:.*$/, ''));
      return (
        theirs.every((one) => ours.includes(one) || isShared(one)) &&
        ours.every((one) => theirs.includes(one) || isShared(one))
      );
    },
  },
  {
    key: 'ports',
    why: 'with the network of the host or of another container nothing can be published: left out, and listed',
    holds: (ours, _, { ours: { network_mode: mode } }) =>
      ours === undefined && typeof mode === 'string' && /^(host$|container:)/.test(mode),
  },
  {
    key: 'ports',
    why: 'a port of the host that nobody chose is chosen once, and kept: Compose has another one after each recreate',
    holds: (ours, theirs) =>
      isList(ours ?? '') &&
      isList(theirs ?? '') &&
      isSame(
        (ours as readonly string[]).map((text) => text.replace(/^2\d{4}:/, '')),
        (theirs as readonly string[]).map((text) => text.replace(/^2\d{4}:/, '')),
      ),
  },
];

export function findExplanation(
  { key, ours, theirs }: { readonly key: string; readonly ours: Value | undefined; readonly theirs: Value | undefined },
  sides: Sides,
): Explanation | undefined {
  return EXPLAINED.find((row) => row.key === key && row.holds(ours, theirs, sides));
}
