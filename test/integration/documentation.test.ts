import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseExamples, patternOf, typeExamples } from '../support/console.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');
const PAGES = [
  'README.md',
  'docs/worked-example.md',
  'docs/day-by-day.md',
  'docs/existing.md',
  'events/README.md',
  'docs/writing-a-package.md',
  'docs/fragments.md',
  'docs/names.md',
  'docs/ambassadors.md',
  'docs/data-containers.md',
  'docs/dom0.md',
  'docs/by-the-clock.md',
  'docs/registry.md',
  'docs/content-from-git.md',
  'docs/watches.md',
  'docs/storage.md',
  'docs/networks.md',
  'docs/applications.md',
  'docs/export.md',
  'docs/compose.md',
  'docs/add.md',
  'docs/backup.md',
];

/** Each page is a session of its own: an empty host in a folder, an engine in memory, and a folder to work in. */
describe.each(PAGES)('the examples of %s', (page) => {
  const text = readFileSync(path.join(ROOT, page), 'utf8');
  const examples = parseExamples(text);
  const pictures = [...text.matchAll(/!\[[^\]]*\]\((\S+\.svg)\)/g)].map(([, picture = '']) => picture);
  let folder: string;
  let printed: readonly string[] = [];

  beforeAll(async () => {
    folder = mkdtempSync(path.join(os.tmpdir(), 'docksmith-doc-'));
    mkdirSync(path.join(folder, 'host'));
    printed = await typeExamples(examples, folder, {
      PATH: `${path.join(ROOT, 'bin/path')}:${process.env['PATH'] ?? ''}`,
      DOCKSMITH_NODE: process.execPath,
      EXAMPLE: path.join(ROOT, 'docs/example'),
      DOCKSMITH_ROOT: path.join(folder, 'host'),
      DOCKSMITH_ENGINE: `memory://${path.join(folder, 'engine.json')}`,
      DBPATH: undefined,
      DOCKER_HOST: undefined,
    });
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test.each(examples.map((example, n) => ({ ...example, n })))(
    'line $line prints what the page says: $command',
    ({ n, expected }) => {
      expect(printed[n]).toMatch(patternOf(expected));
    },
  );

  // vitest --update draws it again
  test.each(pictures)('the picture %s is what the page draws', async (picture) => {
    const drawn = readFileSync(path.join(folder, path.basename(picture)), 'utf8');
    await expect(drawn).toMatchFileSnapshot(path.join(ROOT, path.dirname(page), picture));
  });
});
