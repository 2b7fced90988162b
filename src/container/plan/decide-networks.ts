import type { Endpoint } from '../../engine/engine-api.ts';
import type { Actual, ActualContainer } from '../actual/actual.ts';
import {
  type EndpointOptions,
  type Joined,
  listJoined,
  parseJoined,
  readJoined,
  showJoined,
} from '../spec/endpoints.ts';
import { makeCreateBody } from '../spec/create-body.ts';
import { isOurs } from '../spec/names.ts';
import type { Operation } from './operation.ts';
import type { RunSpec } from '../spec/run-spec.ts';
import { isSame, type TextMap } from '../spec/value.ts';

/** Networks that a container is to join, to leave, or to be on in another way; those that are not ours it keeps. */
export function decideNetworks(spec: RunSpec, container: ActualContainer, { networks }: Actual): readonly Operation[] {
  const wanted = listWanted(spec);
  if (wanted === undefined) return [];
  const has = readJoined(container.inspect);
  const { id, name, nameNow } = container;
  const isOwn = (network: string): boolean => isOurs(networks.get(network) ?? { labels: {} });
  const isLost = (network: string): boolean => {
    const made = container.inspect.NetworkSettings?.Networks?.[network]?.NetworkID ?? '';
    return network !== 'bridge' && made !== '' && made !== networks.get(network)?.id;
  };
  const joins = Object.entries(wanted).flatMap(([network, endpoint]): readonly Operation[] => {
    const now = has[network];
    const isAsWanted =
      now !== undefined &&
      (network === 'bridge' ||
        isEndpoint(
          { ...parseJoined(now), aliases: listNames(now, name) },
          { ...parseJoined(endpoint), aliases: listNames(endpoint, name) },
          container.inspect.NetworkSettings?.Networks?.[network] ?? {},
          isOwn(network),
        ));
    if (isAsWanted && !isLost(network)) return [];
    const cause =
      now === undefined
        ? showJoined(network, endpoint)
        : `${showJoined(network, now)} -> ${showJoined(network, endpoint)}`;
    return [
      {
        verb: 'connect',
        id,
        name,
        nameNow,
        network,
        endpoint: endpointOn(spec, network),
        leaveFirst: now !== undefined,
        cause,
      },
    ];
  });
  const leaves = Object.keys(has)
    .filter((network) => !(network in wanted) && (network === 'bridge' || isOwn(network)))
    .map((network): Operation => ({ verb: 'disconnect', id, name, nameNow, network, cause: network }));
  return [...joins, ...leaves];
}

/**
 * What a container is to be on each of its networks; undefined for modes that are networks of their own kind, and
 * change with the container only.
 */
export function listWanted(spec: RunSpec): TextMap | undefined {
  const mode = spec.values['network_mode'] ?? 'bridge';
  if (typeof mode !== 'string' || mode === 'host' || mode === 'none' || mode.startsWith('container:')) return undefined;
  return { [mode]: '', ...listJoined(spec) };
}

/** What a container is to be on one of its networks. */
export function endpointOn(spec: RunSpec, network: string): Endpoint {
  return makeCreateBody(spec).NetworkingConfig?.EndpointsConfig[network] ?? {};
}

/** On a network that others made, they may have given it further names, addresses and options: those it keeps. */
function isEndpoint(now: Joined, wanted: Joined, answer: Endpoint, isOwn: boolean): boolean {
  const { mac_address: mac, gw_priority: priority, ...options } = wanted.options;
  const isList = (has: readonly string[], wants: readonly string[]): boolean =>
    isOwn ? isSame(has, wants) : wants.every((item) => has.includes(item));
  const { gw_priority: nowPriority, ...nowOptions } = now.options;
  return (
    isList(now.aliases, wanted.aliases) &&
    isList(now.addresses, wanted.addresses) &&
    // older engines know none
    (answer.GwPriority === undefined || (!isOwn && priority === undefined) || nowPriority === priority) &&
    // the engine gives an address by itself, too; older ones (without DNSNames) do not take one
    (mac === undefined || answer.DNSNames === undefined || !answer.MacAddress || answer.MacAddress === mac) &&
    isList(listOptions(nowOptions), listOptions(options))
  );
}

function listOptions({ driver_opts: driver = {}, link_local_ips: linkLocal = [] }: EndpointOptions): readonly string[] {
  return [...linkLocal, ...Object.entries(driver).map(([option, value]) => `${option}=${value}`)];
}

/** Its own name a container has on every network anyway. */
function listNames(text: string, own: string): readonly string[] {
  return parseJoined(text).aliases.filter((alias) => alias !== own);
}
