import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import ini from 'ini';
import { describe, expect, it } from 'vitest';
import { parse as parseYaml } from 'yaml';
import { ESCAPES } from '../../../../src/template/language/escape.ts';
import { makeFolder } from '../../../support/folder.ts';
import { escaped, value } from '../../../support/hostile-values.ts';

const RUNS = { numRuns: 600 };

describe('a value is refused or reads back the same', () => {
  it('in shell, in double quotes, in single quotes and outside', () => {
    const values = fc.sample(value, 1000);
    const lines: string[] = [];
    const expected: string[] = [];
    for (const text of values) {
      for (const [before, after] of [
        ['X="a ', '"'],
        ["X='a ", "'"],
        ['X=', ''],
      ] as const) {
        const written = escaped('shell', text, before);
        if (written === undefined) continue;
        lines.push(`${before}${written}${after}; printf '%s\\0' "$X"`);
        expected.push(`${after === '' ? '' : 'a '}${text}`);
      }
    }
    const file = path.join(makeFolder(), 'values');
    writeFileSync(file, `${lines.join('\n')}\n`);
    const read = execFileSync('sh', ['-c', '. "$1"', 'sh', file], { maxBuffer: 64 * 1024 * 1024 })
      .toString()
      .split('\0')
      .slice(0, -1);
    // what is no text as bytes cannot come back as one
    const asBytes = (text: string): string => Buffer.from(text).toString();
    expect(read).toEqual(expected.map(asBytes));
    expect(expected.length).toBeGreaterThan(1000);
  });

  it('in JSON', () => {
    fc.assert(
      fc.property(value, (text) => {
        const inside = escaped('json', text, '{ "key": "');
        expect(JSON.parse(`{ "key": "${inside ?? ''}" }`)).toEqual({ key: text });
        const outside = escaped('json', text, '{ "key": ');
        if (outside !== undefined)
          expect(String((JSON.parse(`{ "key": ${outside} }`) as { key: unknown }).key)).toBe(text);
      }),
      RUNS,
    );
  });

  it.each(['1.1', '1.2'] as const)('in YAML %s, in quotes and outside', (version) => {
    const read = (source: string): unknown => (parseYaml(source, { version }) as { key: unknown }).key;
    fc.assert(
      fc.property(value, (text) => {
        expect(read(`key: "a ${escaped('yaml', text, 'key: "a ') ?? ''}"`)).toBe(`a ${text}`);
        const single = escaped('yaml', text, "key: 'a ");
        if (single !== undefined) expect(read(`key: 'a ${single}'`)).toBe(`a ${text}`);
        for (const begun of ['', 'v', 'a:', '1', 'n', '-', "it's"]) {
          const outside = escaped('yaml', text, `key: ${begun}`);
          if (outside !== undefined) expect(String(read(`key: ${begun}${outside}\nlast: 1\n`))).toBe(begun + text);
        }
        const inList = escaped('yaml', text, 'key: [');
        if (inList !== undefined) expect((read(`key: [${inList}, b]`) as unknown[]).map(String)).toEqual([text, 'b']);
      }),
      RUNS,
    );
  });

  it('in INI', () => {
    fc.assert(
      fc.property(value, (text) => {
        const written = escaped('ini', text, 'key=');
        if (written !== undefined)
          expect(
            String((ini.parse(`[section]\nkey=${written}\nlast=1\n`) as { section: { key: unknown } }).section.key),
          ).toBe(text);
      }),
      RUNS,
    );
  });

  it('in a Compose file, where a $ is written twice', () => {
    fc.assert(
      fc.property(value, (text) => {
        const read = parseYaml(`key: "${escaped('compose', text, 'key: "') ?? ''}"`) as { key: string };
        expect(read.key.replaceAll('$$', '$')).toBe(text);
        expect(read.key.replaceAll('$$', '')).not.toContain('$');
      }),
      RUNS,
    );
  });

  it("in Apache's configuration, as Apache cuts a line into words", () => {
    fc.assert(
      fc.property(value, (text) => {
        for (const [before, after] of [
          ['ServerName ', ''],
          ['Alias "/x', '/" "/y"'],
          ["Alias '/x", '/\' "/y"'],
          ["Say it's ", ' "end"'],
        ] as const) {
          const written = escaped('apache', text, before);
          if (written === undefined) continue;
          const words = wordsOf(`${before}${written}${after}`);
          const expected = wordsOf(`${before}@@${after}`).map((word) => word.replace('@@', () => text));
          expect(words).toEqual(expected);
          expect(written).not.toContain('${');
        }
      }),
      RUNS,
    );
  });
});

describe('a value in a crontab', () => {
  /** What cron gives to sh: the first % that no backslash hides ends the command, and those that are hidden lose it. */
  const commandOf = (line: string): string => {
    const command = line.replace(/^(\S+\s+){5}/, '');
    expect(/(?<!\\)%/.exec(command)).toBeNull();
    return command.replaceAll('\\%', '%');
  };

  it('is one word of the command, in quotes and outside', () => {
    const commands: string[] = [];
    const expected: string[] = [];
    for (const text of fc.sample(value, 1000)) {
      for (const [before, after] of [
        ["*/5 1 * * 1-5 printf '%s\\0' \"a ", '"'],
        ['@daily printf x ', ''],
      ] as const) {
        const written = escaped('cron', text, before);
        if (written === undefined || before.startsWith('@')) continue;
        commands.push(commandOf(`*/5 1 * * 1-5 printf '\\%s\\0' "a ${written}${after}`));
        expected.push(`a ${text}`);
      }
      const bare = escaped('cron', text, '0 0 * * * printf ');
      if (bare === undefined) continue;
      commands.push(commandOf(`0 0 * * * printf '\\%s\\0' ${bare}`));
      expected.push(text);
    }
    const file = path.join(makeFolder(), 'commands');
    writeFileSync(file, `${commands.join('\n')}\n`);
    const read = execFileSync('sh', [file], { maxBuffer: 64 * 1024 * 1024 })
      .toString()
      .split('\0')
      .slice(0, -1);
    expect(read).toEqual(expected.map((text) => Buffer.from(text).toString()));
    expect(expected.length).toBeGreaterThan(500);
  });

  it('is a time in front of the command, or nothing', () => {
    fc.assert(
      fc.property(value, (text) => {
        const written = escaped('cron', text, '0 ');
        if (written !== undefined) expect(written).toMatch(/^[\w*,/-]+$/);
      }),
      RUNS,
    );
    expect(escaped('cron', '*/5', '0 ')).toBe('*/5');
    expect(escaped('cron', '@daily', '')).toBe('@daily');
    expect(escaped('cron', '@daily', '0 ')).toBeUndefined();
    expect(escaped('cron', '5 root reboot', '0 ')).toBeUndefined();
  });

  it('adds nothing to a variable, in whose quotes no escape exists', () => {
    fc.assert(
      fc.property(value, (text) => {
        const quoted = escaped('cron', text, 'MAILTO="');
        if (quoted !== undefined) expect(quoted).toBe(text);
        if (quoted !== undefined) expect(quoted).not.toMatch(/["\n]/);
        const bare = escaped('cron', text, 'MAILTO=');
        if (bare !== undefined) expect(bare).toMatch(/^[\w@%+:,./-]+$/);
      }),
      RUNS,
    );
  });
});

/**
 * ap_getword_conf of httpd's server/util.c: a quote counts at the start of a word only, `\` hides a quote or
 * a `\` inside quotes.
 */
function wordsOf(line: string): readonly string[] {
  return [...line.matchAll(/"((?:\\.|[^"\\])*)"|'((?:\\.|[^'\\])*)'|(\S+)/g)].map(
    ([, double, single, plain]) =>
      double?.replace(/\\(["\\])/g, '$1') ?? single?.replace(/\\(['\\])/g, '$1') ?? plain ?? '',
  );
}

describe('a text that holds no syntax', () => {
  it.each(['text', 'apache', 'shell', 'ini', 'yaml', 'compose', 'none'])('is written as it is in %s', (format) => {
    for (const text of ['plain', 'wiki.example.test', '/srv/wiki', 'a-b_c', '8080'])
      expect(escaped(format, text, 'key ')).toBe(text);
  });

  it.each(['text', 'apache', 'shell', 'ini'])('has no newline in %s', (format) => {
    expect(() => ESCAPES[format]?.('a\nb', '')).toThrow('it has a newline');
    expect(() => ESCAPES[format]?.('a\u0007b', '')).toThrow('it has the control character 0x07');
  });
});
