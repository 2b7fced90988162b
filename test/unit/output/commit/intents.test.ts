import { expect, it } from 'vitest';
import { addIntents, clearIntents, type Intent, listIntents } from '../../../../src/output/commit/intents.ts';
import { makeTempHost } from '../../../support/temp-host.ts';

const FILE = '/var/lib/docksmith/state/intents.json';
const intent = (name: string, verb: string, cause: string, since: string): Intent => ({
  kind: 'service',
  name,
  verbs: [verb],
  causes: [cause],
  since,
});

it('what is pending stays until it is done, one per target, with the oldest time', () => {
  const { paths } = makeTempHost();
  addIntents(paths, [intent('httpd', 'reload', 'a changed', '2026-11-21T08:00:00.000Z')]);
  addIntents(paths, [
    intent('docker', 'restart', 'b changed', '2026-11-21T09:00:00.000Z'),
    intent('httpd', 'restart', 'a changed', '2026-11-21T09:00:00.000Z'),
  ]);
  expect(listIntents(paths)).toEqual([
    intent('docker', 'restart', 'b changed', '2026-11-21T09:00:00.000Z'),
    {
      kind: 'service',
      name: 'httpd',
      verbs: ['reload', 'restart'],
      causes: ['a changed'],
      since: '2026-11-21T08:00:00.000Z',
    },
  ]);
  clearIntents(paths, [
    { kind: 'service', name: 'httpd' },
    { kind: 'container', name: 'docker' },
  ]);
  expect(listIntents(paths).map(({ name }) => name)).toEqual(['docker']);
});

it('nothing pending leaves no file behind', () => {
  const host = makeTempHost();
  addIntents(host.paths, []);
  clearIntents(host.paths, [{ kind: 'service', name: 'httpd' }]);
  expect(host.exists(FILE)).toBe(false);
});

it('a damaged list is an error that names it', () => {
  const host = makeTempHost();
  host.write(FILE, '{"version":1,"intents":[{"kind":"mountain"}]}');
  expect(() => listIntents(host.paths)).toThrow('"intents[0].kind" is not service or container');
});
