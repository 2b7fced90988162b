import { describe, expect, it } from 'vitest';
import { splitMounts, splitVolumes } from '../../../src/base/mount-options.ts';
import { checkValue } from '../../../src/db/check-value.ts';

describe('mounts of a record', () => {
  it.each([
    ['/srv/wiki:/images:ro,/srv/data', ['/srv/wiki:/images:ro', '/srv/data']],
    ['/srv/a:/b:ro,z,rslave, /c:/d:Z', ['/srv/a:/b:ro,z,rslave', '/c:/d:Z']],
    ['/srv/a,b:/c', ['/srv/a,b:/c']],
    ['', []],
  ])('%s', (value, items) => {
    expect(splitMounts(value)).toEqual(items);
  });

  it.each([
    ['cache:/var/cache,conf:/etc/app:ro', ['cache:/var/cache', 'conf:/etc/app:ro']],
    ['cache:/var/cache:nocopy,ro, conf:/etc/app:z', ['cache:/var/cache:nocopy,ro', 'conf:/etc/app:z']],
  ])('volumes: %s', (value, items) => {
    expect(splitVolumes(value)).toEqual(items);
  });

  it.each([
    ['mounts', '/a:/b:z,ro', undefined],
    ['mounts', '/a:/b:nocopy', 'has the option "nocopy", which is none of'],
    ['mounts', '/a:/b:ro:z', 'is not HOSTPATH[:CONTAINERPATH[:OPTIONS]]'],
    ['mounts', '/a:/b,/c:/d:rx', 'has the item "/c:/d:rx", which has the option "rx"'],
    ['mounts', '/a:/b:', 'has the option ""'],
    ['mounts', '/a:/b,', 'has an empty item'],
    ['mounts', '/a,,/b', 'has an empty item'],
    ['volume-mounts', 'vol:/a,', 'has an empty item'],
    ['volume-mounts', 'vol:/a,,other:/b', 'has an empty item'],
    ['volume-mounts', 'vol:/a:nocopy,z', undefined],
    ['volume-mounts', 'vol:/a:rslave', 'has the option "rslave", which is none of'],
    ['volume-mounts', 'vol', 'is not VOLUME:CONTAINERPATH'],
    ['volume-mounts', '/a:/b', 'is not VOLUME:CONTAINERPATH'],
  ])('of kind %s, %s: %s', (kind, value, wrong) => {
    const why = checkValue({ doc: '', kind }, value);
    if (wrong === undefined) expect(why).toBeUndefined();
    else expect(why).toContain(wrong);
  });
});
