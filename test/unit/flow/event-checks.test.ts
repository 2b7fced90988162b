import { describe, expect, it } from 'vitest';
import type { Paths } from '../../../src/base/paths.ts';
import { listConcerned } from '../../../src/flow/event-checks.ts';
import { readHostSnapshot } from '../../../src/flow/host-state.ts';
import { NO_CHANGES, type Removal } from '../../../src/output/plan/change-set.ts';
import { makeRoot, writeTree } from '../../support/folder.ts';
import { STEPS_THAT_PRINT } from '../../support/step-commands.ts';

const APACHE = 'httpd=service|CheckCommand|true|ConfDir|/etc/apache2|status|enabled\n';

function makeHost(configuration = APACHE): Paths {
  const paths = makeRoot({
    'checks/apache-syntax': '#!/bin/sh\nexec docksmith check-apache\n',
    'checks/own': '#!/bin/sh\ngrep -q ok /etc/own\n',
  });
  writeTree(paths.file('/var/lib/docksmith/db'), { configuration });
  return paths;
}

const removal = (file: string): Removal => ({
  owned: { path: file, digest: '', mode: 0o644, uid: 0, gid: 0, template: file, services: [], isSecret: false },
  old: undefined,
  edited: false,
});

/** Names of the checks that are to be run where these files went. */
async function listRun(paths: Paths, ...files: readonly string[]): Promise<readonly string[]> {
  const checks = ['apache-syntax', 'own'].map((name) => ({
    kind: 'executable' as const,
    name,
    file: paths.file(`/etc/docksmith/checks/${name}`),
  }));
  const concerned = await listConcerned(
    { paths, snapshot: readHostSnapshot(paths) },
    { ...NO_CHANGES, remove: files.map(removal) },
    { event: 'update', args: [], checks, commands: STEPS_THAT_PRINT },
  );
  return concerned.map(({ name }) => name);
}

describe('which checks of an event are run', () => {
  it("Apache's where one of its files changed, any other always", async () => {
    expect(await listRun(makeHost(), '/etc/docksmith/containers/wiki.yaml')).toEqual(['own']);
    expect(await listRun(makeHost(), '/etc/docksmith/containers/wiki.yaml', '/etc/apache2/a.conf')).toEqual([
      'apache-syntax',
      'own',
    ]);
  });

  it("Apache's never where there is none", async () => {
    expect(await listRun(makeHost(APACHE.replace('enabled', 'disabled')), '/etc/apache2/a.conf')).toEqual(['own']);
  });
});
