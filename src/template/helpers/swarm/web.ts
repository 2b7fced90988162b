import { isServedHere, listNodes, listWebMembers, listWebNodes } from '../../../model/swarm/nodes.ts';
import type { HelperTable } from '../../language/helper.ts';
import { containerArgument } from '../arguments.ts';
import { NODES, ofContainers } from '../reads.ts';
import { variables } from '../text.ts';

/** Helpers for the ways over Apache to services of a swarm. */
export const SWARM_WEB_HELPERS: HelperTable = {
  servedHere: {
    doc: 'whether Apache of this host leads to a container; to services of a swarm it does so on the nodes that db hosts names by WebNode, else on managers',
    example: { fragment: '{{#if (servedHere (record "docker_containers" "wiki"))}}yes{{/if}}', gives: 'yes' },
    reads: NODES,
    call: (call) => isServedHere(containerArgument(call, 0), call.facts),
  },
  webNodes: {
    doc: 'the nodes that may run a service of a swarm, each with .name and .address, for Apache to share requests among; none for a container of this host, and for a service with WebMode mesh',
    example: {
      fragment: '{{#each (webNodes (record "docker_containers" "wiki"))}}{{address}}{{/each}}none',
      gives: 'none',
    },
    reads: [...NODES, ...ofContainers('WebMode', 'Placement')],
    call: (call) =>
      listWebMembers(containerArgument(call, 0), call.facts).map(({ name, address }) => variables({ name, address })),
  },
  webServers: {
    doc: 'the addresses of the nodes whose Apache leads to services of a swarm',
    example: { fragment: '{{join (webServers)}}none', gives: 'none' },
    reads: NODES,
    call: ({ snapshot, facts }) => listWebNodes(snapshot, listNodes(snapshot, facts)).map(({ address }) => address),
  },
};
