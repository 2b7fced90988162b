import { parseJoined, showJoined } from '../../container/spec/endpoints.ts';
import { isMap, type Value } from '../../container/spec/value.ts';
import type { PropContext, RecordBuilder } from './record-builder.ts';

const OWN_MODES = ['bridge', 'host', 'none'];

/** The network that it was made on; further ones have no prop. */
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
  for (const [network, text] of isMap(networks) ? Object.entries(networks) : []) {
    const { aliases, address } = parseJoined(text);
    if (network === mode && isCustom) {
      builder.setList('networks', 'NetworkAlias', aliases);
      if (address !== '') builder.set('networks', 'NetworkAddress', address);
    } else if (!OWN_MODES.includes(network)) {
      builder.leaveOut(
        'networks',
        showJoined(network, text),
        `the record has one network; a custom fragment can add others`,
      );
    }
  }
}
