import { afterAll, beforeAll, expect, it } from 'vitest';
import { findPaths } from '../../src/base/paths.ts';
import type { DbRecord } from '../../src/db/record.ts';
import type { NodeFacts } from '../../src/host/facts.ts';
import { HELPERS } from '../../src/template/helpers/index.ts';
import { Renderer } from '../../src/template/render.ts';
import { type Apache, startApache } from '../support/apache.ts';
import { type Asked, type BackEnd, startBackEnd } from '../support/back-end.ts';
import { type Host, makeHost } from '../support/host.ts';
import { type Answer, openWebSocket, request } from '../support/http.ts';
import { makeNamespace, type Namespace } from '../support/namespace.ts';
import { needs } from '../support/needs.ts';
import { db, record, SAMPLE_DBS, SAMPLE_FACTS, snapshotOf } from '../support/sample.ts';

const NODES = [1, 2, 3].map(
  (n): NodeFacts => ({
    name: `node${n}`,
    address: `10.77.${n}.1`,
    role: n === 1 ? 'manager' : 'worker',
    labels: { zone: n < 3 ? 'a' : 'b' },
    isOwn: n === 1,
  }),
);
const PORT = 23_000;

needs('apache')('sites of services of a swarm', () => {
  let namespace: Namespace;
  let host: Host;
  let apache: Apache;
  const machines: Namespace[] = [];
  const backEnds: (BackEnd | undefined)[] = [];

  beforeAll(async () => {
    namespace = await makeNamespace();
    host = makeHost();
    for (const { name, address } of NODES) {
      const machine = await namespace.connect(`${address.replace(/1$/, '254')}/24`, `${address}/24`);
      machines.push(machine);
      backEnds.push(await startBackEnd(machine, PORT, name, address));
    }
    apache = await startApache({
      namespace,
      include: [`${host.root}/sites/*.conf`],
      modules: ['proxy_balancer', 'lbmethod_byrequests', 'slotmem_shm', 'proxy_hcheck'],
    });
  });
  afterAll(async () => {
    await apache.stop();
    for (const backEnd of backEnds) await backEnd?.stop();
    namespace.remove();
    host.stop();
  });

  const wiki = (props: Readonly<Record<string, string>> = {}): DbRecord =>
    record('wiki', 'service', {
      status: 'enabled',
      Replicas: '3',
      SubDomain: 'enabled',
      WebAlias: 'wiki',
      access: 'public',
      WebPort: '80',
      WebHostPort: String(PORT),
      ...props,
    });

  /** Installs the sites of a service; Apache has to find them good. @returns the vhost, where there is one */
  async function install(service: DbRecord, hosts: readonly DbRecord[] = []): Promise<string | undefined> {
    const others = [...(SAMPLE_DBS.get('configuration')?.values() ?? [])].filter(
      ({ key }) => !['httpd', 'docker'].includes(key),
    );
    const snapshot = snapshotOf(
      new Map([
        ...SAMPLE_DBS,
        [
          'configuration',
          db(
            ...others,
            record('docker', 'service', { status: 'enabled', Swarm: 'manager' }),
            record('httpd', 'service', {
              status: 'enabled',
              ConfDir: '/sites',
              DocumentRoot: `${apache.dir}/htdocs`,
            }),
          ),
        ],
        ['hosts', db(...hosts)],
        ['docker_containers', db(service)],
      ]),
    );
    const renderer = new Renderer({
      paths: findPaths({ DOCKSMITH_ROOT: host.root }),
      snapshot,
      facts: { ...SAMPLE_FACTS, nodes: NODES },
      helpers: HELPERS,
      findOwner: () => 0,
    });
    for (const file of host.files().filter((name) => name.startsWith('/sites/'))) host.remove(file);
    for (const name of ['default', 'primary', 'vhost'])
      for (const { path, content } of renderer.render({ template: `/etc/httpd/docksmith/${name}` }).outputs)
        host.write(path, content.toString());
    const checked = await apache.check();
    expect([checked.exitCode, checked.stderr]).toEqual([0, expect.stringContaining('Syntax OK')]);
    expect(await apache.graceful()).toMatchObject({ exitCode: 0 });
    const vhost = '/sites/zz-docksmith-2-wiki.conf';
    return host.files().includes(vhost) ? host.read(vhost) : undefined;
  }

  const ask = (path: string, of = 'wiki.example.test'): Promise<Answer> =>
    request({ port: 80, host: of, path, namespace });
  const namesOf = async (count: number, path = '/'): Promise<readonly string[]> => {
    const names = new Set<string>();
    for (let n = 0; n < count; n++) {
      const { status, body } = await ask(path);
      names.add(status === 200 ? (JSON.parse(body) as Asked).name : String(status));
    }
    return [...names].sort();
  };

  it('share requests among the nodes, byte for byte as they came, at a name and at a path', async () => {
    expect(await install(wiki())).toContain('BalancerMember "http://10.77.2.1:23000"');
    expect(await namesOf(8)).toEqual(['node1', 'node2', 'node3']);
    expect(JSON.parse((await ask('/a%2Fb/%7e?x=%20&y')).body)).toMatchObject({ url: '/a%2Fb/%7e?x=%20&y' });
    expect(JSON.parse((await ask('/wiki/a%2Fb?x=1', 'host.example.test')).body)).toMatchObject({ url: '/a%2Fb?x=1' });
    expect(await openWebSocket({ port: 80, host: 'wiki.example.test', path: '/socket', namespace })).toMatchObject({
      upgraded: true,
    });
  });

  it('go on without a node that has stopped or is gone, and have it again when it is back', async () => {
    await backEnds[1]?.stop();
    backEnds[1] = undefined;
    expect(await namesOf(9)).toEqual(['node1', 'node3']);
    // one that does not answer at all: nothing even refuses
    await machines[2]?.run('ip', ['link', 'set', 'eth0', 'down']);
    expect(await namesOf(9)).toEqual(['node1']);
    await machines[2]?.run('ip', ['link', 'set', 'eth0', 'up']);
    const [machine, { name, address } = { name: '', address: '' }] = [machines[1] ?? namespace, NODES[1]];
    backEnds[1] = await startBackEnd(machine, PORT, name, address);
    await expect.poll(() => namesOf(8), { timeout: 20_000 }).toEqual(['node1', 'node2', 'node3']);
  });

  it('ask the nodes alone that may run it, and this one alone for the mesh', async () => {
    await install(wiki({ Placement: 'node.labels.zone==a,spread:node.labels.zone' }));
    expect(await namesOf(8)).toEqual(['node1', 'node2']);
    await install(wiki({ Placement: 'node.labels.zone!=a' }));
    expect(await namesOf(6)).toEqual(['node3']);
    expect(await install(wiki({ WebMode: 'mesh' }))).toContain('http://127.0.0.1:23000/');
  });

  it('are on the nodes that db hosts names, else on managers', async () => {
    expect(await install(wiki(), [record('node2', 'docksmith', { WebNode: 'yes' })])).toBeUndefined();
    expect(await install(wiki(), [record('node1', 'docksmith', { WebNode: 'yes' })])).toBeDefined();
  });
});
