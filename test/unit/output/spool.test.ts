import { readdirSync } from 'node:fs';
import { expect, it } from 'vitest';
import { Spool } from '../../../src/output/spool.ts';
import { UNFINISHED_DIR } from '../../../src/unfinished.ts';
import { makeTempHost } from '../../support/temp-host.ts';

const MEGABYTE = 2 ** 20;
const contents = Array.from({ length: 10 }, (_, n) => Buffer.alloc(MEGABYTE, `content ${n} `));

it('gives back what it keeps, also what is too much for memory', () => {
  const spool = new Spool(makeTempHost().paths);
  const reads = contents.map((content) => spool.keep(content));
  expect(reads.map((read, n) => contents[n]?.equals(read()))).toEqual(contents.map(() => true));
  expect(reads.map((read) => read() === read())).toEqual([...Array.from({ length: 4 }, () => true), ...Array.from({ length: 6 }, () => false)]);
});

it('leaves no file', () => {
  const host = makeTempHost();
  const spool = new Spool(host.paths);
  for (const content of contents) spool.keep(content);
  expect(readdirSync(host.file(UNFINISHED_DIR))).toEqual([]);
});

it('keeps all in memory where no file can be made', () => {
  const host = makeTempHost();
  host.write(UNFINISHED_DIR, 'no folder');
  const spool = new Spool(host.paths);
  const reads = contents.map((content) => spool.keep(content));
  expect(reads.map((read, n) => contents[n]?.equals(read()))).toEqual(contents.map(() => true));
});
