import { existsSync } from 'node:fs';
import type { Paths } from '../base/paths.ts';
import { findBuildMachine } from './build-machine.ts';
import { findLayout, isInstalled } from '../web-server/layouts.ts';
import type { HostFacts } from './facts.ts';

/** Folders that a running runit watches: Debian's, runit's own, and that of SME Server. */
const RUNIT_DIRS = ['/run/runit', '/etc/runit/runsvdir', '/var/service', '/service'];

/** What kind of host is laid out under the root. */
export function readHostFacts(paths: Paths): HostFacts {
  const has = (name: string): boolean => existsSync(paths.file(name));
  return {
    apacheLayout: findLayout(has),
    hasApache: paths.root === '' && isInstalled(has),
    isDebian: has('/etc/debian_version'),
    hasSmeHome: has('/home/e-smith'),
    // sd_booted(3): this folder is there if and only if systemd runs the host
    serviceManager:
      findBuildMachine(paths) !== undefined
        ? undefined
        : has('/run/systemd/system')
          ? 'systemd'
          : RUNIT_DIRS.some(has)
            ? 'sv'
            : undefined,
  };
}
