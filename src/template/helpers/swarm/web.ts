import { isIP } from 'node:net';
import {
  isServedHere,
  listNodes,
  listServiceWebPorts,
  listWebMembers,
  listWebNodes,
} from '../../../model/swarm/nodes.ts';
import type { HelperTable } from '../../language/helper.ts';
import { containerArgument, textArgument } from '../arguments.ts';
import { ENABLED, NODES, ofContainers, SERVED_HERE, WEB, WEB_NODES } from '../reads.ts';
import { variables } from '../text.ts';

/** Helpers for the ways over Apache to services of a swarm. */
export const SWARM_WEB_HELPERS: HelperTable = {
  servedHere: {
    doc: 'whether Apache of this host leads to a container; to services of a swarm it does so on the nodes that db hosts names by WebNode, else on managers',
    example: { fragment: '{{#if (servedHere (record "docker_containers" "wiki"))}}yes{{/if}}', gives: 'yes' },
    reads: SERVED_HERE,
    call: (call) => isServedHere(containerArgument(call, 0), call.facts),
  },
  webNodes: {
    doc: 'the nodes that may run a service of a swarm, each with .name and .address, for Apache to share requests among; none for a container of this host, and for a service with WebMode mesh',
    example: {
      fragment: '{{#each (webNodes (record "docker_containers" "wiki"))}}{{address}}{{/each}}none',
      gives: 'none',
    },
    reads: [...NODES, ...ofContainers('Replicas', 'WebMode', 'Placement')],
    call: (call) =>
      listWebMembers(containerArgument(call, 0), call.facts).map(({ name, address }) => variables({ name, address })),
  },
  webServers: {
    doc: 'the addresses of the nodes whose Apache leads to services of a swarm; of IPv4 ("4") or IPv6 ("6")',
    example: { fragment: '{{join (webServers "4")}}none', gives: 'none' },
    reads: WEB_NODES,
    call: (call) => {
      const family = Number(textArgument(call, 0));
      return listWebNodes(call.snapshot, listNodes(call.snapshot, call.facts))
        .map(({ address }) => address)
        .filter((address) => isIP(address) === family);
    },
  },
  serviceWebPorts: {
    doc: 'the ports by which Apache reaches services of a swarm on their nodes, each with .container and .port',
    example: { fragment: '{{#each (serviceWebPorts)}}{{container}} {{port}}{{/each}}none', gives: 'none' },
    reads: [...ENABLED, ...WEB, ...ofContainers('Replicas', 'WebHostPort')],
    call: ({ snapshot }) => listServiceWebPorts(snapshot).map((port) => variables({ ...port })),
  },
};
