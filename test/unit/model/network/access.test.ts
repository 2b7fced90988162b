import { describe, expect, it } from 'vitest';
import { Container } from '../../../../src/model/container.ts';
import { boundAddresses } from '../../../../src/model/network/access.ts';
import { checkRecords } from '../../../../src/model/check-records.ts';
import { factsWith, serverWith } from '../../../support/containers.ts';

describe('boundAddresses', () => {
  it.each([
    ['192.168.1.2', ['192.168.1.2', '127.0.0.1']],
    ['192.168.1.2,10.0.0.2', ['192.168.1.2', '10.0.0.2', '127.0.0.1']],
    ['192.168.1.2, FD00:1:0::0:2', ['192.168.1.2', 'fd00:1::2', '127.0.0.1', '::1']],
    ['fd00:1::2,fd00:1:0::2', ['fd00:1::2', '127.0.0.1', '::1']],
    ['127.0.0.1', ['127.0.0.1']],
    ['', ['127.0.0.1']],
  ])('of a private container are those of LocalIP %j and loopback of the same families', (type, expected) => {
    expect(
      boundAddresses(new Container(serverWith({ wiki: { access: 'private' } }, { LocalIP: { type } }), 'wiki')),
    ).toEqual(expected);
  });

  it('of a public one are all', () => {
    expect(boundAddresses(new Container(serverWith({ wiki: { access: 'public' } }), 'wiki'))).toBeUndefined();
  });

  it.each([
    ['192.168.1.2,fd00::2', []],
    [
      '192.168.1.2,next',
      ['cannot accept configuration LocalIP: "192.168.1.2,next" has the item "next", which is no IPv4 or IPv6 address'],
    ],
  ])('LocalIP may be %s: %j', (type, expected) => {
    expect(
      checkRecords(serverWith({ wiki: {} }, { LocalIP: { type } }), factsWith()).mistakes.map(({ message }) => message),
    ).toEqual(expected);
  });
});
