import { describe, expect, it } from 'vitest';
import { Failures } from '../../../src/base/errors.ts';
import { listEvents } from '../../../src/event/events.ts';
import { listChecksOf, listSteps } from '../../../src/event/steps.ts';
import { makeTempHost, type TempHost } from '../../support/temp-host.ts';

const OURS = 'package:events';
const CUSTOM = '/etc/docksmith/events';
const SCRIPT = '#!/bin/sh\n';

/** The steps in one line each. */
function show(host: TempHost, event = 'update'): readonly string[] {
  return listSteps(host.paths, event).steps.map((step) => {
    switch (step.kind) {
      case 'executable':
        return `${step.name} ${step.file.replace(host.paths.packageDir, 'package:').replace(host.paths.root, 'root:')}`;
      case 'templates':
        return `${step.name} expand ${step.templates.map(({ template }) => template).join(' ')}`;
      case 'services':
        return `${step.name} adjust ${step.services.map(({ service, verbs, always }) => [service, ...verbs, ...(always ? ['always'] : [])].join(' ')).join(', ')}`;
    }
  });
}

describe('the list of an event', () => {
  it('is in byte order, templates and services before the executables of their number', () => {
    const host = makeTempHost();
    for (const name of ['S05a', 'S04z', 'S90a', 'S50b', 'S50B']) host.write(`${OURS}/update/${name}`, SCRIPT, 0o755);
    host.write(`${OURS}/update/templates2expand/etc/docker/daemon.json`);
    host.link(`${OURS}/update/services2adjust/docker`, 'restart');
    expect(show(host).map((line) => line.split(' ')[0])).toEqual([
      'S04z',
      'S05',
      'S05a',
      'S50B',
      'S50b',
      'S90',
      'S90a',
    ]);
  });

  it("is merged by name, the admin's file wins and a link to /dev/null takes one out", () => {
    const host = makeTempHost();
    for (const name of ['S10a', 'S20b', 'S30c']) host.write(`${OURS}/update/${name}`, SCRIPT, 0o755);
    host.write(`${OURS}/update/templates2expand/etc/a`);
    host.write(`${OURS}/update/templates2expand/etc/b`);
    host.link(`${OURS}/update/services2adjust/httpd`, 'reload');
    host.link(`${OURS}/update/services2adjust/docker`, 'restart');
    host.write(`${CUSTOM}/update/S10a`, SCRIPT, 0o755);
    host.link(`${CUSTOM}/update/S20b`, '/dev/null');
    host.link(`${CUSTOM}/update/templates2expand/etc/a`, '/dev/null');
    host.link(`${CUSTOM}/update/services2adjust/docker`, '/dev/null');
    expect(show(host)).toEqual([
      'S05 expand /etc/b',
      'S10a root:/etc/docksmith/events/update/S10a',
      'S30c package:/events/update/S30c',
      'S90 adjust httpd reload',
    ]);
  });

  it("may be the admin's alone, and empty", () => {
    const host = makeTempHost();
    host.write(`${CUSTOM}/mine/services2adjust/.keep`);
    host.write(`${OURS}/actions/x`, SCRIPT, 0o755);
    host.link(`${CUSTOM}/mine/services2adjust/.keep2`, '/dev/null');
    expect(listEvents(host.paths)).toEqual(['mine']);
  });
});

describe('an action', () => {
  it("is named by an empty file or by a link, and the admin's action of that name is run", () => {
    const host = makeTempHost();
    host.write(`${OURS}/actions/reconcile`, SCRIPT, 0o755);
    host.write(`${OURS}/actions/daemon`, SCRIPT, 0o755);
    host.write(`${CUSTOM}/actions/reconcile`, SCRIPT, 0o755);
    host.write(`${OURS}/update/S50reconcile`);
    host.link(`${OURS}/update/S20docker`, '../actions/daemon');
    expect(show(host)).toEqual([
      'S20docker package:/events/actions/daemon',
      'S50reconcile root:/etc/docksmith/events/actions/reconcile',
    ]);
  });

  it('that does not exist or cannot be run is an error, all of them at once', () => {
    const host = makeTempHost();
    host.write(`${OURS}/actions/reconcile`, SCRIPT, 0o755);
    host.write(`${OURS}/update/S10reconcil`);
    host.write(`${OURS}/update/S20text`, 'echo\n', 0o644);
    host.link(`${OURS}/update/S30gone`, '/nowhere/at/all');
    host.link(`${OURS}/update/services2adjust/httpd`, 'relaod');
    host.write(`${OURS}/update/services2adjust/docker`, '# nothing\n');
    const list = (): unknown => listSteps(host.paths, 'update');
    expect(list).toThrow(Failures);
    expect(list).toThrow(
      /S10reconcil": there is no action "reconcil"\n.*S20text": it is not executable\n.*S30gone": no such file or folder\n.*"docker" as .* says: it names no action\n.*"httpd" as .*: "relaod" is no action/,
    );
  });
});

describe('a file that is no step', () => {
  it('is left out with a warning', () => {
    const host = makeTempHost();
    host.write(`${CUSTOM}/update/README`, 'text');
    host.write(`${CUSTOM}/update/S10a~`, SCRIPT, 0o755);
    host.write(`${CUSTOM}/update/templates2expand/etc/a.rpmsave`);
    expect(listSteps(host.paths, 'update')).toEqual({
      steps: [],
      checks: [],
      warnings: [
        `"${CUSTOM}/update/README" is ignored: a step is named S, two digits and a name`,
        `"${CUSTOM}/update/S10a~" is ignored: its name is that of a backup copy`,
        `"${CUSTOM}/update/templates2expand/etc/a.rpmsave" is ignored: its name is that of a backup copy`,
      ],
    });
  });
});

it('a template to expand brings metadata for this event', () => {
  const host = makeTempHost();
  host.write(`${CUSTOM}/update/templates2expand/etc/a`, 'PERMS=0600\n');
  expect(listSteps(host.paths, 'update').steps).toEqual([
    {
      kind: 'templates',
      name: 'S05',
      templates: [{ template: '/etc/a', metadata: 'PERMS=0600\n', from: `${CUSTOM}/update/templates2expand/etc/a` }],
    },
  ]);
});

it('a service to adjust names its actions in a file, one a line, always among them', () => {
  const host = makeTempHost();
  host.write(`${CUSTOM}/update/services2adjust/httpd`, '# why\nreload\nsigusr1 # twice\nreload\nalways\n');
  expect(show(host)).toEqual(['S90 adjust httpd reload sigusr1 always']);
});

it('a service may be adjusted at another step, which comes after the files', () => {
  const host = makeTempHost();
  host.write(`${CUSTOM}/update/S50a`, SCRIPT, 0o755);
  host.write(`${CUSTOM}/update/services2adjust/httpd`, 'reload\n');
  host.write(`${CUSTOM}/update/services2adjust/dnsmasq`, 'S45\nrestart\n');
  expect(show(host)).toEqual([
    'S45 adjust dnsmasq restart',
    `S50a root:${CUSTOM}/update/S50a`,
    'S90 adjust httpd reload',
  ]);
  host.write(`${CUSTOM}/update/services2adjust/httpd`, 'reload\nS05\n');
  host.write(`${CUSTOM}/update/services2adjust/dnsmasq`, 'S45 S50 restart\n');
  expect(() => listSteps(host.paths, 'update')).toThrow(
    /"dnsmasq" as .* says: it names two steps, S45 and S50\n.*"httpd" as .* says: files are installed at S05, and S05 is not after it/,
  );
});

it('an unknown event is an error that names the nearest and all', () => {
  const host = makeTempHost();
  host.write(`${OURS}/docker-update/S10a`, SCRIPT, 0o755);
  host.write(`${CUSTOM}/docker-boot/S10a`, SCRIPT, 0o755);
  host.write(`${OURS}/actions/a`, SCRIPT, 0o755);
  const list = (event: string) => (): unknown => listSteps(host.paths, event);
  expect(list('docker-updaet')).toThrow(
    'cannot signal event "docker-updaet": there is no such event; there are: docker-boot, docker-update',
  );
  expect(list('docker-updaet')).toThrow(expect.objectContaining({ hint: 'did you mean "docker-update"?' }));
  for (const event of ['actions', '../events/docker-update', '.', ''])
    expect(list(event)).toThrow('there is no such event');
});

it('the checks of a template are those of every event that expands it, each once', () => {
  const host = makeTempHost();
  host.write(`${OURS}/actions/look`, SCRIPT, 0o755);
  for (const event of ['update', 'install', 'other']) host.write(`${OURS}/${event}/checks/look`);
  for (const event of ['update', 'install']) host.write(`${OURS}/${event}/templates2expand/etc/x`);
  host.write(`${CUSTOM}/update/checks/own`, SCRIPT, 0o755);
  host.write(`${OURS}/other/checks/never`, SCRIPT, 0o755);
  host.link(`${CUSTOM}/other/templates2expand/etc/x`, '/dev/null');
  host.write(`${OURS}/other/templates2expand/etc/x`);
  expect(
    listChecksOf(host.paths, '/etc/x')
      .map(({ name }) => name)
      .sort(),
  ).toEqual(['look', 'own']);
  expect(listChecksOf(host.paths, '/etc/y')).toEqual([]);
});
