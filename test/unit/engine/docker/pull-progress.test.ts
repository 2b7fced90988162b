import { expect, it } from 'vitest';
import { PullProgress } from '../../../../src/engine/docker/pull-progress.ts';

it('sums the layers of a pull up to one line', () => {
  const progress = new PullProgress();
  expect(
    [
      { id: '1.43', status: 'Pulling from library/mediawiki' },
      { id: 'aa', status: 'Pulling fs layer' },
      { id: 'bb', status: 'Already exists' },
      { id: 'cc', status: 'Pulling fs layer' },
      { id: 'aa', status: 'Downloading', current: 400_000, total: 1_000_000 },
      { id: 'cc', status: 'Downloading', current: 1_500_000, total: 3_000_000 },
      { id: 'aa', status: 'Download complete' },
      { id: 'cc', status: 'Retrying in 5 seconds' },
      { id: 'cc', status: 'Download complete' },
      { id: 'aa', status: 'Extracting', current: 5, total: 10 },
      { id: 'aa', status: 'Pull complete' },
      { id: 'cc', status: 'Pull complete' },
      { status: 'Status: Downloaded newer image for mediawiki:1.43' },
    ].map((event) => progress.add(event)),
  ).toEqual([
    'Pulling from library/mediawiki',
    '0 of 1 layer',
    '1 of 2 layers',
    '1 of 3 layers',
    '1 of 3 layers, 400 kB of 1.0 MB',
    '1 of 3 layers, 1.9 MB of 4.0 MB',
    '1 of 3 layers, 2.5 MB of 4.0 MB',
    'retrying in 5 seconds: 1 of 3 layers, 2.5 MB of 4.0 MB',
    '1 of 3 layers, 4.0 MB of 4.0 MB',
    '1 of 3 layers, 4.0 MB of 4.0 MB, extracting',
    '2 of 3 layers, 4.0 MB of 4.0 MB',
    '3 of 3 layers, 4.0 MB of 4.0 MB',
    'Status: Downloaded newer image for mediawiki:1.43',
  ]);
});
