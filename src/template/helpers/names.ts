import { listContainerNames, listNameServers } from '../../model/names/container-names.ts';
import { NETWORK_READS } from '../../model/network/networks.ts';
import { DnsmasqRecord } from '../../model/names/dnsmasq-record.ts';
import type { HelperTable } from '../language/helper.ts';
import { readsOf } from '../language/shape.ts';
import { containerArgument } from './arguments.ts';
import {
  ENABLED,
  JOINED_READS,
  LOCAL_NETWORKS,
  ofConfiguration,
  ofContainers,
  OWN_PORTS,
  PUBLISHED,
  single,
  WEB,
  WEB_PORT,
} from './reads.ts';
import { variables } from './text.ts';

const ADDRESS = [...ofConfiguration('dnsmasq', 'Address'), ...ofConfiguration('docker', 'Daemon', 'Network', 'Mask')];

/** Helpers for the names of containers. */
export const NAME_HELPERS: HelperTable = {
  nameServers: {
    doc: 'the servers that a container asks for names: its Dns, else this host where dnsmasq is enabled; none: as the host does',
    example: { fragment: '{{join (nameServers (record "docker_containers" "git"))}}none', gives: 'none' },
    reads: [...ofContainers('Dns'), ...OWN_PORTS, ...ofConfiguration('dnsmasq', 'status'), ...ADDRESS],
    call: (call) => listNameServers(containerArgument(call, 0)),
  },
  dnsListenAddresses: {
    doc: 'the addresses of this host at which dnsmasq answers',
    example: { fragment: '{{join (dnsListenAddresses)}}', gives: '127.0.0.1, 172.30.0.1, 192.168.1.2' },
    reads: [...ADDRESS, ...ofConfiguration('dnsmasq', 'Listen'), ...single('LocalIP'), ...LOCAL_NETWORKS],
    call: ({ snapshot }) => new DnsmasqRecord(snapshot).listenAddresses,
  },
  containerNames: {
    doc: 'the containers that can be reached by a name, each with .names, .addresses and .services (.name, .label without the .domain, .protocol, .port, and .target, the name of the container)',
    example: {
      fragment:
        '{{#each (containerNames)}}{{join names}} {{join addresses}}{{#each services}} {{name}}:{{port}}/{{protocol}}{{/each}} {{/each}}',
      gives:
        'git.containers.internal 192.168.1.2 git.containers.internal:2222/tcp wiki.containers.internal 192.168.1.2 wiki.containers.internal:8080/tcp ',
    },
    reads: [
      ...ENABLED,
      ...PUBLISHED,
      ...single('LocalIP'),
      ...WEB,
      ...WEB_PORT,
      ...ofContainers('ServiceName', ...JOINED_READS),
      { db: 'docker_networks' },
      ...readsOf({ db: 'docker_networks' }, ...NETWORK_READS),
      ...ofConfiguration('dnsmasq', 'Domain'),
    ],
    call: ({ snapshot, facts }) => {
      const { domain } = new DnsmasqRecord(snapshot);
      return listContainerNames(snapshot, facts).map(({ name, addresses, services }) =>
        variables({
          names: [...new Set([name, ...services.map((service) => service.name)])].map((one) => `${one}.${domain}`),
          addresses,
          services: services.map(({ name: label, protocol, port }) =>
            variables({ name: `${label}.${domain}`, label, domain, protocol, port, target: `${name}.${domain}` }),
          ),
        }),
      );
    },
  },
};
