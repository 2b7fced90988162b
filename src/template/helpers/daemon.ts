import { engineAddress, engineHost, findUnitStart } from '../../model/daemon.ts';
import type { HelperTable } from '../helper.ts';
import { ofConfiguration } from './reads.ts';
import { variables } from './text.ts';

/** Helpers for the engine's own options. */
export const DAEMON_HELPERS: HelperTable = {
  engineAddress: {
    doc: 'the address of the engine\'s TCP port: loopback, unless TLS files and access public are given',
    example: { fragment: '{{engineAddress}}', gives: '127.0.0.1' },
    reads: ofConfiguration('docker', 'TLSCACert', 'TLSCert', 'TLSKey', 'access'),
    call: ({ snapshot }) => engineAddress(snapshot),
  },
  dockerUnit: {
    doc: 'how the engine\'s systemd unit starts it: .command without sockets, .optionsFile and .variable; false where there is no unit',
    example: { fragment: '{{#with (dockerUnit)}}{{command}} {{variable}}{{/with}}', gives: '/usr/bin/dockerd --containerd=/run/containerd/containerd.sock $OPTIONS' },
    reads: ofConfiguration('docker', 'OptionsFile'),
    call: ({ snapshot, facts }) => {
      const start = findUnitStart(snapshot, facts);
      return start === undefined ? false : variables({ ...start });
    },
  },
  engineHost: {
    doc: 'what the engine listens on for its clients of this host: fd:// where systemd hands it the socket, else unix://PATH',
    example: { fragment: '{{engineHost}}', gives: 'fd://' },
    reads: ofConfiguration('docker', 'Socket'),
    call: ({ snapshot, facts }) => engineHost(snapshot, facts),
  },
};
