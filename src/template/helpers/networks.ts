import {
  firstAddress,
  formatNetwork,
  listLocalNetworks,
  type Network,
  overlaps,
  parseNetwork,
} from '../../model/network/network.ts';
import { primaryHost } from '../../model/web.ts';
import { type HelperCall, HelperFailure, type HelperTable } from '../language/helper.ts';
import { RecordView } from '../language/value.ts';
import { textArgument, textOption } from './arguments.ts';
import { LOCAL_NETWORKS, ofConfiguration, single } from './reads.ts';

/** Helpers for addresses and networks. */
export const NETWORK_HELPERS: HelperTable = {
  networks: {
    doc: 'the local networks of the db networks, as 192.168.1.0/24; family="4" or "6" for those alone',
    example: { fragment: '{{join (networks)}} {{join (networks family="6")}}', gives: '192.168.1.0/24 ' },
    reads: LOCAL_NETWORKS,
    call: (call) => {
      const family = textOption(call, 'family', '');
      return [...listLocalNetworks(call.snapshot).values()]
        .filter((network) => family === '' || String(network.family) === family)
        .map(formatNetwork);
    },
  },
  network: {
    doc: 'an address and a mask as a network',
    example: {
      fragment: '{{network "10.1.2.3" "255.255.0.0"}} {{network "fd00::1" "64"}}',
      gives: '10.1.0.0/16 fd00::/64',
    },
    call: (call) => formatNetwork(networkArgument(call)),
  },
  firstAddress: {
    doc: 'the first address of a network, with its bits: what a bridge gets',
    example: { fragment: '{{firstAddress "172.30.0.0" "16"}}', gives: '172.30.0.1/16' },
    call: (call) => {
      const network = networkArgument(call);
      return `${firstAddress(network)}/${network.prefix}`;
    },
  },
  overlapping: {
    doc: 'the records of the db networks that overlap a network',
    example: { fragment: '{{#each (overlapping "192.168.0.0" "16")}}{{@key}}{{/each}}', gives: '192.168.1.0' },
    reads: LOCAL_NETWORKS,
    shape: () => [{ kind: 'list', items: [{ kind: 'record', of: { db: 'networks' } }] }],
    call: (call) => {
      const network = networkArgument(call);
      const local = [...listLocalNetworks(call.snapshot)].filter(([, other]) => overlaps(network, other));
      return local.map(([key]) => new RecordView(call.snapshot, 'networks', key));
    },
  },
  primaryHost: {
    doc: 'the host that carries the paths of WebAlias: PrimaryHost of httpd, else SystemName.DomainName',
    example: { fragment: '{{primaryHost}}', gives: 'host.example.test' },
    reads: [...single('SystemName', 'DomainName'), ...ofConfiguration('httpd', 'PrimaryHost')],
    call: ({ snapshot }) => {
      const host = primaryHost(snapshot);
      if (host === undefined)
        throw new HelperFailure(
          'neither PrimaryHost of httpd nor SystemName and DomainName are set: config set SystemName host; config set DomainName example.org',
        );
      return host;
    },
  },
};

function networkArgument(call: HelperCall): Network {
  const [address, mask] = [textArgument(call, 0), textArgument(call, 1)];
  const network = parseNetwork(address, mask);
  if (network === undefined) throw new HelperFailure(`"${address}" with mask "${mask}" is no network`);
  return network;
}
