import { expect, it } from 'vitest';
import { findNearest } from '../../../src/base/nearest.ts';

const EVENTS = ['docker-boot', 'docker-update', 'docker-image-update', 'post-install'];

it.each([
  ['docker-updte', 'docker-update'],
  ['Docker-Update', 'docker-update'],
  ['dockerupdate', 'docker-update'],
  ['post-instal', 'post-install'],
  ['dcoker-boto', 'docker-boot'],
  ['unrelated', undefined],
  ['', undefined],
])('the nearest to %j is %j', (word, nearest) => {
  expect(findNearest(word, EVENTS)).toBe(nearest);
});
