import { compareBytes } from '../../base/layers.ts';
import { formatJoined, readJoinedFields } from '../../container/spec/endpoints.ts';
import type { Input } from '../../container/spec/input.ts';
import { type TextMap, toMap } from '../../container/spec/value.ts';
import { findEntry, isNothing, listReadable, showInput, withText } from './compose-input.ts';
import type { Project } from './compose-project.ts';

/** Notes what a record cannot say of a service. */
export type LeaveOut = (key: string, value: string, why: string) => void;

/**
 * The network that it is made on, and what it is on all of its networks. The others find it by the name of
 * its service.
 */
export function readNetworkOf(
  project: Project,
  service: string,
  input: Input,
  {
    name,
    rename,
    leaveOut,
  }: { readonly name: string; readonly rename: (text: string) => string; readonly leaveOut: LeaveOut },
): { readonly mode: string; readonly networks: TextMap; readonly joined: readonly string[] } {
  const mode = findEntry(input, 'network_mode');
  if (mode !== undefined) {
    const [, other] = /^service:(.+)$/.exec(showInput(mode)) ?? [];
    return { mode: other === undefined ? showInput(mode) : `container:${rename(other)}`, networks: {}, joined: [] };
  }
  const named = findEntry(input, 'networks');
  const entries = named?.entries ??
    named?.items?.map((item) => [showInput(item), withText(item, '')] as const) ?? [
      ['default', withText(input, '')] as const,
    ];
  const joined = entries
    .map(([key, endpoint]) => {
      const definition =
        project.networks.get(key) ?? endpoint.refuse(`network "${key}" is not in the map "networks" of the file`);
      const known = listReadable(
        (endpoint.entries ?? []).filter(
          ([field, held]) => field !== 'aliases' && !field.startsWith('x-') && !isNothing(held),
        ),
        (entry) => readJoinedFields({ ...endpoint, entries: [entry] }),
        ([field, held], why) => leaveOut('networks', `${definition.name} ${field} ${showInput(held)}`, why),
      );
      const { addresses, options } = readJoinedFields({ ...endpoint, entries: known });
      const said = (findEntry(endpoint, 'aliases')?.items ?? []).map(showInput);
      const aliases = [service, ...said, ...listLinkNames(project, service)].filter((alias) => alias !== name);
      const priority = Number(findEntry(endpoint, 'priority')?.scalar ?? 0);
      return {
        network: definition.name,
        key,
        priority,
        text: formatJoined({ aliases, addresses, options }),
      };
    })
    .sort((a, b) => b.priority - a.priority || compareBytes(a.key, b.key));
  const [first] = joined;
  return {
    mode: first?.network ?? 'none',
    networks: toMap(joined.map(({ network, text }) => [network, text])),
    joined: joined.map(({ key }) => key),
  };
}

/** What other services of the project call it by their `links`: here it is called so for all on its networks. */
function listLinkNames({ services }: Project, service: string): readonly string[] {
  return [...services.values()]
    .flatMap((other) => findEntry(other, 'links')?.items ?? [])
    .map((item) => showInput(item).split(':'))
    .flatMap(([target, alias]) => (target === service && alias !== undefined ? [alias] : []));
}
