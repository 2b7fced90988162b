import { mkdirSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { DbRecord } from '../../src/db/record.ts';
import { HELPERS } from '../../src/template/helpers/index.ts';
import { Renderer } from '../../src/template/render.ts';
import { findPaths } from '../../src/base/paths.ts';
import { type Apache, startApache } from '../support/apache.ts';
import { type Asked, type BackEnd, startBackEnd } from '../support/back-end.ts';
import { type Host, makeHost } from '../support/host.ts';
import { type Answer, openWebSocket, request, type RequestOptions } from '../support/http.ts';
import { makeNamespace, type Namespace } from '../support/namespace.ts';
import { needs } from '../support/needs.ts';
import { db, record, SAMPLE_DBS, SAMPLE_FACTS, snapshotOf } from '../support/sample.ts';

const TEMPLATES = ['default', 'primary', 'vhost'].map((name) => `/etc/httpd/docksmith/${name}`);

needs('apache')('the rendered sites on a real Apache', () => {
  let namespace: Namespace;
  /** in the local network, and outside */
  let local: Namespace;
  let foreign: Namespace;
  let host: Host;
  let apache: Apache;
  const backEnds: BackEnd[] = [];

  beforeAll(async () => {
    namespace = await makeNamespace();
    local = await namespace.connect('192.168.1.2/24', '192.168.1.50/24');
    foreign = await namespace.connect('203.0.113.1/24', '203.0.113.9/24');
    host = makeHost();
    // the first is the host's own, read before ours
    apache = await startApache({ namespace, include: [`${host.root}/own/*.conf`, `${host.root}/sites/*.conf`] });
    for (const [port, name] of [
      [23_000, 'wiki'],
      [23_001, 'git'],
      [23_002, 'shop'],
      [23_003, 'files'],
      [23_004, 'hidden'],
    ] as const)
      backEnds.push(await startBackEnd(namespace, port, name));
  });
  afterAll(async () => {
    await apache.stop();
    await Promise.all(backEnds.map((backEnd) => backEnd.stop()));
    namespace.remove();
    host.stop();
  });

  const web = (key: string, port: number, props: Readonly<Record<string, string>>): DbRecord =>
    record(key, 'service', { status: 'enabled', WebPort: '80', WebHostPort: String(port), ...props });
  const containers = (more: Readonly<Record<string, string>> = {}): readonly DbRecord[] => [
    web('wiki', 23_000, { SubDomain: 'enabled', access: 'private', ...more }),
    web('shop', 23_002, { SubDomain: 'enabled', SubDomainName: 'shop.other.test', access: 'public' }),
    web('git', 23_001, { WebAlias: 'git', access: 'public' }),
    web('files', 23_003, { WebAlias: 'files,more-files', WebAliasStrip: 'no', access: 'public' }),
    web('hidden', 23_004, { WebAlias: 'hidden', access: 'private' }),
  ];

  /** Installs the sites of these records in place of the former ones; Apache has to find them good. */
  async function install(records: readonly DbRecord[], httpd: Readonly<Record<string, string>> = {}): Promise<void> {
    const configuration = [...(SAMPLE_DBS.get('configuration')?.values() ?? [])].filter(({ key }) => key !== 'httpd');
    const snapshot = snapshotOf(
      new Map([
        ...SAMPLE_DBS,
        [
          'configuration',
          db(
            ...configuration,
            record('httpd', 'service', {
              status: 'enabled',
              ConfDir: '/sites',
              DocumentRoot: `${apache.dir}/htdocs`,
              ...httpd,
            }),
          ),
        ],
        ['docker_containers', db(...records)],
      ]),
    );
    const renderer = new Renderer({
      paths: findPaths({ DOCKSMITH_ROOT: host.root }),
      snapshot,
      facts: SAMPLE_FACTS,
      helpers: HELPERS,
      findOwner: () => 0,
    });
    for (const file of host.files().filter((name) => name.startsWith('/sites/'))) host.remove(file);
    for (const template of TEMPLATES)
      for (const { path, content } of renderer.render({ template }).outputs) host.write(path, content.toString());
    expect(await apache.check()).toMatchObject({ exitCode: 0 });
    expect(await apache.graceful()).toMatchObject({ exitCode: 0 });
  }

  const from = (visitor: Namespace, options: Omit<RequestOptions, 'port' | 'namespace'>): RequestOptions => ({
    port: options.tls === true ? 443 : 80,
    address: visitor === foreign ? '203.0.113.1' : '192.168.1.2',
    namespace: visitor,
    ...options,
  });
  const get = (
    visitor: Namespace,
    hostName: string,
    path = '/',
    headers: Readonly<Record<string, string>> = {},
  ): Promise<Answer> => request(from(visitor, { host: hostName, path, headers }));
  const asked = ({ body }: Answer): Asked => JSON.parse(body) as Asked;

  describe('without TLS', () => {
    beforeAll(() => install(containers()));

    it('lead each name and each path to its container', async () => {
      expect(asked(await get(local, 'wiki.example.test', '/page?a=b'))).toMatchObject({
        name: 'wiki',
        url: '/page?a=b',
      });
      expect(asked(await get(foreign, 'shop.other.test', '/'))).toMatchObject({ name: 'shop', url: '/' });
      expect(asked(await get(foreign, 'host.example.test', '/git/user/repo?x=%2F'))).toMatchObject({
        name: 'git',
        url: '/user/repo?x=%2F',
      });
      expect(asked(await get(foreign, 'host.example.test', '/files/a%20b'))).toMatchObject({
        name: 'files',
        url: '/files/a%20b',
      });
      expect(asked(await get(foreign, 'host.example.test', '/more-files/a'))).toMatchObject({
        name: 'files',
        url: '/more-files/a',
      });
      expect(await get(foreign, 'host.example.test', '/')).toMatchObject({ status: 200, body: 'the default site\n' });
    });

    it('add the slash to a path without one', async () => {
      expect(await get(foreign, 'host.example.test', '/git?x=1')).toMatchObject({
        status: 302,
        headers: { location: 'http://host.example.test/git/?x=1' },
      });
    });

    it('pass WebSockets through', async () => {
      const opened = await openWebSocket(from(local, { host: 'wiki.example.test', path: '/live?room=1' }));
      expect(opened).toMatchObject({
        upgraded: true,
        status: 101,
        headers: { 'x-name': 'wiki', 'x-url': '/live?room=1' },
        body: 'echo me',
      });
      expect(await openWebSocket(from(foreign, { host: 'host.example.test', path: '/git/live' }))).toMatchObject({
        upgraded: true,
        headers: { 'x-name': 'git', 'x-url': '/live' },
      });
      expect(await openWebSocket(from(foreign, { host: 'host.example.test', path: '/files/live' }))).toMatchObject({
        upgraded: true,
        headers: { 'x-name': 'files', 'x-url': '/files/live' },
      });
    });

    it('refuse foreign addresses what is private', async () => {
      expect((await get(foreign, 'wiki.example.test', '/x')).status).toBe(403);
      expect((await get(foreign, 'host.example.test', '/hidden/x')).status).toBe(403);
      // closed after the answer: a refused client would wait for more
      const upgrade = {
        Connection: 'Upgrade, close',
        Upgrade: 'websocket',
        'Sec-WebSocket-Version': '13',
        'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
      };
      expect((await get(foreign, 'wiki.example.test', '/live', upgrade)).status).toBe(403);
      expect((await get(foreign, 'host.example.test', '/hidden/live', upgrade)).status).toBe(403);
      expect((await get(foreign, 'wiki.example.test', '/x', { 'X-Forwarded-For': '192.168.1.50' })).status).toBe(403);
      expect(asked(await get(local, 'host.example.test', '/hidden/x')).name).toBe('hidden');
      expect(asked(await get(namespace, 'wiki.example.test', '/x')).name).toBe('wiki');
    });

    it('ask for a password where one is asked for, and keep it to themselves', async () => {
      // ada with the password "secret", in the one form that needs no program:
      // https://httpd.apache.org/docs/2.4/misc/password_encryptions.html
      const file = `${host.root}/passwords`;
      writeFileSync(file, 'ada:{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=\n');
      const login = (password: string): Readonly<Record<string, string>> => ({
        Authorization: `Basic ${Buffer.from(`ada:${password}`).toString('base64')}`,
      });
      await install([
        web('wiki', 23_000, { SubDomain: 'enabled', access: 'private', BasicAuth: file }),
        web('git', 23_001, { WebAlias: 'git', access: 'public', BasicAuth: file }),
        web('shop', 23_002, { SubDomain: 'enabled', access: 'public', BasicAuth: file, BasicAuthLAN: 'no' }),
        web('files', 23_003, { SubDomain: 'enabled', access: 'private', BasicAuth: file, BasicAuthLAN: 'no' }),
      ]);
      expect(await get(local, 'wiki.example.test')).toMatchObject({
        status: 401,
        headers: { 'www-authenticate': 'Basic realm="wiki"' },
      });
      expect((await get(local, 'wiki.example.test', '/', login('wrong'))).status).toBe(401);
      const { headers } = asked(await get(local, 'wiki.example.test', '/', login('secret')));
      expect(headers).not.toHaveProperty('authorization');
      // a password lets nobody in who may not come
      expect((await get(foreign, 'wiki.example.test', '/', login('secret'))).status).toBe(403);
      expect([
        (await get(foreign, 'host.example.test', '/git/')).status,
        asked(await get(foreign, 'host.example.test', '/git/', login('secret'))).name,
      ]).toEqual([401, 'git']);
      expect([
        (await get(foreign, 'shop.example.test')).status,
        asked(await get(foreign, 'shop.example.test', '/', login('secret'))).name,
        asked(await get(local, 'shop.example.test')).name,
      ]).toEqual([401, 'shop', 'shop']);
      expect([
        (await get(foreign, 'files.example.test', '/', login('secret'))).status,
        asked(await get(local, 'files.example.test', '/', { Authorization: 'Bearer own' })).headers,
      ]).toMatchObject([403, { authorization: 'Bearer own' }]);
      await install(containers());
    });

    it('let an unknown host name reach no container', async () => {
      for (const name of ['unknown.test', '203.0.113.1', 'default.invalid', 'wiki.example.test.evil.test']) {
        expect(await get(foreign, name)).toMatchObject({ status: 200, body: 'the default site\n' });
        expect((await get(foreign, name, '/git/')).status).toBe(404);
      }
    });

    it('drop what a client claims of its way, and say themselves what is true', async () => {
      const forged = Object.fromEntries(
        [
          'X-Forwarded-For',
          'X-Forwarded-Host',
          'X-Forwarded-Server',
          'X-Forwarded-Proto',
          'X-Forwarded-Port',
          'X-Forwarded-Prefix',
          'X-Forwarded-Ssl',
          'X-Forwarded-Scheme',
          'X-Forwarded-User',
          'X-Real-IP',
          'Forwarded',
          'Proxy',
        ].map((name) => [name, 'forged']),
      );
      const { headers } = asked(await get(foreign, 'shop.other.test', '/', forged));
      expect(headers).toMatchObject({
        host: 'shop.other.test',
        'x-forwarded-for': '203.0.113.9',
        'x-forwarded-host': 'shop.other.test',
        'x-forwarded-proto': 'http',
        'x-forwarded-port': '80',
      });
      expect(JSON.stringify(headers)).not.toContain('forged');
      const ofPath = asked(await get(foreign, 'host.example.test', '/git/', forged)).headers;
      expect(ofPath).toMatchObject({
        'x-forwarded-for': '203.0.113.9',
        'x-forwarded-host': 'host.example.test',
        'x-forwarded-proto': 'http',
        'x-forwarded-prefix': '/git',
      });
      expect(JSON.stringify(ofPath)).not.toContain('forged');
    });

    it.each([
      ['shop.other.test', '/', 'http://127.0.0.1:23002/there', 'http://shop.other.test/there'],
      ['shop.other.test', '/', 'http://shop.other.test/there', 'http://shop.other.test/there'],
      ['shop.other.test', '/', '/there', '/there'],
      ['shop.other.test', '/', 'https://github.example/login', 'https://github.example/login'],
      ['host.example.test', '/git/', 'http://127.0.0.1:23001/there', 'http://host.example.test/git/there'],
      ['host.example.test', '/git/', 'http://host.example.test/there', 'http://host.example.test/git/there'],
      ['host.example.test', '/git/', 'http://host.example.test/git/there', 'http://host.example.test/git/there'],
      ['host.example.test', '/git/', '/there', '/git/there'],
      ['host.example.test', '/git/', '/git/there', '/git/there'],
      ['host.example.test', '/git/', 'there', 'there'],
      ['host.example.test', '/git/', 'https://github.example/login', 'https://github.example/login'],
      ['host.example.test', '/files/', 'http://127.0.0.1:23003/files/there', 'http://host.example.test/files/there'],
      ['host.example.test', '/files/', 'http://host.example.test/files/there', 'http://host.example.test/files/there'],
      ['host.example.test', '/files/', '/files/there', '/files/there'],
    ])('mend the redirects of %s%s: %s becomes %s', async (name, path, location, mended) => {
      expect(await get(foreign, name, `${path}?location=${encodeURIComponent(location)}`)).toMatchObject({
        status: 302,
        headers: { location: mended },
      });
    });

    // Apache replaces a path wholly: a cookie of a folder below is sent to the whole application
    it.each([
      ['/', '/git/'],
      ['/git/', '/git'],
      ['/git', '/git'],
      ['/sub', '/git/'],
    ])('mend the path %s of a cookie to %s', async (path, mended) => {
      expect((await get(foreign, 'host.example.test', `/git/?cookie=${path}`)).headers['set-cookie']).toBe(
        `id=1; Path=${mended}`,
      );
    });

    it('leave the ACME path open, and serve it themselves', async () => {
      writeProof();
      for (const name of ['wiki.example.test', 'shop.other.test', 'host.example.test'])
        expect(await get(foreign, name, '/.well-known/acme-challenge/token')).toMatchObject({
          status: 200,
          body: 'proof',
        });
      expect((await get(foreign, 'wiki.example.test', '/.well-known/other')).status).toBe(403);
    });

    it('ask a container again as soon as it is up', async () => {
      await install([...containers(), web('late', 23_010, { SubDomain: 'enabled', access: 'public' })]);
      expect((await get(foreign, 'late.example.test')).status).toBe(503);
      backEnds.push(await startBackEnd(namespace, 23_010, 'late'));
      expect(asked(await get(foreign, 'late.example.test')).name).toBe('late');
    });
  });

  describe('on a host that has a default site already', () => {
    beforeAll(async () => {
      host.write('/own/000-default.conf', `<VirtualHost *:80>\n  Redirect 307 / http://own.test/\n</VirtualHost>\n`);
      await install(containers());
    });
    afterAll(async () => {
      host.remove('/own');
      await install(containers());
    });

    it('leave it the default', async () => {
      expect(await get(foreign, 'unknown.test', '/x')).toMatchObject({
        status: 307,
        headers: { location: 'http://own.test/x' },
      });
      expect(asked(await get(local, 'wiki.example.test')).name).toBe('wiki');
    });
  });

  describe('with TLS', () => {
    const get443 = (visitor: Namespace, hostName: string, path = '/'): Promise<Answer> =>
      request(from(visitor, { host: hostName, path, tls: true }));
    beforeEach(() =>
      install(
        [
          ...containers({ Certificate: apache.certificate, CertificateKey: apache.certificateKey }),
          web('both', 23_002, {
            SubDomain: 'enabled',
            access: 'public',
            Certificate: apache.certificate,
            CertificateKey: apache.certificateKey,
            Redirect: 'none',
          }),
        ],
        { Certificate: apache.certificate, CertificateKey: apache.certificateKey },
      ),
    );

    it('send plain HTTP to HTTPS, but for the ACME path and where Redirect is none', async () => {
      writeProof();
      expect(await get(foreign, 'wiki.example.test', '/a%20b?x=%2F')).toMatchObject({
        status: 301,
        headers: { location: 'https://wiki.example.test/a%20b?x=%2F' },
      });
      expect(await get(foreign, 'host.example.test', '/git/x')).toMatchObject({
        status: 301,
        headers: { location: 'https://host.example.test/git/x' },
      });
      for (const name of ['wiki.example.test', 'host.example.test'])
        expect(await get(foreign, name, '/.well-known/acme-challenge/token')).toMatchObject({
          status: 200,
          body: 'proof',
        });
      expect(asked(await get(foreign, 'both.example.test')).name).toBe('shop');
    });

    it('add no header to a redirect, whatever the path', async () => {
      const { headers } = await get(foreign, 'wiki.example.test', '/a%0d%0aX-Evil:%201');
      expect(headers['x-evil']).toBeUndefined();
    });

    it('lead names and paths to their containers, and tell them of the scheme', async () => {
      expect(asked(await get443(local, 'wiki.example.test', '/x'))).toMatchObject({
        name: 'wiki',
        url: '/x',
        headers: { 'x-forwarded-proto': 'https', 'x-forwarded-port': '443' },
      });
      expect(asked(await get443(foreign, 'host.example.test', '/git/x'))).toMatchObject({
        name: 'git',
        url: '/x',
        headers: { 'x-forwarded-proto': 'https' },
      });
      expect(asked(await get443(foreign, 'both.example.test')).name).toBe('shop');
      expect((await get443(foreign, 'wiki.example.test')).status).toBe(403);
      expect(await openWebSocket(from(local, { host: 'wiki.example.test', path: '/live', tls: true }))).toMatchObject({
        upgraded: true,
        headers: { 'x-name': 'wiki' },
      });
    });

    it.each([
      ['both.example.test', '/', 'http://both.example.test/there', 'https://both.example.test/there'],
      ['both.example.test', '/', 'http://127.0.0.1:23002/there', 'https://both.example.test/there'],
      ['both.example.test', '/', 'https://both.example.test/there', 'https://both.example.test/there'],
      ['host.example.test', '/git/', 'http://host.example.test/there', 'https://host.example.test/git/there'],
      ['host.example.test', '/git/', 'https://host.example.test/git/there', 'https://host.example.test/git/there'],
      ['host.example.test', '/files/', 'http://host.example.test/files/there', 'https://host.example.test/files/there'],
    ])('mend the redirects of %s%s: %s becomes %s', async (name, path, location, mended) => {
      expect(await get443(foreign, name, `${path}?location=${encodeURIComponent(location)}`)).toMatchObject({
        status: 302,
        headers: { location: mended },
      });
    });

    it('let an unknown host name reach no container', async () => {
      for (const path of ['/', '/git/', '/files/x'])
        expect((await get443(foreign, 'unknown.test', path)).status).toBe(403);
      expect((await get443(local, 'unknown.test', '/git/')).status).toBe(403);
      // where the primary host alone has a certificate, too
      await install(containers(), { Certificate: apache.certificate, CertificateKey: apache.certificateKey });
      expect((await get443(foreign, 'unknown.test', '/git/')).status).toBe(403);
      expect(asked(await get443(foreign, 'host.example.test', '/git/x')).name).toBe('git');
    });
  });

  function writeProof(): void {
    mkdirSync(`${apache.dir}/htdocs/.well-known/acme-challenge`, { recursive: true });
    writeFileSync(`${apache.dir}/htdocs/.well-known/acme-challenge/token`, 'proof');
  }
});
