import type { Command } from './command.ts';
import { ALIASES, type COMMAND_NAMES } from './command-names.ts';

/** Each command is defined in one value of its file, which is loaded when the command is called. */
export const COMMANDS: Readonly<Record<(typeof COMMAND_NAMES)[number], () => Promise<Command>>> = {
  'signal-event': async () => (await import('./signal-event.ts')).signalEventCommand,
  'expand-template': async () => (await import('./expand-template.ts')).expandTemplateCommand,
  db: async () => (await import('./db.ts')).dbCommand,
  config: async () => (await import('./db.ts')).configCommand,
  reconcile: async () => (await import('./reconcile.ts')).reconcileCommand,
  start: async () => (await import('./reconcile.ts')).startCommand,
  stop: async () => (await import('./reconcile.ts')).stopCommand,
  restart: async () => (await import('./reconcile.ts')).restartCommand,
  'update-images': async () => (await import('./update-images.ts')).updateImagesCommand,
  plan: async () => (await import('./plan.ts')).planCommand,
  why: async () => (await import('./why.ts')).whyCommand,
  impact: async () => (await import('./impact.ts')).impactCommand,
  adopt: async () => (await import('./adopt.ts')).adoptCommand,
  status: async () => (await import('./status.ts')).statusCommand,
  exposure: async () => (await import('./exposure.ts')).exposureCommand,
  logs: async () => (await import('./logs.ts')).logsCommand,
  exec: async () => (await import('./exec.ts')).execCommand,
  doctor: async () => (await import('./doctor.ts')).doctorCommand,
  firewall: async () => (await import('./firewall.ts')).firewallCommand,
  runs: async () => (await import('./runs.ts')).runsCommand,
  history: async () => (await import('./history.ts')).historyCommand,
  rollback: async () => (await import('./rollback.ts')).rollbackCommand,
  verify: async () => (await import('./verify.ts')).verifyCommand,
  lint: async () => (await import('./lint.ts')).lintCommand,
  graph: async () => (await import('./graph.ts')).graphCommand,
  props: async () => (await import('./props.ts')).propsCommand,
  helpers: async () => (await import('./helpers.ts')).helpersCommand,
  uninstall: async () => (await import('./uninstall.ts')).uninstallCommand,
  'set-up': async () => (await import('./actions.ts')).setUpCommand,
  'check-apache': async () => (await import('./actions.ts')).checkApacheCommand,
  'allocate-ports': async () => (await import('./actions.ts')).allocatePortsCommand,
  'restart-daemon': async () => (await import('./actions.ts')).restartDaemonCommand,
};

/** Undefined where there is none of that name. */
export async function findCommand(name: string): Promise<Command | undefined> {
  const known = Object.hasOwn(ALIASES, name) ? ALIASES[name] ?? name : name;
  return isCommand(known) ? COMMANDS[known]() : undefined;
}

function isCommand(name: string): name is keyof typeof COMMANDS {
  return Object.hasOwn(COMMANDS, name);
}
