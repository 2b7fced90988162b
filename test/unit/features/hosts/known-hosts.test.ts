import { describe, expect, it } from 'vitest';
import { commandFor } from '../../../../src/features/hosts/call-host.ts';
import { chooseHosts, getWriter, type KnownHost, readHosts } from '../../../../src/features/hosts/known-hosts.ts';
import { findUnknownHosts, findRefusedElsewhere } from '../../../../src/features/lint/hosts.ts';
import { onHost } from '../../../../src/db/hosts/host-records.ts';
import type { DbRecord } from '../../../../src/db/record.ts';
import type { Snapshot } from '../../../../src/db/snapshot.ts';
import { db, record, snapshotOf } from '../../../support/sample.ts';

type Records = readonly DbRecord[];

function snapshot(hosts: Records, containers: Records = [], name = 'web1'): Snapshot {
  const { schema } = snapshotOf(new Map());
  const stored = new Map([
    ['configuration', db(record('SystemName', name), record('docksmith', 'service', { SSHCommand: 'ssh -F "/a b"' }))],
    ['hosts', db(record('dns.test', 'local'), ...hosts)],
    ['docker_containers', db(...containers)],
  ]);
  return onHost({ schema, dbs: stored }, stored);
}

const WEB1 = record('web1', 'docksmith', { Role: 'writer' });
const WEB2 = record('web2', 'docksmith', {
  Address: 'root@[fd00::2]:2222',
  Command: 'sudo docksmith',
  ConnectTimeout: '1500ms',
  Groups: 'small',
});
const WEB3 = record('web3', 'docksmith', { status: 'disabled' });

describe('the hosts of db hosts', () => {
  it('are reached by ssh, each at its address, with nothing that could be an option', () => {
    const { here, hosts } = readHosts(snapshot([WEB1, WEB2, WEB3]));
    expect(here).toBe('web1');
    expect(hosts.map(({ name }) => name)).toEqual(['web1', 'web2', 'web3']);
    expect(commandFor(hosts[1] as KnownHost, ['exec', 'wiki', 'echo', "it's $HOME", '', '-n'], ['-T'])).toEqual([
      ...['ssh', '-F', '/a b', '-oBatchMode=yes', '-oConnectTimeout=2', '-oServerAliveInterval=15'],
      ...['-oServerAliveCountMax=4', '-p', '2222', '-T', '--', 'root@fd00::2'],
      "sudo docksmith exec wiki echo 'it'\\''s $HOME' '' -n",
    ]);
    expect(() => readHosts(snapshot([record('web1', 'docksmith', { Address: '-oProxyCommand=x' })]))).toThrow(
      'cannot accept hosts web1 Address "-oProxyCommand=x": it is not [USER@]HOST[:PORT]',
    );
  });

  it('have one writer, and are chosen by name, or all that are enabled', () => {
    const known = readHosts(snapshot([WEB1, WEB2, WEB3]));
    expect(getWriter(known, 'push').name).toBe('web1');
    expect(chooseHosts(known, [], 'push to').map(({ name }) => name)).toEqual(['web2']);
    expect(chooseHosts(known, ['web3', 'web3'], 'push to').map(({ name }) => name)).toEqual(['web3']);
    expect(() => chooseHosts(known, ['web22'], 'push to')).toThrow('db hosts has no such host');
    expect(() => chooseHosts(known, ['web1'], 'push to')).toThrow('it is this host');
    expect(() => getWriter(readHosts(snapshot([WEB2])), 'push')).toThrow('no host of db hosts is the writer');
    const two = [WEB1, record('web4', 'docksmith', { Role: 'writer' })] as const;
    expect(() => getWriter(readHosts(snapshot([...two])), 'push')).toThrow('web1 and web4 are both writers');
  });

  it('that are not there, are told by lint, and so is what they would refuse', () => {
    const containers = ['wiki@web2', 'wiki@small', 'wiki@web9', 'wiki@smal'].map((key) =>
      record(key, 'service', key === 'wiki@web2' ? { MaxMemory: 'x' } : {}),
    );
    const other = snapshot([WEB2, record('web4', 'docksmith', { Role: 'writer' }), WEB1], containers, 'web7');
    expect(findUnknownHosts(other).map(({ what }) => what)).toEqual([
      'wiki@smal: db hosts has no host or group "smal"',
      'wiki@web9: db hosts has no host or group "web9"',
      'this host, web7, is none of db hosts',
      'there are several writers: web1, web4',
    ]);
    expect(findRefusedElsewhere(other).map(({ what }) => what)).toEqual([
      expect.stringContaining('cannot accept docker_containers wiki@web2: MaxMemory "x" is not'),
    ]);
    expect(findUnknownHosts(snapshot([], containers))).toEqual([]);
  });
});
