import type { HelperTable } from '../../language/helper.ts';
import { listNodePorts, listPeers } from '../../../model/swarm/node-ports.ts';
import { textArgument } from '../arguments.ts';
import { ofConfiguration, PEERS } from '../reads.ts';
import { variables } from '../text.ts';

/** Helpers for what nodes of a swarm are to each other. */
export const PEER_HELPERS: HelperTable = {
  nodePorts: {
    doc: 'the ports of this host that are for the other nodes of the swarm alone, each with .protocol and .port',
    example: { fragment: '{{#each (nodePorts)}}{{protocol}} {{port}}{{/each}}none', gives: 'none' },
    reads: [...PEERS, ...ofConfiguration('docker', 'Swarm')],
    call: ({ snapshot, facts }) => listNodePorts(snapshot, facts).map((port) => variables({ ...port })),
  },
  nodePeers: {
    doc: 'the addresses of the other nodes of the swarm, of IPv4 ("4") or IPv6 ("6")',
    example: { fragment: '{{join (nodePeers "4")}}none', gives: 'none' },
    reads: PEERS,
    call: (call) => listPeers(call.snapshot, call.facts, textArgument(call, 0) === '6' ? 6 : 4),
  },
};
