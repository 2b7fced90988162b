import { describe, expect, it } from 'vitest';
import {
  expandWords,
  parseEnvironmentFile,
  parseUnit,
  readEnvironment,
  splitUnitWords,
} from '../../../../src/model/daemon/unit-file.ts';

const unit = (...texts: readonly string[]): ReturnType<typeof parseUnit> =>
  parseUnit(texts.map((text, n) => ({ path: `/${n}`, text })));
const commands = (...texts: readonly string[]): readonly string[] =>
  unit(...texts).execStart.map(({ value, from }) => `${from} ${value}`);

describe('the commands of a unit', () => {
  it('are what ExecStart of its section Service says', () => {
    expect(
      commands(
        '[Unit]\nExecStart=/not/this\n[Service]\nType=notify\nExecStart=/usr/bin/dockerd -H fd://\n[Install]\nExecStart=/nor/this\n',
      ),
    ).toEqual(['/0 /usr/bin/dockerd -H fd://']);
  });

  it('go on after a backslash, over comments', () => {
    const text =
      '[Service]\nExecStart=/usr/bin/dockerd \\\n    # with systemd\n    -H fd:// \\\n  --containerd=/run/containerd/containerd.sock\nExecReload=/bin/kill -s HUP $MAINPID\n';
    expect(commands(text)).toEqual(['/0 /usr/bin/dockerd -H fd:// --containerd=/run/containerd/containerd.sock']);
  });

  it('are cleared by an empty one, and then set again', () => {
    expect(commands('[Service]\nExecStart=/a\nExecStart=/c', '[Service]\nExecStart=\nExecStart=/b')).toEqual(['/1 /b']);
    expect(commands('[Service]\nExecStart=/a', '[Service]\nExecStart=')).toEqual([]);
  });

  it('are split at white space, but for quotes, which stay where the word is written again', () => {
    expect(
      splitUnitWords('/a "b c" --x=\'d e\' f\\ g --time=%%s "\\"h\\""').map(({ raw, text }) => [raw, text]),
    ).toEqual([
      ['/a', '/a'],
      ['"b c"', 'b c'],
      ["--x='d e'", '--x=d e'],
      ['f\\ g', 'f g'],
      ['--time=%%s', '--time=%s'],
      ['"\\"h\\""', '"h"'],
    ]);
  });
});

describe('variables', () => {
  it('of a file are read with its quotes, comments and long lines', () => {
    const text =
      '# comment\nA=plain words  \nB="--mtu=1450 \\"x\\""\n; C=no\nD=\'$kept\'\nE="two \\\nlines"\n  export F=f\nG=\nnot a line\n';
    expect([...parseEnvironmentFile(text)]).toEqual([
      ['A', 'plain words'],
      ['B', '--mtu=1450 "x"'],
      ['D', '$kept'],
      ['E', 'two lines'],
      ['F', 'f'],
      ['G', ''],
    ]);
  });

  it('of files win over those of the unit, later ones over earlier ones, and an empty setting takes back what was before', () => {
    const service = unit(
      '[Service]\nEnvironment="A=1 x" B=2\nEnvironment=C=3\nEnvironmentFile=-/f\nEnvironmentFile=/g\n',
    );
    const files: Readonly<Record<string, string>> = { '/f': 'B=f\nD=f', '/g': 'D=g' };
    expect(
      [...readEnvironment(service, (path) => [{ path, text: files[path] ?? '' }])].map(
        ([name, { value, from }]) => `${name} ${value} ${from}`,
      ),
    ).toEqual(['A 1 x /0', 'B f /f', 'C 3 /0', 'D g /g']);
    expect(
      unit('[Service]\nEnvironmentFile=/f\nEnvironment=A=1\n', '[Service]\nEnvironmentFile=\nEnvironment=\n'),
    ).toMatchObject({ environmentFiles: [], environment: [] });
  });

  it('are put in as systemd does it', () => {
    const environment = new Map([
      ['OPTIONS', { value: '--mtu=1450 "--label=a b"', from: '/etc/x' }],
      ['NET', { value: '10.1.0.1/24', from: '/run/f' }],
    ]);
    expect(
      expandWords({ value: '/usr/bin/dockerd $OPTIONS --bip=${NET} ${OPTIONS} $$x $NOTHING', from: '/u' }, environment),
    ).toEqual([
      { text: '/usr/bin/dockerd', from: '/u' },
      { text: '--mtu=1450', from: 'OPTIONS of /etc/x' },
      { text: '--label=a b', from: 'OPTIONS of /etc/x' },
      { text: '--bip=10.1.0.1/24', from: '/u, with NET of /run/f' },
      { text: '--mtu=1450 "--label=a b"', from: '/u, with OPTIONS of /etc/x' },
      { text: '$x', from: '/u' },
    ]);
  });
});
