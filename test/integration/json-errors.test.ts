import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Bin, type Host, makeHost } from '../support/host.ts';

/** Wrong usage, things that are not there, and an event that fails, each with the exit code of it. */
const COMMANDS: readonly (readonly [exitCode: number, bin: Bin, args: readonly string[], said: string])[] = [
  [2, 'docksmith', ['no-such-command', '--json'], 'there is no such command'],
  [2, 'docksmith', ['doctor', '--json', '--what'], 'it has no option'],
  [2, 'docksmith', ['logs', '--json'], 'no container is named'],
  [2, 'docksmith', ['stop', '--json'], 'no container is named'],
  [2, 'docksmith', ['reconcile', '--json', '--wait', 'x'], 'is no SECONDS'],
  [1, 'docksmith', ['status', '--json', 'nobody'], 'cannot find container "nobody"'],
  [1, 'docksmith', ['plan', '--json', 'nobody'], 'cannot find "nobody"'],
  [1, 'docksmith', ['reconcile', '--json', 'nobody'], 'cannot find container "nobody"'],
  [1, 'docksmith', ['update-images', '--json', 'nobody'], 'cannot find image "nobody"'],
  [1, 'docksmith', ['runs', '--json', 'nothing'], 'there is no such run'],
  [1, 'docksmith', ['props', 'Nothing', '--json'], 'no schema knows it'],
  [2, 'signal-event', ['--json'], 'no event is named'],
  [2, 'signal-event', ['docker-update', '--json'], 'comes after the event'],
  [1, 'signal-event', ['--json', 'no-such-event'], 'there is no such event'],
  [1, 'signal-event', ['--json', '--dry-run', 'docker-container-update', 'nobody'], 'there is no such record'],
  [2, 'db', ['--json'], 'no db is named'],
  [2, 'db', ['--json', 'networks', 'frobnicate'], 'there is no such command'],
  [2, 'db', ['networks', '--json', 'setprop'], 'cannot run'],
  [1, 'db', ['--json', 'networks', 'setprop', 'nothing', 'a', 'b'], 'there is no such record'],
  [2, 'config', ['--json'], 'no command is given'],
  [2, 'config', ['--json', 'getprop', 'docker', 'status', 'more'], 'is an argument too many'],
  [2, 'docksmith', ['verify', '--json', 'more'], 'it takes no operand'],
];

describe('with --json there is one document on standard output', () => {
  let host: Host;
  beforeAll(() => {
    host = makeHost();
  });
  afterAll(() => host.stop());
  const run = (bin: Bin, args: readonly string[]): ReturnType<Host['run']> =>
    host.run(bin, args, { env: { DOCKSMITH_ENGINE: `memory://${host.file('/engine.json')}` } });

  it.each(COMMANDS)('also for exit code %i of %s %j', async (exitCode, bin, args, said) => {
    const ended = await run(bin, args);
    expect(ended).toMatchObject({ exitCode, stderr: expect.stringContaining(said) as string });
    const { errors } = JSON.parse(ended.stdout) as { errors: readonly { message: string; why: string }[] };
    expect(errors).toHaveLength(1);
    expect(errors[0]).toMatchObject({
      message: expect.stringContaining(said) as string,
      why: expect.any(String) as string,
    });
  });

  it('names every mistake of a kind', async () => {
    await host.db(
      'docker_containers set a1 service status enabled Image a TCPPort 80 MaxMemory 1',
      'docker_containers set b1 service status enabled Image b TCPPort 80',
    );
    const { errors } = JSON.parse((await run('docksmith', ['plan', '--json'])).stdout) as {
      errors: readonly { message: string }[];
    };
    expect(errors.map(({ message }) => message)).toEqual([
      expect.stringContaining('MaxMemory'),
      expect.stringContaining('container "a1"'),
      expect.stringContaining('container "b1"'),
    ]);
  });

  it('is none where an argument only looks like the option', async () => {
    const { stdout, stderr } = await run('docksmith', ['exec', 'nobody', 'ls', '--json']);
    expect(stdout).toBe('');
    expect(stderr).toContain('nobody');
  });
});
