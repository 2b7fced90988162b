import type { Docker } from './docker-client.ts';
import type { CreateNetwork, NetworkSummary } from '../engine.ts';

/** A network as the engine's create wants it. */
export function makeNetworkBody({
  name,
  driver,
  internal,
  ipv6,
  attachable,
  options,
  labels,
  addresses,
}: CreateNetwork): Docker.NetworkCreateOptions {
  return {
    Name: name,
    Driver: driver,
    Internal: internal,
    EnableIPv6: ipv6,
    Attachable: attachable,
    Options: { ...options },
    Labels: { ...labels },
    // without it a second network of the same name is made
    CheckDuplicate: true,
    ...(addresses.length === 0
      ? {}
      : {
          IPAM: {
            Driver: 'default',
            Config: addresses.map(({ subnet, gateway }) => ({
              Subnet: subnet,
              ...(gateway === undefined ? {} : { Gateway: gateway }),
            })),
          },
        }),
  };
}

export function readNetwork({
  Id,
  Name,
  Driver,
  Internal,
  Labels,
  IPAM,
  Options,
}: Docker.NetworkInspectInfo): NetworkSummary {
  // the engine answers null where a network has none
  const configs: readonly { Subnet?: string | undefined; Gateway?: string | undefined }[] =
    (IPAM as { Config?: readonly { Subnet?: string; Gateway?: string }[] | null } | undefined)?.Config ?? [];
  const labels: Readonly<Record<string, string>> | null | undefined = Labels;
  const options: Readonly<Record<string, string>> | null | undefined = Options;
  return {
    id: Id,
    name: Name,
    driver: Driver,
    internal: Internal,
    labels: labels ?? {},
    options: options ?? {},
    subnets: configs.flatMap(({ Subnet }) => Subnet ?? []),
    gateways: configs.flatMap(({ Gateway }) => Gateway ?? []),
  };
}
