import { describe, expect, it } from 'vitest';
import { makeComposeFolder, plain, serviceOf } from '../../support/compose-folder.ts';

describe('extends', () => {
  it('takes what another service of the file has, in a chain', () => {
    const read = makeComposeFolder({
      'compose.yaml': `
services:
  web:
    extends: base
    environment: {B: 2}
    command: [b]
  base:
    extends: {service: root}
    image: x
    environment: [A=1, B=1]
    command: [a]
    ports: ["80:80"]
  root: {image: y, user: u, ports: ["81:81"]}
`,
    }).read();
    expect(serviceOf(read, 'web')).toEqual({
      user: 'u',
      ports: ['81:81', '80:80'],
      environment: ['A=1', 'B=2'],
      command: ['b'],
    });
    expect(plain(read.services.get('web'))).toMatchObject({ image: 'x' });
  });

  it('takes them from other files, whose paths begin in their own folder', () => {
    const read = makeComposeFolder({
      'compose.yaml': 'services: {web: {extends: {file: lib/base.yaml, service: base}, volumes: [./own:/own]}}\n',
      'lib/base.yaml':
        'services:\n  base:\n    extends: {file: deep/root.yaml, service: root}\n    volumes: [./data:/data]\n    build: {dockerfile: D}\n    env_file: b.env\n',
      'lib/deep/root.yaml': 'services: {root: {image: "${IMAGE}", volumes: ["./r:/r"]}}\n',
    }).read({ env: { IMAGE: 'app:1' } });
    expect(serviceOf(read, 'web')).toEqual({
      volumes: ['./lib/deep/r:/r', './lib/data:/data', './own:/own'],
      build: { dockerfile: 'D', context: './lib' },
      env_file: './lib/b.env',
    });
    expect(plain(read.services.get('web'))).toMatchObject({ image: 'app:1' });
  });

  it('what a service resets it does not take', () => {
    const read = makeComposeFolder({
      'compose.yaml':
        'services:\n  web: {extends: base, ports: !reset [], labels: !override [b=2]}\n  base: {image: x, ports: ["80:80"], labels: [a=1]}\n',
    }).read();
    expect(serviceOf(read, 'web')).toEqual({ labels: ['b=2'] });
  });

  it.each([
    [
      'services: {a: {extends: b}, b: {extends: {service: a}}}\n',
      'it extends itself in the end: compose.yaml: a -> compose.yaml: b -> compose.yaml: a',
    ],
    [
      'services: {a: {extends: b}}\n',
      'compose.yaml:1:25: cannot use "services.a.extends": there is no service "b" in compose.yaml',
    ],
    ['services: {a: {extends: {file: none.yaml, service: b}}}\n', 'cannot read the Compose file "none.yaml"'],
    ['services: {a: {extends: {file: other.yaml, service: b}}}\n', 'other.yaml has no map "services"'],
    ['services: {a: {extends: {file: "https://x.test/a.git", service: b}}}\n', 'it lies on another server'],
    ['services: {a: {extends: {file: other.yaml}}}\n', 'needs the name of a service'],
  ])('%s is refused', (text, why) => {
    expect(makeComposeFolder({ 'compose.yaml': text, 'other.yaml': 'name: x\n' }).mistakes().join()).toContain(why);
  });
});

describe('include', () => {
  it('takes what other files have, with their own variables, paths and overrides', () => {
    const read = makeComposeFolder({
      'compose.yaml': `
include:
  - db/compose.yaml
  - path: [web/one.yaml, web/two.yaml]
    project_directory: web/here
    env_file: [web/vars.env]
services: {app: {image: "app:\${TAG:-none}", depends_on: [db, web]}}
`,
      '.env': 'WHO=main\n',
      'db/compose.yaml':
        'services: {db: {image: "db:${TAG}", user: "${WHO}", volumes: ["./data:/data"], env_file: x.env}}\n',
      'db/.env': 'TAG=db\nWHO=db\n',
      'web/one.yaml': 'services: {web: {image: "web:${TAG}", volumes: ["./w:/w"]}}\nvolumes: {v: {}}\n',
      'web/two.yaml': 'services: {web: {tty: true}}\n',
      'web/vars.env': 'TAG=web\n',
    }).read();
    expect(['app', 'db', 'web'].map((name) => plain(read.services.get(name)))).toMatchObject([
      { image: 'app:none' },
      { image: 'db:db' },
      { image: 'web:web' },
    ]);
    expect(serviceOf(read, 'db')).toEqual({ user: 'main', volumes: ['./db/data:/data'], env_file: './db/x.env' });
    expect(serviceOf(read, 'web')).toEqual({ volumes: ['./web/here/w:/w'], tty: true });
    expect(read.scopes.get(`${read.folder}/db/x.env`)?.get('TAG')).toBe('db');
    expect(plain(read.model)).toMatchObject({ volumes: { v: {} } });
  });

  it('is overridden by a further file, and has the same twice only where it says the same', () => {
    const files = {
      'compose.yaml': 'include: [a.yaml, b.yaml]\nservices: {web: {image: x}}\n',
      'compose.override.yaml': 'services: {db: {image: new}}\n',
      'a.yaml': 'services: {db: {image: old}}\n',
      'b.yaml': 'services: {db: {image: old}}\n',
    };
    expect(plain(makeComposeFolder(files).read().services.get('db'))).toEqual({ image: 'new' });
    expect(makeComposeFolder({ ...files, 'b.yaml': 'services: {db: {image: else}}\n' }).mistakes()).toEqual([
      'b.yaml:1:16: cannot use "services.db": services "db" is in a.yaml, too, which includes this file, and says otherwise',
    ]);
  });

  it.each([
    ['include: other.yaml\n', 'compose.yaml:1:10: cannot use "include": must be a list'],
    ['include: [compose.yaml]\n', 'it includes itself in the end: compose.yaml -> compose.yaml'],
    ['include: [back.yaml]\n', 'it includes itself in the end: compose.yaml -> back.yaml -> compose.yaml'],
    ['include: [none.yaml]\n', 'cannot read the Compose file "none.yaml"'],
    ['include: ["https://x.test/a.git"]\n', 'it lies on another server'],
    ['include: [{env_file: x}]\n', 'needs a path'],
    ['include: [{path: other.yaml, env_file: none.env}]\n', 'none.env: cannot read the environment file'],
  ])('%j is refused', (text, why) => {
    const folder = makeComposeFolder({
      'compose.yaml': `${text}services: {a: {image: x}}\n`,
      'back.yaml': 'include: [compose.yaml]\n',
      'other.yaml': 'services: {b: {image: x}}\n',
    });
    expect(folder.mistakes().join()).toContain(why);
  });
});
