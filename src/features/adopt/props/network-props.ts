import { parseJoined } from '../../../container/spec/endpoints.ts';
import { isMap, type Value } from '../../../container/spec/value.ts';
import type { PropContext, RecordBuilder } from './record-builder.ts';

const OWN_MODES = ['bridge', 'host', 'none'];

/** The network that it was made on, and further ones. */
export function setNetwork(
  builder: RecordBuilder,
  value: Value | undefined,
  { values: { networks = {} } }: PropContext,
): void {
  const mode = typeof value === 'string' ? value : 'bridge';
  const isCustom = !OWN_MODES.includes(mode) && !mode.startsWith('container:');
  builder.set('network_mode', 'network', isCustom ? `custom:${mode}` : mode);
  // what is on the server's own network is open to all who reach the server
  if (mode === 'host') builder.set('network_mode', 'access', 'public');
  const joined = isMap(networks) ? Object.entries(networks).filter(([network]) => !OWN_MODES.includes(network)) : [];
  builder.setList(
    'networks',
    'Networks',
    joined.map(([network]) => network).filter((network) => network !== mode),
  );
  for (const [network, text] of joined) {
    const { aliases, addresses, options } = parseJoined(text);
    const suffix = network === mode && isCustom ? '' : `.${network}`;
    builder.setList('networks', `NetworkAlias${suffix}`, aliases);
    if (addresses.length > 0) builder.set('networks', `NetworkAddress${suffix}`, addresses.join(','));
    if (Object.keys(options).length > 0) builder.set('networks', `NetworkOptions${suffix}`, JSON.stringify(options));
  }
}
