import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { findPaths, type Paths } from '../../../src/base/paths.ts';
import { checkValue } from '../../../src/db/check-value.ts';
import { readSchema } from '../../../src/db/read-schema.ts';

let root: string;
let paths: Paths;

beforeEach(() => {
  root = mkdtempSync(path.join(tmpdir(), 'docksmith-schema-'));
  paths = { ...findPaths({ DOCKSMITH_ROOT: path.join(root, 'host') }), packageDir: path.join(root, 'package') };
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function write(file: string, content: unknown): void {
  const full = path.join(root, file);
  mkdirSync(path.dirname(full), { recursive: true });
  writeFileSync(full, typeof content === 'string' ? content : JSON.stringify(content));
}
const port = (doc: string): unknown => ({ service: { Port: { doc, kind: 'port', default: '80' } } });

it("lays the schema files of packages over the shipped one, and the admin's over all", () => {
  write('package/db/x/schema.json', port('shipped'));
  write('host/etc/docksmith/db/x/schema.d/20b.json', {
    service: { Port: { doc: 'b' }, Own: { doc: '', kind: 'text' } },
  });
  write('host/etc/docksmith/db/x/schema.d/10a.json', { service: { Port: { doc: 'a', default: '81' } } });
  write('host/etc/docksmith/db/x/schema.d/30c.json~', 'no JSON');
  write('host/etc/docksmith/db/x/schema.json', { service: { Port: { default: '82' } } });
  expect(readSchema(paths)['x']?.['service']?.['Port']).toEqual({ doc: 'b', kind: 'port', default: '82' });
  expect(Object.keys(readSchema(paths)['x']?.['service'] ?? {})).toEqual(['Port', 'Own']);
});

it("reads no other db's files where one is asked for", () => {
  write('package/db/x/schema.json', port('shipped'));
  write('host/etc/docksmith/db/x/schema.d/10a.json', { service: { Own: { doc: '', kind: 'text' } } });
  write('package/db/y/schema.json', 'no JSON');
  expect(Object.keys(readSchema(paths, 'x')['x']?.['service'] ?? {})).toEqual(['Port', 'Own']);
  expect(Object.keys(readSchema(paths, 'x'))).toEqual(['x']);
  expect(readSchema(paths, 'z')).toEqual({});
});

it('has nothing under names that every JavaScript object has', () => {
  write('package/db/x/schema.json', port(''));
  const schema = readSchema(paths);
  expect(schema['constructor']).toBeUndefined();
  expect(schema['x']?.['constructor']).toBeUndefined();
  expect(schema['x']?.['service']?.['constructor']).toBeUndefined();
});

it('names every file and prop that is wrong', () => {
  write('package/db/x/schema.json', '{');
  write('host/etc/docksmith/db/x/schema.json', { service: { A: { doc: '', kind: 'portt' } } });
  write('host/etc/docksmith/db/y/schema.json', { service: { B: { kind: 'port' } } });
  expect(() => readSchema(paths)).toThrow(
    /package\/db\/x\/schema\.json[^]*"service\.A".*did you mean "port"[^]*"service\.B".*"doc" is missing/,
  );
});

it.each([
  [{ doc: '', kind: 'choice' }, /"values" and the kind "choice"/],
  [{ doc: '', kind: 'text', values: ['a'] }, /"values" and the kind "choice"/],
  [{ doc: '', kind: 'choice', values: [1] }, /no list of strings/],
  [{ doc: '', kind: 'text', default: 1 }, /"default" is no string/],
  [{ doc: '', kind: 'text', secret: 'yes' }, /"secret"/],
  [{ doc: '', kind: 'text', defualt: '1' }, /"defualt" is none of/],
  [{ doc: '', kind: 'port', default: 'http' }, /its default "http" is not a port/],
  [{ doc: '', kind: 'choice', values: ['a'], default: 'b' }, /its default "b" is none of a/],
  [{ doc: '' }, /"kind" is missing/],
  [[], /no JSON object/],
])('refuses %j', (prop, why) => {
  write('package/db/x/schema.json', { service: { A: prop } });
  expect(() => readSchema(paths)).toThrow(why);
});

it('ships defaults that their own props allow, and a line for the admin with each prop', () => {
  const shipped = readSchema(findPaths({ DOCKSMITH_ROOT: root }));
  expect(Object.keys(shipped).sort()).toEqual([
    'configuration',
    'docker_containers',
    'docker_images',
    'docker_networks',
    'docker_volumes',
    'hosts',
    'networks',
    'repositories',
    'secrets',
    'users',
    'watches',
  ]);
  for (const [db, kinds] of Object.entries(shipped)) {
    for (const [kind, props] of Object.entries(kinds)) {
      for (const [name, prop] of Object.entries(props)) {
        const where = `${db} ${kind} ${name}`;
        expect(prop.default === undefined ? undefined : checkValue(prop, prop.default), where).toBeUndefined();
        expect(prop.doc, where).toMatch(/^\S.+[^.]$/);
      }
    }
  }
});
