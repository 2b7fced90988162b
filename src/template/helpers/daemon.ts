import { engineAddress, engineHost, findUnitStart } from '../../model/daemon/daemon.ts';
import { DockerRecord } from '../../model/docker-record.ts';
import { readDaemonJson } from '../../model/daemon/dockerd-options.ts';
import type { HelperTable } from '../language/helper.ts';
import { textArgument } from './arguments.ts';
import { ofConfiguration } from './reads.ts';
import { variables } from './text.ts';

/** Helpers for the engine's own options. */
export const DAEMON_HELPERS: HelperTable = {
  engineAddress: {
    doc: "the address of the engine's TCP port: loopback, unless TLS files and access public are given",
    example: { fragment: '{{engineAddress}}', gives: '127.0.0.1' },
    reads: ofConfiguration('docker', 'TLSCACert', 'TLSCert', 'TLSKey', 'access'),
    call: ({ snapshot }) => engineAddress(snapshot),
  },
  dockerUnit: {
    doc: "how the engine's systemd unit starts it: .command without sockets and without what the text of a daemon.json gives, .environmentFiles, and .optionsFile with .variable, which come last; false where there is no unit that could be started otherwise",
    example: {
      fragment: '{{#with (dockerUnit "{}")}}{{command}} {{variable}}{{/with}}',
      gives: '/usr/bin/dockerd --containerd=/run/containerd/containerd.sock $OPTIONS',
    },
    reads: ofConfiguration('docker', 'OptionsFile'),
    call: (call) => {
      const start = findUnitStart(
        call.snapshot,
        call.facts,
        call.args.length === 0 ? new Set() : listGiven(textArgument(call, 0)),
      );
      return start === undefined ? false : variables({ ...start });
    },
  },
  engineSocket: {
    doc: "the path of the engine's socket on this host",
    example: { fragment: '{{engineSocket}}', gives: '/var/run/docker.sock' },
    reads: ofConfiguration('docker', 'Socket'),
    call: ({ snapshot }) => new DockerRecord(snapshot).socket || '/var/run/docker.sock',
  },
  engineHost: {
    doc: 'what the engine listens on for its clients of this host: fd:// where systemd hands it the socket, else unix://PATH',
    example: { fragment: '{{engineHost}}', gives: 'fd://' },
    reads: ofConfiguration('docker', 'Socket'),
    call: ({ snapshot, facts }) => engineHost(snapshot, facts),
  },
};

/**
 * The keys that documents give together, one behind the other as `expand` has them: as they are merged,
 * `null` takes one away.
 */
function listGiven(text: string): ReadonlySet<string> {
  const given = new Set<string>();
  for (const document of splitDocuments(text)) {
    for (const [key, value] of readIfDocument(document)) {
      if (value === null) given.delete(key);
      else given.add(key.replace(/\+$/, ''));
    }
  }
  return given;
}

/** Of a broken one its own template tells. */
function readIfDocument(text: string): ReadonlyMap<string, unknown> {
  try {
    return readDaemonJson(text);
  } catch {
    return new Map();
  }
}

function splitDocuments(text: string): readonly string[] {
  const documents: string[] = [];
  let depth = 0;
  let begin = 0;
  for (const { 0: token, index } of text.matchAll(/"(?:\\.|[^"\\])*"|[{}]/gs)) {
    if (token === '{' && depth++ === 0) begin = index;
    if (token === '}' && --depth === 0) documents.push(text.slice(begin, index + 1));
  }
  return documents;
}
