import { statSync, writeFileSync } from 'node:fs';
import { expect, it, onTestFinished, vi } from 'vitest';
import type { Paths } from '../../../src/base/paths.ts';
import { findStats } from '../../../src/files/signature.ts';
import { isSame, type Watched, watchSources } from '../../../src/incremental/watched.ts';
import { Sources } from '../../../src/template/sources.ts';
import { makeRoot } from '../../support/folder.ts';

/** As a rendering that begins so many milliseconds after the fragment was changed. */
function watchAfter(paths: Paths, fragment: string, milliseconds: number): Watched | undefined {
  vi.useFakeTimers({ toFake: ['Date'], now: Math.ceil(statSync(fragment).ctimeMs) + milliseconds });
  onTestFinished(() => void vi.useRealTimers());
  const sources = new Sources(paths);
  const [, used] = sources.listUsed(() => sources.list('/etc/it', false));
  return watchSources(paths, sources, used);
}

it('trusts a fragment only if its last change lies further back than a step of the clock', () => {
  const paths = makeRoot({ 'templates/etc/it/10a': 'one\n' });
  const fragment = paths.file('/etc/docksmith/templates/etc/it/10a');
  // another change could bear the same time, and the signature would not tell it from this one
  expect(watchAfter(paths, fragment, 5)).toBeUndefined();

  const watched = watchAfter(paths, fragment, 1000) ?? [];
  expect(watched.map(([place]) => place)).toContain('root:/etc/docksmith/templates/etc/it/10a');
  expect(isSame(paths, watched, findStats)).toBe(true);
  writeFileSync(fragment, 'one more\n');
  expect(isSame(paths, watched, findStats)).toBe(false);
});
