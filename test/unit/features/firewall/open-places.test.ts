import { describe, expect, it } from 'vitest';
import { checkOpen } from '../../../../src/features/doctor/open.ts';
import type { Exposure } from '../../../../src/features/exposure/exposure.ts';
import { listOpening } from '../../../../src/features/firewall/open-places.ts';
import { factsWith, serverWith } from '../../../support/containers.ts';

type FilterOf = Exposure['ports'][number]['filter'];
const everybody: FilterOf = [{ family: 'IPv4', isKnown: true, networks: undefined, why: 'no rule' }];
const kept: FilterOf = [{ family: 'IPv4', isKnown: true, networks: ['192.168.1.0/24'], why: undefined }];
const unknown: FilterOf = [{ family: 'IPv4', isKnown: false, networks: undefined, why: 'not known' }];

function exposed(filter: FilterOf, declared: 'everybody' | 'local networks' = 'local networks'): Exposure {
  return {
    name: 'wiki',
    access: 'private',
    network: 'bridge',
    state: 'running',
    urls: [],
    mismatches: [],
    ports: [
      {
        port: 8080,
        protocol: 'tcp',
        kind: 'published',
        declared,
        addresses: ['192.168.1.2', '127.0.0.1', 'fd00::2'],
        filter,
        reached: 'everybody',
        mismatches: [],
      },
    ],
    addresses: [
      { address: '172.17.0.2', network: 'bridge', driver: 'bridge', filter, reached: 'everybody', mismatches: [] },
    ],
  };
}

describe('the doctor', () => {
  it.each([
    ['enabled', 'docksmith firewall'],
    ['disabled', 'Filter of docker is disabled'],
  ])('names what foreign hosts reach, with the filter %s', (Filter, advice) => {
    const [finding] = checkOpen(serverWith({}, { docker: { status: 'enabled', Filter } }), [exposed(everybody)]);
    expect(finding).toMatchObject({
      check: 'exposure',
      level: 'warn',
      words: 'foreign hosts can reach wiki: 192.168.1.2:8080, [fd00::2]:8080, 172.17.0.2',
      advice: expect.stringContaining(advice) as string,
    });
  });

  it('names no published port of a public one, but its own address', () => {
    expect(checkOpen(serverWith({}), [exposed(everybody, 'everybody')]).map(({ words }) => words)).toEqual([
      'foreign hosts can reach wiki: 172.17.0.2',
    ]);
  });

  it.each([
    ['is kept', kept],
    ['cannot be read', unknown],
  ])('has nothing to say where it %s', (_, filter) => {
    expect(checkOpen(serverWith({}), [exposed(filter)]).map(({ level }) => level)).toEqual(['ok']);
  });
});

describe('what opens without a filter', () => {
  it('is what runs, whatever the filter makes of it now, and what records want', () => {
    const snapshot = serverWith({
      wiki: { TCPPort: '8080' },
      mail: { TCPPort: '25', network: 'host' },
      shop: { TCPPort: '8081', access: 'public' },
      off: { TCPPort: '8082', status: 'disabled' },
    });
    expect(listOpening(snapshot, factsWith(), [exposed(kept)])).toEqual([
      { name: 'mail', places: ['port 25'] },
      { name: 'wiki', places: ['192.168.1.2:8080', '[fd00::2]:8080', '172.17.0.2'] },
    ]);
  });

  it('is not what the event stops', () => {
    expect(listOpening(serverWith({ wiki: { status: 'disabled' } }), factsWith(), [exposed(kept)])).toEqual([]);
  });
});
