import { Failure } from '../base/errors.ts';
import type { Paths } from '../base/paths.ts';
import { formatFailedEnd, type OnLine, runProcess } from './run-process.ts';
import type { Verb } from './verbs.ts';

export const SERVICE_MANAGERS = ['systemd', 'sv', 'command'] as const;
export type ServiceManager = (typeof SERVICE_MANAGERS)[number];

/** A service as its record of `configuration` describes it; commands are for /bin/sh. */
export interface Service {
  /** key of the record: `httpd` */
  readonly name: string;
  /** prop `status` is anything but `disabled`; a service without a record is enabled */
  readonly enabled: boolean;
  /** what the service manager calls it: prop `ServiceName`, else its name */
  readonly unit: string;
  readonly startCommand?: string | undefined;
  readonly stopCommand?: string | undefined;
  readonly restartCommand?: string | undefined;
  readonly reloadCommand?: string | undefined;
  /** must exit 0 before the service is made to read its files */
  readonly checkCommand?: string | undefined;
}

export interface Adjusted {
  readonly service: string;
  readonly verb: Verb;
  /** `left alone`: not touched on purpose; `nothing`: there was nothing to do */
  readonly outcome: 'done' | 'left alone' | 'nothing';
  /** in words, for the summary: `reload httpd: systemctl reload-or-restart apache2` */
  readonly note: string;
}

export interface AdjustOptions {
  readonly onLine?: OnLine;
  /** why, in words: where a unit file is among them, systemd has to read it first */
  readonly causes?: readonly string[];
}

const SYSTEMD_SIGNALS: Readonly<Partial<Record<Verb, string>>> = {
  sighup: 'HUP',
  sigusr1: 'USR1',
  sigusr2: 'USR2',
  sigterm: 'TERM',
  sigint: 'INT',
  sigquit: 'QUIT',
  sigalrm: 'ALRM',
  sigcont: 'CONT',
};

/** Commands of runit's sv(8). */
const SV_COMMANDS: Readonly<Record<Verb, string>> = {
  restart: 'restart',
  reload: 'reload',
  start: 'up',
  stop: 'down',
  sighup: 'hup',
  sigusr1: '1',
  sigusr2: '2',
  sigterm: 'term',
  sigint: 'interrupt',
  sigquit: 'quit',
  sigalrm: 'alarm',
  sigcont: 'cont',
};

/**
 * Adjusts one service. One that is disabled is stopped where it runs, and never started. Under a
 * `DOCKSMITH_ROOT` the machine's own services are not those of the root: only plain commands
 * run there.
 * @throws Failure with the output where a command, or the check before it, fails
 */
export async function adjustService(
  paths: Paths,
  manager: ServiceManager,
  service: Service,
  verb: Verb,
  { onLine = () => undefined, causes = [] }: AdjustOptions = {},
): Promise<Adjusted> {
  const { name, enabled } = service;
  const result = (outcome: Adjusted['outcome'], note: string): Adjusted => ({
    service: name,
    verb,
    outcome,
    note: `${verb} ${name}: ${note}`,
  });
  if (paths.root !== '' && manager !== 'command') return result('left alone', 'left alone: DOCKSMITH_ROOT is set');
  const run = (command: readonly string[], what: string): Promise<void> => runOrFail(command, what, onLine);
  if (!enabled && verb !== 'stop') {
    const stop = await planStopOfDisabled(manager, service);
    if (stop === undefined) return result('nothing', 'not done: it is disabled');
    await run(stop, `stop "${name}"`);
    return result('done', `stopped, since it is disabled: ${formatCommand(stop)}`);
  }
  const isWhole = /\.(service|target|timer|socket|path)$/.test(service.unit);
  const unitFile = `/etc/systemd/system/${service.unit}${isWhole ? '' : '.service'}`;
  // what runs of it is the last that is left
  if (manager === 'systemd' && causes.findLast((cause) => cause.startsWith(`${unitFile} `)) === `${unitFile} removed`) {
    const stop = await planStopOfDisabled(manager, service);
    for (const command of [...(stop === undefined ? [] : [stop]), ['systemctl', 'daemon-reload']])
      await run(command, `stop "${name}"`);
    return result('done', 'stopped, since its unit is gone');
  }
  const isUnitChanged = manager === 'systemd' && causes.some((cause) => cause.startsWith('/etc/systemd/'));
  const commands = [
    ...(isUnitChanged ? [['systemctl', 'daemon-reload']] : []),
    ...planCommands(manager, service, verb),
  ];
  if (verb !== 'stop' && service.checkCommand !== undefined)
    await run(['/bin/sh', '-c', service.checkCommand], `${verb} "${name}": its check refuses its files`);
  for (const command of commands) await run(command, `${verb} "${name}"`);
  return result('done', commands.map(formatCommand).join('; '));
}

/** A record's own command wins over the service manager's. @throws Failure where a command is needed and not given */
function planCommands(manager: ServiceManager, service: Service, verb: Verb): readonly (readonly string[])[] {
  const own = findOwnCommands(service, verb);
  if (own !== undefined) return own.map((command) => ['/bin/sh', '-c', command]);
  switch (manager) {
    case 'systemd':
      return [planSystemctl(service.unit, verb)];
    case 'sv':
      return [['sv', SV_COMMANDS[verb], service.unit]];
    case 'command':
      throw new Failure(`cannot ${verb} "${service.name}"`, {
        why: 'the service manager is "command", and its record has no command for that',
        hint: `config setprop ${service.name} ${COMMAND_PROPS[verb] ?? 'RestartCommand'} …`,
      });
  }
}

const COMMAND_PROPS: Readonly<Partial<Record<Verb, string>>> = {
  start: 'StartCommand',
  stop: 'StopCommand',
  restart: 'RestartCommand',
  reload: 'ReloadCommand',
  sighup: 'ReloadCommand',
  sigusr1: 'ReloadCommand',
};

function findOwnCommands(
  { startCommand, stopCommand, restartCommand, reloadCommand }: Service,
  verb: Verb,
): readonly string[] | undefined {
  const restart =
    restartCommand !== undefined
      ? [restartCommand]
      : stopCommand !== undefined && startCommand !== undefined
        ? [stopCommand, startCommand]
        : undefined;
  switch (verb) {
    case 'start':
      return startCommand === undefined ? undefined : [startCommand];
    case 'stop':
      return stopCommand === undefined ? undefined : [stopCommand];
    case 'restart':
      return restart;
    // daemons reread their files on these two signals, and a plain command cannot know the process
    case 'reload':
    case 'sighup':
    case 'sigusr1':
      return reloadCommand === undefined ? restart : [reloadCommand];
    default:
      return undefined;
  }
}

/**
 * `reload-or-restart`: a unit without a reload, or one that is enabled and does not run, needs its new files
 * none the less.
 */
function planSystemctl(unit: string, verb: Verb): readonly string[] {
  const signal = SYSTEMD_SIGNALS[verb];
  if (signal !== undefined) return ['systemctl', 'kill', '--kill-who=main', `--signal=${signal}`, unit];
  return ['systemctl', verb === 'reload' ? 'reload-or-restart' : verb, unit];
}

/** Plain commands cannot tell whether the service runs: its own record's StopCommand is asked to be harmless then. */
async function planStopOfDisabled(manager: ServiceManager, service: Service): Promise<readonly string[] | undefined> {
  if (manager === 'command')
    return service.stopCommand === undefined ? undefined : ['/bin/sh', '-c', service.stopCommand];
  if (manager === 'systemd')
    return (await runs(['systemctl', 'is-active', '--quiet', service.unit]))
      ? ['systemctl', 'stop', service.unit]
      : undefined;
  // `sv status` exits 0 for a service that is down, too; the state is its first word
  return (await runs(['sv', 'status', service.unit], /^run:/)) ? ['sv', 'down', service.unit] : undefined;
}

async function runs([program = '', ...args]: readonly string[], saying = /^/): Promise<boolean> {
  const lines: string[] = [];
  const { exitCode } = await runProcess(program, args, process.env, (line) => lines.push(line));
  return exitCode === 0 && saying.test(lines.join('\n'));
}

async function runOrFail(command: readonly string[], what: string, onLine: OnLine): Promise<void> {
  const [program = '', ...args] = command;
  const said: string[] = [];
  const result = await runProcess(program, args, process.env, (line, stream) => {
    said.push(line);
    onLine(line, stream);
  });
  const why = formatFailedEnd(result);
  if (why !== undefined)
    throw new Failure(`cannot ${what}`, { why: [`"${formatCommand(command)}" failed (${why})`, ...said].join('\n') });
}

function formatCommand(command: readonly string[]): string {
  return (command[0] === '/bin/sh' ? command.slice(2) : command).join(' ');
}
