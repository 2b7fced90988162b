import type { Command } from './command.ts';
import type { DbContext } from './db.ts';
import { DAILY_COMMANDS } from './daily-commands.ts';
import { writeTo } from './standard-streams.ts';

export type Listed = Pick<Command, 'usage' | 'doc'> & {
  readonly load: () => Promise<Command['run']>;
  readonly options?: Command['options'];
  /** called by the shipped action scripts, not by people */
  readonly internal?: true;
};

const DRY_RUN = 'say what would be done, and change nothing at all';
const DIFF = 'show what changes in each file';
const TAKE_OVER = 'replace files that are not docksmith\'s; history keeps them';
const JSON_OPTION = 'print one JSON document on standard output';
const RETRY = 'try again also what has failed and did not change';
const WAIT = 'give up after so many seconds if another event runs';

function printing(run: (args: readonly string[], context: DbContext) => Promise<number>): Command['run'] {
  return (args, context) => run(args, { ...context, print: (bytes) => writeTo(context.stdout, bytes) });
}

/** Every command of `docksmith`, in the order of its help. */
export const COMMANDS: Readonly<Record<string, Listed>> = {
  'signal-event': {
    usage: '[OPTION…] EVENT [ARG…]', doc: 'run one event',
    options: { '--dry-run': DRY_RUN, '--diff': DIFF, '--force': 'adjust every service of the event, changed files or not', '--take-over': TAKE_OVER, '--retry': RETRY, '--wait SECONDS': WAIT, '--json': JSON_OPTION },
    load: async () => (await import('./signal-event.ts')).runSignalEvent,
  },
  'expand-template': {
    usage: '[OPTION…] PATH', doc: 'expand the template of one output file',
    options: { '--dry-run': DRY_RUN, '--diff': DIFF, '--stdout': 'print the text instead of installing it', '--take-over': TAKE_OVER, '--output_filename=PATH': 'install it as another file' },
    load: async () => (await import('./expand-template.ts')).runExpandTemplate,
  },
  db: { usage: '[--json] DB COMMAND …', doc: 'read and write one db', load: async () => printing((await import('./db.ts')).runDb) },
  config: {
    usage: '[--json] COMMAND …', doc: 'the same for the db configuration',
    load: async () => printing((await import('./db.ts')).runConfig),
  },
  reconcile: {
    usage: '[OPTION…] [NAME…]', doc: 'bring the containers to what the run specs say',
    options: { '--dry-run': DRY_RUN, '--remove-orphans': 'remove containers without a record, but never a volume', '--move-data': 'copy data of containers to where the records want it', '--retry': RETRY, '--boot': 'put right in what order a starting engine has started them', '--wait SECONDS': WAIT, '--json': JSON_OPTION },
    load: async () => (await import('./reconcile.ts')).runReconcile,
  },
  start: { usage: 'NAME…', doc: 'start containers', load: async () => (await import('./reconcile.ts')).runStart },
  stop: { usage: 'NAME…', doc: 'stop containers until the next event', load: async () => (await import('./reconcile.ts')).runStop },
  restart: { usage: 'NAME…', doc: 'restart containers', load: async () => (await import('./reconcile.ts')).runRestart },
  'update-images': {
    usage: '[OPTION…] [NAME…]', doc: 'fetch images anew, and take their containers over',
    options: { '--wait SECONDS': WAIT, '--json': JSON_OPTION },
    load: async () => (await import('./update-images.ts')).runUpdateImages,
  },
  ...DAILY_COMMANDS,
  filter: {
    usage: '[--dry-run] [--json]', doc: 'keep private ports from foreign addresses again, as after a firewall was flushed',
    options: { '--dry-run': DRY_RUN, '--json': JSON_OPTION },
    load: async () => (await import('./filter.ts')).runFilter,
  },
  log: {
    usage: '[--json] [-n COUNT] [RUN]', doc: 'show the runs of events, or one of them whole',
    options: { '-n COUNT': 'so many, the last ones (20)', '--json': JSON_OPTION },
    load: async () => (await import('./log.ts')).runLog,
  },
  history: {
    usage: '[-n COUNT] [--diff] [--json] [FILE|GENERATION]', doc: 'show what was committed when and by whom: all of it, what changed one file, or one commit whole',
    options: { '-n COUNT': 'so many, the last ones (20)', '--diff': DIFF, '--json': JSON_OPTION },
    load: async () => (await import('./history.ts')).runHistory,
  },
  rollback: {
    usage: '[--dry-run|--yes] GENERATION', doc: 'go back to what the dbs said at a commit, and regenerate; shows what changes, and asks',
    options: { '--dry-run': DRY_RUN, '--yes': 'do not ask' },
    load: async () => (await import('./rollback.ts')).runRollback,
  },
  verify: {
    usage: '[--diff] [--json]', doc: 'list files that somebody else changed, and custom fragments that a new version left behind; exit code 1 where there are any',
    options: { '--diff': 'show how the shipped fragments changed', '--json': JSON_OPTION },
    load: async () => (await import('./verify.ts')).runVerify,
  },
  lint: {
    usage: '[--json]', doc: 'look through templates, events and schemas for what cannot be meant; exit code 1 where there is a fault',
    options: { '--json': JSON_OPTION },
    load: async () => { const { runLint } = await import('./lint.ts'); return (args, context) => runLint(args, context, Object.keys(COMMANDS)); },
  },
  graph: {
    usage: '[--format FORMAT] [NAME]', doc: 'draw what depends on what: records, templates, outputs, services and containers; with a name, what that depends on and what depends on it',
    options: { '--format FORMAT': 'svg (for a browser), dot (Graphviz) or mermaid' },
    load: async () => (await import('./graph.ts')).runGraph,
  },
  props: {
    usage: '[NAME]', doc: 'show the props that records may have, or one of them',
    load: async () => (await import('./props.ts')).runProps,
  },
  helpers: { usage: '[NAME]', doc: 'show what fragments can call', load: async () => (await import('./helpers.ts')).runHelpers },
  uninstall: {
    usage: '[--dry-run]', doc: 'remove what docksmith wrote, put back what it took over',
    options: { '--dry-run': DRY_RUN }, load: async () => (await import('./uninstall.ts')).runUninstall,
  },
  'set-up': { usage: '', doc: 'bring the dbs up to date: migrations, defaults, what the host tells', internal: true, load: async () => (await import('./actions.ts')).runSetUp },
  'check-apache': { usage: '', doc: 'have Apache check its files as they stand, where an event changes some', internal: true, load: async () => (await import('./actions.ts')).runCheckApache },
  'allocate-ports': { usage: '', doc: 'give loopback ports to containers behind Apache', internal: true, load: async () => (await import('./actions.ts')).runAllocatePorts },
  'restart-daemon': { usage: '', doc: 'restart the engine if its options changed', internal: true, load: async () => (await import('./actions.ts')).runRestartDaemon },
};
