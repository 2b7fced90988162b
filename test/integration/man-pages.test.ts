import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { COMMAND_NAMES } from '../../src/cli/command-names.ts';
import { COMMANDS } from '../../src/cli/commands.ts';
import { type Host, makeHost } from '../support/host.ts';
import { needs } from '../support/needs.ts';
import { inParallel, run } from '../support/run.ts';

const MAN = path.resolve(import.meta.dirname, '../../dist/man');
const ENV = { LC_ALL: 'C.UTF-8', MANWIDTH: '80', MANPAGER: 'cat' };

needs('man')('man pages', () => {
  let host: Host;
  beforeAll(() => void (host = makeHost()));
  afterAll(() => host.stop());

  it('are there for each command and each of the formats', async () => {
    const commands = await Promise.all(COMMAND_NAMES.map((name) => COMMANDS[name]()));
    const names = commands
      .filter(({ internal }) => internal !== true)
      .flatMap(({ name, isProgram }) => [`docksmith-${name.replace(' ', '-')}`, ...(isProgram === true ? [name] : [])]);
    const formats = ['docksmith-db.5', 'docksmith-props.5', 'docksmith-events.7', 'docksmith-templates.7'];
    expect(readdirSync(MAN).sort()).toEqual([...['docksmith', ...names].map((name) => `${name}.1`), ...formats].sort());
  });

  it('are read by man without a warning, fit into 80 columns but for examples, and name pages that there are', async () => {
    const pages = readdirSync(MAN);
    const faults = await inParallel(pages, async (file) => {
      const { stdout, stderr, exitCode } = await run('man', ['--warnings', '-E', 'UTF-8', '-l', file], {
        cwd: MAN,
        env: ENV,
      });
      const text = stdout.replace(/.\u0008/g, '');
      // of what stands as it is, a line may be longer
      const long = text.split('\n').filter((line) => line.length > 80 && !/^ {9}/.test(line));
      const named = [...text.matchAll(/\b((?:docksmith[\w-]*|db|config))\((\d)\)/g)].map(
        ([, name = '', section = '']) => `${name}.${section}`,
      );
      const none = named.filter((page) => !existsSync(path.join(MAN, page)));
      const isWhole = /^NAME$/m.test(text) && /^SEE ALSO$/m.test(text);
      return [...(exitCode === 0 && isWhole ? [] : ['not whole']), stderr, ...long, ...none]
        .filter((each) => each !== '')
        .map((each) => `${file}: ${each}`);
    });
    expect(pages.length).toBeGreaterThan(50);
    expect(faults.flat()).toEqual([]);
  });

  it('are what docksmith help COMMAND shows, with all options of --help', async () => {
    for (const words of [['status'], ['app', 'stop'], ['log']]) {
      const page = await host.runOrFail('docksmith', ['help', ...words], { env: ENV });
      expect(page).toMatch(/^DOCKSMITH-[A-Z-]+\(1\)/);
      const help = await host.runOrFail('docksmith', [...words, '--help']);
      for (const [option] of help.matchAll(/--[a-z-]+/g)) expect(page).toContain(option);
    }
  });

  it('are replaced by the text of --help where there is no man', async () => {
    const env = { PATH: path.join(host.root, 'nothing') };
    const text = await host.runOrFail('docksmith', ['help', 'status'], { env });
    expect(text).toBe(await host.runOrFail('docksmith', ['status', '--help'], { env }));
  });
});
