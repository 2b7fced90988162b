import { expect, it } from 'vitest';
import { Container } from '../../../src/model/container.ts';
import { checkRecords } from '../../../src/model/check-records.ts';
import { findDataMount } from '../../../src/model/data-mount.ts';
import { serverWith } from '../../support/containers.ts';
import { NO_FACTS } from '../../../src/host/facts.ts';

it.each([
  [{ DataMountPath: '/data' }, 'wiki-data:/data rw volume'],
  [{ DataMountPath: 'pages:/data', DataMountWrite: 'no' }, 'pages:/data ro volume'],
  [{ DataMount: 'host', DataMountPath: '/data' }, '/data/root/wiki:/data rw folder'],
  [{ DataMount: 'host', DataMountPath: '/srv/wiki:/data' }, '/srv/wiki:/data rw folder'],
  [{ DataMount: 'host' }, undefined],
] as const)('%j is %s', (props, mount) => {
  const data = findDataMount(
    new Container(serverWith({ wiki: props }, { docker: { status: 'enabled', DataRoot: '/data/root/' } }), 'wiki'),
  );
  expect(
    data && `${data.source}:${data.target} ${data.isWritable ? 'rw' : 'ro'} ${data.isVolume ? 'volume' : 'folder'}`,
  ).toBe(mount);
});

it.each([
  [
    { DataMountPath: '/srv/x:/data' },
    'with DataMount container "/srv/x" would be a volume, and that is no name for one',
  ],
  [
    { DataMount: 'host', DataMountPath: 'pages:/data' },
    'with DataMount host "pages" would be a folder, and that is a path from /',
  ],
  [
    { DataMountPath: '/data', MountPath: '/srv/a:/images,/srv/b:/data' },
    'cannot mount the data of container "wiki" at /data: its MountPath puts /srv/b there',
  ],
] as const)('%j is a mistake', (props, message) => {
  const { mistakes } = checkRecords(serverWith({ wiki: props }), NO_FACTS, ['wiki']);
  expect(mistakes.map((mistake) => mistake.message)).toEqual([expect.stringContaining(message)]);
});
