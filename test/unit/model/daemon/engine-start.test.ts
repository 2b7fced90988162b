import { describe, expect, it } from 'vitest';
import { findUnitStart } from '../../../../src/model/daemon/daemon.ts';
import { type EngineStart, findRefused, listLosses, readStart } from '../../../../src/model/daemon/engine-start.ts';
import { readDaemonJson } from '../../../../src/model/daemon/dockerd-options.ts';
import { factsWith, serverWith } from '../../../support/containers.ts';

const JSON_KEYS = new Set(['data-root', 'bip', 'log-driver', 'log-opts', 'live-restore']);
type Files = Readonly<Record<string, string>>;

/** The command of the drop-in for a unit with these lines. */
function commandFor(...lines: readonly string[]): string | undefined {
  const texts = [{ path: '/u', text: `[Service]\n${lines.join('\n')}\n` }];
  const start = findUnitStart(
    serverWith({}, { docker: { status: 'enabled', OptionsFile: '/etc/sysconfig/docker' } }),
    factsWith({ dockerUnit: { path: '/u', texts } }),
    JSON_KEYS,
  );
  return start === undefined ? undefined : `${start.command} ${start.variable}`;
}

function start(lines: readonly string[], files: Files = {}): EngineStart {
  const found = readStart({ path: '/u', texts: [{ path: '/u', text: `[Service]\n${lines.join('\n')}\n` }] }, (path) =>
    files[path] === undefined ? [] : [{ path, text: files[path] }],
  );
  if (found === undefined) throw new Error('nothing starts it');
  return found;
}

describe('the command of the drop-in', () => {
  it.each<readonly [string, readonly string[], string | undefined]>([
    [
      'Debian',
      ['ExecStart=/usr/sbin/dockerd -H fd:// --containerd=/run/containerd/containerd.sock $DOCKER_OPTS'],
      '/usr/sbin/dockerd --containerd=/run/containerd/containerd.sock $DOCKER_OPTS $OPTIONS',
    ],
    [
      'Fedora',
      [
        'ExecStart=/usr/bin/dockerd \\',
        '  --host=fd:// \\',
        '  --exec-opt native.cgroupdriver=systemd \\',
        '  $OPTIONS \\',
        '  $DOCKER_STORAGE_OPTIONS \\',
        '  $DOCKER_NETWORK_OPTIONS',
      ],
      '/usr/bin/dockerd --exec-opt native.cgroupdriver=systemd $DOCKER_STORAGE_OPTIONS $DOCKER_NETWORK_OPTIONS $OPTIONS',
    ],
    [
      'flannel',
      [
        'ExecStart=/usr/bin/dockerd --bip=${FLANNEL_SUBNET} --mtu=${FLANNEL_MTU} -H tcp://0.0.0.0:2375 -H unix:///var/run/docker.sock',
      ],
      '/usr/bin/dockerd --mtu=${FLANNEL_MTU} $OPTIONS',
    ],
    [
      'quotes and percent signs',
      ['ExecStart=-/usr/bin/dockerd --label="site=north east" --log-opt tag=%%n --label=cost=$$5 -s vfs'],
      '-/usr/bin/dockerd --label="site=north east" --label=cost=$$5 -s vfs $OPTIONS',
    ],
    [
      'no variables wanted',
      ['ExecStart=:/usr/bin/dockerd -H fd:// --label=a=$B'],
      '/usr/bin/dockerd --label=a=$$B $OPTIONS',
    ],
    [
      'another program before it',
      ['ExecStart=/usr/bin/nice -n 5 /usr/bin/dockerd -H fd:// --mtu 1450'],
      '/usr/bin/nice -n 5 /usr/bin/dockerd --mtu 1450 $OPTIONS',
    ],
    [
      'several commands',
      ['Type=oneshot', 'ExecStart=/usr/bin/dockerd -H fd:// --init', 'ExecStart=/usr/bin/logger started'],
      '/usr/bin/dockerd --init $OPTIONS',
    ],
    [
      'a shell, whose text is not taken apart',
      ["ExecStart=/bin/sh -c '/usr/bin/docker-current daemon $OPTIONS 2>&1 | forward-journald'"],
      undefined,
    ],
  ])('of %s', (_, lines, expected) => {
    expect(commandFor(...lines)).toBe(expected);
  });
});

describe('what the engine would refuse', () => {
  const given = readDaemonJson('{"data-root": "/d", "bip": "172.30.0.1/16"}');
  it.each<readonly [readonly string[], Files, readonly string[]]>([
    [['ExecStart=/usr/bin/dockerd -H fd:// --mtu=1450'], {}, []],
    [['ExecStart=/usr/bin/dockerd -g /old'], {}, ['-g /old: /u']],
    [
      ['EnvironmentFile=-/run/flannel/docker', 'ExecStart=/usr/bin/dockerd $DOCKER_NETWORK_OPTIONS'],
      { '/run/flannel/docker': 'DOCKER_NETWORK_OPTIONS=" --bip=10.1.15.1/24 --ip-masq=true --mtu=1450"\n' },
      ['--bip=10.1.15.1/24: DOCKER_NETWORK_OPTIONS of /run/flannel/docker'],
    ],
    [
      ['Environment="OPTS=--data-root /x"', "ExecStart=/bin/sh -c 'exec dockerd $OPTS --debug'"],
      {},
      ['--data-root /x: OPTS of /u'],
    ],
  ])('%j', (lines, files, expected) => {
    expect(findRefused(start(lines, files), given).map(({ text, from }) => `${text}: ${from}`)).toEqual(expected);
  });
});

describe('what goes', () => {
  const given = readDaemonJson('{"data-root": "/d", "live-restore": true}');
  const before = start(
    [
      'EnvironmentFile=/etc/sysconfig/docker',
      'ExecStart=/usr/bin/prepare',
      'ExecStart=/usr/bin/dockerd -H fd:// -H tcp://0.0.0.0:2375 --live-restore --data-root=/old --init $OPTIONS',
    ],
    { '/etc/sysconfig/docker': 'OPTIONS="--selinux-enabled --mtu=1450"\nHTTPS_PROXY=http://proxy\nEMPTY=\n' },
  );

  it('is named one by one', () => {
    const after = start(['EnvironmentFile=/etc/sysconfig/docker', 'ExecStart=/usr/bin/dockerd --init $OPTIONS'], {
      '/etc/sysconfig/docker': 'OPTIONS="-H fd:// --mtu=1450"\n',
    });
    expect(listLosses(before, after, given)).toEqual([
      '"-H tcp://0.0.0.0:2375" (/u) is dropped',
      '"--data-root=/old" (/u) is replaced by data-root "/d" of daemon.json',
      '"--selinux-enabled" (OPTIONS of /etc/sysconfig/docker) is dropped',
      'the variable HTTPS_PROXY (/etc/sysconfig/docker) is dropped',
      'the command "/usr/bin/prepare" (/u) is dropped',
    ]);
  });

  it('is nothing where all of it stays', () => {
    expect(listLosses(before, before, new Map())).toEqual([]);
  });
});
