import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { makeFolder, writeTree } from '../support/folder.ts';
import { render } from '../support/render.ts';
import { findPaths } from '../../src/base/paths.ts';

interface Block {
  readonly kind: string;
  readonly path: string;
  readonly text: string;
}

/** Fenced blocks that say what they are: `file=PATH` is laid on a host, `output=PATH` is a part of what comes out. */
function readBlocks(readme: string): readonly Block[] {
  const text = readFileSync(path.resolve(import.meta.dirname, '../..', readme), 'utf8');
  return [...text.matchAll(/^```\w+ (file|output)=(\S+)\n(.*?)^```$/gms)].map(
    ([, kind = '', name = '', content = '']) => ({ kind, path: name, text: content }),
  );
}

describe.each([
  ['templates/README.md', '/etc/motd'],
  ['templates-custom/README.md', '/etc/docksmith/containers'],
])('the example of %s', (readme, template) => {
  it('gives what it says', () => {
    const blocks = readBlocks(readme);
    const root = makeFolder();
    writeTree(
      root,
      Object.fromEntries(blocks.filter(({ kind }) => kind === 'file').map((block) => [block.path, block.text])),
    );
    const { outputs } = render({ template }, { paths: findPaths({ DOCKSMITH_ROOT: root }) });
    const expected = blocks.filter(({ kind }) => kind === 'output');
    expect(expected.length).toBeGreaterThan(0);
    for (const block of expected) {
      const text = outputs.find((output) => output.path === block.path)?.content.toString();
      expect(text).toContain(block.text);
    }
  });
});

it('an empty fragment of the example removes the shipped one', () => {
  const root = makeFolder();
  writeTree(
    root,
    Object.fromEntries(
      readBlocks('templates-custom/README.md')
        .filter(({ kind }) => kind === 'file')
        .map((block) => [block.path, block.text]),
    ),
  );
  const texts = render(
    { template: '/etc/docksmith/containers' },
    { paths: findPaths({ DOCKSMITH_ROOT: root }) },
  ).outputs.map(({ content }) => content.toString());
  expect(texts.join()).not.toContain('restart:');
});
