import { cpSync, existsSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import path from 'node:path';
import { readLedger } from '../../src/output/plan/ledger.ts';
import { findPaths } from '../../src/base/paths.ts';
import { type Host, makeHost } from './host.ts';
import { makeTemporaryFolder } from './leftovers.ts';

const PACKAGE = path.resolve(import.meta.dirname, '../..');
const STATE = '/var/lib/docksmith/state';
export const FILES = 20;
/** A db that the event's first step makes on its way to `2`. */
export const MADE_DB = '/var/lib/docksmith/db/made';

/**
 * A host whose event `change` writes 20 files out of one value, which its first step takes over
 * from the file /wanted into the db. From `1` to `2` it changes 18, adds one and removes one.
 */
export async function makeFaultHost(): Promise<Host> {
  const host = makeHost();
  for (let n = 1; n <= FILES; n++) {
    const name = String(n).padStart(2, '0');
    host.writeFragment(`/etc/app/${name}`, '10value', 'value {{app.Value}}\n');
    // one comes and one goes with the value: by a record that each generation has for itself
    const when =
      n === 1
        ? 'FOREACH = configuration type=first\nOUTPUT_FILENAME = /etc/app/01\n'
        : n === 2
          ? 'FOREACH = configuration type=second\nOUTPUT_FILENAME = /etc/app/02\n'
          : '';
    host.write(`/etc/docksmith/templates.metadata/etc/app/${name}`, `${when}SERVICES = app\n`);
    host.write(`/etc/docksmith/events/change/templates2expand/etc/app/${name}`, '');
  }
  host.write('/etc/docksmith/events/change/services2adjust/app', 'reload\n');
  // writes as programs of others do; it sees the copy of the dbs that an event works on
  host.write(
    '/etc/docksmith/events/change/S02take',
    '#!/bin/sh\nread -r value < "$DOCKSMITH_ROOT/wanted" || exit 1\n[ "$value" = 1 ] && kind=first || kind=second\nsed -i -e "s/Value|[0-9]*/Value|$value/" -e "s/^generation=[a-z]*/generation=$kind/" "$DBPATH/configuration"\n[ "$value" = 1 ] || echo "it=made|Value|$value" > "$DBPATH/made"\n',
  );
  await host.db(
    'configuration set app service Value 1 ReloadCommand true',
    'configuration set generation first',
    'configuration set docksmith service ServiceManager command',
    'configuration set docker service Socket /nowhere',
  );
  host.write('/wanted', '1\n');
  await host.runOrFail('signal-event', ['change']);
  host.write('/wanted', '2\n');
  return host;
}

/**
 * What is wrong with a host on which something failed and one command was run since; `generation` is what the
 * db says; `isSettled`: all was done to services when it was last reached.
 */
export function findHarm(root: string, generation: string, isSettled = generation === '1'): readonly string[] {
  const file = (name: string): string => path.join(root, name);
  const expected = new Map(
    Array.from({ length: FILES }, (_, n) => [String(n + 1).padStart(2, '0'), `value ${generation}`]),
  );
  expected.delete(generation === '1' ? '02' : '01');
  const there = new Map(
    readdirSync(file('/etc/app')).map((name) => [
      name,
      readFileSync(file(`/etc/app/${name}`), 'utf8')
        .split('\n')
        .at(-2) ?? '',
    ]),
  );
  const harm = [...new Set([...expected.keys(), ...there.keys()])]
    .filter((name) => expected.get(name) !== there.get(name))
    .map((name) => `/etc/app/${name}: ${there.get(name) ?? 'nothing'} instead of ${expected.get(name) ?? 'nothing'}`);
  const made = existsSync(file(MADE_DB)) ? readFileSync(file(MADE_DB), 'utf8') : undefined;
  if (generation === '2' ? made?.includes('it=made|Value|2') !== true : made?.includes('it=made') === false)
    harm.push(`${MADE_DB} is ${made ?? 'not there'}`);
  const { outputs } = readLedger(findPaths({ DOCKSMITH_ROOT: root }));
  const owned = [...outputs.paths()].map((name) => path.basename(name));
  if (owned.join() !== [...expected.keys()].join()) harm.push(`the ledger has ${owned.join()}`);
  for (const [name, { digest }] of outputs) {
    if (
      existsSync(file(name)) &&
      createHash('sha256')
        .update(readFileSync(file(name)))
        .digest('hex') !== digest
    )
      harm.push(`${name} is not as the ledger has it`);
  }
  const { intents } = JSON.parse(readFileSync(file(`${STATE}/intents.json`), 'utf8')) as {
    intents: readonly unknown[];
  };
  if (isSettled && intents.length > 0) harm.push('something is pending of what was taken back');
  const left = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter(
    (name) => /docksmith-[^/]*$|unfinished/.test(name) && !name.startsWith('etc/docksmith'),
  );
  return [...harm, ...left.map((name) => `/${name} is left over`)];
}

/** A copy of a host, for one run: plain folders, so that many can be made fast. */
export function copyHost(host: Host, name: string): string {
  const root = path.join(host.root, '..', `${path.basename(host.root)}-${name}`);
  cpSync(host.root, root, { recursive: true });
  return root;
}

/**
 * The built program with something of it changed, wherever it stands: how the tests show that they would
 * notice. The product itself has no such switch.
 */
export function makeSpoiledPackage(spoil: (text: string) => string): string {
  const folder = makeTemporaryFolder('spoiled');
  for (const name of readdirSync(PACKAGE)) {
    if (name === 'dist' || name === 'bin' || name === 'package.json')
      cpSync(path.join(PACKAGE, name), path.join(folder, name), {
        recursive: true,
        filter: (file) => !file.endsWith('.compiled'),
      });
    else if (!name.startsWith('.')) symlinkSync(path.join(PACKAGE, name), path.join(folder, name));
  }
  const spoiled = readdirSync(path.join(folder, 'dist')).filter((name) => {
    if (!name.endsWith('js')) return false;
    const file = path.join(folder, 'dist', name);
    const text = readFileSync(file, 'utf8');
    const changed = spoil(text);
    if (changed !== text) writeFileSync(file, changed);
    return changed !== text;
  });
  if (spoiled.length === 0) throw new Error('nothing is spoiled');
  return folder;
}
