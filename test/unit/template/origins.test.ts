import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Read } from '../../../src/db/record.ts';
import type { Snapshot } from '../../../src/db/snapshot.ts';
import { Failure, Failures } from '../../../src/base/errors.ts';
import type { RenderedTemplate } from '../../../src/template/render-request.ts';
import type { Rendered } from '../../../src/template/rendered.ts';
import type { Origin } from '../../../src/template/language/origin.ts';
import { formatRead } from '../../../src/template/language/tracked-text.ts';
import { makeRoot } from '../../support/folder.ts';
import { readsOf, render } from '../../support/render.ts';
import { db, record, SAMPLE_DBS, snapshotOf } from '../../support/sample.ts';

const TEMPLATES = [
  '/etc/docker/daemon.json',
  '/etc/sysconfig/docker',
  '/etc/default/docker',
  '/etc/systemd/system/docker.service.d/docksmith.conf',
  '/etc/docksmith/containers',
  '/etc/httpd/docksmith/default',
  '/etc/httpd/docksmith/primary',
  '/etc/httpd/docksmith/vhost',
];

function expandAll(snapshot?: Snapshot): readonly RenderedTemplate[] {
  return TEMPLATES.map((template) => render({ template }, snapshot === undefined ? {} : { snapshot }));
}

interface Line {
  readonly output: Rendered;
  readonly text: string;
  readonly origins: readonly Origin[];
}

function linesOf(output: Rendered): readonly Line[] {
  const all = output.text.lineOrigins();
  return output.content
    .toString()
    .replace(/\n$/, '')
    .split('\n')
    .map((text, n) => ({ output, text, origins: all[n] ?? [] }));
}

const SAMPLE = expandAll();
const SAMPLE_LINES = SAMPLE.flatMap(({ outputs }) => outputs).flatMap(linesOf);

function findLine(path: string, text: string): Line {
  const line = SAMPLE_LINES.find((one) => one.output.path.endsWith(path) && one.text.includes(text));
  if (line === undefined) throw new Error(`${path} has no line "${text}"`);
  return line;
}

const shortName = (file: string): string => file.replace(/^.*\/templates(-default)?\//, '/');
const namesOf = (reads: readonly Read[]): readonly string[] => reads.map(formatRead);

describe('every line of every output', () => {
  it('has origins, and there are no more origins than lines', () => {
    for (const output of SAMPLE.flatMap(({ outputs }) => outputs))
      expect(output.text.lineOrigins()).toHaveLength(linesOf(output).length);
    for (const line of SAMPLE_LINES) expect(line.origins.length, line.text).toBeGreaterThan(0);
  });

  it('comes from a line that is there and holds its text, or makes it', () => {
    for (const { text, origins } of SAMPLE_LINES) {
      const sources = origins.map(({ fragment, line }) => readFileSync(fragment, 'utf8').split('\n')[line - 1]);
      expect(sources, text).not.toContain(undefined);
      const isMerged = origins.some(({ documentKey }) => documentKey !== undefined) || /^[{}]$/.test(text);
      if (!isMerged)
        expect(
          sources.some((source) => source?.includes('{{') === true || source?.trim() === text.trim()),
          `${text} from ${sources.join(' | ')}`,
        ).toBe(true);
    }
  });

  it('of a merged document names its key', () => {
    expect(findLine('wiki.yaml', '- "127.0.0.1:47000:80"').origins[0]).toMatchObject({
      documentKey: 'services.wiki.ports',
    });
    expect(findLine('daemon.json', '"max-size"').origins[0]).toMatchObject({ documentKey: 'log-opts.max-size' });
  });

  it('names first what gave something to see: not the end of the fragment before, nor who expands another template', () => {
    const paths = makeRoot({
      'templates/etc/it/10a': 'a\n{{default docker.Own ""}}',
      'templates/etc/it/20b': 'b\n',
      'templates/etc/it/30c': '  {{expand "/etc/inner"}}\n',
      'templates/etc/inner/10d': 'c',
    });
    const [output] = render({ template: '/etc/it' }, { paths }).outputs;
    const first =
      output === undefined
        ? []
        : linesOf(output)
            .slice(-3)
            .map(({ text, origins }) => [text, shortName(origins[0]?.fragment ?? ''), origins.length]);
    expect(first).toEqual([
      ['a', '/etc/it/10a', 1],
      ['b', '/etc/it/20b', 2],
      ['  c', '/etc/inner/10d', 2],
    ]);
  });

  it.each([
    [
      'wiki.yaml',
      'image: mediawiki:1.43',
      '/etc/docksmith/containers/10image:4',
      ['docker_images wiki Tag', 'docker_images wiki Repository', 'docker_containers wiki Image'],
    ],
    [
      'wiki.yaml',
      '- "127.0.0.1:47000:80"',
      '/etc/docksmith/containers/35web-port:12',
      ['docker_containers wiki WebHostPort', 'docker_containers wiki WebPort', 'docker_containers wiki SubDomain'],
    ],
    [
      'wiki.yaml',
      'max-size',
      '/etc/docksmith/containers/80logging:8',
      ['docker_containers wiki LogMaxSize', 'configuration docker LogMaxSize', 'docker_containers wiki LogDriver'],
    ],
    ['git.yaml', 'GREETING', '/etc/docksmith/containers/70environment:6', ['docker_containers git Env.GREETING']],
    [
      '2-wiki.conf',
      'ServerName',
      '/etc/httpd/docksmith/vhost/10open:2',
      ['docker_containers wiki SubDomainName', 'configuration DomainName', 'configuration httpd ConfDir'],
    ],
    [
      '2-wiki.conf',
      'Require ip 192.168.1.0/24',
      '/etc/httpd/docksmith/access/10require:34',
      ['docker_containers wiki access', 'networks (all)'],
    ],
    [
      '2-wiki.conf',
      'ProxyPassMatch ',
      '/etc/httpd/docksmith/proxy/10pass:7',
      ['docker_containers wiki WebHostPort', 'docker_containers wiki Certificate'],
    ],
    [
      'daemon.json',
      'bip',
      '/etc/docker/daemon.json/20network:7',
      ['configuration docker Network', 'configuration docker Mask'],
    ],
    ['daemon.json', 'live-restore', '/etc/docker/daemon.json/50live-restore:1', ['configuration docker LiveRestore']],
    [
      'sysconfig/docker',
      'OPTIONS',
      '/etc/docksmith/docker-options/10socket:1',
      ['configuration docker Socket', 'configuration docker OptionsFile'],
    ],
  ])('%s: "%s" comes from %s', (path, text, place, reads) => {
    const { origins } = findLine(path, text);
    expect(origins.map(({ fragment, line }) => `${shortName(fragment)}:${line}`)).toContain(place);
    const all = namesOf(origins.flatMap((origin) => origin.reads));
    for (const read of reads) expect(all).toContain(read);
  });
});

/** The sample with one prop set, or taken away. */
function withProp(name: string, key: string, prop: string, value: string | undefined): Snapshot {
  const records = [...(SAMPLE_DBS.get(name)?.values() ?? [])].map((one) => {
    if (one.key !== key) return one;
    const props = new Map(one.props);
    if (value === undefined) props.delete(prop);
    else props.set(prop, value);
    return { ...one, props };
  });
  return snapshotOf(new Map([...SAMPLE_DBS, [name, db(...records)]]));
}

describe('what a line has read', () => {
  it.each([
    ['docker_containers', 'wiki', 'WebHostPort', '47009', 'wiki.yaml', '- "127.0.0.1:47000:80"'],
    ['docker_containers', 'wiki', 'SubDomain', 'disabled', 'wiki.yaml', '- "127.0.0.1:47000:80"'],
    ['docker_containers', 'wiki', 'access', 'public', 'wiki.yaml', '- "192.168.1.2:8080:8080"'],
    ['docker_images', 'wiki', 'Tag', '1.44', 'wiki.yaml', 'image:'],
    ['configuration', 'docker', 'LogMaxSize', '1m', 'wiki.yaml', 'max-size'],
    ['docker_containers', 'wiki', 'LogDriver', 'journald', 'wiki.yaml', 'max-size'],
    ['docker_containers', 'git', 'Env', undefined, 'git.yaml', 'MODE'],
    ['docker_containers', 'wiki', 'access', 'public', '2-wiki.conf', 'Require ip 192.168.1.0/24'],
    ['networks', '192.168.1.0', 'Mask', '255.255.0.0', '2-wiki.conf', 'Require ip 192.168.1.0/24'],
    ['configuration', 'httpd', 'DocumentRoot', '/srv', '2-wiki.conf', 'Alias'],
    ['docker_containers', 'git', 'WebAliasStrip', 'no', '1-primary.conf', 'ProxyPassMatch '],
    ['configuration', 'docker', 'Socket', '/run/own.sock', 'sysconfig/docker', 'OPTIONS'],
  ])('decides it: %s %s %s = %s changes or removes a line of %s', (name, key, prop, value, path, text) => {
    const before = findLine(path, text);
    const reads = namesOf(before.origins.flatMap((origin) => origin.reads));
    // the networks are read as a list
    expect(reads.some((read) => read === `${name} ${key} ${prop}` || read === `${name} (all)`)).toBe(true);
    const after = expandAll(withProp(name, key, prop, value))
      .flatMap(({ outputs }) => outputs)
      .find((output) => output.path === before.output.path);
    expect(after?.content.toString().split('\n') ?? []).not.toContain(before.text);
  });

  it('is all that matters: a prop that nothing has read changes nothing', () => {
    const { schema } = snapshotOf();
    const props = [...SAMPLE_DBS].flatMap(([name, records]) =>
      [...records.values()].flatMap((one) => {
        const kinds = schema[name]?.[name === 'configuration' ? one.key : one.type] ?? {};
        return [...new Set([...Object.keys(kinds), ...one.props.keys(), 'Own'])]
          .filter((prop) => prop !== 'type' && !prop.endsWith('*'))
          .map((prop) => [name, one.key, prop] as const);
      }),
    );
    let unread = 0;
    fc.assert(
      fc.property(
        fc.constantFrom(...props),
        fc.constantFrom(
          undefined,
          'enabled',
          'disabled',
          'yes',
          'no',
          '81',
          '47100',
          '/srv/x',
          'x',
          'public',
          'host',
          '10.9.0.0',
          '16',
          'https',
          'managed',
          'foreign',
          'a=b',
        ),
        ([name, key, prop], value) => {
          const untouched = SAMPLE.map((template) =>
            readsOf(template).every(
              (read) =>
                read.db !== name ||
                (read.key !== undefined && (read.key !== key || (read.prop !== undefined && read.prop !== prop))),
            ),
          );
          let after: readonly (RenderedTemplate | undefined)[];
          const snapshot = withProp(name, key, prop, value);
          try {
            after = TEMPLATES.map((template, n) =>
              untouched[n] === true ? render({ template }, { snapshot }) : undefined,
            );
          } catch (error) {
            if (!(error instanceof Failure) && !(error instanceof Failures)) throw error;
            throw new Error(`${name} ${key} ${prop} was not read, yet ${error.message}`, { cause: error });
          }
          for (const [n, template] of after.entries()) {
            if (template === undefined) continue;
            unread++;
            expect(template.outputs.map(({ path, content }) => `${path}\n${content.toString()}`)).toEqual(
              SAMPLE[n]?.outputs.map(({ path, content }) => `${path}\n${content.toString()}`),
            );
          }
        },
      ),
      { numRuns: 30 },
    );
    expect(unread).toBeGreaterThan(30);
  }, 60_000);

  it('holds what a condition that printed nothing has looked at, and a value that was empty', () => {
    const paths = makeRoot({ 'templates/etc/it/10a': '{{#if (exists docker.Own)}}x{{/if}}a={{LocalIP}}\nb\n' });
    const [output] = render(
      { template: '/etc/it' },
      { paths, snapshot: snapshotOf(new Map([['configuration', db(record('LocalIP', ''))]])) },
    ).outputs;
    expect(output?.content.toString()).toMatch(/a=\nb\n$/);
    expect(namesOf(output?.scope.noted() ?? [])).toEqual(
      expect.arrayContaining(['configuration docker Own', 'configuration LocalIP']) as string[],
    );
    expect(
      namesOf(
        output?.text
          .lineOrigins()
          .at(-2)
          ?.flatMap(({ reads }) => reads) ?? [],
      ),
    ).toContain('configuration LocalIP');
    expect(
      namesOf(
        output?.text
          .lineOrigins()
          .at(-1)
          ?.flatMap(({ reads }) => reads) ?? [],
      ),
    ).toEqual([]);
  });
});
