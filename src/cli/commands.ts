import type { Command } from './command.ts';
import { ALIASES, type COMMAND_NAMES } from './command-names.ts';

/** Each command is defined in one value of its file, which is loaded when the command is called. */
export const COMMANDS: Readonly<Record<(typeof COMMAND_NAMES)[number], () => Promise<Command>>> = {
  'signal-event': async () => (await import('./commands/change/signal-event.ts')).signalEventCommand,
  'expand-template': async () => (await import('./commands/change/expand-template.ts')).expandTemplateCommand,
  db: async () => (await import('./commands/change/db.ts')).dbCommand,
  config: async () => (await import('./commands/change/db.ts')).configCommand,
  reconcile: async () => (await import('./commands/change/reconcile.ts')).reconcileCommand,
  start: async () => (await import('./commands/change/reconcile.ts')).startCommand,
  stop: async () => (await import('./commands/change/reconcile.ts')).stopCommand,
  restart: async () => (await import('./commands/change/reconcile.ts')).restartCommand,
  'update-images': async () => (await import('./commands/change/update-images.ts')).updateImagesCommand,
  'update-content': async () => (await import('./commands/change/update-content.ts')).updateContentCommand,
  plan: async () => (await import('./commands/show/plan.ts')).planCommand,
  why: async () => (await import('./commands/show/why.ts')).whyCommand,
  impact: async () => (await import('./commands/show/impact.ts')).impactCommand,
  edit: async () => (await import('./commands/change/edit.ts')).editCommand,
  setup: async () => (await import('./commands/change/setup.ts')).setupCommand,
  add: async () => (await import('./commands/change/add.ts')).addCommand,
  adopt: async () => (await import('./commands/change/adopt.ts')).adoptCommand,
  export: async () => (await import('./commands/show/export.ts')).exportCommand,
  convert: async () => (await import('./commands/change/convert.ts')).convertCommand,
  status: async () => (await import('./commands/show/status.ts')).statusCommand,
  content: async () => (await import('./commands/show/content.ts')).contentCommand,
  watches: async () => (await import('./commands/show/watches.ts')).watchesCommand,
  'app list': async () => (await import('./commands/app/app.ts')).appListCommand,
  'app status': async () => (await import('./commands/app/app.ts')).appStatusCommand,
  'app start': async () => (await import('./commands/app/app.ts')).appStartCommand,
  'app stop': async () => (await import('./commands/app/app.ts')).appStopCommand,
  'app remove': async () => (await import('./commands/app/app.ts')).appRemoveCommand,
  'image list': async () => (await import('./commands/image/show.ts')).listCommand,
  'image history': async () => (await import('./commands/image/show.ts')).historyOfImageCommand,
  'image pull': async () => (await import('./commands/image/fetch.ts')).pullCommand,
  'image build': async () => (await import('./commands/image/fetch.ts')).buildCommand,
  'image import': async () => (await import('./commands/image/fetch.ts')).importCommand,
  'image export': async () => (await import('./commands/image/export.ts')).exportCommand,
  'image commit': async () => (await import('./commands/image/make.ts')).commitCommand,
  'image tag': async () => (await import('./commands/image/make.ts')).tagCommand,
  'image remove': async () => (await import('./commands/image/remove.ts')).removeCommand,
  'image prune': async () => (await import('./commands/image/remove.ts')).pruneCommand,
  'swarm update': async () => (await import('./commands/swarm/swarm.ts')).swarmUpdateCommand,
  'swarm status': async () => (await import('./commands/swarm/swarm.ts')).swarmStatusCommand,
  'swarm nodes': async () => (await import('./commands/swarm/swarm.ts')).swarmNodesCommand,
  exposure: async () => (await import('./commands/show/exposure.ts')).exposureCommand,
  logs: async () => (await import('./commands/show/logs.ts')).logsCommand,
  exec: async () => (await import('./commands/change/exec.ts')).execCommand,
  run: async () => (await import('./commands/change/run.ts')).runCommand,
  doctor: async () => (await import('./commands/show/doctor.ts')).doctorCommand,
  storage: async () => (await import('./commands/show/storage.ts')).storageCommand,
  firewall: async () => (await import('./commands/change/firewall.ts')).firewallCommand,
  watch: async () => (await import('./commands/change/watch.ts')).watchCommand,
  runs: async () => (await import('./commands/show/runs.ts')).runsCommand,
  history: async () => (await import('./commands/show/history.ts')).historyCommand,
  rollback: async () => (await import('./commands/change/rollback.ts')).rollbackCommand,
  undo: async () => (await import('./commands/change/rollback.ts')).undoCommand,
  backup: async () => (await import('./commands/backup/backup.ts')).backupCommand,
  restore: async () => (await import('./commands/backup/restore.ts')).restoreCommand,
  'merge-db': async () => (await import('./commands/hosts/merge-db.ts')).mergeDbCommand,
  verify: async () => (await import('./commands/show/verify.ts')).verifyCommand,
  lint: async () => (await import('./commands/show/lint.ts')).lintCommand,
  graph: async () => (await import('./commands/show/graph.ts')).graphCommand,
  props: async () => (await import('./commands/show/props.ts')).propsCommand,
  helpers: async () => (await import('./commands/show/helpers.ts')).helpersCommand,
  uninstall: async () => (await import('./commands/change/uninstall.ts')).uninstallCommand,
  'set-up': async () => (await import('./commands/change/actions.ts')).setUpCommand,
  'check-apache': async () => (await import('./commands/change/actions.ts')).checkApacheCommand,
  'make-registry': async () => (await import('./commands/change/actions.ts')).makeRegistryCommand,
  'allocate-ports': async () => (await import('./commands/change/actions.ts')).allocatePortsCommand,
  'restart-daemon': async () => (await import('./commands/change/actions.ts')).restartDaemonCommand,
};

/** Undefined where there is none of that name. */
export async function findCommand(name: string): Promise<Command | undefined> {
  const known = Object.hasOwn(ALIASES, name) ? (ALIASES[name] ?? name) : name;
  return isCommand(known) ? COMMANDS[known]() : undefined;
}

function isCommand(name: string): name is keyof typeof COMMANDS {
  return Object.hasOwn(COMMANDS, name);
}
