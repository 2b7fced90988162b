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
    apache = await startApache({
      namespace,
      // by default a minute, which no test waits for
      include: [`${host.root}/own/*.conf`, `${host.root}/sites/*.conf`],
      extraConfig: 'Timeout 3',
    });
    for (const [port, name] of [
      [23_000, 'wiki'],
      [23_001, 'git'],
      [23_002, 'shop'],
      [23_003, 'files'],
      [23_004, 'hidden'],
      [23_005, 'hasty'],
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
    web('git', 23_001, { WebAlias: 'git,v1.2', access: 'public' }),
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
        status: 307,
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

    it.each([
      ['/', '/git/'],
      ['/git/', '/git/'],
      ['/git', '/git'],
      ['/sub', '/git/sub'],
      ['/gitfoo', '/git/gitfoo'],
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

  describe('hand on what came as it came', () => {
    const NAMES = [
      ['shop.other.test', ''],
      ['host.example.test', '/git'],
      ['host.example.test', '/v1.2'],
      ['host.example.test', '/files'],
    ] as const;
    /** as the container sees it: without the name of a path that it need not know */
    const seen = (prefix: string, path: string): string => (prefix === '/files' ? `${prefix}${path}` : path);
    const PATHS = [
      '/a%2Fb',
      '/a%2fb%2Fc/',
      '/a//b',
      '//a',
      '///',
      '/a%3Fb?x=1',
      '/a%3fb',
      '/a%20b+c',
      '/a%2520b',
      '/%25',
      "/it's;v=1,2",
      '/%E4%f6',
      '/a%0Ab',
      '/a%5Cb',
      '/[x]{y}|z',
      '/x?y=%2F&z=a//b?c',
      '/x?',
      '/a..b/..c/.d/...',
    ];

    beforeAll(() =>
      install(
        [
          ...containers(),
          web('tls', 23_002, {
            SubDomain: 'enabled',
            access: 'public',
            Certificate: apache.certificate,
            CertificateKey: apache.certificateKey,
          }),
          web('hasty', 23_005, { SubDomain: 'enabled', access: 'public', Timeout: '1500ms' }),
        ],
        {},
      ),
    );
    afterAll(() => install(containers()));

    it.each(PATHS)('the path %s, byte for byte', async (path) => {
      for (const [name, prefix] of NAMES)
        expect.soft(asked(await get(foreign, name, `${prefix}${path}`)).url).toBe(seen(prefix, path));
    });

    it.each(['/ws%3Fx', '/ws%2Fy//z', '/ws?room=a%2Fb'])('the path %s of a WebSocket', async (path) => {
      for (const [name, prefix] of NAMES) {
        const opened = await openWebSocket(from(foreign, { host: name, path: `${prefix}${path}` }));
        expect.soft(opened).toMatchObject({ upgraded: true, headers: { 'x-url': seen(prefix, path) } });
      }
    });

    it.each(PATHS)('the path %s, to HTTPS', async (path) => {
      expect(await get(foreign, 'tls.example.test', path)).toMatchObject({
        status: 308,
        headers: { location: `https://tls.example.test${path}` },
      });
    });

    it('the method, to HTTPS, to the slash of a path, and to the container', async () => {
      for (const method of ['POST', 'PUT', 'PATCH', 'DELETE', 'PROPFIND', 'MKCOL', 'REPORT']) {
        const ask = (name: string, path: string): Promise<Answer> =>
          request(from(foreign, { host: name, path, method, body: 'x' }));
        expect.soft((await ask('tls.example.test', '/x')).status).toBe(308);
        expect.soft((await ask('host.example.test', '/git')).status).toBe(307);
        expect.soft(asked(await ask('host.example.test', '/git/x'))).toMatchObject({ method, url: '/x' });
      }
    });

    it.each([
      '/a/../b',
      '/a/./b',
      '/..',
      '/a/%2e%2E/b',
      '/a/.%2e/b',
      '/a/..%2fb',
      '/a%2F..%2Fb',
      '/a/..;x=1/b',
      '/a/..%5cb',
      '/a%5c..%5cb',
      '/a\\..\\b',
      '/a%2f..?x=1',
    ])('and no path that leads up: %s', async (path) => {
      for (const [name, prefix] of NAMES) expect.soft((await get(foreign, name, `${prefix}${path}`)).status).toBe(400);
    });

    it('and nobody to a container that he may not reach, however the path is written', async () => {
      for (const path of [
        '/hidden/x',
        '//hidden/x',
        '/hidden//x',
        '/%68idden/x',
        '/hidden/%2Fx',
        '/git/../hidden/x',
        '/git/%2e%2e/hidden/x',
        '/git/..%2fhidden/x',
        '/git%2f..%2fhidden/x',
        '/./hidden/x',
        '/hidden%2fx',
        '/HIDDEN/x',
        '/hidden;x/y',
      ]) {
        const answer = await get(foreign, 'host.example.test', path);
        expect.soft(answer.status, path).toBeGreaterThanOrEqual(400);
        expect.soft(answer.body, path).not.toContain('"name":"hidden"');
      }
    });

    it('without a limit of time, but for the one of the record', async () => {
      for (const [name, path] of [
        ['shop.other.test', '/?wait=4000'],
        ['host.example.test', '/git/?wait=4000'],
      ] as const)
        expect.soft((await get(foreign, name, path)).status).toBe(200);
      expect((await get(foreign, 'hasty.example.test', '/?wait=10')).status).toBe(200);
      expect((await get(foreign, 'hasty.example.test', '/?wait=4000')).status).toBeGreaterThanOrEqual(502);
    });

    const DESTINATIONS = [
      ['shop.other.test', '/a', 'http://shop.other.test/b%20c', 'http://shop.other.test/b%20c'],
      ['host.example.test', '/git/a', 'http://host.example.test/git/b', 'http://host.example.test/b'],
      ['host.example.test', '/git/a', 'http://host.example.test:80/git/b', 'http://host.example.test:80/b'],
      ['host.example.test', '/git/a', 'http://host.example.test/git', 'http://host.example.test/'],
      ['host.example.test', '/git/a', '/git/b', '/b'],
      ['host.example.test', '/git/a', 'http://host.example.test/gitfoo/b', 'http://host.example.test/gitfoo/b'],
      ['host.example.test', '/git/a', 'http://other.test/git/b', 'http://other.test/git/b'],
      ['host.example.test', '/files/a', 'http://host.example.test/files/b', 'http://host.example.test/files/b'],
    ] as const;
    it.each(DESTINATIONS)('the destination of a WebDAV request: %s%s to %s', async (name, path, written, expected) => {
      const { headers } = asked(
        await get(foreign, name, path, { Destination: written, If: `<${written}> (["etag"])` }),
      );
      expect(headers['destination']).toBe(expected);
      if (!written.endsWith('/git')) expect(headers['if']).toBe(`<${expected}> (["etag"])`);
    });

    it('over TLS, to a container that knows nothing of it', async () => {
      const answer = await request(
        from(foreign, {
          host: 'tls.example.test',
          path: '/a',
          method: 'MOVE',
          tls: true,
          headers: { Destination: 'https://tls.example.test/b', If: '<https://tls.example.test/a> (<urn:uuid:1>)' },
        }),
      );
      expect(asked(answer).headers).toMatchObject({
        destination: 'http://tls.example.test/b',
        if: '<http://tls.example.test/a> (<urn:uuid:1>)',
      });
    });

    const ANSWERS = [
      ['Content-Location', 'http://127.0.0.1:23001/x', 'http://host.example.test/git/x'],
      ['Content-Location', '/x', '/git/x'],
      ['URI', 'http://host.example.test/x', 'http://host.example.test/git/x'],
      ['Refresh', '5; url=/x', '5; url=/git/x'],
      ['Refresh', '0;URL=http://host.example.test/x?y', '0;URL=http://host.example.test/git/x?y'],
      ['Refresh', '5', '5'],
      ['Link', '</a.css>; rel=preload, </git/b.css>, <c.css>', '</git/a.css>; rel=preload, </git/b.css>, <c.css>'],
      ['Link', '<http://host.example.test/?page=2>; rel="next"', '<http://host.example.test/git/?page=2>; rel="next"'],
      ['Location', '/git', '/git'],
      ['Location', '/git?page=2', '/git?page=2'],
      ['Location', '/git#top', '/git#top'],
      ['Location', '/gitfoo', '/git/gitfoo'],
      ['Location', '?page=2', '?page=2'],
      ['Location', '//other.test/x', '//other.test/x'],
      ['Location', 'http://host.example.test', 'http://host.example.test/git/'],
      ['Location', 'http://host.example.test?page=2', 'http://host.example.test/git/?page=2'],
      ['Location', 'HTTP://Host.Example.Test/git?page=2', 'http://host.example.test/git?page=2'],
      ['Location', 'http://host.example.test:80/git', 'http://host.example.test/git'],
      ['Location', 'http://host.example.test:8080/x', 'http://host.example.test:8080/x'],
      ['Location', 'http://host.example.test.evil.test/x', 'http://host.example.test.evil.test/x'],
      ['Location', 'http://127.0.0.1:23001/git/x', 'http://host.example.test/git/x'],
      ['Set-Cookie', '__Host-id=1; Secure; Path=/', '__Host-id=1; Secure; Path=/'],
      ['Set-Cookie', '__Secure-id=1; Secure; path=/x', '__Secure-id=1; Secure; path=/git/x'],
      ['Set-Cookie', 'a=path=/; Path=/; HttpOnly', 'a=path=/; Path=/git/; HttpOnly'],
    ] as const;
    it.each(ANSWERS)('an address of its own in the header %s: %s', async (header, written, expected) => {
      const { headers } = await get(
        foreign,
        'host.example.test',
        `/git/?header=${encodeURIComponent(`${header}:${written}`)}`,
      );
      expect(headers[header.toLowerCase()]).toBe(expected);
    });

    it('each of several cookies', async () => {
      const cookies = ['a=1; Path=/', '__Host-b=2; Path=/; Secure', 'c=3'].map(
        (cookie) => `header=${encodeURIComponent(`Set-Cookie:${cookie}`)}`,
      );
      expect((await get(foreign, 'host.example.test', `/git/?${cookies.join('&')}`)).headers['set-cookie']).toBe(
        'a=1; Path=/git/, __Host-b=2; Path=/; Secure, c=3',
      );
    });
  });

  it('do the same with what an older Apache has', async () => {
    await install(containers());
    for (const file of host.files().filter((name) => name.startsWith('/sites/')))
      host.write(
        file,
        host
          .read(file)
          .replaceAll('<IfVersion >= 2.4.47>', '<IfVersion >= 3>')
          .replaceAll('<IfVersion < 2.4.47>', '<IfVersion < 3>'),
      );
    expect(await apache.check()).toMatchObject({ exitCode: 0 });
    expect(await apache.graceful()).toMatchObject({ exitCode: 0 });
    for (const [name, prefix, rest] of [
      ['shop.other.test', '', ''],
      ['host.example.test', '/git', ''],
      ['host.example.test', '/v1.2', ''],
      ['host.example.test', '/files', '/files'],
    ] as const) {
      for (const path of ['/a%2Fb//c%3Fd?e=%2F', '/a%20b'])
        expect(asked(await get(foreign, name, `${prefix}${path}`)).url).toBe(`${rest}${path}`);
      const opened = await openWebSocket(from(foreign, { host: name, path: `${prefix}/live?room=1` }));
      expect(opened).toMatchObject({ upgraded: true, headers: { 'x-url': `${rest}/live?room=1` } });
    }
    expect((await get(foreign, 'host.example.test', '/hidden/x')).status).toBe(403);
    await install(containers());
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
        status: 308,
        headers: { location: 'https://wiki.example.test/a%20b?x=%2F' },
      });
      expect(await get(foreign, 'host.example.test', '/git/x')).toMatchObject({
        status: 308,
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
