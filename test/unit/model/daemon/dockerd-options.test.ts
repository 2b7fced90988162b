import { describe, expect, it } from 'vitest';
import {
  findInBoth,
  parseDockerdOptions,
  readDaemonJson,
  saysTheSame,
} from '../../../../src/model/daemon/dockerd-options.ts';

describe('the options of a command line', () => {
  it.each<readonly [string, readonly string[]]>([
    ['dockerd -H fd:// --containerd=/run/c.sock', ['hosts fd://', 'containerd /run/c.sock']],
    [
      'dockerd -Hunix:///a -H=unix:///b -DH unix:///c -l=debug',
      ['hosts unix:///a', 'hosts unix:///b', 'debug unix:///c', 'hosts unix:///c', 'log-level debug'],
    ],
    [
      'dockerd --debug --live-restore --tlsverify=false -s vfs',
      ['debug true', 'live-restore true', 'tlsverify false', 'storage-driver vfs'],
    ],
    [
      'docker daemon -g /old --label a=b --oom-score-adjust -500',
      ['data-root /old', 'labels a=b', 'oom-score-adjust -500'],
    ],
    [
      'dockerd --insecure-registry a:5000 --dns 1.1.1.1 --some-new-thing x --graph=/y',
      ['insecure-registries a:5000', 'dns 1.1.1.1', 'some-new-thing x', 'data-root /y'],
    ],
    ['dockerd -D -- --bip=1.2.3.4/24', ['debug true']],
    ['dockerd', []],
  ])('%s', (line, expected) => {
    expect(parseDockerdOptions(line.split(' ')).map(({ key, value }) => `${key} ${value}`)).toEqual(expected);
  });
});

describe('options that stand in both places', () => {
  it.each<readonly [string, object, readonly string[]]>([
    ['dockerd -H fd:// --containerd=/run/containerd.sock', { 'data-root': '/x', 'live-restore': true }, []],
    ['dockerd -H fd://', { hosts: ['tcp://127.0.0.1:2375'] }, ['hosts']],
    [
      'dockerd --data-root=/x --log-opt max-size=1m -D -s vfs',
      { 'log-opts': { 'max-file': '2' }, debug: false, graph: '/y', 'storage-driver': 'vfs', bip: '' },
      ['data-root', 'log-opts', 'debug', 'storage-driver'],
    ],
    ['dockerd --http-proxy http://p', { proxies: { 'http-proxy': 'http://q' } }, ['http-proxy']],
    // dockerd puts these together
    ['dockerd --add-runtime a=/b', { runtimes: { c: { path: '/d' } } }, []],
  ])('%s beside %j', (line, daemonJson, keys) => {
    expect(
      findInBoth(parseDockerdOptions(line.split(' ')), readDaemonJson(JSON.stringify(daemonJson))).map(
        ({ key }) => key,
      ),
    ).toEqual(keys);
  });

  it('may say the same', () => {
    expect([
      saysTheSame({ value: 'true' }, true),
      saysTheSame({ value: 'max-size=1m' }, { 'max-size': '1m' }),
      saysTheSame({ value: 'a' }, ['a', 'b']),
    ]).toEqual([true, true, true]);
    expect([
      saysTheSame({ value: 'false' }, true),
      saysTheSame({ value: 'max-size=2m' }, { 'max-size': '1m' }),
      saysTheSame({ value: 'c' }, ['a', 'b']),
    ]).toEqual([false, false, false]);
  });

  it('are looked for in an object, or in an empty file', () => {
    expect([...readDaemonJson(' \n')]).toEqual([]);
    expect([...readDaemonJson('{"constructor":1}')]).toEqual([['constructor', 1]]);
    expect(() => readDaemonJson('[]')).toThrow('it holds no object');
  });
});
