import { describe, expect, it } from 'vitest';
import { Failure, Failures } from '../../../../src/base/errors.ts';
import type { ImageSummary, ImageUser } from '../../../../src/engine/image-engine.ts';
import { findImage } from '../../../../src/features/images/find-image.ts';
import { type ImageView, viewImages } from '../../../../src/features/images/image-view.ts';
import { planPrune, planRemoval } from '../../../../src/features/images/remove-images.ts';
import { formatImages } from '../../../../src/cli/format/format-images.ts';
import { db, record, snapshotOf } from '../../../support/sample.ts';

const idOf = (begin: string): string => `sha256:${begin.padEnd(64, '0')}`;
const image = (begin: string, ...names: readonly string[]): ImageSummary => ({
  id: idOf(begin),
  names,
  digests: [],
  created: new Date().toISOString(),
  size: 2_000_000,
});
const user = (name: string, begin: string, madeFrom: string): ImageUser => ({
  id: name,
  name,
  image: idOf(begin),
  madeFrom,
  status: 'running',
});

const SNAPSHOT = snapshotOf(
  new Map([
    [
      'docker_images',
      db(
        record('wiki', 'service', { Repository: 'reg.test:5000/mediawiki', Tag: '1' }),
        record('box', 'service', { Repository: 'docker.io/library/busybox' }),
      ),
    ],
    [
      'docker_containers',
      db(
        record('wiki', 'service', { status: 'enabled', Image: 'wiki' }),
        record('off', 'service', { status: 'disabled', Image: 'spare:3' }),
      ),
    ],
  ]),
);
const IMAGES = viewImages(
  [
    image('aaa111', 'reg.test:5000/mediawiki:1', 'mine:1'),
    image('aab222', 'busybox:latest'),
    image('bbb333', 'spare:3'),
    image('ccc444'),
    image('ddd555'),
    image('eee666', 'nobody:1', 'nobody:2'),
    image('fff777', 'docksmith-unfinished:0123456789ab'),
    image('0ab888', 'loose:1'),
  ],
  [
    user('wiki', 'aaa111', 'reg.test:5000/mediawiki:1'),
    user('wiki.docksmith-old', 'ccc444', 'reg.test:5000/mediawiki:1'),
    user('by-id', '0ab888', idOf('0ab888')),
  ],
  SNAPSHOT,
);

const find = (word: string): ReturnType<typeof findImage> => findImage(IMAGES, SNAPSHOT, word);
const removalOf = (...words: readonly string[]): readonly string[] | string => {
  try {
    return planRemoval(words.map(find)).removals.map(({ reference }) => reference);
  } catch (error) {
    if (error instanceof Failure) return error.message;
    if (error instanceof Failures) return error.message;
    throw error;
  }
};

describe('an image is found', () => {
  it.each([
    ['by its record', 'wiki', 'aaa111'],
    ['by its name', 'nobody:2', 'eee666'],
    ['by its name without latest', 'busybox', 'aab222'],
    ['by the whole name of the registry', 'docker.io/library/busybox:latest', 'aab222'],
    ['by the beginning of its id', 'bbb3', 'bbb333'],
    ['by an id as inspect says it', idOf('ccc444'), 'ccc444'],
  ])('%s', (_, word, begin) => {
    expect(find(word).image.id).toBe(idOf(begin));
  });

  it.each([
    ['aa', /the engine has none of that name or id/],
    ['nobdy:1', /cannot find image "nobdy:1"/],
  ])('%s is refused', (word, why) => {
    expect(() => find(word)).toThrow(why);
  });

  it('not by a beginning of several ids, which are named', () => {
    const images: readonly ImageView[] = viewImages([image('abc1', 'one:1'), image('abc2')], [], SNAPSHOT);
    expect(() => findImage(images, SNAPSHOT, 'abc')).toThrow(
      /2 ids begin so: abc200000000 \(none\), abc100000000 \(one:1\)|2 ids begin so: .*one:1/,
    );
  });
});

describe('an image is removed', () => {
  it.each<[string, readonly string[], readonly string[] | string]>([
    ['with its last name', ['nobody:1', 'nobody:2'], ['nobody:1', 'nobody:2']],
    ['from one of its names', ['nobody:1'], ['nobody:1']],
    ['by its id from all names', ['eee666'], ['nobody:1', 'nobody:2']],
    ['without a name', ['ddd555'], [idOf('ddd555')]],
    ['from a name that nobody needs, though others need the image', ['mine:1'], ['mine:1']],
  ])('%s', (_, words, expected) => {
    expect(removalOf(...words)).toEqual(expected);
  });

  it.each([
    [
      'a record of an image names it',
      'busybox',
      'cannot remove image "busybox:latest": it is needed by record docker_images box',
    ],
    [
      'a disabled container names it',
      'spare:3',
      'cannot remove image "spare:3": it is needed by record docker_containers off',
    ],
    [
      'an old container is kept',
      'ccc444',
      'cannot remove image "sha256:ccc444000000": it is needed by container wiki.docksmith-old',
    ],
    ['a container was made of its id', 'loose:1', 'cannot remove image "loose:1": it is needed by container by-id'],
    [
      'of all its names one is needed',
      'aaa111',
      'cannot remove image "reg.test:5000/mediawiki:1": it is needed by record docker_images wiki, record docker_containers wiki, container wiki',
    ],
  ])('never where %s', (_, word, message) => {
    expect(removalOf(word)).toBe(message);
  });
});

it('prune takes what has no name and is needed by nothing, and with names only what no record says', () => {
  const namesOf = (which: 'dangling' | 'named'): readonly string[] =>
    planPrune(IMAGES, which)
      .removals.map(({ reference }) => reference)
      .sort();
  expect(namesOf('dangling')).toEqual(['docksmith-unfinished:0123456789ab', idOf('ddd555')]);
  expect(namesOf('named')).toEqual(['docksmith-unfinished:0123456789ab', 'nobody:1', 'nobody:2', idOf('ddd555')]);
  expect(planPrune(IMAGES, 'named').kept).toEqual([
    { reference: '<none> (was reg.test:5000/mediawiki:1)', why: 'needed by container wiki.docksmith-old' },
  ]);
});

it('the list says what a dangling image was, and what <none> means', () => {
  const text = formatImages(IMAGES, 80);
  expect(text).toMatch(
    /^<none> \(was reg\.test:5000\/mediawiki:1\) {2}ccc444000000 {2}0s {3}2\.0 MB {2}wiki\.docksmith-old$/m,
  );
  expect(text).toMatch(/^spare:3 .* record of containers off$/m);
  expect(text).toContain('\n<none>: no name means such an image any more');
  for (const line of text.split('\n').slice(-4)) expect(line.length).toBeLessThanOrEqual(80);
});
