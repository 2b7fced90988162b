import { splitMounts } from '../../base/mount-options.ts';
import { formatAddress } from '../../base/port-mapping.ts';
import { listFilteredPorts } from '../../model/network/filtered-ports.ts';
import { findImageReference } from '../../model/image.ts';
import { type Container, CONTAINERS, listEnabled } from '../../model/container.ts';
import { addressesOf } from '../../model/network/access.ts';
import { publishedPorts } from '../../model/network/ports.ts';
import { parsePortMappings } from '../../model/network/parse-ports.ts';
import { listSecretVariables } from '../../model/secrets.ts';
import { backEndPort, subDomainName, webPort } from '../../model/web.ts';
import { HelperFailure, type HelperTable } from '../language/helper.ts';
import { FURTHER_KEYS } from '../../model/container-parts/further-keys.ts';
import { readsOf } from '../language/shape.ts';
import { RecordView, VariableMap } from '../language/value.ts';
import { containerArgument, recordArgument, textArgument, textOption } from './arguments.ts';
import {
  BOUND,
  ENABLED,
  IMAGE,
  ofContainers,
  OWN_PORTS,
  PUBLISHED,
  SERVED_HERE,
  single,
  WEB,
  WEB_PORT,
} from './reads.ts';
import { isServedHere } from '../../model/swarm/nodes.ts';
import { assignments, hasItems, listFurther, listItems, listNamed, noteItems } from './items.ts';
import { variables } from './text.ts';

/** Helpers that know what the props of a container's record mean together. */
export const CONTAINER_HELPERS: HelperTable = {
  ports: {
    doc: 'a list of port mappings, each with .host, .container, .protocol and .address',
    example: {
      fragment: '{{#each (ports "2222:22,53:5353/udp")}}{{host}}>{{container}}/{{protocol}} {{/each}}',
      gives: '2222>22/tcp 53>5353/udp ',
    },
    call: (call) =>
      parsePortMappings(textArgument(call, 0)).map(({ hosts, container, protocol, address = '' }) =>
        variables({ host: hosts?.[0] ?? '', container, protocol, address }),
      ),
  },
  published: {
    doc: 'the ports that a container publishes, as Compose writes them, each with the addresses that its access allows',
    example: {
      fragment:
        '{{join (published (record "docker_containers" "git"))}} {{join (published (record "docker_containers" "wiki"))}}',
      gives: '2222:22 192.168.1.2:8080:8080, 127.0.0.1:8080:8080',
    },
    reads: [...PUBLISHED, ...BOUND],
    call: (call) => {
      const container = containerArgument(call, 0);
      return publishedPorts(container, call.facts).flatMap(({ host, container: inside, protocol, address: own }) => {
        const mapping = `${host}:${inside}${protocol === 'udp' ? '/udp' : ''}`;
        return (
          addressesOf(container, { address: own })?.map((address) => `${formatAddress(address)}:${mapping}`) ?? [
            mapping,
          ]
        );
      });
    },
  },
  mounts: {
    doc: 'the mounts of a container, or of the text of a MountPath, as Compose writes them: a path alone means the same path inside',
    example: {
      fragment: '{{join (mounts "/srv/wiki:/images:ro,/srv/data")}}',
      gives: '/srv/wiki:/images:ro, /srv/data:/srv/data',
    },
    reads: ofContainers('MountPath', 'MountPath.*'),
    call: (call) =>
      (call.args[0] instanceof RecordView
        ? containerArgument(call, 0).writtenMounts
        : splitMounts(textArgument(call, 0))
      ).map((mount) => (mount.includes(':') ? mount : `${mount}:${mount}`)),
  },
  items: {
    doc: 'the items of a list of a container, and behind them each PROP.NAME, which may hold commas',
    example: { fragment: '{{join (items (record "docker_containers" "git") "WebAlias")}}', gives: 'git' },
    shape: noteItems,
    call: (call) => listItems(recordArgument(call, 0), textArgument(call, 1), call.scope),
  },
  memory: {
    doc: 'a size with its unit: a plain number is megabytes',
    example: { fragment: '{{memory "512"}} {{memory "1g"}}', gives: '512m 1g' },
    call: (call) => textArgument(call, 0).replace(/^\d+$/, '$&m'),
  },
  assignments: {
    doc: 'NAME=VALUE,… as named values',
    example: { fragment: '{{#each (assignments "A=1,B=x=y")}}{{@key}}: {{this}} {{/each}}', gives: 'A: 1 B: x=y ' },
    call: (call) => new VariableMap(assignments(textArgument(call, 0))),
  },
  environment: {
    doc: 'the environment variables of a container: Env, over it each Env.NAME, and over both those of EnvSecrets',
    example: {
      fragment: '{{#each (environment (record "docker_containers" "git"))}}{{@key}}: {{this}} {{/each}}',
      gives: 'MODE: prod GREETING: hello, world ',
    },
    reads: [...ofContainers('Env', 'Env.*', 'EnvSecrets'), { db: 'secrets' }, ...readsOf({ db: 'secrets' }, 'Value')],
    call: (call) => {
      const record = recordArgument(call, 0);
      const names = record.listProps(call.scope, 'Env.');
      return new VariableMap([
        ...assignments(record.prop('Env', call.scope) ?? ''),
        ...names.map((prop): [string, string] => [prop.slice('Env.'.length), record.prop(prop, call.scope) ?? '']),
        ...listSecretVariables(containerArgument(call, 0)),
      ]);
    },
  },
  furtherKeys: {
    doc: 'the keys of a run spec that are said by one prop each and nothing else, each with .key and .value, which is finished YAML',
    example: {
      fragment: '{{#each (furtherKeys (record "docker_containers" "git"))}}{{key}}{{/each}}none',
      gives: 'none',
    },
    reads: ofContainers(...FURTHER_KEYS.flatMap(({ prop, form }) => (hasItems(form) ? [prop, `${prop}.*`] : [prop]))),
    call: (call) => listFurther(recordArgument(call, 0), call.scope),
  },
  named: {
    doc: 'a list NAME=VALUE,… of a record as named values, and over it each PROP.NAME, whose value may hold commas',
    example: {
      fragment: '{{#each (named (record "docker_containers" "git") "Labels")}}{{@key}}: {{this}} {{/each}}',
      gives: 'team: web rule: Host(`a.test`,`b.test`) ',
    },
    shape: noteItems,
    call: (call) => new VariableMap(listNamed(recordArgument(call, 0), textArgument(call, 1), call.scope)),
  },
  labels: {
    doc: 'the labels that a container is to have: Labels, and over it each Labels.NAME',
    example: {
      fragment: '{{#each (labels (record "docker_containers" "git"))}}{{@key}}: {{this}} {{/each}}',
      gives: 'team: web rule: Host(`a.test`,`b.test`) ',
    },
    reads: ofContainers('Labels', 'Labels.*'),
    call: (call) => {
      return new VariableMap(listNamed(recordArgument(call, 0), 'Labels', call.scope));
    },
  },
  image: {
    doc: 'the image reference of a container: its record of docker_images resolved',
    example: { fragment: '{{image (record "docker_containers" "wiki")}}', gives: 'mediawiki:1.43' },
    reads: IMAGE,
    call: (call) => findImageReference(containerArgument(call, 0)),
  },
  hasWeb: {
    doc: 'whether Apache is to reach this container, by SubDomain or WebAlias',
    example: { fragment: '{{#if (hasWeb (record "docker_containers" "wiki"))}}web{{/if}}', gives: 'web' },
    reads: WEB,
    call: (call) => containerArgument(call, 0).hasWeb,
  },
  webContainers: {
    doc: 'the enabled containers that Apache is to reach; by="SubDomain", "WebAlias" or "Certificate" for those alone',
    example: {
      fragment: '{{#each (webContainers)}}{{@key}} {{/each}}{{#each (webContainers by="WebAlias")}}{{@key}}{{/each}}',
      gives: 'git wiki git',
    },
    reads: [...ENABLED, ...WEB, ...ofContainers('Certificate'), ...SERVED_HERE],
    shape: () => [{ kind: 'list', items: [{ kind: 'record', of: { db: CONTAINERS, type: 'service' } }] }],
    call: (call) => {
      const by = textOption(call, 'by', '');
      const test = Object.hasOwn(BY, by) ? BY[by] : undefined;
      if (test === undefined) throw new HelperFailure(`by is one of ${Object.keys(BY).filter(Boolean).join(', ')}`);
      return listEnabled(call.snapshot)
        .filter((container) => test(container) && isServedHere(container, call.facts))
        .map(({ key }) => new RecordView(call.snapshot, CONTAINERS, key));
    },
  },
  filtered: {
    doc: 'the ports that only the local networks may reach over IPv4 ("4") or IPv6 ("6"), each with .container, .protocol, .port, .address ("" for all) and .kind: published, or host for a container on the host\'s network',
    example: {
      fragment: '{{#each (filtered "4")}}{{container}} {{kind}} {{address}} {{port}}/{{protocol}}{{/each}}',
      gives: 'wiki published 192.168.1.2 8080/tcp',
    },
    reads: [...ENABLED, ...PUBLISHED, ...BOUND, ...WEB, ...WEB_PORT],
    call: (call) => {
      const family = textArgument(call, 0);
      if (family !== '4' && family !== '6') throw new HelperFailure('the family is "4" or "6"');
      return listFilteredPorts(call.snapshot, call.facts, family === '4' ? 4 : 6).map(({ address = '', ...port }) =>
        variables({ ...port, address }),
      );
    },
  },
  hasOwnPorts: {
    doc: 'whether the container has a network of its own, so that ports can be published',
    example: { fragment: '{{#if (hasOwnPorts (record "docker_containers" "wiki"))}}yes{{/if}}', gives: 'yes' },
    reads: OWN_PORTS,
    call: (call) => containerArgument(call, 0).hasOwnPorts,
  },
  webPort: {
    doc: 'the port of the container that Apache talks to',
    example: { fragment: '{{webPort (record "docker_containers" "git")}}', gives: '3000' },
    reads: WEB_PORT,
    call: (call) => webPort(containerArgument(call, 0), call.facts),
  },
  backEndPort: {
    doc: 'the loopback port of the host on which Apache finds the container',
    example: { fragment: '{{backEndPort (record "docker_containers" "wiki")}}', gives: '47000' },
    reads: [...OWN_PORTS, ...ofContainers('WebHostPort', 'WebPort', 'TCPPort', 'UDPPort', 'Target'), ...IMAGE],
    call: (call) => backEndPort(containerArgument(call, 0), call.facts),
  },
  subDomainName: {
    doc: 'the full host name of the vhost of a container',
    example: { fragment: '{{subDomainName (record "docker_containers" "wiki")}}', gives: 'wiki.example.test' },
    reads: [...ofContainers('SubDomainName'), ...single('DomainName')],
    call: (call) => subDomainName(containerArgument(call, 0)),
  },
  webAliases: {
    doc: 'the paths of a container on the primary host, without slashes',
    example: { fragment: '{{join (webAliases (record "docker_containers" "git"))}}', gives: 'git' },
    reads: ofContainers('WebAlias'),
    call: (call) => containerArgument(call, 0).webAliases,
  },
};

const BY: Readonly<Record<string, (container: Container) => boolean>> = {
  '': ({ hasWeb }) => hasWeb,
  SubDomain: ({ hasSubDomain }) => hasSubDomain,
  WebAlias: ({ webAliases }) => webAliases.length > 0,
  Certificate: (container) => container.hasSubDomain && container.certificate !== '',
};
