import { registryAddress, RegistryRecord } from '../../model/registry/registry-record.ts';
import { listHashedLogins, loginFile } from '../../model/users/container-users.ts';
import { HelperFailure, type HelperTable } from '../language/helper.ts';
import { readsOf } from '../language/shape.ts';
import { containerArgument } from './arguments.ts';
import { ENABLED, ofConfiguration, ofContainers, single } from './reads.ts';
import { variables } from './text.ts';

const ADDRESS = [
  ...ofConfiguration('registry', 'status'),
  ...ENABLED,
  ...ofContainers('SubDomainName'),
  ...single('DomainName'),
  ...ofConfiguration('httpd', 'SSLPort'),
];

/** Helpers for who may log in where, and for the registry of this host. */
export const USER_HELPERS: HelperTable = {
  loginFile: {
    doc: 'the file of users and passwords that Apache asks for a container: its BasicAuth, or that of its Readers and Writers; empty: nobody has to log in',
    example: { fragment: '[{{loginFile (record "docker_containers" "git")}}]', gives: '[]' },
    reads: ofContainers('BasicAuth', 'Readers', 'Writers'),
    call: (call) => loginFile(containerArgument(call, 0)),
  },
  logins: {
    doc: 'the Readers and Writers of a container who may log in, each with .user and .hash of the password',
    example: { fragment: '{{#each (logins (record "docker_containers" "git"))}}{{user}}{{/each}}none', gives: 'none' },
    reads: [
      ...ofContainers('Readers', 'Writers'),
      { db: 'users' },
      ...readsOf({ db: 'users' }, 'status', 'Secret'),
      { db: 'secrets' },
      ...readsOf({ db: 'secrets' }, 'Value'),
    ],
    call: (call) =>
      listHashedLogins(containerArgument(call, 0), call.facts).map(({ user, hash }) => variables({ user, hash })),
  },
  registryAddress: {
    doc: "this host's own registry as images name it, with the port where that is not 443; empty: there is none",
    example: { fragment: '[{{registryAddress}}]', gives: '[]' },
    reads: ADDRESS,
    call: ({ snapshot }) => registryAddress(snapshot) ?? '',
  },
  registryCertificates: {
    doc: 'the certificates in CACertificate of the registry; empty: it is not set',
    example: { fragment: '[{{registryCertificates}}]', gives: '[]' },
    reads: ofConfiguration('registry', 'CACertificate'),
    call: ({ snapshot, facts }) => {
      const { caCertificate: file } = new RegistryRecord(snapshot);
      if (file === '') return '';
      const found = facts.certificates.get(file);
      if (found === undefined) throw new HelperFailure(`CACertificate "${file}" of the registry has no certificate`);
      return found;
    },
  },
};
