import { mkdirSync, symlinkSync, writeFileSync, chmodSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { readLookups } from '../../../src/host/lookups.ts';
import { layOutExampleHost } from '../../support/example-host.ts';
import { makeRoot } from '../../support/folder.ts';
import { render, renderText } from '../../support/render.ts';
import { db, record, SAMPLE_FACTS, snapshotOf } from '../../support/sample.ts';

describe('a mistake in the arguments of a helper', () => {
  it.each([
    ['{{gt "abc" 1}}', 'cannot call "gt": argument 1 is no number: "abc"'],
    ['{{add}}', 'it takes numbers'],
    ['{{add 1 (list)}}', 'argument 2 is not a text'],
    ['{{div 1 0}}', 'nothing can be divided by 0'],
    ['{{mod 1 0.5}}', 'nothing can be divided by 0'],
    ['{{mul "1e200" "1e200"}}', 'the result is too large'],
    ['{{range 1 1000001}}', 'the value would be too large: more than 50 million characters'],
    ['{{range 1 2 0}}', 'a step is not 0'],
    ['{{repeat "ab" 25000001}}', 'too large'],
    ['{{pad "a" 50000001}}', 'too large'],
    ['{{indent -1 "a"}}', 'argument 1 is a number of spaces'],
    ['{{indent 500000000 "a"}}', 'too large'],
    ['{{#indent 20000000}}a\nb\nc{{/indent}}', 'too large'],
    ['{{substring "Öl" 1 bytes=true}}', 'it would cut a letter in two'],
    ['{{substring "abc" 0.5}}', 'argument 2 is no whole number: 0.5'],
    ['{{pad "a" 5 with="xy"}}', 'with is one character'],
    ['{{pad "a" 5 side="top"}}', 'side is "left" or "right"'],
    ['{{format "%d" "x"}}', '%d takes a number, not "x"'],
    ['{{format "%s"}}', 'the format has more places than the 0 values behind it'],
    ['{{format "a" 1}}', 'the format has 0 places for the 1 values behind it'],
    ['{{format "5%"}}', 'the format has a % that begins no place'],
    ['{{format "%q" 1}}', '%q is no place of a format'],
    ['{{format "%x" -1}}', '%x takes no number below 0'],
    ['{{match "a" "(?=b)"}}', 'there is no looking ahead or behind'],
    ['{{match "a" "(a)\\1"}}', 'no reference to a group'],
    ['{{match "a" "[a"}}', '"[a" is no pattern: missing closing ]'],
    ['{{replace "a" "a" "$1"}}', '"$1" in the replacement is no group of the pattern'],
    ['{{replace "a" "a" "$x"}}', '"$" in the replacement is no group of the pattern'],
    ['{{sort "a"}}', 'argument 1 is not a list'],
    ['{{sort (split "a,1") numeric=true}}', 'an item is no number: "a"'],
    ['{{sort (list (list))}}', 'an item is a list or a set of values: by="PROP"'],
    ['{{sort (records "docker_images") by="X"}}', 'record "wiki" of docker_images has no "X": default= says'],
    ['{{pluck (list "a") "x"}}', 'an item has no "x"'],
    ['{{map (list "a") "nothing"}}', 'there is no helper "nothing"'],
    ['{{map (list "a") "records"}}', '"records" cannot be called for each item'],
    ['{{dict "a"}}', 'a name has no value'],
    ['{{put "a" "b" 1}}', 'argument 1 is no map: {{dict}} makes one'],
    ['{{get "a" "b"}}', 'argument 1 is no map, record or list'],
    ['{{get (dict) "b"}}', 'cannot call "get"'],
    ['{{first (list)}}', 'cannot call "first"'],
    ['{{choose "a" "b" 1}}', 'cannot call "choose"'],
    ['{{records "hosts" "x"}}', 'it takes a db, PROP=VALUE and where='],
    ['{{filter (list "a") "a"}}', 'it takes a list, and more only with where='],
    ['{{reject (list "a") "a"}}', 'it takes a list, and more only with where='],
    ['{{records "hosts" where="a="}}', 'where="a=": at its end, a value is missing'],
    ['{{records "hosts" where="a=b c"}}', 'where="a=b c": "c", "and" or "or" is missing'],
    ['{{records "hosts" where="(a"}}', 'at its end, ")" is missing'],
    ['{{records "hosts" where="=b"}}', '"=", the name of a prop is missing'],
    ['{{records "hosts" where="a=$1"}}', 'there is no argument $1 behind the list'],
    ['{{records "hosts" "x" where="a"}}', 'uses 0 of the 1 arguments behind the list'],
    ['{{broadcast "fd00::/64"}}', 'fd00::/64 is of IPv6, where there is no broadcast'],
    ['{{mask "10.0.0.1"}}', '"10.0.0.1" is no network: ADDRESS/BITS, or ADDRESS and MASK'],
    ['{{network "10.0.0.1" "255.0.255.0"}}', '"10.0.0.1" with mask "255.0.255.0" is no network'],
    ['{{hosts "10.0.0.0/8"}}', 'too large'],
    ['{{hosts "fd00::/8"}}', 'too large'],
    ['{{fileExists "/etc/shadow"}}', '"/etc/shadow" is in no folder that metadata READS names: READS = /etc'],
    ['{{fileExists "/etc/example/../shadow"}}', 'no absolute path without ".."'],
    ['{{fileExists "/etc/example" kind="pipe"}}', 'kind is "file" or "folder"'],
    ['{{package "a;b"}}', '"a;b" is no name of a package'],
    ['{{hosts_allow_spec "none"}}', 'configuration has no record "none"'],
    ['{{banner "comment"}}', 'it takes the sign of a comment'],
  ])('%s is told with its place', (fragment, message) => {
    const paths = makeRoot();
    const give = (): string =>
      renderText(`\n ${fragment}`, { paths, facts: layOutExampleHost(paths), metadata: 'READS = /etc/example' });
    expect(give).toThrow(message);
    expect(give).toThrow(/templates\/etc\/one\/10fragment:2:\d+: /);
  });
});

describe('numbers', () => {
  it.each([
    ['{{div 10 3}} {{mul 0.1 3}} {{div 1 3000000}}', '3.33333333333333 0.3 3.33333333333333e-07'],
    ['{{mul "1e10" "1e10"}} {{mul 1125899906842624 1}} {{add "-0.50" 0}} {{sub 0 0}}', '1e+20 1125899906842624 -0.5 0'],
    ['{{mod 7 -3}} {{mod -7 -3}} {{mod 7.9 3}}', '-2 -1 1'],
    ['{{number " 08x"}} {{number "-.5e1z"}} {{number ""}}', '8 -5 0'],
  ])('%s prints as Perl prints it', (fragment, gives) => {
    expect(renderText(fragment)).toBe(gives);
  });

  it.each([
    ['%.0f %.0f %.0f', ['0.5', '1.5', '2.5'], '0 2 2'],
    ['%.2f %.1f %f', ['2.675', '0.25', '1'], '2.67 0.2 1.000000'],
    ['%5d|%-5d|%05d|%+d|% d', ['42', '42', '-42', '42', '42'], '   42|42   |-0042|+42| 42'],
    ['%e %.1e %g %g %g', ['12345', '0', '0.0001', '1234567', '100'], '1.234500e+04 0.0e+00 0.0001 1.23457e+06 100'],
    ['%#x %#o %b %X %.3d', ['255', '8', '5', '255', '7'], '0xff 010 101 FF 007'],
    ['%d %i %c%%', ['-0.9', '3.9', '65'], '0 3 A%'],
    ['%.2s|%-4s|%4s', ['abc', 'é', 'é'], 'ab|é   |   é'],
  ])('format "%s" of %j', (format, values, gives) => {
    expect(renderText(`{{format "${format}" ${values.map((value) => `"${value}"`).join(' ')}}}`)).toBe(gives);
  });
});

describe('patterns', () => {
  it('that backtrack without end elsewhere take a moment', () => {
    const begun = process.cpuUsage().user;
    expect(
      renderText(
        '{{cond (match (repeat "a" 5000) "^(a+)+$") 1 0}} {{cond (match (concat (repeat "a" 5000) "b") "^(a|a)*$") 1 0}}',
      ),
    ).toBe('1 0');
    expect(process.cpuUsage(undefined).user - begun).toBeLessThan(10_000_000);
  });

  it('that look at the rest of a long text again and again are refused', () => {
    expect(() => renderText('{{replace (repeat "a" 20000) "a(.*z)?" "b"}}')).toThrow(
      'the text has too many places where "a(.*z)?" holds for its 20000 characters: take it line by line',
    );
  });

  it.each([
    [`{{join (wrap (fields "abc" "") "<" ">") ""}}`, '<a><b><c>'],
    [`{{join (wrap (fields "a1b2" "(\\d)") "<" ">") ""}}`, '<a><1><b><2>'],
    [`{{join (wrap (fields "a,b,c," "," limit=2) "<" ">") ""}}`, '<a><b,c,>'],
    [`{{length (fields "" ",")}} {{length (fields ",,," ",")}}`, '0 0'],
    [`{{replace "a.b.c" "[.]" "\\."}} {{replace "ab" "(?<x>a)(b)" "$2$<x>$$$&"}}`, 'a\\.b\\.c ba$ab'],
    [`{{replace "abc" "" "-"}} {{replace "äöü" "." "x"}}`, '-a-b-c- xxx'],
    [`{{#with (match "ab" "(a)(x)?")}}[{{this.[2]}}]{{/with}}`, '[]'],
  ])('%s', (fragment, gives) => {
    expect(renderText(fragment)).toBe(gives);
  });
});

describe('networks', () => {
  it.each([
    ['{{broadcast "192.168.77.130" "255.255.255.128"}} {{networkAddress "fd00:1::9/64"}}', '192.168.77.255 fd00:1::'],
    [
      '{{reverse "192.168.8.0/23"}} {{reverse "fd00::1"}}',
      `168.192.in-addr.arpa ${['1', ...Array<string>(28).fill('0'), '0', 'd', 'f'].join('.')}.ip6.arpa`
        .replace('.0.d.f', '.0.0.d.f')
        .replace('.0.0.0.d.f', '.0.0.d.f'),
    ],
    [
      '{{join (hosts "10.0.0.0/31")}} {{join (hosts "10.0.0.4/32")}} {{length (hosts "fd00::/120")}}',
      '10.0.0.0, 10.0.0.1 10.0.0.4 256',
    ],
    [
      '{{contains "fd00::/16" "fd00:1::/32"}} {{contains "10.0.0.0/16" "10.0.0.0/8"}} {{contains "a/b" "/"}}',
      'true false true',
    ],
    [
      '{{join (prefixes "10.0.0.0/7")}} {{mask "0.0.0.0/0"}} {{mask "fd00::/64"}} {{prefix "10.0.0.0" "255.255.255.252"}}',
      '10, 11 0.0.0.0 ffff:ffff:ffff:ffff:: 30',
    ],
  ])('%s', (fragment, gives) => {
    expect(renderText(fragment)).toBe(gives);
  });
});

describe('files of the host', () => {
  it('are read below the folders of READS alone, also where links lead', () => {
    const paths = makeRoot();
    const folder = path.join(paths.root, 'etc/x');
    mkdirSync(folder, { recursive: true });
    writeFileSync(path.join(paths.root, 'etc/secret'), 'secret\n');
    writeFileSync(path.join(folder, 'list'), 'a\n\nb');
    symlinkSync('list', path.join(folder, 'inside'));
    symlinkSync('../secret', path.join(folder, 'outside'));
    symlinkSync('/dev/null', path.join(folder, 'away'));
    const give = (fragment: string): string =>
      renderText(fragment, {
        paths,
        facts: { ...SAMPLE_FACTS, lookups: readLookups(paths) },
        metadata: 'READS = /etc/x',
      });
    expect(give('{{join (fileLines "/etc/x/inside") "|"}} {{length (default (fileLines "/etc/x/no") (list))}}')).toBe(
      'a||b 0',
    );
    expect(() => give('{{fileLines "/etc/x/no"}}')).toThrow('cannot call "fileLines"');
    expect(() => give('{{fileLines "/etc/x"}}')).toThrow('"/etc/x" is no file');
    expect(() => give('{{fileLines "/etc/x/outside"}}')).toThrow(
      'is a link to "/etc/secret", which metadata READS does not name',
    );
    expect(() => give('{{fileExists "/etc/x/away"}}')).toThrow('is a link to a place out of the root');
    writeFileSync(path.join(folder, 'bytes'), Buffer.from([0xff, 0x0a]));
    expect(() => give('{{fileLines "/etc/x/bytes"}}')).toThrow('cannot read "/etc/x/bytes"');
  });

  it('that not everybody may read make an output that its owner alone may read, unless PERMS says otherwise', () => {
    const paths = makeRoot({
      'templates/etc/it/10a': '{{join (fileLines "/etc/x/key")}}',
      'templates.metadata/etc/it': 'READS = /etc/x',
    });
    const file = path.join(paths.root, 'etc/x/key');
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, 'a\n');
    const modeOf = (mode: number): readonly unknown[] => {
      chmodSync(file, mode);
      const facts = { ...SAMPLE_FACTS, lookups: readLookups(paths) };
      return render({ template: '/etc/it' }, { paths, facts }).outputs.map((output) => [output.mode, output.isSecret]);
    };
    expect(modeOf(0o644)).toEqual([[0o644, false]]);
    expect(modeOf(0o640)).toEqual([[0o600, true]]);
  });
});

describe('what the SME Server has', () => {
  it('hosts_allow_spec and local_access_spec know both families, hosts alone, and no networks at all', () => {
    const networks = db(
      record('10.1.0.0', 'network', { Mask: '255.255.0.0' }),
      record('10.9.9.9', 'network', { Mask: '255.255.255.255' }),
      record('fd00::', 'network', { Mask: '64' }),
      record('9.9.9.9', 'remote', { Mask: '255.255.255.255' }),
    );
    expect(
      renderText('{{join (local_access_spec) " "}}|{{join (local_access_spec "other")}}', {
        snapshot: snapshotOf(new Map([['networks', networks]])),
      }),
    ).toBe('127.0.0.1 10.1.0.0/255.255.0.0 10.9.9.9 [fd00::]/64|127.0.0.1');
    expect(renderText('{{join (local_access_spec "private")}}', { snapshot: snapshotOf(new Map()) })).toBe('127.0.0.1');
  });

  it('banner has the banner in any kind of comment', () => {
    expect(renderText('{{banner "<!--"}}')).toMatch(/^<!--\n {2}Written by docksmith[^]*\n-->$/);
    expect(renderText('{{banner "/*"}}')).toMatch(/^\/\*\n \* Written by docksmith[^]*\n \*\/$/);
    expect(
      renderText('{{banner "//"}}')
        .split('\n')
        .every((line) => line.startsWith('// ')),
    ).toBe(true);
  });
});

describe('the size of an expansion', () => {
  it.each([
    ['lines of nested loops', '{{#each (range 1 1000)}}{{#each (range 1 1000)}}{{this}}\n{{/each}}{{/each}}', 2],
    ['loops that print nothing', '{{#each (range 1 9999)}}{{#each (range 1 9999)}}{{/each}}{{/each}}', 2],
    ['long texts', '{{#each (range 1 100)}}{{repeat "x" 900000}}{{/each}}', 2],
    [
      'a text that doubles',
      '{{let "t" "0123456789"}}{{#each (range 1 60)}}{{let "t" (concat t t)}}{{/each}}\n{{t}}',
      2,
    ],
    [
      'a list that doubles',
      '{{let "l" (list 1 2)}}{{#each (range 1 60)}}{{let "l" (append l l)}}{{/each}}\n{{join l}}',
      2,
    ],
    ['what templates expand', '{{#each (range 1 1000)}}{{expand "/etc/part"}}{{/each}}', undefined],
  ])('is limited for %s, with the place', (_what, fragment, line) => {
    const paths = makeRoot({
      'templates/etc/part/10p': '{{#each (range 1 1000)}}x{{/each}}',
      'templates/etc/part/template-begin': '{{! no banner }}',
    });
    const place = line === undefined ? 'part/10p:1' : `one/10fragment:${line}`;
    expect(() => renderText(`\n${fragment}`, { paths })).toThrow(
      new RegExp(`${place}:\\d+: cannot [^\\n]*too large: more than 50 million characters`),
    );
  });

  it('lets a list of many addresses pass', () => {
    const text = renderText('{{#each (hosts "10.1.0.0/16")}}{{reverse this}} PTR {{@index}}\n{{/each}}');
    expect(text.split('\n')).toHaveLength(65_535);
  });
});
