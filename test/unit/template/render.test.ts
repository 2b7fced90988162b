import { describe, expect, it } from 'vitest';
import { Failures } from '../../../src/base/errors.ts';
import { HELPERS } from '../../../src/template/helpers/index.ts';
import { Renderer } from '../../../src/template/render.ts';
import type { RenderedTemplate, RenderRequest } from '../../../src/template/render-request.ts';
import { makeRoot } from '../../support/folder.ts';
import { render } from '../../support/render.ts';
import { SAMPLE_FACTS, snapshotOf } from '../../support/sample.ts';

/** Renders /etc/it of these fragments; `templates-default` of the package gives no banner here. */
function rendered(
  metadata: string,
  fragments: Readonly<Record<string, string>>,
  request: Partial<RenderRequest> = {},
): RenderedTemplate {
  const paths = makeRoot({
    'templates-default/template-begin': '',
    'templates.metadata/etc/it': metadata,
    ...Object.fromEntries(
      Object.entries(fragments).map(([name, text]) => [name.includes('/') ? name : `templates/etc/it/${name}`, text]),
    ),
  });
  return render({ template: '/etc/it', ...request }, { paths });
}

const texts = ({ outputs }: RenderedTemplate): Readonly<Record<string, string>> =>
  Object.fromEntries(outputs.map(({ path, content }) => [path, content.toString()]));

describe('FOREACH', () => {
  const each = (filter: string): string =>
    `OUTPUT_FILENAME = /etc/it/{{record.key}}\nFOREACH = docker_containers ${filter}`;
  const metadata = each('type=service');

  it('expands once per record that matches, and says whose output it is', () => {
    const result = rendered(metadata, { '10a': '{{record.key}} {{record.access}}\n' });
    expect(texts(result)).toEqual({ '/etc/it/git': 'git public\n', '/etc/it/wiki': 'wiki private\n' });
    expect(result.outputs.map(({ record }) => record)).toEqual([
      { db: 'docker_containers', key: 'git' },
      { db: 'docker_containers', key: 'wiki' },
    ]);
    expect(texts(rendered(each('access=public'), { '10a': 'x' }))).toEqual({ '/etc/it/git': 'x' });
    expect(texts(rendered(each('network=bridge Restart=unless-stopped key=wiki'), { '10a': 'x' }))).toEqual({
      '/etc/it/wiki': 'x',
    });
  });

  it('with ONLY = arguments keeps to the records that the event names', () => {
    const only = rendered(`${metadata}\nONLY = arguments`, { '10a': 'x' }, { args: ['wiki', 'gone'] });
    expect(texts(only)).toEqual({ '/etc/it/wiki': 'x' });
    expect(only.scope).toEqual([
      { db: 'docker_containers', key: 'wiki' },
      { db: 'docker_containers', key: 'gone' },
    ]);
    expect(rendered(metadata, { '10a': 'x' }, { args: ['wiki'] })).toMatchObject({
      scope: 'all',
      outputs: { length: 2 },
    });
  });

  it('says for each record what else was read, also where there is no output', () => {
    const { instances } = rendered(
      `FOREACH = docker_containers type=service\nOUTPUT_FILENAME = '{{#if (enabled SystemName)}}x{{/if}}'`,
      { '10a': 'x' },
    );
    expect(instances.length).toBeGreaterThan(1);
    for (const unit of instances)
      expect(unit).toMatchObject({
        record: { db: 'docker_containers' },
        outputs: [],
        reads: [
          { db: 'configuration', key: 'SystemName' },
          { db: 'configuration', key: 'SystemName', prop: 'status' },
        ],
      });
  });

  it('refuses two records with one output', () => {
    expect(() => rendered('FOREACH = docker_containers', { '10a': 'x' })).toThrow(
      'records "git" and "wiki" both give /etc/it',
    );
  });

  it('tells the mistakes of all records and fragments at once', () => {
    expect(() =>
      rendered(metadata, { '10a': '{{record.Nope}}', '20b': '{{docker.Nada}}', '30c': '{{record.key}}' }),
    ).toThrow(Failures);
    expect(() =>
      rendered(metadata, { '10a': '{{record.Nope}}', '20b': '{{docker.Nada}}', '30c': '{{record.key}}' }),
    ).toThrow(/10a:1:3: .*"git".*\n.*20b:1:3: .*\n.*10a:1:3: .*"wiki".*Nope"$/);
  });
});

describe('OUTPUT_FILENAME', () => {
  it('can name several outputs, or none', () => {
    expect(
      texts(rendered("OUTPUT_FILENAME = '/etc/one{{newline}}/etc/two{{newline}}/etc/one'", { '10a': 'x' })),
    ).toEqual({ '/etc/one': 'x', '/etc/two': 'x' });
    expect(
      rendered("OUTPUT_FILENAME = '{{#if (enabled docker.Nope)}}/etc/one{{/if}}'", { '10a': '{{nothing.here}}' })
        .outputs,
    ).toEqual([]);
  });

  it('is written plainly', () => {
    expect(texts(rendered('OUTPUT_FILENAME = /etc//./one', { '10a': 'x' }))).toEqual({ '/etc/one': 'x' });
  });

  it.each(['/etc/../shadow', 'etc/it', '/etc/it/', '/etc/..', '{{LocalIP}}'])('is not %s', (name) => {
    expect(() => rendered(`OUTPUT_FILENAME = ${name}`, { '10a': 'x' })).toThrow(
      'an output is an absolute path without ".."',
    );
  });

  it('gives way to the one of the command line', () => {
    expect(texts(rendered('OUTPUT_FILENAME = /etc/one', { '10a': 'x' }, { outputFilename: '/tmp/two' }))).toEqual({
      '/tmp/two': 'x',
    });
  });
});

describe('metadata', () => {
  it.each([
    ['1', true],
    ['yes', true],
    ['0', false],
    ['no', false],
    ["'{{#if (exists docker)}}x{{/if}}'", true],
    ["'{{#if (exists nope)}}x{{/if}}'", false],
  ])('DELETE = %s removes the output: %s', (value, removes) => {
    const result = rendered(`DELETE = ${value}`, { '10a': 'x' });
    expect(Object.keys(texts(result))).toEqual(removes ? [] : ['/etc/it']);
  });

  it('CHECK is expanded, with values quoted for the shell', () => {
    expect(
      rendered('CHECK = test {{docker.DataRoot}} {{concat "a b" "\'"}} %s', { '10a': 'x' }).outputs[0]?.check,
    ).toBe("test /var/lib/docker 'a b'\\''' %s");
    expect(rendered("CHECK = '{{#if (exists nope)}}x{{/if}}'", { '10a': 'x' }).outputs[0]?.check).toBeUndefined();
  });

  it('CHECK has to have the file to check, whatever it is expanded to', () => {
    expect(() => rendered("PERMS = 0600\nCHECK = '{{#if (exists docker)}}true{{/if}}'", { '10a': 'x' })).toThrow(
      '/etc/docksmith/templates.metadata/etc/it:2: cannot use metadata CHECK: it has no %s',
    );
  });

  it.each([
    ['OUTPUT_FILENAME', "PERMS = 0600\n\nOUTPUT_FILENAME = '/etc/{{nope}}'"],
    ['DELETE', "PERMS = 0600\n\nDELETE = '{{nope}}'"],
    ['CHECK', "PERMS = 0600\n\nCHECK = 'test {{nope}} %s'"],
  ])('a mistake in %s is named at its line', (_, metadata) => {
    expect(() => rendered(metadata, { '10a': 'x' })).toThrow('/etc/docksmith/templates.metadata/etc/it:3:');
  });

  it.each([
    ['docker_container type=service', 'there is no db "docker_container", and no schema of one'],
    ['docker_containers stauts=enabled', 'records of docker_containers have no prop "stauts"'],
    ['docker_containers type=servce', 'docker_containers has no type "servce", but service'],
    ['docker_containers status=enable', 'status=enable is none of enabled, disabled'],
    ['docker_containers WebPort=http', 'WebPort=http is not a port'],
    ['configuration stauts=enabled', 'records of configuration have no prop "stauts"'],
  ])('FOREACH = %s would match nothing, and is refused at its line', (forEach, why) => {
    const metadata = `PERMS = 0600\nFOREACH = ${forEach}\nOUTPUT_FILENAME = /etc/{{record.key}}`;
    expect(() => rendered(metadata, { '10a': 'x' })).toThrow(
      `/etc/docksmith/templates.metadata/etc/it:2: cannot use metadata FOREACH: ${why}`,
    );
  });

  it('FOREACH with names that nothing resembles may be of what is to come: a warning', () => {
    const warningsOf = (forEach: string): readonly string[] =>
      rendered(`FOREACH = ${forEach}\nOUTPUT_FILENAME = /etc/{{record.key}}`, { '10a': 'x' }).warnings;
    const at = '/etc/docksmith/templates.metadata/etc/it:1: cannot use metadata FOREACH: ';
    expect(warningsOf('webmail_users')).toEqual([`${at}there is no db "webmail_users", and no schema of one`]);
    expect(warningsOf('docker_containers Backup.Monthly=yes')).toEqual([
      `${at}records of docker_containers have no prop "Backup.Monthly"`,
    ]);
    expect(warningsOf('docker_containers type=service Env.TZ=UTC key=wiki')).toEqual([]);
  });

  it('FILTER goes over every line, and lines that it empties go with their origins', () => {
    const {
      outputs: [output],
    } = rendered("FILTER = 's/^#.*\\n//'", { '10a': 'a\n# gone\nb\n', '20b': '# gone\nc' });
    expect(output?.content.toString()).toBe('a\nb\nc');
    expect(
      output?.text
        .lineOrigins()
        .map(([origin]) => `${origin?.fragment.replace(/.*\//, '') ?? ''}:${origin?.line ?? ''}`),
    ).toEqual(['10a:1', '10a:3', '20b:2']);
  });

  it('FILTER may join and cut lines, and origins follow', () => {
    expect(
      rendered('FILTER = s/,/\\n/g', { '10a': 'a,b\nc\n' })
        .outputs[0]?.text.lineOrigins()
        .map(([origin]) => origin?.line),
    ).toEqual([1, 1, 2]);
    expect(
      rendered('FILTER = s/\\s+$/ /', { '10a': 'a\nb\n' })
        .outputs[0]?.text.lineOrigins()
        .map((origins) => origins.map(({ line }) => line)),
    ).toEqual([[1, 2]]);
  });

  it('TEMPLATE_PATH takes the fragments of another template', () => {
    expect(texts(rendered('TEMPLATE_PATH = /etc/other', { 'templates/etc/other/10a': 'other' }))).toEqual({
      '/etc/it': 'other',
    });
    expect(() => rendered('TEMPLATE_PATH = ../other', { '10a': 'x' })).toThrow(
      'a template is an absolute path without ".."',
    );
  });

  it("of an event is laid over the template's", () => {
    const {
      outputs: [output],
    } = rendered(
      'PERMS = 0600\nSERVICES = httpd',
      { '10a': 'x' },
      { metadata: { file: '/event', text: 'PERMS = 0640' } },
    );
    expect(output).toMatchObject({ mode: 0o640, services: ['httpd'] });
  });

  it('UID and GID are looked up on the host', () => {
    const paths = makeRoot({
      'templates/etc/it/10a': 'x',
      'templates.metadata/etc/it': 'UID = www\nGID = nobody-knows',
    });
    const renderer = new Renderer({
      paths,
      snapshot: snapshotOf(),
      facts: SAMPLE_FACTS,
      helpers: HELPERS,
      findOwner: (_, name) => (name === 'www' ? 33 : undefined),
    });
    expect(() => renderer.render({ template: '/etc/it' })).toThrow(
      'cannot give a file to group "nobody-knows": this host has no such group',
    );
  });

  it('GID may be Handlebars, and has to give one name', () => {
    const rendered = (gid: string): unknown => {
      const paths = makeRoot({ 'templates/etc/it/10a': 'x', 'templates.metadata/etc/it': `GID = '${gid}'` });
      const findOwner = (_: unknown, name: string): number => (name === 'apache' ? 48 : 0);
      const context = { paths, snapshot: snapshotOf(), facts: SAMPLE_FACTS, helpers: HELPERS, findOwner };
      return new Renderer(context).render({ template: '/etc/it' }).outputs.map(({ gid: number }) => number);
    };
    expect(rendered('{{httpd.Group}}')).toEqual([48]);
    expect(() => rendered('{{httpd.Group}} {{httpd.Group}}')).toThrow(
      'cannot give a file to group "apache apache": it is one name or number, as root',
    );
  });
});

describe('expand', () => {
  it('gives the text of another template, which sees what it is given and what stands around', () => {
    expect(
      texts(
        rendered('', {
          '10a': '{{expand "/etc/in" who="Ada"}}!\n',
          'templates/etc/in/10a': '{{who}} {{DomainName}}\n',
          'templates/etc/in/20b': 'and\n',
        }),
      ),
    ).toEqual({ '/etc/it': 'Ada example.test\nand!\n' });
  });

  it('knows the quotes around it', () => {
    expect(
      texts(
        rendered('ESCAPE = shell', {
          '10a': 'A="{{expand "/etc/in" x="a $b"}}"\nB={{expand "/etc/in" x="a $b"}}\n',
          'templates/etc/in/10a': '{{x}}',
        }),
      ),
    ).toEqual({ '/etc/it': 'A="a \\$b"\nB=\'a $b\'\n' });
  });

  it("takes custom fragments of the other template, and its own metadata's escaping", () => {
    expect(
      texts(
        rendered('', {
          '10a': '{{expand "/etc/in"}}',
          'templates/etc/in/10a': 'x',
          'templates-custom/etc/in/10a': '{{concat "a" " b"}}',
          'templates.metadata/etc/in': 'ESCAPE = shell',
        }),
      ),
    ).toEqual({ '/etc/it': "'a b'" });
  });

  it('refuses a template that expands itself, or is not there, and says where', () => {
    expect(() =>
      rendered('', { '10a': 'x\n{{expand "/etc/in"}}', 'templates/etc/in/10a': '{{expand "/etc/it"}}' }),
    ).toThrow(/in\/10a:1:1: cannot call "expand": "\/etc\/it" expands itself: \/etc\/it -> \/etc\/in -> \/etc\/it/);
    expect(() => rendered('', { '10a': 'x\n{{expand "/etc/nope"}}' })).toThrow(
      /it\/10a:2:1: cannot call "expand": there is no template "\/etc\/nope"/,
    );
    expect(() => rendered('', { '10a': '{{expand "/../etc/passwd"}}' })).toThrow(
      'a template is an absolute path without ".."',
    );
  });
});

it('a template that is not there says what one is', () => {
  expect(() => render({ template: '/etc/nope' })).toThrow('there is no template of that path');
});
