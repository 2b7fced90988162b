import { createServer, connect, type AddressInfo } from 'node:net';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { NO_FACTS } from '../../../src/host/facts.ts';
import { parseLocalPorts } from '../../../src/host/listeners.ts';
import { listConnectedPorts, readLocalPorts } from '../../../src/host/local-ports.ts';
import { makeTemporaryFolder, removeFolder } from '../../support/leftovers.ts';

const proc = makeTemporaryFolder('local-ports');
afterAll(() => removeFolder(proc));

it("reads the kernel's range and what is reserved of it", () => {
  const folder = path.join(proc, 'sys/net/ipv4');
  expect(readLocalPorts(proc)).toEqual(NO_FACTS.localPorts);
  mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(folder, 'ip_local_port_range'), '10000\t20000\n');
  expect(readLocalPorts(proc)).toEqual({ first: 10_000, last: 20_000, reserved: [] });
  writeFileSync(path.join(folder, 'ip_local_reserved_ports'), '8080,9000-9010\n');
  expect(readLocalPorts(proc).reserved).toEqual([
    [8080, 8080],
    [9000, 9010],
  ]);
});

it('has the ports of connections, and none of those that listen or wait until they are surely over', () => {
  const line = (port: string, state: string): string =>
    `   0: 0100007F:${port} 0100007F:1F90 ${state} 00000000:00000000 00:00000000 00000000     0        0 1 1\n`;
  expect(
    parseLocalPorts(
      `  sl  local_address\n${line('BB80', '01')}${line('BB81', '0A')}${line('BB82', '06')}${line('BB83', '08')}`,
    ),
  ).toEqual([0xbb80, 0xbb83]);
  expect(parseLocalPorts('')).toEqual([]);
});

it('sees a connection of this process', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
  await once(client, 'connect');
  expect(listConnectedPorts()).toContain(client.localPort);
  client.destroy();
  server.close();
});
