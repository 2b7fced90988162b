import { readLookups } from '../../src/host/lookups.ts';
import type { Facts } from '../../src/host/facts.ts';
import type { Paths } from '../../src/base/paths.ts';
import { writeTree } from './folder.ts';
import { SAMPLE_FACTS } from './sample.ts';

/** What the examples of helpers ask of a host. */
const FILES = {
  'etc/example/list': 'one\ntwo\n',
  'etc/passwd': 'root:x:0:0:root:/root:/bin/sh\nwww:x:33:34:web:/var/www:/bin/false\n',
  'etc/group': 'root:x:0:\nweb:x:34:ann,bob\n',
  'etc/hostname': 'host\n',
  'var/lib/dpkg/status': `Package: example
Status: install ok installed
Version: 1.2-3

Package: gone
Status: deinstall ok config-files
Version: 1
`,
};

export const EXAMPLE_READS = 'READS = /etc/example';

/** Lays that host out under the root. @returns the sample's facts, and those that fragments ask for there */
export function layOutExampleHost(paths: Paths): Facts {
  writeTree(paths.root, FILES);
  return { ...SAMPLE_FACTS, lookups: readLookups(paths) };
}
