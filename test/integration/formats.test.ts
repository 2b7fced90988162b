import { writeFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { loadModules } from '../support/apache.ts';
import { escaped, value } from '../support/hostile-values.ts';
import { makeTemporaryFolder, removeFolder } from '../support/leftovers.ts';
import { makeNamespace } from '../support/namespace.ts';
import { needs } from '../support/needs.ts';
import '../support/unit-setup.ts';
import { run, runOrFail } from '../support/run.ts';

interface Written {
  readonly line: string;
  readonly expected: string;
}

/** A line for every value that the format can hold, at each place of a line; NAME counts them. */
function writeAll(
  format: string,
  places: readonly (readonly [before: string, after: string, around: (text: string) => string])[],
  values: readonly string[],
): readonly Written[] {
  const written: Written[] = [];
  for (const text of values) {
    for (const [before, after, around] of places) {
      const start = before.replaceAll('NAME', `V${written.length}`);
      const inside = escaped(format, text, start);
      // what is no text as bytes cannot come back as one
      if (inside !== undefined)
        written.push({ line: `${start}${inside}${after}`, expected: Buffer.from(around(text)).toString() });
    }
  }
  return written;
}

const sample = (count: number): readonly string[] => fc.sample(value, count);

needs('apache')('Apache itself', () => {
  it('reads every value that is not refused as it was, and no directive more', async () => {
    const folder = makeTemporaryFolder('formats');
    try {
      const places = [
        ['Define NAME ', '', (text: string) => text],
        ['Define NAME "a ', ' b"', (text: string) => `a ${text} b`],
        ["Define NAME 'a ", " b'", (text: string) => `a ${text} b`],
      ] as const;
      const written = writeAll(
        'apache',
        places,
        sample(1000).filter((text) => text !== ''),
      );
      const file = path.join(folder, 'values.conf');
      writeFileSync(file, written.map(({ line }) => `${line}\n`).join(''));
      const config = path.join(folder, 'apache.conf');
      writeFileSync(
        config,
        [
          `ServerRoot "${folder}"`,
          `DefaultRuntimeDir "${folder}"`,
          `Mutex "file:${folder}" default`,
          `ErrorLog "${folder}/log"`,
          'ServerName localhost',
          ...loadModules(),
          'Listen 127.0.0.1:1',
          `Include "${file}"`,
          '',
        ].join('\n'),
      );
      const { exitCode, stdout, stderr } = await run('apache2', ['-f', config, '-t', '-D', 'DUMP_RUN_CFG']);
      expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
      const defined = [...stdout.matchAll(/^Define: (V\d+)=([^\n]*)/gm)].map(
        ([, name = '', text = '']) => [name, text] as const,
      );
      expect(new Map(defined)).toEqual(new Map(written.map(({ expected }, n) => [`V${n}`, expected])));
      expect(written.length).toBeGreaterThan(1000);
    } finally {
      removeFolder(folder);
    }
  });

  it('counts as many directives and sections with them as with plain values', async () => {
    const folder = makeTemporaryFolder('formats');
    try {
      const places = [
        ['SetEnv NAME ', '', String],
        ['SetEnv NAME "a ', ' b"', String],
        ['<Location "/NAME/', '">\nSetEnv INSIDE yes\n</Location>', String],
        ['<IfDefine !NAME>\nSetEnv INSIDE ', '\n</IfDefine>', String],
      ] as const;
      const hostile = writeAll(
        'apache',
        places,
        sample(400).filter((text) => text !== ''),
      );
      // the same lines, with `plain` in the place of each value
      const plain = hostile.map(
        ({ line }, n) =>
          places
            .map(([before, after]) => [before.replaceAll('NAME', `V${n}`), after] as const)
            .filter(([before, after]) => line.startsWith(before) && line.endsWith(after))
            .map(([before, after]) => `${before}plain${after}`)
            .at(-1) ?? '',
      );
      const count = async (name: string, lines: readonly string[]): Promise<number> => {
        const file = path.join(folder, `${name}.conf`);
        writeFileSync(file, lines.map((line) => `${line}\n`).join(''));
        const config = path.join(folder, `${name}.apache.conf`);
        writeFileSync(
          config,
          [
            `ServerRoot "${folder}"`,
            `DefaultRuntimeDir "${folder}"`,
            `Mutex "file:${folder}" default`,
            `ErrorLog "${folder}/log"`,
            'ServerName localhost',
            ...loadModules(['env', 'info']),
            'Listen 127.0.0.1:1',
            `Include "${file}"`,
            '',
          ].join('\n'),
        );
        const { exitCode, stdout, stderr } = await run('apache2', ['-f', config, '-t', '-D', 'DUMP_CONFIG']);
        expect({ exitCode, stderr: stderr.replace('Syntax OK\n', '') }).toEqual({ exitCode: 0, stderr: '' });
        return stdout.split('\n').filter((line) => /^\s*[^#\s]/.test(line)).length;
      };
      const counted = await count(
        'hostile',
        hostile.map(({ line }) => line),
      );
      expect(counted).toBe(await count('plain', plain));
      expect(counted).toBeGreaterThan(hostile.length);
      expect(hostile.length).toBeGreaterThan(400);
      // and it would be seen
      expect(await count('more', [...plain, 'SetEnv MORE plain'])).toBe(counted + 1);
    } finally {
      removeFolder(folder);
    }
  });
});

needs('dockerd')('iptables-restore', () => {
  it('takes every value that is not refused, and the kernel has it as it was, in no rule more', async () => {
    const namespace = await makeNamespace();
    try {
      const quoted = writeAll(
        'iptables',
        [['-A VALUES -m comment --comment "', '" -j ACCEPT', (text: string) => text]],
        sample(600),
      ).filter(({ expected }) => expected !== '' && Buffer.byteLength(expected) < 256);
      const bare = writeAll(
        'iptables',
        [['-A VALUES -m comment --comment ', ' -j ACCEPT', (text: string) => text]],
        sample(600),
      );
      const written = [...quoted, ...bare];
      const text = `*filter\n:VALUES - [0:0]\n${written.map(({ line }) => `${line}\n`).join('')}COMMIT\n`;
      for (const args of [['--test'], []])
        expect(await namespace.run('iptables-restore', args, { stdin: text })).toMatchObject({
          exitCode: 0,
          stderr: '',
        });
      const rules = (await namespace.run('iptables-save', ['-t', 'filter'])).stdout
        .split('\n')
        .filter((line) => line.startsWith('-A'));
      const read = rules
        .map((rule) => /^-A VALUES -m comment --comment (?:"((?:\\.|[^"\\])*)"|(\S+)) -j ACCEPT$/s.exec(rule))
        .map((match) => match?.[1]?.replace(/\\(.)/g, '$1') ?? match?.[2]);
      expect(read).toEqual(written.map(({ expected }) => expected));
      expect(written.length).toBeGreaterThan(200);
    } finally {
      namespace.remove();
    }
  });
});

needs('namespace')('the reader of /etc/hosts', () => {
  it('finds every name that is not refused, with its own address, and no name more', async () => {
    const folder = makeTemporaryFolder('formats');
    try {
      const values = [
        ...sample(500),
        ...fc.sample(fc.domain(), 100),
        ...fc.sample(
          fc.string({ unit: fc.constantFrom('a', 'B', '0', '-', '.', '_', ' ', '#', '\t'), minLength: 1 }),
          300,
        ),
      ];
      const written = writeAll('hosts', [['10.0.0.1 first ', ' last', (text: string) => text]], values);
      const comments = writeAll('hosts', [['10.0.0.2 alone # ', '', () => 'alone']], values);
      const file = path.join(folder, 'hosts');
      writeFileSync(file, [...written, ...comments].map(({ line }) => `${line}\n`).join(''));
      const listed = await runOrFail('unshare', [
        '--mount',
        'sh',
        '-c',
        'mount --bind "$0" /etc/hosts && exec getent -s files hosts',
        file,
      ]);
      const lines = listed
        .trimEnd()
        .split('\n')
        .map((line) => line.split(/\s+/));
      expect(lines.slice(0, written.length)).toEqual(
        written.map(({ expected }) => ['10.0.0.1', 'first', expected, 'last']),
      );
      expect(lines.slice(written.length)).toEqual(comments.map(() => ['10.0.0.2', 'alone']));
      expect(written.length).toBeGreaterThan(100);
    } finally {
      removeFolder(folder);
    }
  });
});

describe('sh, as it reads /etc/sysconfig', () => {
  it('has every variable that is not refused as it was, and no variable more', async () => {
    const folder = makeTemporaryFolder('formats');
    try {
      const written = writeAll(
        'shell',
        [
          ['NAME=', '', (text: string) => text],
          ['NAME="a ', '"', (text: string) => `a ${text}`],
        ],
        sample(500),
      );
      const file = path.join(folder, 'options');
      writeFileSync(file, written.map(({ line }) => `${line}\n`).join(''));
      const said = await runOrFail('sh', [
        '-c',
        'before=$(set | grep -c "^[A-Za-z_]*="); . "$0"; for n in $(seq 0 $1); do eval "printf \'%s\\0\' \\"\\$V$n\\""; done; set | grep -c "^V[0-9]*="',
        file,
        String(written.length - 1),
      ]);
      const read = said.split('\0');
      expect(read.slice(0, -1)).toEqual(written.map(({ expected }) => expected));
      expect(Number(read.at(-1))).toBe(written.length);
    } finally {
      removeFolder(folder);
    }
  });
});
