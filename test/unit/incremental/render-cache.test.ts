import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { Failure, Failures } from '../../../src/base/errors.ts';
import { Rendering, type Renderings } from '../../../src/flow/rendering.ts';
import type { RenderRequest } from '../../../src/template/render-request.ts';
import { makeRoot } from '../../support/folder.ts';
import { pick, type Random, randomChange, randomFrom, withChange } from '../../support/random-changes.ts';
import { record, SAMPLE_DBS, SAMPLE_FACTS, snapshotOf } from '../../support/sample.ts';
import { type Server, worldOf } from '../../support/host-state.ts';

/** `DOCKSMITH_TEST_CHANGES=20000` for so many; few for those who run it fifty times a day. */
const CHANGES = Number(process.env['DOCKSMITH_TEST_CHANGES'] ?? '150');
/** Props that name files: one must not be a folder of the other. */
const FILES: Readonly<Record<string, readonly string[]>> = {
  OptionsFile: ['/etc/one', '/etc/one,/etc/two', '/etc/three'],
  ConfDir: ['/etc/a.d', '/etc/b.d'],
};
const ONLY = { file: 'the event', text: 'ONLY = arguments' };
const SHIPPED = [
  '/etc/docker/daemon.json',
  '/etc/sysconfig/docker',
  '/etc/default/docker',
  '/etc/systemd/system/docker.service.d/docksmith.conf',
  '/etc/docksmith/containers',
  '/etc/docksmith/filter/docker-user.v4',
  '/etc/docksmith/filter/docker-user.v6',
  '/etc/httpd/docksmith/primary',
  '/etc/httpd/docksmith/vhost',
  '/etc/httpd/docksmith/default',
];

/** As the plan of an event does; what is wanted no more is left, since nothing owns it here. */
function install(root: string, { outputs }: Renderings): void {
  for (const { path: file, content } of outputs) {
    if (existsSync(root + file) && readFileSync(root + file).equals(content)) continue;
    mkdirSync(path.dirname(root + file), { recursive: true });
    writeFileSync(root + file, content);
  }
}

const NOTHING_ELSE = { checked: undefined, entered: [] };
const READS_FILE = '/var/cache/docksmith/reads';
const COMPILED_FILE = ({ root }: Server): string => `${root}/var/cache/docksmith/templates`;

type Result = { readonly rendering: Renderings } | { readonly mistakes: readonly string[] };

function tryTo(work: () => Renderings): Result {
  try {
    return { rendering: work() };
  } catch (error) {
    if (!(error instanceof Failure || error instanceof Failures)) throw error;
    return { mistakes: (error instanceof Failures ? error.failures : [error]).map(({ message }) => message) };
  }
}

/**
 * Renders what is not known to stand, compares all of it with the plain way, and keeps it.
 * @returns the number of outputs that were rendered and left
 */
function expandAndCompare(
  server: Server,
  requests: readonly RenderRequest[],
  what: string,
): { readonly rendered: number; readonly kept: number } {
  const renderer = new Rendering(worldOf(server), { isForced: false });
  const short = tryTo(() => renderer.render(requests));
  // a world of its own: indexes are kept with the snapshot
  const plain = tryTo(() => new Rendering(worldOf(server), { isForced: true }).render(requests, { isPlain: true }));
  if ('mistakes' in short || 'mistakes' in plain) {
    expect('mistakes' in short ? short.mistakes : [], what).toEqual('mistakes' in plain ? plain.mistakes : []);
    return { rendered: 0, kept: 0 };
  }
  const { rendering } = short;
  const asked = new Set(requests.flatMap(({ args }) => args ?? []));
  const isAsked = ({ record: of }: { readonly record?: { readonly key: string } }): boolean =>
    asked.size === 0 || of === undefined || asked.has(of.key);
  install(server.root, rendering);
  const stands = new Map(
    [...rendering.kept, ...rendering.outputs.map((output) => output.path)].map((file) => [
      file,
      readFileSync(server.root + file, 'utf8'),
    ]),
  );
  for (const output of plain.rendering.outputs.filter(isAsked))
    expect(stands.get(output.path), `${output.path} ${what}`).toBe(output.content.toString());
  if (asked.size === 0)
    expect([...stands.keys()].sort(), what).toEqual(plain.rendering.outputs.map((output) => output.path).sort());
  renderer.cacheRenderings(rendering.done, NOTHING_ELSE);
  return { rendered: rendering.outputs.length, kept: rendering.kept.length };
}

describe('the short cut', () => {
  it(`gives the text that rendering everything gives, over ${CHANGES} random changes`, { timeout: 3_600_000 }, () => {
    const random: Random = randomFrom(20_261_121);
    const server: Server = { root: makeRoot().root, dbs: SAMPLE_DBS, facts: SAMPLE_FACTS };
    const fragment = path.join(server.root, 'etc/docksmith/templates-custom/etc/docksmith/containers/60memory');
    const counts = { rendered: 0, kept: 0 };
    for (let n = 0; n < CHANGES; n++) {
      const change = randomChange({ dbs: server.dbs, schema: snapshotOf(server.dbs, server.facts).schema }, random, {
        valuesOf: (_, prop) => FILES[prop],
      });
      const dbs = withChange(server.dbs, change);
      const before = server.dbs;
      server.dbs = dbs;
      const dice = random();
      if (dice < 0.03)
        server.facts = {
          ...SAMPLE_FACTS,
          images: new Map([
            ['mediawiki:1.43', { exposedPorts: [{ port: random() < 0.5 ? 80 : 8080, protocol: 'tcp' }] }],
          ]),
        };
      else if (dice < 0.05) {
        mkdirSync(path.dirname(fragment), { recursive: true });
        writeFileSync(
          fragment,
          `services:\n  "{{record.key}}":\n    mem_limit: "${pick(random, ['1', '22', '333'])}m"\n`,
        );
      } else if (dice < 0.07) rmSync(fragment, { force: true });
      const isPart = dice > 0.9;
      const keys = [...(dbs.get('docker_containers')?.keys() ?? [])];
      const requests: readonly RenderRequest[] = isPart
        ? [
            {
              template: '/etc/docksmith/containers',
              metadata: ONLY,
              args: [change.key, pick(random, [...keys, 'gone'])],
            },
          ]
        : SHIPPED.filter(() => dice > 0.3 || random() < 0.5).map((template) => ({
            template,
            ...(template === '/etc/docksmith/containers' ? { metadata: { file: 'the event', text: '' } } : {}),
          }));
      const { rendered, kept } = expandAndCompare(
        server,
        requests,
        `after change ${n} ${JSON.stringify([change.db, change.key, change.prop, change.after])}`,
      );
      // of what cannot be expanded nothing more would be learnt
      if (rendered + kept === 0 && !isPart) server.dbs = before;
      counts.rendered += rendered;
      counts.kept += kept;
    }
    // or nothing was compared
    expect(counts.rendered).toBeGreaterThan(CHANGES / 10);
    expect(counts.kept).toBeGreaterThan(CHANGES);
  });

  it('renders one record of two when a prop of it changed, and everything where nothing is remembered', () => {
    const server: Server = { root: makeRoot().root, dbs: SAMPLE_DBS, facts: SAMPLE_FACTS };
    const requests = [{ template: '/etc/docksmith/containers' }];
    expect(expandAndCompare(server, requests, 'first')).toEqual({ rendered: 2, kept: 0 });
    // what was written within one step of the file system's clock is rendered once more
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 50);
    expandAndCompare(server, requests, 'second');
    expect(expandAndCompare(server, requests, 'third')).toEqual({ rendered: 0, kept: 2 });
    server.dbs = withChange(server.dbs, {
      db: 'docker_containers',
      key: 'git',
      before: undefined,
      after: record('git', 'service', { status: 'enabled', MaxMemory: '99' }),
      prop: undefined,
    });
    expect(expandAndCompare(server, requests, 'a prop')).toEqual({ rendered: 1, kept: 1 });
    rmSync(server.root + READS_FILE);
    expect(expandAndCompare(server, requests, 'forgotten')).toEqual({ rendered: 2, kept: 0 });
  });

  it.each([
    ['cut off', (content: Buffer) => content.subarray(0, 300)],
    ['a byte changed', (content: Buffer) => content.fill(120, content.length - 9, content.length - 8)],
    ['empty', () => Buffer.alloc(0)],
  ])('notices that what is remembered is damaged: %s', (_, damage) => {
    const server: Server = { root: makeRoot().root, dbs: SAMPLE_DBS, facts: SAMPLE_FACTS };
    const requests = [{ template: '/etc/docksmith/containers' }];
    expandAndCompare(server, requests, 'first');
    writeFileSync(server.root + READS_FILE, damage(readFileSync(server.root + READS_FILE)));
    expect(expandAndCompare(server, requests, 'damaged')).toEqual({ rendered: 2, kept: 0 });
  });

  it('renders fragments that were compiled before to the same text with the same places, and those that were edited to their new one', () => {
    const paths = makeRoot({
      'templates/etc/it/10a': 'one\n{{docker.status}}\n',
      'templates/etc/it/20b': '{{#if (enabled docker)}}\ntwo\n{{/if}}\n',
    });
    const server: Server = { root: paths.root, dbs: SAMPLE_DBS, facts: SAMPLE_FACTS };
    const settle = (): void => {
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 50);
    };
    const expand = (): { readonly text: string; readonly places: readonly string[]; readonly keep: () => void } => {
      rmSync(server.root + READS_FILE, { force: true });
      const rendering = new Rendering(worldOf(server), { isForced: false });
      const {
        outputs: [output],
        done,
      } = rendering.render([{ template: '/etc/it' }]);
      return {
        text: output?.content.toString() ?? '',
        places:
          output?.text
            .lineOrigins()
            .map((origins) =>
              origins
                .map(
                  ({ fragment, line, reads }) =>
                    `${path.basename(fragment)}:${line} ${reads.map(({ key, prop }) => `${key ?? ''} ${prop ?? ''}`).join()}`,
                )
                .join(),
            ) ?? [],
        keep: () => rendering.cacheRenderings(done, NOTHING_ELSE),
      };
    };
    settle();
    const first = expand();
    expect(existsSync(COMPILED_FILE(server))).toBe(false);
    first.keep();
    expect(readFileSync(COMPILED_FILE(server), 'utf8')).toContain('20b');
    const second = expand();
    expect([second.text, second.places]).toEqual([first.text, first.places]);
    expect(second.places.map((place) => place.split(' ')[0])).toEqual([
      'template-begin:1',
      'template-begin:2',
      'template-begin:3',
      '10a:1',
      '10a:2',
      '20b:2',
    ]);
    // as long as before, and within one step of the file system's clock
    writeFileSync(`${paths.root}/etc/docksmith/templates/etc/it/10a`, 'ONE\n{{docker.status}}\n');
    const edited = expand();
    edited.keep();
    expect(edited.text).toBe(first.text.replace('one\n', 'ONE\n'));
    writeFileSync(`${paths.root}/etc/docksmith/templates/etc/it/10a`, 'eno\n{{docker.status}}\n');
    expect(expand().text).toBe(first.text.replace('one\n', 'eno\n'));
  });
});
