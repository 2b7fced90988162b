import type { Listed } from './commands.ts';

const JSON_DOCUMENT = 'print one JSON document on standard output';

/** What one asks of containers day by day, in the order of the help. */
export const DAILY_COMMANDS: Readonly<Record<string, Listed>> = {
  plan: {
    usage: '[--json] [NAME…]', doc: 'show what the next event would do to containers, why, and what cannot be reached meanwhile',
    options: { '--json': JSON_DOCUMENT },
    load: async () => (await import('./plan.ts')).runPlan,
  },
  why: {
    usage: '[--json] FILE[:LINE|:KEY] | URL | NAME', doc: 'show which fragment and which values made a file or a line of it, who answers at an address, or why a container was last made or started',
    options: { '--json': JSON_DOCUMENT },
    load: async () => (await import('./why.ts')).runWhy,
  },
  impact: {
    usage: '[--delete] [--json] DB KEY [PROP[=VALUE]…]', doc: 'show what a change of a record would do to files, services and containers, or without a value what reads the prop; changes nothing',
    options: { '--delete': 'the props are deleted, or without one the whole record', '--json': JSON_DOCUMENT },
    load: async () => (await import('./impact.ts')).runImpact,
  },
  adopt: {
    usage: '[OPTION…] CONTAINER… | -f FILE [SERVICE…]', doc: 'write records of containers that others made, or that a Compose file describes, and touch none',
    options: {
      '-f, --file FILE': 'take the services of a Compose file, as they run or as it describes them', '-p, --project NAME': 'the name under which Compose runs it',
      '--dry-run': 'show the records as db commands, and change nothing at all', '--wait SECONDS': 'give up after so many seconds if another event runs', '--json': JSON_DOCUMENT,
    },
    load: async () => (await import('./adopt.ts')).runAdopt,
  },
  status: {
    usage: '[--json] [NAME…]', doc: 'show how the containers are and what is pending, or all that is known of some; exit code 1 where the engine does not answer', options: { '--json': JSON_DOCUMENT },
    load: async () => (await import('./status.ts')).runStatus,
  },
  exposure: {
    usage: '[--json] [NAME…]', doc: 'show who can reach which port of containers, by address, packet filter and Apache; exit code 1 where that is not as declared', options: { '--json': JSON_DOCUMENT },
    load: async () => (await import('./exposure.ts')).runExposure,
  },
  logs: {
    usage: '[OPTION…] NAME…', doc: 'show what containers wrote, merged by time',
    options: {
      '-f, --follow': 'go on with what they write from now on, over restarts and recreates, until they have ended',
      '--since TIME': 'from then on: 10m ago, 2026-11-21, "2026-11-21 10:00", 2026-11-21T10:00:00Z', '-n, --lines LINES': 'so many of each, the last ones',
      '-t, --times': 'with the time in front', '--json': JSON_DOCUMENT,
    },
    load: async () => (await import('./logs.ts')).runLogs,
  },
  exec: {
    usage: '[-i] [-t] NAME COMMAND [ARG…]', doc: 'run a command in a container, and exit as it does',
    options: { '-i, --interactive': 'hand standard input on to it', '-t, --tty': 'give it a terminal' },
    load: async () => (await import('./exec.ts')).runExec,
  },
  doctor: {
    usage: '[--json]', doc: 'look at all that containers depend on, and say what to do; exit code 1 where something is bad', options: { '--json': JSON_DOCUMENT },
    load: async () => (await import('./doctor.ts')).runDoctor,
  },
};
