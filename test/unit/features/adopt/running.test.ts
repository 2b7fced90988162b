import { expect, it } from 'vitest';
import { describeNetwork } from '../../../../src/features/adopt/running.ts';

it('takes over the labels of a network but for those that programs set', () => {
  const labels = {
    team: 'web',
    'com.docker.compose.network': 'x',
    'com.docker.other': 'y',
    'docksmith.managed': 'true',
  };
  const network = { id: '1', name: 'front', driver: 'bridge', options: {}, internal: false, ipv6: false, subnets: [] };
  expect(describeNetwork({ ...network, labels } as unknown as Parameters<typeof describeNetwork>[0])).toMatchObject({
    name: 'front',
    labels: { team: 'web' },
  });
});
