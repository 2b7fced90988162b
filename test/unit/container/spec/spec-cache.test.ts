import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseRunSpec, type RunSpec } from '../../../../src/container/spec/run-spec.ts';
import { SpecCache } from '../../../../src/container/spec/spec-cache.ts';
import type { Paths } from '../../../../src/base/paths.ts';
import { makeTempHost } from '../../../support/temp-host.ts';

const FILE = '/var/cache/docksmith/run-specs.json';
const text = (memory: string, more = ''): string =>
  `services:\n  wiki:\n    image: app:1\n    mem_limit: ${memory}\n    networks: [a]\n${more}networks:\n  a:\n    name: a\n    external: true\n`;

/** Reads files of that text with a cache, and tells how often the text itself had to be parsed. */
function read(
  paths: Paths,
  ...files: readonly (readonly [mark: string, text: string])[]
): { readonly specs: readonly RunSpec[]; readonly parsed: number } {
  const cache = new SpecCache(paths);
  let parsed = 0;
  const specs = files.map(([mark, each]) =>
    cache.get(
      'wiki.yaml',
      mark,
      () => each,
      (whole) => {
        parsed++;
        return {
          spec: parseRunSpec('/etc/docksmith/containers/wiki.yaml', whole),
          isWhole: !whole.includes('env_file'),
        };
      },
    ),
  );
  cache.write();
  return { specs, parsed };
}

describe('the cache of run specs', () => {
  it('gives what reading gave, and reads only changed files again', () => {
    const { paths } = makeTempHost();
    const first = read(paths, ['1 2 3', text('64m')]);
    const second = read(paths, ['1 2 3', text('64m')]);
    expect([first.parsed, second.parsed]).toEqual([1, 0]);
    expect(second.specs).toEqual(first.specs);
    const third = read(paths, ['1 2 4', text('65m')]);
    expect([third.parsed, third.specs[0]?.values['mem_limit']]).toEqual([1, 65 * 1024 ** 2]);
    // what nobody asked for last time is gone
    expect(read(paths, ['1 2 3', text('64m')]).parsed).toBe(1);
    expect([read(paths).parsed, read(paths, ['1 2 3', text('64m')]).parsed]).toEqual([0, 1]);
  });

  it('knows a text where the file was written too short a time before to tell', () => {
    const { paths } = makeTempHost();
    const first = read(paths, ['', text('64m')]);
    expect([first.parsed, read(paths, ['', text('64m')]).parsed, read(paths, ['1 2 3', text('64m')]).parsed]).toEqual([
      1, 0, 0,
    ]);
    expect(read(paths, ['', text('65m')]).specs[0]?.values['mem_limit']).toBe(65 * 1024 ** 2);
  });

  it('never keeps what other files have a part in', () => {
    const { paths } = makeTempHost();
    const withFile = text('64m', '    env_file: []\n');
    expect([read(paths, ['1', withFile]).parsed, read(paths, ['1', withFile]).parsed]).toEqual([1, 1]);
  });

  it.each<readonly [string, (file: string) => void]>([
    ['is cut short', (file) => writeFileSync(file, readFileSync(file).subarray(0, -10))],
    ['was changed', (file) => writeFileSync(file, readFileSync(file, 'utf8').replace('app:1', 'app:2'))],
    ['is of another build', (file) => writeFileSync(file, readFileSync(file, 'utf8').replace(/^\S+/, '1'))],
    ['is empty', (file) => writeFileSync(file, '')],
    ['others can write', (file) => chmodSync(file, 0o666)],
  ])('is none when it %s, and is made anew', (_, spoil) => {
    const { paths } = makeTempHost();
    const { specs } = read(paths, ['1', text('64m')]);
    spoil(paths.file(FILE));
    expect(read(paths, ['1', text('64m')])).toEqual({ specs, parsed: 1 });
    expect(read(paths, ['1', text('64m')]).parsed).toBe(0);
  });

  it('can be missing, and need not be writable', () => {
    const { paths } = makeTempHost();
    writeFileSync(paths.file('/var'), 'in the way');
    expect(read(paths, ['1', text('64m')]).parsed).toBe(1);
    expect(existsSync(paths.file(FILE))).toBe(false);
  });
});
