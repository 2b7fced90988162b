import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Host, makeHost } from '../support/host.ts';
import { needs } from '../support/needs.ts';
import { openTerminal, type Terminal } from '../support/terminal.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');
const DIST = path.join(ROOT, 'dist/completion');

interface Shell {
  readonly command: readonly string[];
  /** what a package would have put in place, and a short prompt */
  readonly setUp: string;
}

const SHELLS: Readonly<Record<string, Shell>> = {
  bash: { command: ['bash', '--norc', '--noprofile'], setUp: `PS1='> '; . ${DIST}/docksmith.bash` },
  zsh: {
    command: ['zsh', '-f'],
    setUp: `PS1='> '; fpath=(${DIST} $fpath); autoload -U compinit; compinit -u -D`,
  },
  fish: { command: ['fish', '--no-config'], setUp: `function fish_prompt; echo '> '; end; . ${DIST}/docksmith.fish` },
};

needs('shells')('completion', () => {
  let host: Host;
  beforeAll(async () => {
    host = makeHost({ env: { DOCKSMITH_ENGINE: 'memory:///dev/null' } });
    await host.db(
      'docker_images set wiki service Repository mediawiki',
      'docker_containers set wiki service status enabled Image wiki Application shop',
      'docker_containers set gitea service status enabled Image gitea:1',
    );
    host.write('/var/lib/docksmith/state/ledger', 'docksmith ledger 1 00000000\n/etc/docksmith/one.yaml\tx\n');
  });
  afterAll(() => host.stop());

  describe.each(Object.entries(SHELLS))('%s', (name, { command, setUp }) => {
    let terminal: Terminal;
    const line = async (typed: string, wanted: RegExp): Promise<string> => {
      terminal.press('C-u');
      terminal.press('C-l');
      await terminal.see(/^> *$/);
      terminal.type(typed);
      await terminal.see(new RegExp(`^> ${typed.trimEnd().replace(/[/[\]*+?.()]/g, '\\$&')}`));
      terminal.press('Tab');
      return (await terminal.see(wanted)).join('\n');
    };
    beforeAll(async () => {
      terminal = openTerminal(command, {
        DOCKSMITH_ROOT: host.root,
        HOME: host.root,
        PATH: `${path.join(ROOT, 'bin/path')}:${process.env['PATH'] ?? ''}`,
      });
      terminal.type(`${setUp}; echo re''ady\n`);
      await terminal.see(/^ready$/m);
    });
    afterAll(() => terminal.close());

    it('completes what has one end', async () => {
      await line('docksmith exposu', /^> docksmith exposure/);
      await line('docksmith status --wat', /^> docksmith status --watch/);
      await line('docksmith graph --format=sv', /^> docksmith graph --format=svg/);
      await line('docksmith image pru', /^> docksmith image prune/);
      await line('docksmith logs gi', /^> docksmith logs gitea/);
      await line('docksmith why /etc/docks', /^> docksmith why \/etc\/docksmith\/one\.yaml/);
      await line('signal-event docker-bo', /^> signal-event docker-boot/);
      await line('db docker_con', /^> db docker_containers/);
      await line('db docker_containers setpr', /^> db docker_containers setprop/);
      await line('db docker_containers setprop gitea MaxMem', /^> db docker_containers setprop gitea MaxMemory/);
      await line(
        'db docker_containers setprop gitea status dis',
        /^> db docker_containers setprop gitea status disabled/,
      );
      await line('config getprop docker DataRo', /^> config getprop docker DataRoot/);
      await line('docksmith impact docker_containers wiki status=e', /wiki status=enabled/);
      await line('expand-template /etc/cron', /^> expand-template \/etc\/cron\.d\/docksmith/);
    });

    it('shows what there is to choose from, at 80 columns', async () => {
      const press = async (typed: string, wanted: RegExp): Promise<void> => {
        await line(typed, new RegExp(`^> ${typed.slice(0, 12)}`));
        terminal.press('Tab');
        const seen = await terminal.see(wanted);
        console.log(`${name}\n${seen.map((each) => `  ${each}`).join('\n')}`);
        expect(seen.filter((each) => each.length > 80)).toEqual([]);
        terminal.press('C-c');
      };
      await press('docksmith sta', /start[^]*status/);
      await press('docksmith status --', /--[^]*--json[^]*--watch|--watch[^]*--json/);
      await press('db docker_containers setprop wiki Memory', /MemoryReservation[^]*MemorySwappiness/);
    });

    it('answers within the time of a blink', async () => {
      const figures: number[] = [];
      for (let n = 0; n < 7; n++) {
        terminal.press('C-u');
        terminal.press('C-l');
        await terminal.see(/^> *$/);
        terminal.type('docksmith status --wat');
        await terminal.see(/^> docksmith status --wat/);
        const start = performance.now();
        terminal.press('Tab');
        await terminal.see(/^> docksmith status --watch/);
        figures.push(performance.now() - start);
      }
      figures.sort((a, b) => a - b);
      console.log(`${name}: an option is on the screen ${(figures[3] ?? 0).toFixed(0)} ms after Tab (median of 7)`);
      expect(figures).toHaveLength(7);
    });
  });
});
