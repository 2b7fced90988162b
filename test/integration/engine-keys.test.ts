import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { readActual } from '../../src/container/actual/actual.ts';
import { applyPlan } from '../../src/container/apply/apply.ts';
import type { Desired } from '../../src/container/plan/desired.ts';
import { connectEngine } from '../../src/engine/docker/docker-engine.ts';
import type { Engine } from '../../src/engine/engine.ts';
import { formatPlan } from '../../src/container/plan/format-plan.ts';
import { HASH_LABEL } from '../../src/container/spec/names.ts';
import { planReconcile } from '../../src/container/plan/plan.ts';
import { parseRunSpec } from '../../src/container/spec/run-spec.ts';
import { SPEC_KEYS } from '../../src/container/spec/spec-keys.ts';
import { formatCanonical, isList, isMap } from '../../src/container/spec/value.ts';
import { makeSleepImage } from '../support/image.ts';
import { useMachine } from '../support/machine.ts';
import { needs } from '../support/needs.ts';

/** A value per key, none of them the default; `DIR` is a folder of the test. */
const SAMPLES: Readonly<Record<string, readonly string[]>> = {
  image: ['sleep:1'],
  command: ['sh -c "sleep 1000; echo done"', '[sleep, "1000"]'],
  entrypoint: ['[/run, extra]', '/run extra'],
  environment: ['{A: 1, B: "x=y", C: "", PRICE: "5$$"}', '[A=1, B=2]'],
  labels: ['{com.example.team: web, docksmith.order: 1}', '[a=b]'],
  user: ['"1000:1000"', '1000'],
  group_add: ['["1001", 1002]'],
  working_dir: ['/tmp'],
  hostname: ['wiki.example.test'],
  domainname: ['example.test'],
  init: ['true', 'false'],
  stop_signal: ['SIGQUIT'],
  stop_grace_period: ['1m30s'],
  ports: [
    '["127.0.0.1:23000:80", "2222:22", "5353:53/udp"]',
    '[{target: 80, published: 8080, host_ip: "::1", protocol: tcp}]',
    '["127.0.0.1:8081:80", "127.0.0.1:8082:80"]',
  ],
  expose: ['["9000", "9001/udp"]'],
  network_mode: ['host', 'none', 'bridge', '"container:other"'],
  networks: ['{lan: {aliases: [it2, it3], ipv4_address: 10.79.0.5}}', '[lan]', '{bridge: {}, lan: {aliases: [it2]}}'],
  links: ['["other:db"]'],
  cgroup: ['host', 'private'],
  cgroup_parent: ['docksmith-test.slice', '/docksmith-test'],
  cpu_period: ['50000'],
  cpu_quota: ['25ms'],
  device_cgroup_rules: ['["c 1:3 mr"]'],
  dns_opt: ['[use-vc, "ndots:2"]'],
  oom_score_adj: ['500'],
  userns_mode: ['host'],
  uts: ['host'],
  mac_address: ['"02:42:ac:11:65:44"'],
  tty: ['true'],
  stdin_open: ['true'],
  volumes_from: ['["container:other:ro"]', '[other]'],
  extra_hosts: ['["db:10.0.0.5"]', '{db: 10.0.0.5, v6: "fd00::1"}'],
  dns: ['[10.0.0.1, 10.0.0.2]', '10.0.0.9'],
  dns_search: ['[b.example, a.example]'],
  volumes: [
    '["DIR:/images", "DIR:/more:ro"]',
    '[{type: bind, source: DIR, target: /x, read_only: true}]',
    '["data:/data", "DIR:/shared:z", /scratch]',
  ],
  tmpfs: ['["/scratch:size=1m,mode=1777", /other]', '/one'],
  read_only: ['true', 'false'],
  devices: ['["/dev/null:/dev/nix:r", /dev/zero]'],
  mem_limit: ['64m'],
  memswap_limit: ['96m'],
  mem_reservation: ['32m'],
  cpus: ['0.5', '"1.25"'],
  cpu_shares: ['512'],
  cpuset: ['"0"'],
  pids_limit: ['100', '-1'],
  restart: ['always', 'on-failure:3', 'unless-stopped', '"no"'],
  shm_size: ['32m'],
  ulimits: ['{nofile: {soft: 512, hard: 1024}, nproc: 200}'],
  healthcheck: [
    '{test: [CMD, "true"], interval: 1m30s, timeout: 10s, retries: 3, start_period: 5s}',
    '{test: "exit 0"}',
    '{disable: true}',
  ],
  cap_add: ['[NET_ADMIN, cap_sys_time]'],
  cap_drop: ['[ALL]'],
  security_opt: ['["no-new-privileges:true"]'],
  sysctls: ['{net.ipv4.ip_unprivileged_port_start: 0}'],
  pid: ['host', '"container:other"'],
  ipc: ['host', 'shareable', '"container:other"'],
  runtime: ['runc'],
  logging: ['{driver: json-file, options: {max-size: 10m, max-file: "5"}}', '{driver: none}'],
};

/** What a key needs beside it. */
const BESIDE: Readonly<Record<string, string>> = { memswap_limit: '    mem_limit: 64m\n' };

needs('dockerd')('the table of run-spec keys on a real engine', () => {
  const machine = useMachine();
  let engine: Engine;
  let dir: string;
  beforeAll(async () => {
    engine = await connectEngine(machine.engine.socket);
    await makeSleepImage(machine.engine, 'sleep:1', {
      changes: ['ENV PATH=/bin', 'ENV OF_IMAGE=1', 'LABEL of=image', 'EXPOSE 9999/tcp', 'WORKDIR /tmp'],
    });
    await machine.engine.docker('run', '-d', '--name', 'other', '--ipc', 'shareable', '-v', '/other', 'sleep:1');
    dir = path.join(machine.engine.dir, 'mounted');
    mkdirSync(dir);
  });

  function desire(key: string, sample: string): Desired {
    const own = key === 'image' ? '' : `    image: sleep:1\n${BESIDE[key] ?? ''}`;
    const text = `services:\n  it:\n${own}    ${key}: ${sample.replaceAll('DIR', dir)}\n${sample.includes('data:') ? 'volumes: {data: {}}\n' : ''}${key === 'networks' ? 'networks: {lan: {ipam: {config: [{subnet: 10.79.0.0/24}]}}, bridge: {external: true}}\n' : ''}`;
    return {
      containers: [{ state: 'running', name: 'it', spec: parseRunSpec('/etc/docksmith/containers/it.yaml', text) }],
    };
  }

  it("has a sample of every key but those that cannot be tried here or are not the engine's", () => {
    expect(SPEC_KEYS.map(({ name }) => name).filter((name) => SAMPLES[name] === undefined)).toEqual([
      // needs another container: compose-options tries it
      'external_links',
      'depends_on',
      'privileged',
      // an older engine drops annotations, and the kernel of a test has no real-time groups, no swappiness per group, no quota of storage and no GPU
      'annotations',
      'cpu_rt_period',
      'cpu_rt_runtime',
      'mem_swappiness',
      'oom_kill_disable',
      'storage_opt',
      'gpus',
      'blkio_config',
      // the engine knows none: compose-options tries them
      'post_start',
      'pre_stop',
      // what a swarm runs is no container of one host: swarm-services
      'deploy',
    ]);
  });

  const cases = Object.entries(SAMPLES).flatMap(([key, samples]) => samples.map((sample) => [key, sample] as const));
  it.each(cases)(
    '%s: %s comes back from inspect as the run spec says it, and a second plan has nothing to do',
    async (name, sample) => {
      const desired = desire(name, sample);
      const [container] = desired.containers;
      if (container?.state !== 'running') throw new Error('not a running one');
      const applied = await applyPlan(engine, planReconcile(desired, await readActual(engine, desired)));
      expect(applied.failed).toEqual([]);
      const actual = await readActual(engine, desired);
      const made = actual.containers.get('it');
      const key = SPEC_KEYS.find((row) => row.name === name);
      if (made === undefined || key === undefined) throw new Error('not there');
      const read = key.read(made.inspect);
      const wanted = container.spec.values[name];
      // the image's own beside it are not ours to compare
      if (wanted !== undefined && read !== undefined && isList(wanted) && isList(read))
        expect(read).toEqual(expect.arrayContaining([...wanted]));
      else if (wanted !== undefined && isMap(wanted)) expect(read).toEqual(expect.objectContaining({ ...wanted }));
      else expect(read ?? key.default).toEqual(wanted);
      expect(formatPlan(planReconcile(desired, actual))).toBe('nothing to do');

      // the same, decided by what the engine says and not by our own record of it
      const older = {
        ...made,
        labels: { ...made.labels, [HASH_LABEL]: '0:abc' },
        image: await engine.findImage(made.inspect.Image),
      };
      expect(
        formatPlan(planReconcile(desired, { ...actual, containers: new Map([['it', older]]) })),
        formatCanonical(wanted ?? ''),
      ).toBe('nothing to do');
      await machine.engine.docker('rm', '-f', 'it');
    },
  );
});
