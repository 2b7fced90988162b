import { makeEndpoint, readJoined, readNetworks, showJoined } from '../endpoints.ts';
import { collectAll, type Input } from '../input.ts';
import { readChoice, readFields, readFlag, readItems, readText, readTexts } from '../read-input.ts';
import { type Condition, formatDependency } from '../../../model/links/parse-links.ts';
import { defineKey, type SpecKey } from '../spec-key.ts';
import { MAP, SET, toSet } from '../value.ts';

/** What Compose calls them. */
export const CONDITION_NAMES: Readonly<Record<string, Condition>> = {
  service_started: 'started',
  service_healthy: 'healthy',
  service_completed_successfully: 'completed',
};

/** What it has to do with other containers. */
export const OTHERS_KEYS: readonly SpecKey[] = [
  defineKey(MAP, {
    // joined and left on the living container; the network that it is made on is `network_mode`
    name: 'networks',
    answer: 'none',
    parse: readNetworks,
    send: (value, body) => {
      const endpoints = Object.entries(value)
        .filter(([network]) => network !== 'bridge')
        .map(([network, text]) => [network, makeEndpoint(text)] as const);
      if (endpoints.length > 0) body.NetworkingConfig = { EndpointsConfig: Object.fromEntries(endpoints) };
      // engines before 25 know only that of the network that it is made on, and by another name
      const [, first] = endpoints.find(([network]) => network === body.HostConfig.NetworkMode) ?? [];
      if (first?.MacAddress !== undefined) body.MacAddress = first.MacAddress;
    },
    read: readJoined,
    format: (value) =>
      Object.entries(value)
        .map(([network, text]) => showJoined(network, text))
        .join(' '),
  }),
  defineKey(SET, {
    name: 'links',
    answer: 'recreate',
    parse: (input) => toSet(readItems(input, readLink)),
    send: (value, body) => {
      const mode = body.HostConfig.NetworkMode ?? 'bridge';
      // on a network of its own a link is a name that this container alone has for another one
      if (mode === 'bridge') body.HostConfig.Links = [...value];
      else {
        const all = body.NetworkingConfig?.EndpointsConfig ?? {};
        body.NetworkingConfig = { EndpointsConfig: { ...all, [mode]: { ...all[mode], Links: [...value] } } };
      }
    },
    read: ({ HostConfig }) => toSet((HostConfig.Links ?? []).map(formatLink)),
  }),
  defineKey(SET, {
    // names that it alone has for containers that need not be there
    name: 'external_links',
    answer: 'recreate',
    parse: (input) => toSet(readItems(input, readLink)),
    send: (value, body) => {
      if ((body.HostConfig.NetworkMode ?? 'bridge') === 'bridge')
        body.HostConfig.Links = [...(body.HostConfig.Links ?? []), ...value];
      for (const endpoint of Object.values(body.NetworkingConfig?.EndpointsConfig ?? {}))
        endpoint.Links = [...new Set([...(endpoint.Links ?? []), ...value])];
    },
    read: ({ NetworkSettings }) =>
      toSet(
        Object.values(NetworkSettings?.Networks ?? {}).flatMap((endpoint) => (endpoint?.Links ?? []).map(formatLink)),
      ),
  }),
  defineKey(SET, {
    // the order is made of it; the engine knows nothing of it
    name: 'depends_on',
    answer: 'none',
    parse: readDependencies,
    send: () => undefined,
    read: () => undefined,
  }),
  defineKey(SET, {
    name: 'volumes_from',
    answer: 'recreate',
    parse: (input) =>
      toSet(
        readItems(input, (item) => {
          const text = readText(item);
          const [name = '', mode = 'rw', more] = text.replace(/^container:/, '').split(':');
          if (!isName(name) || more !== undefined || !['ro', 'rw'].includes(mode))
            return item.refuse(`"${text}" is not like [container:]name[:ro]`);
          return mode === 'ro' ? `${name}:ro` : name;
        }),
      ),
    send: (value, body) => {
      body.HostConfig.VolumesFrom = [...value];
    },
    read: ({ HostConfig }) => toSet((HostConfig.VolumesFrom ?? []).map((text) => text.replace(/:rw$/, ''))),
  }),
];

/** A name alone, as links and networks of others give it, asks for a healthy one, and stands for itself. */
function readDependencies(input: Input): readonly string[] {
  if (input.entries === undefined) return toSet(readTexts(input));
  return toSet(
    collectAll(input.entries, ([name, value]) => {
      const { condition, required, restart } = readFields(value, ['condition', 'required', 'restart']);
      // with its condition in any case, to be told from a name alone
      return formatDependency({
        name,
        condition:
          CONDITION_NAMES[condition === undefined ? '' : readChoice(condition, Object.keys(CONDITION_NAMES))] ??
          'started',
        isOptional: required !== undefined && !readFlag(required),
        restarts: restart !== undefined && readFlag(restart),
      });
    }),
  );
}

function readLink(item: Input): string {
  const text = readText(item);
  const [target = '', alias = target, more] = text.split(':');
  return isName(target) && isName(alias) && more === undefined
    ? `${target}:${alias}`
    : item.refuse(`"${text}" is not like container[:alias]`);
}

/** `/wikidb:/wiki/db` on the bridge, `wikidb:db` on other networks. */
function formatLink(link: string): string {
  const [target = '', alias = ''] = link.split(':');
  return `${target.replace(/^\//, '')}:${alias.slice(alias.lastIndexOf('/') + 1)}`;
}

function isName(text: string): boolean {
  return /^[a-zA-Z0-9][\w.-]*$/.test(text);
}
