import type { DbRecord } from '../../db/record.ts';
import { getDb, type Snapshot } from '../../db/snapshot.ts';
import { Failure } from '../../base/errors.ts';
import type { Facts } from '../../host/facts.ts';
import { CONTAINERS } from '../container.ts';
import { REGISTRY, RegistryRecord } from './registry-record.ts';

/** Where the program of the registry keeps its data, and finds its configuration (registry:2, then 3). */
const DATA = '/var/lib/registry';
const CONFIG = '/etc/docker/registry/config.yml';
const CONFIG_3 = '/etc/distribution/config.yml';

/** What asks for a collection at the next start: a file in the data. */
export const COLLECT = `${DATA}/.collect`;

/**
 * Garbage is collected before the registry serves, since nothing may be written meanwhile. The mark goes first: a
 * collection that fails is no reason to serve nothing, or to try at each start.
 */
const COMMAND = `sh -c 'c=${CONFIG}; test -e $c || c=${CONFIG_3}; if test -e ${COLLECT}; then rm ${COLLECT}; registry garbage-collect $c; fi; exec registry serve $c'`;

/**
 * The record of the registry's container as the record of `configuration` wants it; undefined where it is so already,
 * or there is no registry. What the container's own record says beyond that stays.
 */
export function planRegistry(snapshot: Snapshot): DbRecord | undefined {
  const registry = new RegistryRecord(snapshot);
  const old = getDb(snapshot, CONTAINERS).get(REGISTRY);
  if (!registry.isThere || (!registry.isEnabled && old === undefined)) return undefined;
  const followed: Readonly<Record<string, string>> = registry.isEnabled
    ? {
        status: 'enabled',
        SubDomain: 'enabled',
        SubDomainName: registry.subDomainName,
        Readers: registry.readers,
        Writers: registry.writers,
        Certificate: registry.certificate,
        CertificateKey: registry.certificateKey,
        ...(registry.image === '' ? {} : { Image: registry.image }),
        ...(registry.storage === '' ? {} : { DataMount: 'host', DataMountPath: `${registry.storage}:${DATA}` }),
      }
    : { status: 'disabled' };
  const props = new Map(old?.props ?? []);
  for (const [prop, value] of Object.entries(followed))
    if (value !== '') props.set(prop, value);
    else props.delete(prop);
  const usual: Readonly<Record<string, string>> = registry.isEnabled
    ? {
        WebPort: '5000',
        DataMountPath: DATA,
        Command: COMMAND,
        // a collection comes before the first answer
        HealthWait: '10m',
        // images that are deleted there are garbage
        'Env.REGISTRY_STORAGE_DELETE_ENABLED': 'true',
      }
    : {};
  for (const [prop, value] of Object.entries(usual)) if ((props.get(prop) ?? '') === '') props.set(prop, value);
  const isSame =
    old !== undefined &&
    old.props.size === props.size &&
    [...props].every(([prop, value]) => old.props.get(prop) === value);
  return isSame ? undefined : { key: REGISTRY, type: 'service', props };
}

/** What a registry cannot do without. */
export function checkRegistry(snapshot: Snapshot, facts: Pick<Facts, 'certificates'>): readonly Failure[] {
  const registry = new RegistryRecord(snapshot);
  if (!registry.isEnabled) return [];
  const ca = registry.caCertificate;
  const lack = (what: string, prop: string, why: string, value: string): Failure =>
    new Failure(`cannot serve the registry: ${what}`, { why, hint: `config setprop ${REGISTRY} ${prop} ${value}` });
  return [
    ...(registry.writers === ''
      ? [lack('no user may push to it', 'Writers', 'Writers of configuration registry is not set', 'USER')]
      : []),
    ...(registry.certificate === ''
      ? [
          lack(
            'it has no certificate',
            'Certificate',
            'engines and their users do not send passwords without TLS',
            'PATH',
          ),
        ]
      : []),
    ...(ca !== '' && facts.certificates.get(ca) === undefined
      ? [
          new Failure(`cannot trust the registry by CACertificate "${ca}" of configuration ${REGISTRY}`, {
            why: 'the file is not there, cannot be read, or has no certificate in PEM',
          }),
        ]
      : []),
  ];
}
