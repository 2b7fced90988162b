import type { Docker } from './docker-client.ts';
import type { CreateNetwork, NetworkSummary } from '../engine.ts';

const DEFAULT_IPAM = 'default';

/** A network as the engine's create wants it. */
export function makeNetworkBody(network: CreateNetwork): Docker.NetworkCreateOptions {
  const { name, driver, internal, ipv6, ipv4, attachable, options, labels, addresses } = network;
  const { ipamDriver = DEFAULT_IPAM, ipamOptions = {} } = network;
  const isManaged = addresses.length > 0 || ipamDriver !== DEFAULT_IPAM || Object.keys(ipamOptions).length > 0;
  const body = {
    Name: name,
    Driver: driver,
    Internal: internal,
    EnableIPv6: ipv6,
    ...(ipv4 === undefined ? {} : { EnableIPv4: ipv4 }),
    Attachable: attachable,
    Options: { ...options },
    Labels: { ...labels },
    // without it a second network of the same name is made
    CheckDuplicate: true,
    ...(isManaged
      ? {
          IPAM: {
            Driver: ipamDriver,
            Options: { ...ipamOptions },
            Config: addresses.map(({ subnet, gateway, range, reserved }) => ({
              Subnet: subnet,
              ...(gateway === undefined ? {} : { Gateway: gateway }),
              ...(range === undefined ? {} : { IPRange: range }),
              ...(reserved === undefined ? {} : { AuxiliaryAddresses: { ...reserved } }),
            })),
          },
        }
      : {}),
  };
  return body;
}

/** A network as the engine answers it, with null where it has none of something. */
interface Answer {
  readonly Id: string;
  readonly Name: string;
  readonly Driver: string;
  readonly Internal: boolean;
  readonly EnableIPv6?: boolean;
  readonly EnableIPv4?: boolean;
  readonly Attachable?: boolean;
  readonly Labels?: Readonly<Record<string, string>> | null;
  readonly Options?: Readonly<Record<string, string>> | null;
  readonly IPAM?: {
    readonly Driver?: string;
    readonly Options?: Readonly<Record<string, string>> | null;
    readonly Config?: readonly Config[] | null;
  } | null;
}

interface Config {
  readonly Subnet?: string;
  readonly Gateway?: string;
  readonly IPRange?: string;
  readonly AuxiliaryAddresses?: Readonly<Record<string, string>> | null;
}

export function readNetwork(answer: unknown): NetworkSummary {
  const { Id, Name, Driver, Internal, EnableIPv6, EnableIPv4, Attachable, Labels, Options, IPAM } = answer as Answer;
  return {
    id: Id,
    name: Name,
    driver: Driver,
    internal: Internal,
    ipv6: EnableIPv6 ?? false,
    ...(EnableIPv4 === undefined ? {} : { ipv4: EnableIPv4 }),
    attachable: Attachable ?? false,
    labels: Labels ?? {},
    options: Options ?? {},
    addresses: (IPAM?.Config ?? []).flatMap(({ Subnet, Gateway, IPRange, AuxiliaryAddresses }) =>
      Subnet === undefined
        ? []
        : [
            {
              subnet: Subnet,
              ...(Gateway ? { gateway: Gateway } : {}),
              ...(IPRange ? { range: IPRange } : {}),
              ...(AuxiliaryAddresses ? { reserved: AuxiliaryAddresses } : {}),
            },
          ],
    ),
    ipamDriver: IPAM?.Driver || DEFAULT_IPAM,
    ipamOptions: IPAM?.Options ?? {},
  };
}
