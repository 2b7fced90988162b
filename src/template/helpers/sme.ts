import { findProp, findRecord, listRecords } from '../../db/snapshot.ts';
import { otherPrimaryNames } from '../../model/names/sme-sites.ts';
import { listWrittenNetworks } from '../../model/network/network.ts';
import { type HelperCall, HelperFailure, type HelperTable } from '../language/helper.ts';
import { literalOf, readsOf } from '../language/shape.ts';
import { RecordView, textOf, Verbatim } from '../language/value.ts';
import { LOCAL_NETWORKS, ofConfiguration, single } from './reads.ts';
import { textArgument } from './arguments.ts';

const LOOPBACK = '127.0.0.1';
const HOST_MASK = '255.255.255.255';

/** Comments that end elsewhere than with the line. */
const AROUND: Readonly<
  Record<string, { readonly begin?: readonly string[]; readonly mark: string; readonly end?: readonly string[] }>
> = {
  '/*': { begin: ['/*'], mark: ' *', end: [' */'] },
  '<!--': { begin: ['<!--'], mark: ' ', end: ['-->'] },
};

/** Helpers of the SME Server, under the names that its fragments have for them. */
export const SME_HELPERS: HelperTable = {
  local_access_spec: {
    doc: 'who may reach a service by its access: a list of this host and the local networks for private (or nothing), ALL for public, this host for anything else',
    example: {
      fragment: '{{join (local_access_spec "private") " "}} | {{join (local_access_spec "public")}}',
      gives: '127.0.0.1 192.168.1.0/255.255.255.0 | ALL',
    },
    reads: LOCAL_NETWORKS,
    takesMissing: true,
    call: (call) => listAllowed(call, textOf(call.args[0], call.scope) ?? ''),
  },
  hosts_allow_spec: {
    doc: 'the line of /etc/hosts.allow for a service, by its status and access in configuration; a second argument is the name of its program, where that is another',
    example: {
      fragment: '{{hosts_allow_spec "docker" "dockerd"}}',
      gives: 'dockerd: 127.0.0.1 192.168.1.0/255.255.255.0',
    },
    shape: ({ args: [service], note }) => {
      for (const read of LOCAL_NETWORKS) note(read);
      const key = literalOf(service);
      const of = { db: 'configuration', ...(key === undefined ? {} : { key }) };
      note(of);
      for (const prop of ['status', 'access']) note({ ...of, prop });
      return [];
    },
    call: (call) => {
      const service = textArgument(call, 0);
      const program = call.args.length > 1 ? textArgument(call, 1) : service;
      if (findRecord(call.snapshot, 'configuration', service) === undefined)
        throw new HelperFailure(`configuration has no record "${service}"`);
      const prop = (name: string): string => findProp(call.snapshot, 'configuration', service, name) ?? '';
      if (prop('status') !== 'enabled') return `# '${service}' is disabled in the configuration database`;
      return `${program}: ${listAllowed(call, prop('access')).join(' ')}`;
    },
  },
  banner: {
    doc: 'the default banner of a file in comments of another kind: a sign in front of each line as ";" or "//", or "/*", or "<!--"; for a template-begin of its own',
    example: {
      fragment: '{{first (lines (banner ";"))}}',
      gives: '; Written by docksmith: the next event overwrites changes made here.',
    },
    call: (call) => {
      const style = call.args.length > 0 ? textArgument(call, 0) : '#';
      if (!/^[!-~]{1,4}$/.test(style)) throw new HelperFailure('it takes the sign of a comment: # ; // -- /* <!--');
      const {
        begin = [],
        mark,
        end = [],
      } = Object.hasOwn(AROUND, style) ? (AROUND[style] ?? { mark: style }) : { mark: style };
      const lines = call.banner().toString().replace(/\n$/, '').split('\n');
      return new Verbatim([...begin, ...lines.map((line) => line.replace(/^#/, mark)), ...end].join('\n'));
    },
  },
  otherPrimaryNames: {
    doc: 'on an SME Server, the names besides PrimaryHost under which its own site carries the paths of WebAlias: its domains with the content Primary, and hosts of type Self in them',
    example: { fragment: '{{#each (otherPrimaryNames)}}{{this}}{{else}}none{{/each}}', gives: 'none' },
    reads: [
      { db: 'domains' },
      ...readsOf({ db: 'domains' }, 'Content', 'TemplatePath'),
      { db: 'hosts' },
      ...readsOf({ db: 'hosts' }, 'HostType'),
      ...ofConfiguration('httpd', 'PrimaryHost'),
      ...single('SystemName', 'DomainName'),
    ],
    call: ({ snapshot }) => otherPrimaryNames(snapshot),
  },
  get_hosts_by_domain: {
    doc: 'the records of the db hosts whose names are one label in front of a domain',
    example: { fragment: '{{#each (get_hosts_by_domain "example.test")}}{{@key}}{{else}}none{{/each}}', gives: 'none' },
    reads: [{ db: 'hosts' }],
    shape: () => [{ kind: 'list', items: [{ kind: 'record', of: { db: 'hosts' } }] }],
    call: (call) => {
      const domain = textArgument(call, 0);
      return listRecords(call.snapshot, 'hosts')
        .filter(({ key }) => key.slice(key.indexOf('.') + 1) === domain && key.includes('.'))
        .map(({ key }) => new RecordView(call.snapshot, 'hosts', key));
    },
  },
};

function listAllowed({ snapshot }: HelperCall, access: string): readonly string[] {
  if (access === 'public') return ['ALL'];
  if (access !== '' && access !== 'private') return [LOOPBACK];
  return [LOOPBACK, ...listWrittenNetworks(snapshot).map(formatAllowed)];
}

/** As tcpd reads it (hosts_access(5)): a host alone, a network with its mask, those of IPv6 in brackets. */
function formatAllowed({ address, mask }: { readonly address: string; readonly mask: string }): string {
  if (address.includes(':')) return mask === '' || mask === '128' ? `[${address}]` : `[${address}]/${mask}`;
  return mask === '' || mask === HOST_MASK ? address : `${address}/${mask}`;
}
