import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { SpecCache } from '../../../src/container/spec/spec-cache.ts';
import { readRunSpecs } from '../../../src/flow/containers/run-specs.ts';
import { makeTempHost } from '../../support/temp-host.ts';

it('run specs are cached as long as their files are the same, but for those that hold a secret', async () => {
  const host = makeTempHost();
  for (const name of ['open', 'closed'])
    host.write(
      `/etc/docksmith/containers/${name}.yaml`,
      `services:\n  ${name}:\n    image: app:1\n    environment:\n      WORD: word-of-${name}\n`,
    );
  chmodSync(host.paths.file('/etc/docksmith/containers/closed.yaml'), 0o600);
  const read = (): unknown => {
    const cache = new SpecCache(host.paths);
    const specs = readRunSpecs(host.paths, undefined, cache);
    cache.write();
    return specs;
  };
  const plain = readRunSpecs(host.paths);
  expect([...plain.keys()].sort()).toEqual(['closed', 'open']);
  // a file that was changed within a step of the clock is not told from the next one
  await setTimeout(50);
  expect([read(), read()]).toEqual([plain, plain]);
  const cached = readFileSync(host.paths.file('/var/cache/docksmith/run-specs.json'), 'utf8');
  expect(cached).toContain('word-of-open');
  expect(cached).not.toContain('word-of-closed');
  const file = host.paths.file('/etc/docksmith/containers/open.yaml');
  writeFileSync(file, readFileSync(file, 'utf8').replace('word-of-open', 'word-of-edit'));
  expect(read()).toEqual(readRunSpecs(host.paths));
  expect(read()).not.toEqual(plain);
});
