import { appendFileSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { StagedDbs } from '../../../../src/flow/commit/staged-dbs.ts';
import { makeRoot } from '../../../support/folder.ts';

describe('the copy of the dbs that steps work on', () => {
  const make = (files: Readonly<Record<string, string>>): { readonly staged: StagedDbs; readonly dbDir: string } => {
    const paths = makeRoot();
    mkdirSync(paths.dbDir, { recursive: true });
    for (const [name, text] of Object.entries(files))
      writeFileSync(path.join(paths.dbDir, name), text, { mode: 0o644 });
    return { staged: new StagedDbs(paths), dbDir: paths.dbDir };
  };

  it('is for its owner alone, and nothing is to be committed where no step wrote', () => {
    const { staged } = make({ things: 'a=thing|Note|1\n' });
    const copy = path.join(staged.paths.dbDir, 'things');
    expect(statSync(copy).mode & 0o777).toBe(0o600);
    expect(readFileSync(copy, 'utf8')).toBe('a=thing|Note|1\n');
    expect(staged.attached()).toBeUndefined();
    staged.remove();
    expect(existsSync(copy)).toBe(false);
  });

  it('other bytes that say the same are no change, and what a step wrote is', () => {
    const { staged, dbDir } = make({ things: 'a=thing|Note|1\n', other: 'b=thing\n' });
    appendFileSync(path.join(staged.paths.dbDir, 'other'), '# a comment\n');
    expect(staged.attached()).toBeUndefined();
    appendFileSync(path.join(staged.paths.dbDir, 'things'), 'b=thing|Note|2\n');
    expect(staged.attached()).toBeDefined();
    // the dbs themselves stay until it is committed
    expect(readFileSync(path.join(dbDir, 'things'), 'utf8')).toBe('a=thing|Note|1\n');
    staged.commit();
    expect(readFileSync(path.join(dbDir, 'things'), 'utf8')).toContain('b=thing|Note|2');
  });
});
