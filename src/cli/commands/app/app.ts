import { showable } from '../../../base/showable.ts';
import { listParts, readApplications } from '../../../features/applications/applications.ts';
import { readRemoval, type Removal, removeApplication } from '../../../features/applications/remove-application.ts';
import { ask, refuseJsonQuestion } from '../../ask.ts';
import {
  type Command,
  defineCommand,
  DRY_RUN_OPTION,
  JSON_OPTION,
  NO_OPERANDS,
  type Operands,
  WAIT_OPTION,
  YES_OPTION,
} from '../../command.ts';
import { ConsoleReporter } from '../../format/console-reporter.ts';
import { formatFailures, jsonFailures } from '../../format/format-failure.ts';
import { formatJson } from '../../format/format-json.ts';
import { formatTable } from '../../format/terminal.ts';
import { interruptible } from '../../interruptible.ts';
import { runAsked } from '../change/reconcile.ts';
import { showStatus } from '../show/status.ts';

const ONE_APPLICATION: Operands = {
  usage: 'NAME',
  min: 1,
  max: 1,
  of: [['application']],
  missing: { why: 'no application is named', hint: 'docksmith app list' },
};

/** `shop/`, as other commands take it, is the same application. */
const nameOf = (words: readonly string[]): string => (words[0] ?? '').replace(/\/$/, '');

export const appListCommand = defineCommand({
  name: 'app list',
  doc: 'show the applications, whether they are up, and where they are reached',
  effect: 'prints',
  operands: NO_OPERANDS,
  options: JSON_OPTION,
  run: async ({ values: { json = false } }, { paths, stdout, stderr }) => {
    const { applications, engineFailure } = await readApplications(paths);
    const failures = engineFailure === undefined ? [] : [engineFailure];
    stderr.write(formatFailures(failures, stderr));
    if (json) stdout.write(formatJson({ applications, failures: jsonFailures(failures) }));
    else if (applications.length === 0) stdout.write('no applications\n');
    else
      stdout.write(
        formatTable([
          ['NAME', 'STATE', 'UP', 'REACHED AT'],
          ...applications.map(({ name, state, up, containers, urls }) => [
            showable(name),
            state,
            `${up}/${containers.length}`,
            showable(urls.join(' ')),
          ]),
        ]).replace(/ +$/gm, ''),
      );
    return failures.length;
  },
});

export const appStatusCommand = defineCommand({
  name: 'app status',
  doc: 'show the state of the containers of one application',
  effect: 'prints',
  operands: ONE_APPLICATION,
  options: JSON_OPTION,
  run: ({ values: { json = false }, words }, context) =>
    showStatus(json, listParts(context.paths, nameOf(words)), context, false),
});

const ASKED_OPTIONS = { ...DRY_RUN_OPTION, ...WAIT_OPTION, ...JSON_OPTION } as const;

const defineAsked = (verb: 'start' | 'stop', doc: string): Command<typeof ASKED_OPTIONS> =>
  defineCommand({
    name: `app ${verb}`,
    doc,
    effect: 'changes',
    operands: ONE_APPLICATION,
    options: ASKED_OPTIONS,
    run: ({ values, words }, context) => {
      const parts = listParts(context.paths, nameOf(words));
      // what others need is stopped after them
      return runAsked(verb, verb === 'stop' ? parts.toReversed() : parts, values, context);
    },
  });

export const appStartCommand = defineAsked('start', 'start all containers of an application, in order');
export const appStopCommand = defineAsked('stop', 'stop all containers of an application until the next event');

const REMOVE_OPTIONS = { ...DRY_RUN_OPTION, ...YES_OPTION, ...WAIT_OPTION, ...JSON_OPTION } as const;

export const appRemoveCommand = defineCommand({
  name: 'app remove',
  doc: 'remove an application: its containers and records, never its volumes; shows them, and asks',
  effect: 'asks',
  operands: ONE_APPLICATION,
  options: REMOVE_OPTIONS,
  run: async ({ values: { 'dry-run': dryRun = false, yes = false, json = false, wait }, words }, context) => {
    const { paths, stdout, stderr, commands } = context;
    const name = nameOf(words);
    const removal = await readRemoval(paths, name);
    if (dryRun) {
      stdout.write(json ? formatJson(removal) : `${formatRemoval(removal)}dry run, nothing was changed\n`);
      return 0;
    }
    if (!yes) {
      const question = { what: `remove application "${name}"`, hint: `docksmith app remove --yes ${name}` };
      refuseJsonQuestion({ json }, question);
      stdout.write(formatRemoval(removal));
      if (!(await ask(context, question))) return 1;
    }
    const reporter = new ConsoleReporter({ stdout: json ? stderr : stdout, stderr });
    try {
      return await interruptible(stderr, async (signal) => {
        const failures = await removeApplication(paths, removal, { commands, signal, waitSeconds: wait }, reporter);
        reporter.end();
        if (json) stdout.write(formatJson({ ...removal, failures: jsonFailures(failures) }));
        else {
          if (failures.length === 0) stdout.write(`removed application ${showable(name)}\n${formatKept(removal)}`);
          stderr.write(formatFailures(failures, stderr));
        }
        return failures.length === 0 ? 0 : 1;
      });
    } finally {
      reporter.end();
    }
  },
});

function formatRemoval(removal: Removal): string {
  return [
    ...removal.containers.map((name) => `remove container ${name}\n`),
    ...removal.records.map(({ db, key }) => `delete record ${db} ${key}\n`),
    formatKept(removal),
  ]
    .map(showable)
    .join('');
}

function formatKept({ kept }: Removal): string {
  return kept.map((what) => `kept: ${what}\n`).join('');
}
