import { expect, it } from 'vitest';
import { listUndecided } from '../../../../src/flow/set-up/setup.ts';
import { detectHost } from '../../../../src/host/detect.ts';
import { snapshotOfTexts } from '../../../support/perl-cases.ts';

const detected = detectHost({
  hostName: 'host',
  hostnameFile: '',
  hostsFile: '',
  resolvFile: '',
  addresses: [
    { address: '192.168.1.2', prefix: 24, interface: 'eth0' },
    { address: '10.0.0.2', prefix: 8, interface: 'eth1' },
  ],
  sockets: [],
});
const said = 'the local network cannot be detected: 192.168.1.2 on eth0, 10.0.0.2 on eth1; set it: ';

it.each([
  ['nothing is set', {}, [`${said}config set LocalIP ADDRESS, db networks set NETWORK network Mask MASK`]],
  [
    'the address is set',
    { configuration: 'LocalIP=192.168.1.2\n' },
    [`${said}db networks set NETWORK network Mask MASK`],
  ],
  [
    'the network is set',
    { networks: '192.168.1.0=network|Mask|255.255.255.0\n' },
    [`${said}config set LocalIP ADDRESS`],
  ],
  [
    'both are set',
    { configuration: 'LocalIP=192.168.1.2\n', networks: '192.168.1.0=network|Mask|255.255.255.0\n' },
    [],
  ],
])('two interfaces that could be the local one are a warning for what is not set: %s', (_, dbs, warnings) => {
  expect(listUndecided(detected, snapshotOfTexts(dbs))).toEqual(warnings);
});
