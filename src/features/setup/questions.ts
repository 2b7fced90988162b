import { isIP } from 'node:net';
import path from 'node:path';
import { Failure, throwAll } from '../../base/errors.ts';
import { getDb, hasOwnProp, type Snapshot } from '../../db/snapshot.ts';
import type { Found } from '../../flow/set-up/found-in-engine.ts';
import { networkOf } from '../../host/address.ts';
import type { Detected } from '../../host/detect.ts';
import type { Address } from '../../host/facts.ts';
import { DockerRecord } from '../../model/docker-record.ts';
import { HttpdRecord } from '../../model/httpd-record.ts';
import { listLocalNetworks, overlaps, parseHost } from '../../model/network/network.ts';
import { primaryHost, singleValue } from '../../model/web.ts';

/** What is known of a host, with what was answered so far. */
export interface Known {
  readonly snapshot: Snapshot;
  readonly detected: Detected;
  readonly addresses: readonly Address[];
  /** the folders of an Apache are there */
  readonly hasApache: boolean;
  /** the engine has options that docksmith did not write */
  readonly hasOwnOptions: boolean;
  readonly files: Files;
}

/** What is in files of the host. */
export interface Files {
  readonly hasCertificate: (file: string) => boolean;
  readonly hasKey: (file: string) => boolean;
}

export interface Question {
  /** what it is good for: a sentence or two */
  readonly why: string;
  readonly what: string;
  /** what an empty answer means */
  readonly usual: string;
  /** @returns the values that an answer stands for @throws Failure */
  readonly read: (answer: string) => readonly Found[];
}

/** A question and the values that make it superfluous, as they are typed: `docker.Daemon`. */
export interface Topic {
  readonly values: readonly string[];
  /** undefined: on this host there is nothing to ask */
  readonly ask: (known: Known) => Question | undefined;
}

const NONE = 'none';

/** In the order in which they are asked: the certificate is looked for by the name. */
export const TOPICS: readonly Topic[] = [
  { values: ['SystemName', 'DomainName'], ask: askName },
  { values: ['LocalIP'], ask: askAddress },
  { values: ['httpd.Certificate'], ask: askCertificate },
  { values: ['docker.Daemon'], ask: askEngineOptions },
];

/** Values that mean more than their own prop. */
export const READERS: Readonly<Record<string, (known: Known, value: string) => readonly Found[]>> = {
  LocalIP: readAddresses,
  'httpd.Certificate': readCertificate,
};

function askName({ snapshot, detected }: Known): Question {
  const host = singleValue(snapshot, 'SystemName') ?? detected.systemName;
  const domain = singleValue(snapshot, 'DomainName') ?? detected.domainName;
  return {
    why: 'The name of this server with its domain, in which containers get host names of their own.',
    what: 'name',
    usual: host === undefined ? NONE : domain === undefined ? host : `${host}.${domain}`,
    read: (answer) => {
      const [first = '', ...rest] = answer === NONE ? [] : answer.split('.');
      return [
        ...(first === '' ? [] : [single('SystemName', first)]),
        ...(rest.length === 0 ? [] : [single('DomainName', rest.join('.'))]),
      ];
    },
  };
}

function askAddress(known: Known): Question {
  const { snapshot, detected } = known;
  const set = singleValue(snapshot, 'LocalIP') ?? '';
  const usual = set === '' ? (detected.localIP ?? '') : set;
  const others = detected.undecided.map(({ address, interface: name }) => `${address} on ${name}`);
  return {
    why: `The address of this server in the local network: private containers are reached there, and from that network only.${others.length === 0 ? '' : ` It has ${others.join(', ')}.`}`,
    what: 'address, with the bits of its network',
    usual:
      usual === ''
        ? NONE
        : usual
            .split(',')
            .map((address) => `${address}${bitsOf(known, address)}`)
            .join(','),
    read: (answer) => (answer === NONE ? [] : readAddresses(known, answer)),
  };
}

/** `/24`, by db networks, else as the interface has it. */
function bitsOf({ snapshot, addresses }: Known, address: string): string {
  const host = parseHost(address);
  const network = host && [...listLocalNetworks(snapshot).values()].find((one) => overlaps(one, host));
  const prefix = network?.prefix ?? addresses.find((one) => one.address === address)?.prefix;
  return prefix === undefined ? '' : `/${prefix}`;
}

/** `192.168.1.2/24,fd00::2`: the addresses, and those of their networks that no record has. */
function readAddresses(known: Known, value: string): readonly Found[] {
  const given = value.split(',').map((one) => one.trim().split('/'));
  const set = (singleValue(known.snapshot, 'LocalIP') ?? '').split(',');
  const mistakes: Failure[] = [];
  const networks = given.flatMap(([address = '', bits]) => {
    const prefix = bits ?? bitsOf(known, address).slice(1);
    const most = isIP(address) === 6 ? 128 : 32;
    if (bits !== undefined && !(/^\d{1,3}$/.test(bits) && Number(bits) > 0 && Number(bits) <= most))
      mistakes.push(
        new Failure(`cannot take "${address}/${bits}"`, { why: `"${bits}" is not a number of bits up to ${most}` }),
      );
    else if (isIP(address) !== 0 && prefix === '' && !set.includes(address))
      mistakes.push(
        new Failure(`cannot take "${address}"`, {
          why: 'no interface has it, and it is in no network of db networks',
          hint: `${address}/${most === 128 ? 64 : 24} says which network it is in, ${address}/${most} that it is in none`,
        }),
      );
    // an address without neighbours stands in no network
    return isIP(address) === 0 || prefix === '' || !(Number(prefix) <= most - 2)
      ? []
      : [networkOf(address, Number(prefix))];
  });
  throwAll(mistakes);
  return [
    single('LocalIP', given.map(([address]) => address).join(',')),
    ...networks.flatMap(({ address, mask }): readonly Found[] => [
      { db: 'networks', key: address, value: 'network' },
      { db: 'networks', key: address, prop: 'Mask', value: mask },
    ]),
  ];
}

function askCertificate(known: Known): Question | undefined {
  const httpd = new HttpdRecord(known.snapshot);
  if (!httpd.isEnabled || !known.hasApache) return undefined;
  const { certificate } = httpd;
  const found = `/etc/letsencrypt/live/${primaryHost(known.snapshot) ?? ''}/fullchain.pem`;
  return {
    why: "The certificate of Apache's primary host, for HTTPS: its file, and its key's behind it where that is elsewhere.",
    what: 'certificate',
    usual: certificate !== '' ? certificate : known.files.hasCertificate(found) ? found : NONE,
    read: (answer) => {
      if (answer !== NONE) return answer === certificate ? [] : readCertificate(known, answer);
      return ['Certificate', 'CertificateKey'].map((prop) => ofKey('httpd', prop, ''));
    },
  };
}

/** `FILE [KEY]` */
function readCertificate({ snapshot, files }: Known, value: string): readonly Found[] {
  const [file = '', ...more] = value.split(/\s+/);
  const refuse = (why: string, hint?: string): Failure =>
    new Failure(`cannot take the certificate "${value}"`, { why, ...(hint === undefined ? {} : { hint }) });
  if (!file.startsWith('/') || more.length > 1) throw refuse('it is not the absolute path of a file, and of its key');
  if (!files.hasCertificate(file)) throw refuse('that file cannot be read, or has no certificate');
  const given = more[0] ?? (new HttpdRecord(snapshot).certificateKey || undefined);
  const key = (given === undefined ? listKeys(file) : [given]).find(files.hasKey);
  if (key === undefined)
    throw refuse(
      given === undefined ? `its key is neither in it nor in ${listKeys(file).slice(1).join(', ')}` : 'there is no key',
      `give both: ${file} KEY`,
    );
  return [ofKey('httpd', 'Certificate', file), ofKey('httpd', 'CertificateKey', key)];
}

/** Where the key of a certificate may be: with it, or as certbot, Debian and Red Hat keep it. */
function listKeys(file: string): readonly string[] {
  const { dir, name } = path.posix.parse(file);
  return [
    file,
    path.posix.join(dir, 'privkey.pem'),
    path.posix.join(dir, `${name}.key`),
    `/etc/ssl/private/${name}.key`,
    `/etc/pki/tls/private/${name}.key`,
  ];
}

function askEngineOptions({ snapshot, hasOwnOptions }: Known): Question {
  const isSet = hasOwnProp(getDb(snapshot, 'configuration').get('docker'), 'Daemon');
  return {
    why: "The engine's options: managed, docksmith writes them, and restarts the engine for them; foreign, they are left to you.",
    what: 'options',
    usual: (isSet ? new DockerRecord(snapshot).isForeign : hasOwnOptions) ? 'foreign' : 'managed',
    read: (answer) => [ofKey('docker', 'Daemon', answer)],
  };
}

const single = (key: string, value: string): Found => ({ db: 'configuration', key, value });
const ofKey = (key: string, prop: string, value: string): Found => ({ db: 'configuration', key, prop, value });
