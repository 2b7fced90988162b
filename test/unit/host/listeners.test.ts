import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { once } from 'node:events';
import os from 'node:os';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { listListeners, parseSocketTable } from '../../../src/host/listeners.ts';

// recorded from Linux 6.18 on a little-endian machine
const TCP = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:B798 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 119912 1 00000000e8a70b32 100 0 0 10 0
   1: 00000000:0016 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 119913 1 00000000b15447f6 100 0 0 10 0
   2: 0100007F:93B7 0100007F:EAE6 06 00000000:00000000 03:000001DB 00000000     0        0 0 3 000000009095f558
`;
const TCP6 = `  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0000000000000000FFFF00000100007F:232D 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 119916 1 0000000089486d74 100 0 0 10 0
   1: 00000000000000000000000000000000:1F90 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 119914 1 00000000a4f81ca6 100 0 0 10 0
   2: 00000000000000000000000001000000:0277 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 119915 1 0000000058804d4e 100 0 0 10 0
`;
const UDP = `   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops
11519: 3500007F:0035 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 119918 2 00000000e44d548e 0
`;
const UDP6 = `  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops
11519: 000000FD000000000000000002000100:0035 00000000000000000000000000000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 119917 2 00000000fe77a413 0
`;

describe('reading a table of sockets', () => {
  it('finds those that listen, and not the connections', () => {
    expect(parseSocketTable(TCP, 'tcp')).toEqual([
      { address: '127.0.0.1', port: 47_000, inode: '119912' },
      { address: '0.0.0.0', port: 22, inode: '119913' },
    ]);
  });

  it('writes IPv6 addresses short, and IPv4 ones in IPv6 sockets as what they are', () => {
    expect(parseSocketTable(TCP6, 'tcp')).toEqual([
      { address: '127.0.0.1', port: 9005, inode: '119916' },
      { address: '::', port: 8080, inode: '119914' },
      { address: '::1', port: 631, inode: '119915' },
    ]);
    expect(parseSocketTable(UDP6, 'udp')).toEqual([{ address: 'fd00::1:2', port: 53, inode: '119917' }]);
  });

  it('takes an unconnected socket of UDP for a listener', () => {
    expect(parseSocketTable(UDP, 'udp')).toEqual([{ address: '127.0.0.53', port: 53, inode: '119918' }]);
  });

  it('finds nothing in an empty text', () => {
    expect(parseSocketTable('', 'tcp')).toEqual([]);
  });
});

describe('listeners', () => {
  function makeProc(): string {
    const proc = mkdtempSync(path.join(os.tmpdir(), 'docksmith-proc-'));
    onTestFinished(() => rmSync(proc, { recursive: true }));
    mkdirSync(path.join(proc, 'net'));
    writeFileSync(path.join(proc, 'net/tcp'), TCP);
    return proc;
  }

  function addProcess(proc: string, pid: number, name: string, inode: number): void {
    mkdirSync(path.join(proc, String(pid), 'fd'), { recursive: true });
    writeFileSync(path.join(proc, String(pid), 'comm'), `${name}\n`);
    symlinkSync(`socket:[${inode}]`, path.join(proc, String(pid), 'fd/3'));
    symlinkSync('/dev/null', path.join(proc, String(pid), 'fd/0'));
  }

  it('are named by the first of the processes that have the socket', () => {
    const proc = makeProc();
    addProcess(proc, 1000, 'sshd', 119_913);
    addProcess(proc, 812, 'sshd', 119_913);
    expect(listListeners(proc)).toEqual([
      { protocol: 'tcp', address: '127.0.0.1', port: 47_000, process: undefined },
      { protocol: 'tcp', address: '0.0.0.0', port: 22, process: 'sshd (pid 812)' },
    ]);
  });

  it('have their processes looked up only when one is asked for', () => {
    const proc = makeProc();
    const listeners = listListeners(proc);
    addProcess(proc, 812, 'sshd', 119_913);
    expect(listeners[1]?.process).toBe('sshd (pid 812)');
  });

  it('of this machine include one that we open', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    onTestFinished(() => void server.close());
    await once(server, 'listening');
    const address = server.address();
    const port = typeof address === 'object' ? address?.port : undefined;
    expect(listListeners().find((listener) => listener.port === port)).toMatchObject({
      protocol: 'tcp',
      address: '127.0.0.1',
      process: expect.stringMatching(new RegExp(`\\(pid ${process.pid}\\)$`)) as string,
    });
  });
});
