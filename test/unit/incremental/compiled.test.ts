import {
  chmodSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { Compiled } from '../../../src/incremental/compiled.ts';
import { parseFragment } from '../../../src/template/language/parse-fragment.ts';
import type { Program } from '../../../src/template/language/program.ts';
import { makeTempHost, type TempHost } from '../../support/temp-host.ts';

const FILE = '/var/cache/docksmith/templates';
const SHIPPED = path.resolve(import.meta.dirname, '../../../templates');
const [ONE, TWO] = ['/etc/docksmith/templates/one', '/etc/docksmith/templates/two'];

const program = (text: string): Program => parseFragment('it', text).program;

/** A host with two folders of fragments, and a fragment of each kept. */
function keep(): TempHost {
  const host = makeTempHost();
  host.write(`${ONE}/10a`);
  host.write(`${TWO}/10a`);
  add(host, ONE, '10a', 'first', '{{one}}');
  add(host, TWO, '10a', 'first', 'two\ttabs\nand "é"');
  return host;
}

function add(host: TempHost, folder: string, name: string, mark: string, text: string): void {
  const compiled = new Compiled(host.paths);
  compiled.add(folder, name, mark, program(text));
  compiled.write();
}

const find = (host: TempHost, folder: string, name = '10a', mark = 'first'): Program | undefined =>
  new Compiled(host.paths).find(folder, name, mark);

describe('what was compiled', () => {
  it('is found by folder, name and mark, and for its owner alone', () => {
    const host = keep();
    expect(find(host, ONE)).toEqual(program('{{one}}'));
    expect(find(host, TWO)).toEqual(program('two\ttabs\nand "é"'));
    expect([find(host, ONE, '10a', 'second'), find(host, ONE, '20b'), find(host, '/etc')]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    expect(host.mode(FILE)).toBe(0o600);
  });

  it('stays as it is while nothing new comes', () => {
    const host = keep();
    const before = statSync(host.file(FILE)).ino;
    const compiled = new Compiled(host.paths);
    expect(compiled.find(ONE, '10a', 'first')).toBeDefined();
    expect(compiled.find(ONE, '10a', 'other')).toBeUndefined();
    compiled.write();
    expect(statSync(host.file(FILE)).ino).toBe(before);
  });

  it('drops, of a folder that is written again, entries that were not asked for', () => {
    const host = keep();
    const compiled = new Compiled(host.paths);
    compiled.find(ONE, '10a', 'first');
    compiled.add(ONE, '20b', 'first', program('b'));
    compiled.write();
    expect([find(host, ONE), find(host, ONE, '20b'), find(host, TWO)]).toEqual([
      program('{{one}}'),
      program('b'),
      program('two\ttabs\nand "é"'),
    ]);
    add(host, ONE, '30c', 'first', 'c');
    expect([find(host, ONE), find(host, ONE, '20b'), find(host, ONE, '30c')]).toEqual([
      undefined,
      undefined,
      program('c'),
    ]);
  });

  it('loses folders that are gone', () => {
    const host = keep();
    rmSync(host.file(TWO), { recursive: true });
    expect(find(host, TWO)).toBeDefined();
    add(host, ONE, '10a', 'second', 'new');
    expect(find(host, TWO)).toBeUndefined();
  });

  it.each<readonly [string, (file: string) => void]>([
    ['is cut off', (file) => writeFileSync(file, readFileSync(file).subarray(0, -10))],
    ['was changed', (file) => writeFileSync(file, readFileSync(file, 'utf8').replaceAll('one', 'two'))],
    [
      'is of another build',
      (file) =>
        writeFileSync(file, readFileSync(file, 'utf8').replace('docksmith templates ', 'docksmith templates 1')),
    ],
    ['is empty', (file) => writeFileSync(file, '')],
    ['is gone', (file) => rmSync(file)],
    ['others can write', (file) => chmodSync(file, 0o622)],
    [
      'is a link to what was kept',
      (file) => {
        renameSync(file, `${file}.real`);
        symlinkSync(`${file}.real`, file);
      },
    ],
  ])('is none where its file %s, and is made anew', (_, spoil) => {
    const host = keep();
    spoil(host.file(FILE));
    expect(find(host, ONE)).toBeUndefined();
    add(host, ONE, '10a', 'first', 'again');
    expect(find(host, ONE)).toEqual(program('again'));
  });

  it('need not be writable', () => {
    const host = makeTempHost();
    host.write('/var', 'in the way');
    add(host, ONE, '10a', 'first', 'x');
    expect(find(host, ONE)).toBeUndefined();
  });
});

it('gives back every shipped fragment as it was parsed', () => {
  const host = makeTempHost();
  const compiled = new Compiled(host.paths);
  const files = readdirSync(SHIPPED, { recursive: true, encoding: 'utf8' })
    .map((name) => path.join(SHIPPED, name))
    .filter((file) => statSync(file).isFile());
  expect(files.length).toBeGreaterThan(100);
  const programs = new Map(files.map((file) => [file, parseFragment(file, readFileSync(file, 'utf8')).program]));
  host.write(`${ONE}/10a`);
  for (const [file, parsed] of programs) compiled.add(ONE, file, 'first', parsed);
  compiled.write();
  const read = new Compiled(host.paths);
  for (const [file, parsed] of programs) expect(read.find(ONE, file, 'first'), file).toEqual(parsed);
});
