import {
  countHosts,
  firstAddress,
  formatMask,
  formatNetwork,
  formatStart,
  lastAddress,
  listHosts,
  listLocalNetworks,
  listPrefixes,
  type Network,
  overlaps,
  parseHost,
  parseNetwork,
  reverseName,
} from '../../model/network/network.ts';
import { primaryHost } from '../../model/web.ts';
import { type HelperCall, HelperFailure, type HelperTable, ITEM, refuseLarge } from '../language/helper.ts';
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
    doc: 'an address and a mask as a network; here as in the helpers that follow, a network is also one text: 10.1.0.0/16',
    example: {
      fragment: '{{network "10.1.2.3" "255.255.0.0"}} {{network "fd00::1" "64"}}',
      gives: '10.1.0.0/16 fd00::/64',
    },
    call: (call) => formatNetwork(networkArgument(call)),
  },
  networkAddress: {
    doc: 'the address of a network itself',
    example: { fragment: '{{networkAddress "10.1.5.4" "255.255.252.0"}}', gives: '10.1.4.0' },
    call: (call) => formatStart(networkArgument(call)),
  },
  broadcast: {
    doc: 'the address of all hosts of an IPv4 network',
    example: { fragment: '{{broadcast "10.1.5.4" "255.255.252.0"}}', gives: '10.1.7.255' },
    call: (call) => lastAddress(ofIPv4(networkArgument(call), 'broadcast')),
  },
  lastAddress: {
    doc: 'the last address of a network',
    example: { fragment: '{{lastAddress "fd00::/126"}}', gives: 'fd00::3' },
    call: (call) => lastAddress(networkArgument(call)),
  },
  prefix: {
    doc: 'the bits of a network that its addresses have in common',
    example: { fragment: '{{prefix "10.1.0.0" "255.255.0.0"}}', gives: '16' },
    call: (call) => networkArgument(call).prefix,
  },
  mask: {
    doc: 'the mask of a network',
    example: { fragment: '{{mask "10.1.0.0/20"}}', gives: '255.255.240.0' },
    call: (call) => formatMask(networkArgument(call)),
  },
  reverse: {
    doc: 'the name under which DNS has an address, or the addresses of a network, as far as it has whole labels',
    example: {
      fragment: '{{reverse "10.1.1.0/24"}} {{reverse "10.1.1.7"}} {{reverse "fd00::/16"}}',
      gives: '1.1.10.in-addr.arpa 7.1.1.10.in-addr.arpa 0.0.d.f.ip6.arpa',
    },
    call: (call) => reverseName(networkArgument(call, true)),
  },
  prefixes: {
    doc: 'how the addresses of an IPv4 network begin, in whole bytes',
    example: { fragment: '{{join (prefixes "192.168.8.0/23")}}', gives: '192.168.8, 192.168.9' },
    call: (call) => listPrefixes(ofIPv4(networkArgument(call), 'prefixes')),
  },
  hosts: {
    doc: 'the addresses of a network that hosts can have',
    example: { fragment: '{{join (hosts "10.1.1.0/30")}}', gives: '10.1.1.1, 10.1.1.2' },
    call: (call) => {
      const network = networkArgument(call);
      refuseLarge(Number(countHosts(network)) * ITEM);
      return listHosts(network);
    },
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

/** One text `10.1.0.0/16`, or an address and a mask. @param orAddress an address alone is a network, too */
function networkArgument(call: HelperCall, orAddress = false): Network {
  const first = textArgument(call, 0);
  const [address = '', mask = call.args.length > 1 ? textArgument(call, 1) : undefined] = first.split('/');
  const network = mask === undefined ? (orAddress ? parseHost(address) : undefined) : parseNetwork(address, mask);
  if (network === undefined)
    throw new HelperFailure(
      mask === undefined
        ? `"${first}" is no network: ADDRESS/BITS, or ADDRESS and MASK`
        : `"${address}" with mask "${mask}" is no network`,
    );
  return network;
}

function ofIPv4(network: Network, helper: string): Network {
  if (network.family === 6)
    throw new HelperFailure(`${formatNetwork(network)} is of IPv6, where there is no ${helper}`);
  return network;
}

/** `ADDRESS/BITS` or an address alone; undefined: neither. */
export function findNetwork(text: string): Network | undefined {
  const [address = '', bits] = text.split('/');
  return bits === undefined ? parseHost(address) : parseNetwork(address, bits);
}
