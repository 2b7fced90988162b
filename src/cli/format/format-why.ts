import type { ContainerWhy } from '../../features/why/why-container.ts';
import type { LineOrigin } from '../../features/why/line-origin.ts';
import type { DecidingProp, FileWhy, LineWhy } from '../../features/why/why-file.ts';
import type { PortWhy } from '../../features/why/why-port.ts';
import type { UrlWhy } from '../../features/why/why-url.ts';
import { formatCount } from '../../base/quantity.ts';
import { formatTime } from './format-time.ts';
import { formatTable, type painter, wrapWords } from './terminal.ts';

type Paint = ReturnType<typeof painter>;
const WIDTH = 80;

/** @param isDetailed a line or a key was asked for: each prop has a line of its own, with who set it */
export function formatFileWhy(why: FileWhy, paint: Paint, isDetailed: boolean): string {
  const { path, template, record, written, state, everywhere, lines } = why;
  const states = {
    installed: '',
    edited: 'edited by hand since',
    missing: 'is not there any more',
    new: 'is not written yet',
  };
  const head = [
    ['template', `${template}${record === undefined ? '' : ` for ${record.db} ${record.key}`}`],
    ...(written === undefined
      ? []
      : [
          ['written', `${formatTime(written.when)} by ${written.who}: ${written.command}`],
          ['', `generation ${written.generation}`],
        ]),
    ...(states[state] === '' ? [] : [['state', paint('yellow', states[state])]]),
  ];
  const fold = isDetailed ? [] : everywhere;
  return [
    `${paint('bold', path)}\n`,
    formatTable(head.map(([term = '', words = '']) => [`  ${term}`, words])),
    ...(fold.length === 0 ? [] : ['  every line depends on\n', ...wrapList(fold.map(formatProp), 4)]),
    ...lines.flatMap((line) =>
      formatLine(isDetailed ? { ...line, props: [...everywhere, ...line.props] } : line, paint, isDetailed),
    ),
  ].join('');
}

function formatLine(
  { number, text, state, origins, props }: LineWhy,
  paint: Paint,
  isDetailed: boolean,
): readonly string[] {
  const head = `${paint('bold', String(number).padStart(4))}  ${text}\n`;
  const by =
    state === 'edited'
      ? 'edited by hand, not written by docksmith'
      : 'docksmith wrote it, and would write it differently now: the next event changes it';
  if (state !== 'made') return [head, `        ${paint('yellow', by)}\n`];
  // what comes to nothing in a line is named after what makes it
  const from = origins.map((origin) => formatOrigin(origin, isDetailed));
  if (!isDetailed)
    return [head, ...wrapList([...from.slice(0, 1), ...props.map(formatProp)], 8).map((line) => paint('dim', line))];
  const [key] = origins.flatMap(({ documentKey }) => documentKey ?? []);
  return [
    head,
    ...(key === undefined ? [] : [`        key ${key}\n`]),
    ...from.map((words) => `        ${words}\n`),
    ...origins.flatMap(({ overrides }) => overrides.map((file) => `          overrides ${file}\n`)),
    ...props.flatMap((prop) => [`        ${formatProp(prop)}\n`, ...formatChange(prop)]),
  ];
}

/** The fragment's own name is enough where many lines are shown: the template stands above. */
function formatOrigin({ fragment, line, layer, overrides }: LineOrigin, isDetailed: boolean): string {
  const place = `${isDetailed ? fragment : fragment.split('/').slice(-2).join('/')}:${line}`;
  return layer === 'shipped'
    ? place
    : `${place} (${layer}${isDetailed || overrides.length === 0 ? '' : ', overrides the shipped one'})`;
}

function formatProp({ db, key, prop, value, isDefault }: DecidingProp): string {
  const name = prop === undefined ? `${db} ${key}` : `${db} ${key} ${prop}`;
  return value === undefined
    ? `${name} ${prop === undefined ? 'is not there' : 'not set'}`
    : `${name}=${quote(value)}${isDefault ? ' (default)' : ''}`;
}

function formatChange({ value, change }: DecidingProp): readonly string[] {
  if (change === undefined) return [];
  const { when, who, before, from } = change;
  const time = Number.isNaN(Date.parse(when)) ? when : formatTime(when);
  const what = value === undefined ? 'deleted' : 'set';
  return [
    `          ${what} ${time} by ${who}${before === undefined || from === 'history' ? '' : `, was ${quote(before)}`}\n`,
  ];
}

function quote(value: string): string {
  return /^[\w.:/@,+-]+$/.test(value) ? value : JSON.stringify(value);
}

/** As many on a line as fit. */
function wrapList(items: readonly string[], indent: number): readonly string[] {
  const lines: string[] = [];
  for (const item of items) {
    const last = lines.at(-1);
    if (last !== undefined && indent + last.length + 2 + item.length <= WIDTH)
      lines[lines.length - 1] = `${last}; ${item}`;
    else lines.push(item);
  }
  return lines.map((line) => `${' '.repeat(indent)}${line}\n`);
}

export function formatUrlWhy({ urls, container, by, vhost, port, nodes = [], image, state }: UrlWhy): string {
  return formatTable([
    ['address', urls.join(' ')],
    ['record', `docker_containers ${container} ${by}`],
    ...(vhost === undefined
      ? [['vhost', 'none is written yet']]
      : [
          ['vhost', `${vhost.path}${vhost.line === undefined ? '' : `:${vhost.line}`}`],
          ...(vhost.text === '' ? [] : [['', vhost.text]]),
        ]),
    ...(nodes.length > 0 && port !== undefined
      ? [
          ['asks', `balancer://docksmith-${port}`],
          ...nodes.map(({ name, address, tasks }) => [
            '',
            `http://${address}:${port}/ on ${name}${tasks === 0 ? ', without a task now' : ''}`,
          ]),
        ]
      : [['asks', port === undefined ? 'no port was allocated yet' : `http://127.0.0.1:${port}/`]]),
    [nodes.length > 0 ? 'service' : 'container', `${container}${state === undefined ? '' : ` (${state})`}`],
    ['image', image],
  ]);
}

export function formatPortWhy(why: PortWhy): string {
  const { port, protocol, records, published, listeners, isConnected, namedIn, isLocal } = why;
  const rows = [
    ...records.map((who) => ['record', who]),
    ...published.map(({ container, address, ours }) => [
      'published',
      `${container} on ${address}${ours ? '' : ", which is not docksmith's"}`,
    ]),
    ...listeners.map(({ process, address }) => ['listens', `${process ?? 'a process'} on ${address}`]),
    ...(isConnected ? [['connected', 'an outgoing connection has it']] : []),
    ...(namedIn === null ? [] : [['named in', namedIn]]),
  ];
  return [
    `port ${port}/${protocol}\n`,
    formatTable(
      [
        ...(rows.length === 0 ? [['free', 'no record, container or process of this host has it']] : rows),
        ...(isLocal ? [['kernel', 'may give it to an outgoing connection (net.ipv4.ip_local_port_range)']] : []),
      ].map(([title = '', words = '']) => [`  ${title}`, words]),
    ),
  ].join('');
}

function formatDoing({
  what,
  time,
  verb,
  cause,
  command,
  who,
  failure,
}: ContainerWhy['doings'][number]): readonly string[] {
  const done = `${what}${failure === undefined ? '' : ' (failed)'} ${formatTime(time)}${who === undefined ? '' : ` by ${who}`}${command === undefined ? '' : `: ${command}`}`;
  const [first = '', ...more] = wrapWords(done, WIDTH - 6);
  // the last lines of a container's log stay lines
  const below = [`${verb}: ${cause}`, ...(failure?.split('\n') ?? [])].flatMap((words) =>
    wrapWords(words.trim(), WIDTH - 6),
  );
  return [`  ${first}\n`, ...[...more, ...below].map((line) => `      ${line}\n`)];
}

function formatNow({ state, health, exitCode, started }: NonNullable<ContainerWhy['now']>): string {
  if (exitCode !== undefined) return `${state} with exit code ${exitCode}`;
  return `${state}${health === undefined ? '' : ` and ${health}`}${state === 'running' ? ` since ${formatTime(started)}` : ''}`;
}

function formatTasks({ wanted, running, nodes }: NonNullable<ContainerWhy['service']>): string {
  const where = nodes.length === 0 ? '' : `, on ${[...new Set(nodes)].join(', ')}`;
  return `${running} of ${formatCount(wanted, 'task')} ${wanted === 1 ? 'runs' : 'run'}${where}`;
}

export function formatContainerWhy({ name, doings, now, service, startedByOthers }: ContainerWhy): string {
  return [
    `${name}\n`,
    ...(doings.length === 0 ? ['  no recorded run created, started or stopped it\n'] : []),
    ...doings.flatMap(formatDoing),
    ...(now === undefined ? [] : [`  now ${formatNow(now)}\n`]),
    ...(service === undefined ? [] : [`  now ${formatTasks(service)}\n`]),
    ...(startedByOthers ? ['  started after that by the engine, or by hand: docker inspect tells more\n'] : []),
  ].join('');
}
