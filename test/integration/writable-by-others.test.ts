import { chmodSync, chownSync, lstatSync, statSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Host, makeHost } from '../support/host.ts';
import { run } from '../support/run.ts';

const NOBODY = 65_534;
const BIN = path.resolve(import.meta.dirname, '../../bin');
let host: Host;

beforeEach(() => {
  host = makeHost();
});
afterEach(() => host.stop());

it('nothing that is made under umask 000 can be written by others', async () => {
  const sh = (command: string): Promise<unknown> =>
    run('sh', ['-c', `umask 000; ${command}`], {
      env: { DBPATH: undefined, DOCKSMITH_ROOT: host.root, DOCKSMITH_ENGINE: `memory://${host.file('/engine.json')}` },
    });
  await sh(
    `node ${BIN}/db.js docker_containers set wiki service status enabled Image wiki:1 SubDomain enabled WebPort 80`,
  );
  await sh(
    `node ${BIN}/db.js configuration set SystemName host; node ${BIN}/db.js configuration set DomainName example.test`,
  );
  await sh(
    `node ${BIN}/signal-event.js post-install; node ${BIN}/signal-event.js docker-update; node ${BIN}/docksmith.js status`,
  );
  const made = Object.keys(host.snapshot())
    .map((file) => host.file(file))
    .filter((file) => !lstatSync(file).isSymbolicLink());
  expect(made.length).toBeGreaterThan(20);
  expect(made.filter((file) => (statSync(file).mode & 0o022) !== 0 && !file.endsWith('/engine.json'))).toEqual([]);
});

describe.skipIf(process.getuid?.() !== 0)('a command that stands in a db', () => {
  beforeEach(async () => {
    await host.db(
      'configuration set docksmith service ServiceManager command',
      'configuration set httpd service status enabled ReloadCommand "touch /nowhere" CheckCommand ""',
      `configuration setprop httpd ReloadCommand "touch ${host.file('/was-run')}"`,
    );
    host.write('/etc/docksmith/events/x/services2adjust/httpd', 'reload always\n');
  });
  const db = (): string => host.file('/etc/docksmith/db/configuration');
  const findDb = (): string =>
    Object.keys(host.snapshot())
      .map((file) => host.file(file))
      .find((file) => path.basename(file) === 'configuration' && statSync(file).isFile()) ?? db();

  it('is run where no other user can write it', async () => {
    expect(await host.run('signal-event', ['x'])).toMatchObject({ exitCode: 0 });
    expect(host.files()).toContain('/was-run');
  });

  it.each<[string, (file: string) => void]>([
    ['that everybody can write', (file) => chmodSync(file, 0o666)],
    ["that is another user's", (file) => chownSync(file, NOBODY, 0)],
    ['in a folder that everybody can write', (file) => chmodSync(path.dirname(file), 0o777)],
  ])('%s is refused, with the remedy', async (_, open) => {
    open(findDb());
    const { exitCode, stderr } = await host.run('signal-event', ['x']);
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(
      /cannot run \w+Command of "httpd" in db "configuration": (everybody|user 65534) can write ".*"/,
    );
    expect(stderr).toMatch(/hint: ch(mod go-w|own 0) /);
    expect(host.files()).not.toContain('/was-run');
  });
});
