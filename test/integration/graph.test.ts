import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { makeDiagram } from '../../src/cli/graph/cards.ts';
import { formatDot } from '../../src/cli/graph/dot.ts';
import { needs } from '../support/needs.ts';

const BIN = path.resolve(import.meta.dirname, '../../bin');

needs('graphviz')('docksmith graph', () => {
  let folder: string;
  const run = (
    program: string,
    args: readonly string[],
    input = '',
  ): { readonly status: number | null; readonly stdout: string; readonly stderr: string } =>
    spawnSync(process.execPath, [path.join(BIN, `${program}.js`), ...args], {
      encoding: 'utf8',
      input,
      env: {
        PATH: process.env['PATH'],
        DOCKSMITH_ROOT: path.join(folder, 'root'),
        DOCKSMITH_ENGINE: `memory://${folder}/engine.json`,
      },
    });
  const draw = (dot: string): { readonly status: number | null; readonly stdout: string; readonly stderr: string } =>
    spawnSync('dot', ['-Tsvg'], { input: dot, encoding: 'utf8' });

  beforeAll(() => {
    folder = mkdtempSync(path.join(os.tmpdir(), 'docksmith-graph-'));
    mkdirSync(path.join(folder, 'root'));
    run('config', ['batch'], 'set DomainName example.test\nset SystemName host\nset LocalIP 192.168.1.2\n');
    run(
      'db',
      ['docker_containers', 'batch'],
      'set wiki service status enabled Image wiki:1 SubDomain enabled WebPort 80 Interlinked wikidb:db Env PASSWORD=hunter2\nset wikidb service status enabled Image db:1\n',
    );
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it.each([[], ['wiki'], ['httpd'], ['/etc/docksmith/containers/wikidb.yaml']])(
    'is DOT that Graphviz reads, without a warning: %s',
    (...names) => {
      const { status, stdout } = run('docksmith', ['graph', '--format', 'dot', ...names]);
      expect(status).toBe(0);
      const drawn = draw(stdout);
      expect([drawn.status, drawn.stderr]).toEqual([0, '']);
      expect(drawn.stdout.match(/class="edge"/g)).toHaveLength(stdout.match(/ -> /g)?.length ?? 0);
      expect(stdout).toContain('wiki');
      expect(stdout).not.toContain('hunter2');
    },
  );

  it('is a picture or Mermaid, where that is asked for, and writes nothing', () => {
    expect(run('docksmith', ['graph']).stdout).toMatch(/^<svg [\s\S]*>wiki\.yaml<[\s\S]*<\/svg>\n$/);
    expect(run('docksmith', ['graph', '--format', 'mermaid', 'wikidb']).stdout).toMatch(
      /^---\ntitle: "[^\n]*\n---\nflowchart LR\n/,
    );
    expect(run('docksmith', ['history']).stdout).not.toContain('wiki');
  });

  it('refuses a name that nothing bears and a format that there is not', () => {
    expect(run('docksmith', ['graph', 'wkii'])).toMatchObject({ status: 1, stdout: '' });
    expect(run('docksmith', ['graph', '--format', 'png'])).toMatchObject({
      status: 2,
      stdout: '',
      stderr: expect.stringContaining('"png" is no format: tree, svg, dot, mermaid') as string,
    });
  });

  it.each(['<B>bold</B>', '"]; evil [label="x', 'a&b;&amp;', '\\N \\"', '\u0001'])('keeps %j a text', (text) => {
    const diagram = makeDiagram(
      { nodes: new Map([['record a b', { id: 'record a b', kind: 'record', name: text, group: text }]]), edges: [] },
      text,
    );
    const { status, stdout, stderr } = draw(formatDot(diagram));
    expect([status, stderr]).toEqual([0, '']);
    expect(stdout.match(/<g id="node/g)).toHaveLength(1);
  });
});
