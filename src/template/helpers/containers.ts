import { boundAddresses } from '../../model/access.ts';
import { findImageReference } from '../../model/image.ts';
import { hasOwnPorts, parsePortMappings, publishedPorts } from '../../model/ports.ts';
import { backEndPort, hasWeb, subDomainName, webAliases, webPort } from '../../model/web.ts';
import type { HelperTable } from '../helper.ts';
import { recordArgument, textArgument } from './arguments.ts';
import { variables } from './text.ts';

/** Helpers that know what the props of a container's record mean together. */
export const CONTAINER_HELPERS: HelperTable = {
  ports: {
    doc: 'a list of port mappings, each with .host, .container and .protocol',
    example: { fragment: '{{#each (ports "2222:22,53:5353/udp")}}{{host}}>{{container}}/{{protocol}} {{/each}}', gives: '2222>22/tcp 53>5353/udp ' },
    call: (call) => parsePortMappings(textArgument(call, 0)).map(({ host, container, protocol }) => variables({ host, container, protocol })),
  },
  published: {
    doc: 'the ports that a container publishes, as Compose writes them, each with the addresses that its access allows',
    example: { fragment: '{{join (published (record "docker_containers" "git"))}} {{join (published (record "docker_containers" "wiki"))}}', gives: '2222:22 192.168.1.2:8080:8080, 127.0.0.1:8080:8080' },
    call: (call) => {
      const { key } = recordArgument(call, 0);
      return publishedPorts(call.snapshot, call.facts, key).flatMap(({ host, container, protocol }) => {
        const mapping = `${host}:${container}${protocol === 'udp' ? '/udp' : ''}`;
        return boundAddresses(call.snapshot, key)?.map((address) => `${address.includes(':') ? `[${address}]` : address}:${mapping}`) ?? [mapping];
      });
    },
  },
  image: {
    doc: 'the image reference of a container: its record of docker_images resolved',
    example: { fragment: '{{image (record "docker_containers" "wiki")}}', gives: 'mediawiki:1.43' },
    call: (call) => findImageReference(call.snapshot, recordArgument(call, 0).key),
  },
  hasWeb: {
    doc: 'whether Apache is to reach this container, by SubDomain or WebAlias',
    example: { fragment: '{{#if (hasWeb (record "docker_containers" "wiki"))}}web{{/if}}', gives: 'web' },
    call: (call) => hasWeb(call.snapshot, recordArgument(call, 0).key),
  },
  hasOwnPorts: {
    doc: 'whether the container has a network of its own, so that ports can be published',
    example: { fragment: '{{#if (hasOwnPorts (record "docker_containers" "wiki"))}}yes{{/if}}', gives: 'yes' },
    call: (call) => hasOwnPorts(call.snapshot, recordArgument(call, 0).key),
  },
  webPort: {
    doc: 'the port of the container that Apache talks to',
    example: { fragment: '{{webPort (record "docker_containers" "git")}}', gives: '3000' },
    call: (call) => webPort(call.snapshot, call.facts, recordArgument(call, 0).key),
  },
  backEndPort: {
    doc: 'the loopback port of the host on which Apache finds the container',
    example: { fragment: '{{backEndPort (record "docker_containers" "wiki")}}', gives: '47000' },
    call: (call) => backEndPort(call.snapshot, call.facts, recordArgument(call, 0).key),
  },
  subDomainName: {
    doc: 'the full host name of the vhost of a container',
    example: { fragment: '{{subDomainName (record "docker_containers" "wiki")}}', gives: 'wiki.example.test' },
    call: (call) => subDomainName(call.snapshot, recordArgument(call, 0).key),
  },
  webAliases: {
    doc: 'the paths of a container on the primary host, without slashes',
    example: { fragment: '{{join (webAliases (record "docker_containers" "git"))}}', gives: 'git' },
    call: (call) => webAliases(call.snapshot, recordArgument(call, 0).key),
  },
};
