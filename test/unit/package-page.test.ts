import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { checkByKind, KINDS } from '../../src/db/kinds.ts';
import { KEYS, parseMetadata } from '../../src/template/metadata.ts';
import { VERBS } from '../../src/event/verbs.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');
const read = (file: string): string => readFileSync(path.join(ROOT, file), 'utf8');
const PAGE = read('docs/writing-a-package.md');
const { files: SHIPPED } = JSON.parse(read('package.json')) as { files: readonly string[] };

/** Cells of the rows whose first one is code: `| \`x\` | y |`. */
const rows = [...PAGE.matchAll(/^\| `([^`]+)` \|(.*)\|$/gm)].map(([, first = '', rest = '']) => ({
  first,
  last: /`([^`]*)`\s*$/.exec(rest)?.[1] ?? '',
}));

describe('the page for packages', () => {
  it('has every key of metadata, with an example that is allowed', () => {
    const shown = rows.filter(({ first, last }) => last.startsWith(`${first} = `));
    expect(shown.map(({ first }) => first).sort()).toEqual([...KEYS].sort());
    expect(() => shown.map(({ last }) => parseMetadata('/etc/it', [{ file: '/m', text: last }]))).not.toThrow();
  });

  it('has every kind of a schema, with a value that it allows', () => {
    const kinds = rows.filter(({ first }) => KINDS.includes(first));
    expect(kinds.map(({ first }) => first).sort()).toEqual([...KINDS].sort());
    expect(kinds.flatMap(({ first, last }) => checkByKind(first, last) ?? [])).toEqual([]);
  });

  it('shows files of the example as they are', () => {
    const shown = [...PAGE.matchAll(/^```\w+ file=(\S+)\n(.*?)^```$/gms)];
    expect(shown.length).toBeGreaterThan(8);
    for (const [, file = '', text] of shown) expect(text, file).toBe(read(`docs/example${file}`));
  });

  it('names no action that is none', () => {
    const [, named = ''] = /The actions are (.*?)\. The record/s.exec(PAGE) ?? [];
    const words = [...named.matchAll(/`(\w+)`/g)].map(([, word = '']) => word);
    expect(words.length).toBeGreaterThan(5);
    expect(words.filter((word) => !VERBS.some((verb) => verb === word))).toEqual([]);
  });
});

describe('what is shipped', () => {
  const isShipped = (file: string): boolean =>
    ['README.md', 'LICENSE', 'package.json', ...SHIPPED].some((one) => file === one || file.startsWith(`${one}/`));
  const pages = readdirSync(ROOT, { recursive: true, encoding: 'utf8' }).filter(
    (file) => file.endsWith('.md') && !file.includes('node_modules') && isShipped(file),
  );

  it('is there', () => {
    expect(SHIPPED.filter((file) => !/^(?:!|dist$)/.test(file) && !existsSync(path.join(ROOT, file)))).toEqual([]);
    expect(pages).toContain('docs/writing-a-package.md');
  });

  it.each(pages)('no link of %s leads outside the package', (page) => {
    const targets = [...read(page).matchAll(/\]\((?!https?:)([^)#]+)/g)].map(([, target = '']) =>
      path.normalize(path.join(path.dirname(page), target)).replace(/\/$/, ''),
    );
    const isThere = (target: string): boolean =>
      isShipped(target) ||
      (existsSync(path.join(ROOT, target)) &&
        statSync(path.join(ROOT, target)).isDirectory() &&
        SHIPPED.includes(target));
    expect(targets.filter((target) => !isThere(target))).toEqual([]);
  });
});
