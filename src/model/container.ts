import type { DbRecord } from '../db/record.ts';
import { findRecord, listProps, listRecords, type Snapshot } from '../db/snapshot.ts';
import { ContainerPorts } from './container-parts/ports.ts';
import { AMBASSADOR_IMAGE } from './links/targets.ts';
import { parsePorts, splitList } from './network/parse-ports.ts';

export const CONTAINERS = 'docker_containers';

/** Below every InterLinkPriority. */
const FIRST = Number.MIN_SAFE_INTEGER;

/** The type of the records that make containers. */
const TYPE = 'service';

/**
 * A record of `docker_containers` by what its props say, each with its default. What takes
 * facts or other records is a function that takes a container: its published ports, its host name,
 * its image.
 */
export class Container extends ContainerPorts {
  readonly #type: string | undefined;

  /** @param type of the record, where it is known already: it is not looked up then */
  constructor(snapshot: Snapshot, key: string, type?: string) {
    super(snapshot, CONTAINERS, key);
    this.#type = type;
  }

  /** Whether the record is there and makes a container at all, by its type; one that does not claims nothing. */
  get isContainer(): boolean {
    return (this.#type ?? findRecord(this.snapshot, CONTAINERS, this.key)?.type) === TYPE;
  }

  get isEnabled(): boolean {
    return this.isContainer && this.get('status') === 'enabled';
  }

  /** What the record says of a prop and of each PROP.NAME, by the names of those that are set. */
  listSaid(prop: string): readonly (readonly [name: string, value: string])[] {
    return [prop, ...listProps(this.snapshot, CONTAINERS, this.key, `${prop}.`)]
      .map((name) => [name, this.get(name)] as const)
      .filter(([, value]) => value !== '');
  }

  get command(): string {
    return this.get('Command');
  }

  get entrypoint(): string {
    return this.get('Entrypoint');
  }

  /** A record of `docker_images`, or a reference; not set, it is the container's own name, or that of ambassadors. */
  get image(): string {
    return this.get('Image') || (this.isAmbassador ? AMBASSADOR_IMAGE : this.key);
  }

  /** Of the host's local networks and of others. */
  get isPublic(): boolean {
    return this.get('access') === 'public';
  }

  /** `NAME` of `custom:NAME` */
  get customNetwork(): string | undefined {
    return /^custom:(.+)$/.exec(this.network)?.[1];
  }

  get networkAddresses(): readonly string[] {
    return splitList(this.get('NetworkAddress'));
  }

  /** JSON of what else it is there, as Compose calls it */
  get networkOptions(): string {
    return this.get('NetworkOptions');
  }

  get networkAliases(): readonly string[] {
    return splitList(this.get('NetworkAlias'));
  }

  /** `Networks`: those of records that it is on beside its `network`, joined and left while it runs. */
  get furtherNetworks(): readonly string[] {
    return splitList(this.get('Networks'));
  }

  networkAliasesOn(network: string): readonly string[] {
    return splitList(this.get(`NetworkAlias.${network}`));
  }

  networkAddressesOn(network: string): readonly string[] {
    return splitList(this.get(`NetworkAddress.${network}`));
  }

  networkOptionsOn(network: string): string {
    return this.get(`NetworkOptions.${network}`);
  }

  /** The props `NetworkAlias.NET`, `NetworkAddress.NET` and `NetworkOptions.NET` that the record has. */
  get networkProps(): readonly string[] {
    return ['NetworkAlias.', 'NetworkAddress.', 'NetworkOptions.'].flatMap((prefix) =>
      listProps(this.snapshot, CONTAINERS, this.key, prefix),
    );
  }

  /** Whether it has a network of its own, so that ports of the host lead to ports of the container. */
  get hasOwnPorts(): boolean {
    const { network } = this;
    return network === 'bridge' || network.startsWith('custom:');
  }

  /** Small ones are started first. */
  get startPriority(): number {
    return this.isDom0 ? FIRST : Number(this.get('InterLinkPriority') || 50);
  }

  get hasSubDomain(): boolean {
    return this.get('SubDomain') === 'enabled';
  }

  /** The name of its vhost as the record spells it: whole, or a label before DomainName. */
  get subDomain(): string {
    return this.get('SubDomainName') || this.key;
  }

  /** The paths on the primary host, without slashes. */
  get webAliases(): readonly string[] {
    return splitList(this.get('WebAlias')).map((alias) => alias.replace(/^\/+|\/+$/g, ''));
  }

  /** Whether Apache is asked to reach it: by a subdomain or by paths of the primary host. */
  get hasWeb(): boolean {
    return this.hasSubDomain || this.webAliases.length > 0;
  }

  /** Where it is to be found by Apache, as it is written; empty: see `webPort` */
  get webPort(): string {
    return this.get('WebPort');
  }

  /** The loopback port that it was given. @throws NotAccepted */
  get webHostPort(): number | undefined {
    return parsePorts(this.get('WebHostPort'), 'WebHostPort')[0];
  }

  /** The same where it is a number, whatever else is refused elsewhere. */
  get claimedWebPort(): number | undefined {
    const port = this.get('WebHostPort');
    return /^\d+$/.test(port) ? Number(port) : undefined;
  }

  get needsWebPort(): boolean {
    return this.hasWeb && this.hasOwnPorts && this.get('WebHostPort') === '';
  }

  get certificate(): string {
    return this.get('Certificate');
  }

  get certificateKey(): string {
    return this.get('CertificateKey');
  }

  /** The file of users who may log in; empty: nobody has to */
  get basicAuth(): string {
    return this.get('BasicAuth');
  }

  /** Whether somebody has to log in who comes over Apache from outside. */
  get asksPassword(): boolean {
    return ['BasicAuth', 'Readers', 'Writers'].some((prop) => this.get(prop) !== '');
  }

  /** Whether that holds for the local networks, too. */
  get asksLocalPassword(): boolean {
    return ['enabled', 'yes'].includes(this.get('BasicAuthLAN'));
  }

  /** As they are written, `NAME` or `NAME:TARGET`. */
  get secrets(): readonly string[] {
    return splitList(this.get('Secrets'));
  }

  get envFiles(): readonly string[] {
    return splitList(this.get('EnvFile'));
  }

  /** As they are written, `NAME:VARIABLE`. */
  get secretVariables(): readonly string[] {
    return splitList(this.get('EnvSecrets'));
  }

  /** The props `Env.NAME` that the record has. */
  get variableProps(): readonly string[] {
    return listProps(this.snapshot, CONTAINERS, this.key, 'Env.');
  }
}

/** A record that is at hand. */
export function containerOf(snapshot: Snapshot, { key, type }: Pick<DbRecord, 'key' | 'type'>): Container {
  return new Container(snapshot, key, type);
}

/** All containers, enabled or not, in byte order of their names. */
export function listContainers(snapshot: Snapshot): readonly Container[] {
  return listRecords(snapshot, CONTAINERS)
    .map((record) => containerOf(snapshot, record))
    .filter(({ isContainer }) => isContainer);
}

/** The enabled ones, in byte order of their names. */
export function listEnabled(snapshot: Snapshot): readonly Container[] {
  return listContainers(snapshot).filter(({ isEnabled }) => isEnabled);
}
