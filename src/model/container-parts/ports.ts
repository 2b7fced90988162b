import { ContainerNeeds } from './needs.ts';

/** What a record of `docker_containers` says of published ports, as it is written. */
export abstract class ContainerPorts extends ContainerNeeds {
  /** Whether `PortMappingPorts` alone says what is published. */
  get hasPortMapping(): boolean {
    return this.get('PortMapping') === 'custom';
  }

  get portMappings(): string {
    return this.get('PortMappingPorts');
  }

  /** The ports of this host that docksmith has given to those of `PortMappingPorts` that name none. */
  get givenPorts(): string {
    return this.get('PortMappingGiven');
  }

  /** Ports, or `exposed` for those of the image. */
  get tcpPort(): string {
    return this.get('TCPPort');
  }

  get udpPort(): string {
    return this.get('UDPPort');
  }

  get leavesPortsToImage(): boolean {
    return this.tcpPort === 'exposed' || this.udpPort === 'exposed';
  }
}
