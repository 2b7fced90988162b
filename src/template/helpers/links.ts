import { ambassadorCommand, listTlsMounts } from '../../model/links/ambassador.ts';
import { listContainerBridges } from '../../model/network/bridges.ts';
import { linkVariables, listConditions, listJoinedNetworks, parseEndpointOptions } from '../../model/links/links.ts';
import { describeNetwork, listSubnets, NETWORK_READS } from '../../model/network/networks.ts';
import { listSecrets } from '../../model/secrets.ts';
import type { HelperTable } from '../language/helper.ts';
import { readsOf } from '../language/shape.ts';
import { VariableMap, Verbatim } from '../language/value.ts';
import { containerArgument } from './arguments.ts';
import { ENABLED, JOINED_READS, OF_LINKS, ofContainers, PUBLISHED } from './reads.ts';
import { variables } from './text.ts';

const JOINED = [
  ...ENABLED,
  ...OF_LINKS,
  ...ofContainers('network', ...JOINED_READS),
  { db: 'docker_networks' },
  ...readsOf({ db: 'docker_networks' }, ...NETWORK_READS),
];

/** Helpers for what a container has to do with others. */
export const LINK_HELPERS: HelperTable = {
  joinedNetworks: {
    doc: 'the networks that a container is on, each with .name, .aliases, .address, .address6, .options (finished YAML by name), .first, and what the network is like: .external, .driver, .internal, .attachable, .ipv4, .ipv6, .driverOptions, .labels, .ipamDriver, .ipamOptions and .subnets (.subnet, .gateway, .range and .reserved each); none where network says it all',
    example: {
      fragment: '{{#each (joinedNetworks (record "docker_containers" "git"))}}{{name}}{{/each}}none',
      gives: 'none',
    },
    reads: JOINED,
    call: (call) =>
      listJoinedNetworks(containerArgument(call, 0)).map((joined) => {
        const { name, aliases, address = '', address6 = '', options, isFirst = false } = joined;
        const network = describeNetwork(call.snapshot, name);
        return variables({
          name,
          aliases,
          address,
          address6,
          options: variables(
            Object.fromEntries(
              Object.entries(options === undefined ? {} : parseEndpointOptions(options)).map(([key, value]) => [
                key,
                new Verbatim(JSON.stringify(value).replaceAll('$', '$$$$')),
              ]),
            ),
          ),
          first: isFirst,
          external: network.external || name === 'bridge',
          driver: network.driver,
          internal: network.internal,
          attachable: network.attachable,
          ipv4: network.ipv4 === undefined ? '' : String(network.ipv4),
          ipv6: network.ipv6,
          driverOptions: variables(network.options),
          labels: variables(network.labels),
          ipamDriver: network.ipamDriver,
          ipamOptions: variables(network.ipamOptions),
          ipam: network.subnets.length > 0 || network.ipamDriver !== '' || Object.keys(network.ipamOptions).length > 0,
          subnets: listSubnets(network).map(({ reserved, ...subnet }) =>
            variables({ ...subnet, reserved: variables(reserved) }),
          ),
        });
      }),
  },
  containerBridges: {
    doc: 'the bridges of this host behind which enabled containers have addresses of their own',
    example: { fragment: '{{join (containerBridges)}}', gives: 'docker0' },
    reads: JOINED,
    call: (call) => listContainerBridges(call.snapshot, call.facts),
  },
  linkVariables: {
    doc: 'the variables of a container that tell it of those that it is linked with, as links of the old kind gave them, by name',
    example: {
      fragment: '{{#each (linkVariables (record "docker_containers" "git"))}}{{@key}}={{this}} {{/each}}none',
      gives: 'none',
    },
    reads: [...OF_LINKS, ...PUBLISHED],
    call: (call) => new VariableMap(linkVariables(containerArgument(call, 0), call.facts)),
  },
  ambassadorCommand: {
    doc: 'what an ambassador runs, a list of words; none for any other container',
    example: {
      fragment: '{{#each (ambassadorCommand (record "docker_containers" "git"))}}{{this}}{{/each}}none',
      gives: 'none',
    },
    reads: ofContainers('Role', 'Target', 'TargetTLS'),
    call: (call) => ambassadorCommand(containerArgument(call, 0)),
  },
  tlsMounts: {
    doc: 'the files of the host that an ambassador has for TLS, as Compose writes mounts',
    example: {
      fragment: '{{join (tlsMounts (record "docker_containers" "git"))}}none',
      gives: 'none',
    },
    reads: ofContainers('Role', 'TargetTLS', 'TargetCA', 'Certificate', 'CertificateKey'),
    call: (call) => listTlsMounts(containerArgument(call, 0)),
  },
  secretFiles: {
    doc: 'the secrets of a container, each with .name, .file on the host, .target in the container, and .first unless it came before',
    example: {
      fragment: '{{#each (secretFiles (record "docker_containers" "git"))}}{{name}}{{/each}}none',
      gives: 'none',
    },
    reads: [...ofContainers('Secrets'), { db: 'secrets' }, ...readsOf({ db: 'secrets' }, 'Value')],
    call: (call) =>
      listSecrets(containerArgument(call, 0), call.facts).map(({ name, file, target }, n, all) =>
        variables({ name, file, target, first: all.findIndex((other) => other.name === name) === n }),
      ),
  },
  needs: {
    doc: 'the containers that have to be started before one: Interlinked, DependsOn, network container:NAME, VolumesFrom',
    example: { fragment: '{{join (needs (record "docker_containers" "git"))}}none', gives: 'none' },
    reads: [...OF_LINKS, ...ofContainers('DependsOn', 'network', 'VolumesFrom')],
    call: (call) => containerArgument(call, 0).needs,
  },
  conditions: {
    doc: 'the containers that one with DependsOn waits for, each with .name, .condition as Compose calls it, .optional and .restart; none without DependsOn',
    example: {
      fragment: '{{#each (conditions (record "docker_containers" "git"))}}{{name}}{{/each}}none',
      gives: 'none',
    },
    reads: [...ENABLED, ...OF_LINKS, ...ofContainers('DependsOn', 'network', 'VolumesFrom')],
    call: (call) => {
      const container = containerArgument(call, 0);
      return container.dependencies.length === 0
        ? []
        : listConditions(container).map(({ name, condition, isOptional, restarts }) =>
            variables({
              name,
              condition: condition === 'completed' ? 'service_completed_successfully' : `service_${condition}`,
              optional: isOptional,
              restart: restarts,
            }),
          );
    },
  },
};
