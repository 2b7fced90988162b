import { existsSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { makeHost } from '../support/host.ts';

it('a service that no swarm can carry is refused with record and prop before any file is written', async () => {
  const host = makeHost();
  const run = (...args: readonly string[]): ReturnType<typeof host.run> =>
    host.run('signal-event', args, { env: { DOCKSMITH_ENGINE: `memory://${host.file('/engine.json')}` } });
  await host.db(
    'configuration set DomainName example.test',
    'docker_networks set back network',
    'docker_containers set shop service status enabled Image s:1 Replicas 2 Privileged yes',
    'docker_containers set wiki service status enabled Image w:1 Replicas global network custom:back',
  );
  const spec = host.file('/etc/docksmith/containers/shop.yaml');
  for (const args of [['docker-update'], ['--dry-run', 'docker-update']]) {
    const { exitCode, stderr } = await run(...args);
    expect(exitCode).toBe(1);
    for (const words of [
      'cannot accept docker_containers shop Replicas "2": this host is in no swarm, and a service needs one',
      'cannot accept docker_containers shop Privileged "yes": the engine has no such setting for a service',
      'cannot put service "wiki" on network "back": its Driver is bridge, which is a network of one host',
    ])
      expect(stderr).toContain(words);
    expect(existsSync(spec)).toBe(false);
  }
  await host.db(
    'configuration set docker service Swarm worker',
    'docker_networks setprop back Driver overlay Encrypted yes',
    'docker_containers delprop shop Privileged',
    'docker_containers setprop shop Placement node.role==worker,spread:node.labels.zone MaxPerNode 1 UpdateOrder start-first UpdateParallelism 2 UpdateDelay 5s RollbackOn none TCPPort 8080 PublishMode host',
  );
  const { exitCode, stdout } = await run('docker-update');
  expect([exitCode, readFileSync(spec, 'utf8').match(/ mode: \S+/g)]).toEqual([
    0,
    [' mode: replicated', ' mode: host'],
  ]);
  // managers drive services
  expect(stdout).not.toContain('create');
  expect(readFileSync(host.file('/etc/docksmith/containers/wiki.yaml'), 'utf8')).toMatch(
    /driver: "?overlay[^]*encrypted/,
  );
  host.stop();
});
