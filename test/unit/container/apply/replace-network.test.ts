import { expect, it } from 'vitest';
import { replaceNetwork } from '../../../../src/container/apply/replace-network.ts';
import type { CreateNetwork, Engine } from '../../../../src/engine/engine.ts';
import { EngineGone } from '../../../../src/engine/engine-gone.ts';

const network = (subnet: string): CreateNetwork => ({
  ...{ name: 'lan', driver: 'bridge', internal: false, ipv6: false, attachable: false, options: {}, labels: {} },
  addresses: [{ subnet }],
});
const users = [
  { id: 'web', before: { Aliases: ['old'] }, after: { Aliases: ['new'] } },
  { id: 'app', before: {}, after: undefined },
];

/** @param failures what the calls say that fail, each the first time */
async function replace(failures: Readonly<Record<string, Error>>): Promise<{ calls: readonly string[]; why: unknown }> {
  const [calls, left]: [string[], Map<string, Error>] = [[], new Map(Object.entries(failures))];
  const note = (call: string): Promise<void> => {
    calls.push(call);
    const failure = left.get(call);
    left.delete(call);
    return failure === undefined ? Promise.resolve() : Promise.reject(failure);
  };
  const engine: Partial<Engine> = {
    connectNetwork: (_name, id, { Aliases: aliases }) => note(['connect', id, ...(aliases ?? [])].join(' ')),
    disconnectNetwork: (_name, id) => note(`disconnect ${id}`),
    createNetwork: ({ addresses }) => note(`create ${addresses[0]?.subnet ?? ''}`),
    removeNetwork: () => note('remove'),
  };
  const why = await replaceNetwork(engine as Engine, network('10.2.0.0/24'), {
    network: network('10.1.0.0/24'),
    users,
  }).catch((error: unknown) => (error instanceof Error ? error.message : error));
  return { calls, why };
}

const LEAVING = ['disconnect web', 'disconnect app'];
const AS_BEFORE = ['create 10.1.0.0/24', 'connect web old', 'connect app'];

it('containers leave, the network is made again, and who is to be on it joins', async () => {
  expect(await replace({})).toEqual({
    calls: [...LEAVING, 'remove', 'create 10.2.0.0/24', 'connect web new'],
    why: undefined,
  });
});

it.each([
  ['remove', [...LEAVING, 'remove', 'connect web old', 'connect app']],
  ['create 10.2.0.0/24', [...LEAVING, 'remove', 'create 10.2.0.0/24', ...AS_BEFORE]],
  [
    'connect web new',
    [...LEAVING, 'remove', 'create 10.2.0.0/24', 'connect web new', ...LEAVING, 'remove', ...AS_BEFORE],
  ],
])('what fails at "%s" leaves all as it was', async (call, calls) => {
  expect(await replace({ [call]: new Error('no') })).toEqual({
    calls,
    why: 'cannot change network "lan": no; it is as it was before',
  });
});

it('says both where the old one cannot be put back, and does nothing more where the engine is gone', async () => {
  expect((await replace({ remove: new Error('no'), 'connect web old': new Error('nor this') })).why).toBe(
    'cannot change network "lan": no; the old one could not be put back: nor this',
  );
  const gone = await replace({ remove: new EngineGone('cannot reach the engine', { why: 'it is gone' }) });
  expect(gone.calls).toEqual([...LEAVING, 'remove']);
});
