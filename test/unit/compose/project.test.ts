import { describe, expect, it } from 'vitest';
import { selectServices } from '../../../src/compose/profiles.ts';
import { makeComposeFolder, plain, serviceOf } from '../../support/compose-folder.ts';

const ONE = 'services: {a: {image: x}}\n';

describe('the files of a project', () => {
  it.each([
    [['compose.yaml', 'docker-compose.yml'], ['compose.yaml']],
    [['docker-compose.yaml', 'docker-compose.yml'], ['docker-compose.yml']],
    [
      ['compose.yml', 'compose.override.yaml', 'docker-compose.override.yml'],
      ['compose.yml', 'compose.override.yaml'],
    ],
    [
      ['docker-compose.yml', 'docker-compose.override.yml'],
      ['docker-compose.yml', 'docker-compose.override.yml'],
    ],
  ])('of a folder with %j are %j', (there, taken) => {
    const folder = makeComposeFolder(Object.fromEntries(there.map((name) => [name, ONE])));
    expect(folder.read().files.map((file) => file.slice(folder.folder.length + 1))).toEqual(taken);
  });

  it('are named by COMPOSE_FILE of its .env, or of the environment', () => {
    const folder = makeComposeFolder({
      '.env': 'COMPOSE_FILE=one.yaml;two.yaml\nCOMPOSE_PATH_SEPARATOR=;\nCOMPOSE_PROJECT_NAME=Mine.Own\n',
      'one.yaml': ONE,
      'two.yaml': 'services: {b: {image: x}}\n',
    });
    expect([...folder.read().services.keys()]).toEqual(['a', 'b']);
    expect(folder.read().name).toBe('mineown');
    expect([...folder.read({ env: { COMPOSE_FILE: 'two.yaml' } }).services.keys()]).toEqual(['b']);
  });

  it('are not there, or none', () => {
    expect(makeComposeFolder({ 'other.yaml': ONE }).mistakes()[0]).toMatch(/there is none of compose\.yaml, /);
    expect(makeComposeFolder({ 'compose.yaml': '# nothing\n' }).mistakes()).toEqual([
      'compose.yaml: cannot read the Compose file: it is empty',
    ]);
    expect(makeComposeFolder({}).mistakes({ files: ['none.yaml'] })[0]).toMatch(
      /cannot read the Compose file "none.yaml": no such file/,
    );
  });

  it('a file that is named is read alone, which is said where it has an override', () => {
    const folder = makeComposeFolder({ 'compose.yaml': ONE, 'compose.override.yaml': ONE });
    expect(folder.warnings({ files: ['compose.yaml'] })).toEqual([
      'compose.override.yaml is not read, since the file compose.yaml is named: -f . takes both',
    ]);
  });

  it('may hold several documents, which are laid over each other', () => {
    const { services } = makeComposeFolder({ 'compose.yaml': `${ONE}---\nservices: {b: {image: y}}\n---\n` }).read();
    expect([...services.keys()]).toEqual(['a', 'b']);
  });
});

describe('the name of a project', () => {
  const files = { 'compose.yaml': `name: from-\${WHO:-file}\n${ONE}`, 'b.yaml': 'name: last\n' };
  it('is asked for, set, said, or that of the folder', () => {
    const folder = makeComposeFolder(files);
    expect(folder.read({ project: 'asked' }).name).toBe('asked');
    expect(folder.read({ env: { COMPOSE_PROJECT_NAME: 'set' } }).name).toBe('set');
    expect(folder.read({ env: { WHO: 'me' } }).name).toBe('from-me');
    expect(folder.read({ files: ['compose.yaml', 'b.yaml'] }).name).toBe('last');
    expect(makeComposeFolder({ 'compose.yaml': ONE }).read().name).toBe('shop');
    expect(folder.mistakes({ project: 'A b' })[0]).toMatch(/^cannot use "A b" as the name of a project/);
  });

  it('is a variable of its files', () => {
    const folder = makeComposeFolder({
      'compose.yaml': 'services: {a: {image: x, user: "${COMPOSE_PROJECT_NAME}"}}\n',
    });
    expect(serviceOf(folder.read(), 'a')).toEqual({ user: 'shop' });
  });
});

describe('variables', () => {
  const files = {
    'compose.yaml': 'services:\n  a:\n    image: x\n    user: "${A}-${B}-${C:-c}"\n    hostname: ${A}\n',
    '.env': 'A=dot\nB=$A.\n',
    'one.env': 'A=one\nC=1\n',
    'two.env': 'A=two\nB=${A}${C}\n',
  };
  const user = (request?: Parameters<ReturnType<typeof makeComposeFolder>['read']>[0]): unknown =>
    (serviceOf(makeComposeFolder(files).read(request), 'a') as { user: string }).user;

  it('come from the environment, else from the last file that sets them', () => {
    expect(user()).toBe('dot-dot.-c');
    expect(user({ env: { A: 'env' } })).toBe('env-env.-c');
    // a file looks first at what was set before it
    expect(user({ envFiles: ['one.env'] })).toBe('one--1');
    expect(user({ envFiles: ['one.env', 'two.env'] })).toBe('two-one1-1');
  });

  it('that nothing sets are empty, and each is named with its places', () => {
    const folder = makeComposeFolder({ 'compose.yaml': files['compose.yaml'], '.env': 'B=$NONE\n' });
    expect(folder.warnings()).toEqual([
      'variable "NONE" is not set, and an empty text stands for it: .env:1; .env can set it',
      'variable "A" is not set, and an empty text stands for it: compose.yaml:4:11, compose.yaml:5:15; .env can set it',
    ]);
  });

  it('that are needed are all named', () => {
    const folder = makeComposeFolder({
      'compose.yaml': 'services:\n  a:\n    image: x\n    user: ${A:?give one}\n    hostname: ${B?}\n    tty: $!\n',
    });
    expect(folder.mistakes()).toEqual([
      'compose.yaml:4:11: cannot use "services.a.user": variable "A" is not set: give one',
      'compose.yaml:5:15: cannot use "services.a.hostname": variable "B" is not set',
      'compose.yaml:6:10: cannot use "services.a.tty": "$!" is no variable; $$ is a dollar sign',
    ]);
  });

  it('are in a file that has to be there', () => {
    expect(makeComposeFolder(files).mistakes({ envFiles: ['none.env'] })).toEqual([
      'none.env: cannot read the environment file: no such file or folder',
    ]);
  });
});

describe('profiles', () => {
  const files = {
    'compose.yaml':
      'services:\n  a: {image: x}\n  b: {image: x, profiles: [debug, more]}\n  c: {image: x, profiles: [other]}\n',
  };
  type Read = ReturnType<typeof makeComposeFolder>['read'];
  const leftOf = (project: ReturnType<Read>, isRunning: (name: string) => boolean = () => false): readonly string[] =>
    selectServices(project, [], isRunning).notes.map((note) => /^service "(.*?)"/.exec(note)?.[1] ?? note);
  const left = (request?: Parameters<Read>[0]): readonly string[] => leftOf(makeComposeFolder(files).read(request));

  it('have services that are asked for', () => {
    expect(left()).toEqual(['b', 'c']);
    expect(left({ profiles: ['more'] })).toEqual(['c']);
    expect(left({ profiles: ['debug', 'other'] })).toEqual([]);
    expect(left({ profiles: ['*'] })).toEqual([]);
    expect(left({ env: { COMPOSE_PROFILES: 'debug,other' } })).toEqual([]);
  });

  it('that nobody asked for, and a service needs, are refused', () => {
    const read = (text: string): ReturnType<Read> =>
      makeComposeFolder({
        'compose.yaml': `services:\n  a: {image: x, depends_on: ${text}}\n  b: {image: x, profiles: [p]}\n`,
      }).read();
    expect(() => leftOf(read('[b]'))).toThrow('it needs service "b", whose profile nobody asked for');
    expect(leftOf(read('{b: {required: false}}'))).toEqual(['b']);
    expect(leftOf(read('[b]'), (name) => name === 'b')).toEqual([]);
    expect(() => selectServices(read('[b]'), ['a'], () => false)).toThrow('whose profile nobody asked for');
    // one that is named brings its profiles
    expect([...selectServices(read('[b]'), ['b', 'a'], () => false).services.keys()].sort()).toEqual(['a', 'b']);
  });

  it.each([
    'depends_on: [b]',
    'depends_on: {b: {condition: service_healthy}}',
    'depends_on: {b: {condition: service_started, required: false}}',
    'links: ["b:database"]',
    'volumes_from: ["b:ro"]',
    'volumes_from: ["service:b"]',
    'network_mode: "service:b"',
    'pid: "service:b"',
    'ipc: "service:b"',
  ])('a service that is named brings what it needs by %s, and what that needs', (needs) => {
    const project = makeComposeFolder({
      'compose.yaml': `services:\n  a: {image: x, ${needs}}\n  b: {image: x, depends_on: [c]}\n  c: {image: x}\n  d: {image: x}\n`,
    }).read();
    expect([...selectServices(project, ['a'], () => false).services]).toEqual([
      ['a', undefined],
      ['b', 'a'],
      ['c', 'b'],
    ]);
    expect([...selectServices(project, ['c'], () => false).services]).toEqual([['c', undefined]]);
  });

  it('what is meant by no service of the file brings nothing', () => {
    const project = makeComposeFolder({
      'compose.yaml':
        'services:\n  a: {image: x, volumes_from: ["container:b"], network_mode: "container:b", pid: host}\n  b: {image: x}\n',
    }).read();
    expect([...selectServices(project, ['a'], () => false).services.keys()]).toEqual(['a']);
  });
});

describe('a model', () => {
  it('has no names of what is nowhere in it, and no keys of its own', () => {
    const folder = makeComposeFolder({
      'compose.yaml': `
serivces: {}
services:
  a:
    image: x
    depends_on: [db, opt]
    volumes: [data:/d, ./x:/x, /y]
    networks: [front]
    secrets: [pw]
  dbs: {provider: {type: cloud}}
`,
    });
    expect(folder.mistakes()).toEqual([
      'compose.yaml:2:11: cannot use "serivces": no Compose file has this',
      'compose.yaml:6:18: cannot use "services.a.depends_on[0]": service "db" is not in the map "services" of the file',
      'compose.yaml:6:22: cannot use "services.a.depends_on[1]": service "opt" is not in the map "services" of the file',
      'compose.yaml:7:15: cannot use "services.a.volumes[0]": volume "data" is not in the map "volumes" of the file',
      'compose.yaml:9:15: cannot use "services.a.secrets[0]": secret "pw" is not in the map "secrets" of the file',
      'compose.yaml:8:16: cannot use "services.a.networks[0]": network "front" is not in the map "networks" of the file',
      'compose.yaml:10:19: cannot use "services.dbs.provider": another program runs this service, and docksmith runs containers',
    ]);
  });

  it('says which of its parts docksmith does not run', () => {
    const folder = makeComposeFolder({ 'compose.yaml': `${ONE}models: {m: {model: ai/x}}\n` });
    expect(folder.warnings()).toEqual(['model "m" is left out: docksmith runs containers, and no AI models']);
  });

  it('has whole paths, from the folder of its first file on', () => {
    const read = makeComposeFolder({
      'compose.yaml':
        'services: {a: {image: x, build: ., env_file: [a.env], volumes: [".:/a", "../b:/b", "/c:/c", "~/d:/d", d:/e]}}\nvolumes: {d: {driver_opts: {o: bind, type: none, device: ./dev}}}\n',
      'sub/over.yaml':
        'services: {a: {volumes: ["./f:/f", {type: bind, source: g, target: /g}]}}\nconfigs: {c: {file: c.conf}}\n',
    }).read({ files: ['compose.yaml', 'sub/over.yaml'], env: {} });
    const { folder, model } = read;
    expect(serviceOf(read, 'a')).toEqual({
      build: '.',
      env_file: ['./a.env'],
      volumes: [
        '.:/a',
        `${folder.replace(/\/shop$/, '')}/b:/b`,
        '/c:/c',
        `${process.env['HOME'] ?? '/root'}/d:/d`,
        'd:/e',
        './f:/f',
        { type: 'bind', source: './g', target: '/g' },
      ],
    });
    expect(plain(model)).toMatchObject({
      volumes: { d: { driver_opts: { device: `${folder}/dev` } } },
      configs: { c: { file: `${folder}/c.conf` } },
    });
  });
});
