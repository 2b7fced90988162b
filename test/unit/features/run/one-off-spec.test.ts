import { describe, expect, it } from 'vitest';
import { parseRunSpec } from '../../../../src/container/spec/run-spec.ts';
import type { ContainerInspect, ImageInspect } from '../../../../src/engine/engine-api.ts';
import { makeOneOffBody, type RunRequest } from '../../../../src/features/run/one-off-spec.ts';

const SPEC = `services:
  shop:
    image: shop:1
    command: [serve]
    environment: {A: "1", B: "2"}
    ports: ["127.0.0.1:80:80"]
    restart: always
    healthcheck: {test: [CMD, "true"]}
    labels: {a: b, docksmith.role: ROLE}
    user: "7"
    mem_limit: 64m
    networks:
      corner: {aliases: [shop, store], ipv4_address: 10.0.0.7}
networks:
  corner: {name: corner}
`;
const REQUEST: RunRequest = { name: 'shop', command: [], tty: false, stdin: false, env: [] };
const IMAGE: ImageInspect = { Id: 'sha256:1', Config: {} };
const ANONYMOUS = 'a'.repeat(64);
const EXISTING = {
  Mounts: [{ Type: 'volume', Name: ANONYMOUS, Destination: '/data', RW: true }],
} as unknown as ContainerInspect;

function make(
  request: Partial<RunRequest> = {},
  { role = 'job', image = IMAGE }: { readonly role?: string; readonly image?: ImageInspect } = {},
): ReturnType<typeof makeOneOffBody> {
  const spec = parseRunSpec('/etc/docksmith/containers/shop.yaml', SPEC.replace('ROLE', role));
  return makeOneOffBody(spec, { ...REQUEST, ...request }, { image, existing: EXISTING, mark: '1:2:3:4' });
}

describe('what is sent for a one-off', () => {
  it('is that of the run spec without what is said to others', () => {
    expect(make()).toEqual({
      Image: 'shop:1',
      Cmd: ['serve'],
      Env: ['A=1', 'B=2'],
      User: '7',
      Healthcheck: { Test: ['NONE'] },
      Labels: { 'docksmith.run': 'shop', 'docksmith.run-by': '1:2:3:4' },
      Tty: false,
      OpenStdin: false,
      StdinOnce: false,
      AttachStdin: false,
      AttachStdout: true,
      AttachStderr: true,
      HostConfig: { Memory: 64 * 1024 ** 2, MemorySwap: 128 * 1024 ** 2, NetworkMode: 'corner' },
      NetworkingConfig: { EndpointsConfig: { corner: {} } },
    });
  });

  it('has what is asked for instead of what the record says', () => {
    const body = make({
      command: ['a', '--b'],
      user: '0',
      workdir: '/tmp',
      env: ['B=x=y', 'C='],
      tty: true,
      stdin: true,
    });
    expect(body).toMatchObject({ Cmd: ['a', '--b'], User: '0', WorkingDir: '/tmp', Tty: true, OpenStdin: true });
    expect(body.Env).toEqual(['A=1', 'B=x=y', 'C=']);
  });

  it('has the volumes without a name of a container for data, and of no other', () => {
    expect(make({}, { role: 'data' }).HostConfig.Mounts).toEqual([
      { Type: 'volume', Source: ANONYMOUS, Target: '/data' },
    ]);
    expect(make().HostConfig.Mounts).toBeUndefined();
  });

  it('has no label of ours from its image', () => {
    const image = { ...IMAGE, Config: { Labels: { 'docksmith.managed': 'true', 'docksmith.name': 'x', other: 'y' } } };
    expect(make({}, { image }).Labels).toEqual({
      'docksmith.managed': '',
      'docksmith.name': '',
      'docksmith.run': 'shop',
      'docksmith.run-by': '1:2:3:4',
    });
  });
});
