import type { ContainerStatus } from '../../features/status/container-status.ts';
import type { Status } from '../../features/status/status.ts';
import { showable } from '../../base/showable.ts';
import { formatTime } from './format-time.ts';
import { formatCauses, formatNext } from './format-signal.ts';
import { listAttention, wordOf } from '../../features/status/status-words.ts';
import { formatTable, type painter } from './terminal.ts';

type Paint = ReturnType<typeof painter>;

interface Column {
  readonly title: string;
  readonly isNumber?: boolean;
  /** left out where little room would be left for the last column; details and JSON have it */
  readonly isSpare?: boolean;
  readonly cell: (container: ContainerStatus) => string;
}

const STYLES = { good: 'green', waiting: 'yellow', bad: 'red', idle: 'dim' } as const;

/** Those that are empty for all are left out. */
const COLUMNS: readonly Column[] = [
  { title: 'NAME', cell: ({ name }) => showable(name) },
  { title: 'STATE', cell: (container) => wordOf(container).word },
  { title: 'RESTARTS', isNumber: true, cell: ({ restarts }) => (restarts === 0 ? '' : String(restarts)) },
  { title: 'EXIT', isNumber: true, cell: ({ exitCode }) => (exitCode === undefined ? '' : String(exitCode)) },
  { title: 'MEMORY', isNumber: true, cell: formatMemory },
  { title: 'NODES', cell: formatNodes },
  { title: 'DIGEST', isSpare: true, cell: ({ digest }) => digest?.replace(/^sha256:/, '').slice(0, 12) ?? '' },
];
const GAP = '  ';
/** A longer name gets a line of its own, so that it does not push the others to the right. */
const LONGEST_NAME = 20;
/** `192.168.1.2:8080` and a little more. */
const LEAST_FOR_WAYS = 18;

/** A table of all, and below it in words what asks for attention. */
export function formatStatus(
  { containers, pending, unfinished, failedOptions, deferred, leftRuns }: Status,
  paint: Paint,
  width: number,
): string {
  const lines = containers.length === 0 ? ['no containers'] : formatRows(containers, paint, width);
  const attention = [
    ...containers.flatMap((container) => listAttention(container).map((words) => `${container.name}: ${words}`)),
    ...(unfinished === undefined ? [] : [`unfinished: ${unfinished}`]),
    ...(failedOptions === undefined
      ? []
      : [
          `the engine did not start with its new options (${failedOptions.when}), and has the former ones: ${failedOptions.why}; signal-event --retry docker-update tries them again`,
        ]),
    ...(deferred === undefined
      ? []
      : [
          `set-up: names, addresses and the engine were not detected yet (${deferred}); signal-event docker-update on the host itself does that`,
        ]),
    ...leftRuns.map((name) => `left: ${name}, by a docksmith run that was killed; the next event or run removes it`),
    ...pending.map(
      (intent) => `pending: ${intent.kind} ${intent.name} (${formatCauses(intent.causes)}); ${formatNext(intent)}`,
    ),
  ];
  return [
    ...lines,
    ...(attention.length === 0 ? [] : ['', ...attention.map((text) => paint('yellow', showable(text)))]),
  ]
    .map((line) => `${line}\n`)
    .join('');
}

function formatRows(containers: readonly ContainerStatus[], paint: Paint, width: number): readonly string[] {
  const filled = COLUMNS.map((column) => {
    const cells = containers.map(column.cell);
    return {
      ...column,
      cells,
      width: Math.min(
        Math.max(...[column.title, ...cells].map(({ length }) => length)),
        column.title === 'NAME' ? LONGEST_NAME : Infinity,
      ),
    };
  }).filter(({ title, cells }) => title === 'NAME' || cells.some((cell) => cell !== ''));
  const reached = containers.map(listWays);
  const measure = (list: typeof filled): number => list.reduce((sum, column) => sum + column.width + GAP.length, 0);
  const columns =
    reached.some((ways) => ways.length > 0) && measure(filled) + LEAST_FOR_WAYS > width
      ? filled.filter(({ isSpare }) => isSpare !== true)
      : filled;
  const indent = measure(columns);
  const title = columns.map((column) => pad(column.title, column)).join(GAP);
  return [
    paint('bold', `${title}${reached.some((ways) => ways.length > 0) ? `${GAP}REACHED AT` : ''}`.trimEnd()),
    ...containers.flatMap((container, n) => {
      const [name = '', ...cells] = columns.map((column) => pad(column.cells[n] ?? '', column));
      const style = STYLES[wordOf(container).level];
      const painted = cells.map((cell, at) => (at === 0 ? paint(style, cell) : cell));
      const [first = '', ...more] = wrap(reached[n] ?? [], width, indent);
      const isLong = name.length > LONGEST_NAME;
      const row = [isLong ? ' '.repeat(LONGEST_NAME) : name, ...painted, first].join(GAP).trimEnd();
      return [...(isLong ? [name] : []), row, ...more];
    }),
  ];
}

function pad(
  text: string,
  { width, isNumber = false }: { readonly width: number; readonly isNumber?: boolean },
): string {
  return isNumber ? text.padStart(width) : text.padEnd(width);
}

/** What fits stands behind the other columns, further lines below; what never would gets a line of its own. */
function wrap(words: readonly string[], width: number, indent: number): readonly string[] {
  const lines = [''];
  for (const word of words) {
    const last = lines.at(-1) ?? '';
    const start = lines.length === 1 ? indent : 0;
    const begun = last === '' ? word : `${last} ${word}`;
    if (start + begun.length <= width && (last !== '' || lines.length === 1)) lines[lines.length - 1] = begun;
    else
      lines.push(
        `${' '.repeat(indent + word.length <= width ? indent : Math.max(2, Math.min(4, width - word.length)))}${word}`,
      );
  }
  return lines;
}

/** URLs, then ports; a port that is bound to all addresses by its number alone. */
function listWays({ urls, ports }: ContainerStatus): readonly string[] {
  return [...urls, ...listPorts(ports)].map(showable);
}

function listPorts(ports: ContainerStatus['ports']): readonly string[] {
  const outside = ports
    .filter(({ address }) => !address.startsWith('127.') && address !== '::1')
    .toSorted((a, b) => a.hostPort - b.hostPort);
  return [
    ...new Set(
      outside.map(({ address, hostPort, protocol }) => {
        const at = address === '0.0.0.0' || address === '::' ? '' : address.includes(':') ? `[${address}]` : address;
        return `${at}:${hostPort}${protocol === 'tcp' ? '' : `/${protocol}`}`;
      }),
    ),
  ];
}

/** The nodes of a service's tasks, each once; of many their number. */
function formatNodes({ service }: ContainerStatus): string {
  const nodes = [...new Set(service?.nodes)];
  return nodes.length > MOST_NODES ? `${nodes.length} nodes` : nodes.map(showable).join(' ');
}

const MOST_NODES = 4;

function formatMemory({ memory: { used, limit } }: ContainerStatus): string {
  if (used === undefined && limit === undefined) return '';
  return `${used === undefined ? '-' : formatSize(used)}${limit === undefined ? '' : `/${formatSize(limit)}`}`;
}

function formatSize(bytes: number): string {
  const megabytes = Math.ceil(bytes / 1024 ** 2);
  return megabytes < 10_240 ? `${megabytes}m` : `${(bytes / 1024 ** 3).toFixed(1)}g`;
}

/** All that is known of single ones, nothing shortened. */
export function formatDetails({ containers }: Status, paint: Paint): string {
  return containers
    .map((container) => {
      const {
        name,
        record,
        state,
        health,
        restarts,
        exitCode,
        outOfMemory,
        started,
        finished,
        ports,
        urls,
        image,
        digest,
      } = container;
      const { word, level } = wordOf(container);
      const rows: readonly (readonly [string, string | undefined])[] = [
        [
          'state',
          [
            word,
            // of a service the word says it all
            ...(word === state || word === health || container.service !== undefined ? [] : [state]),
            ...(health === undefined || health === word ? [] : [health]),
          ].join(', '),
        ],
        ['record', record ?? 'none'],
        ['started', started && formatTime(started)],
        [
          'ended',
          exitCode === undefined
            ? undefined
            : `${finished === undefined ? '' : `${formatTime(finished)} `}with exit code ${exitCode}${outOfMemory ? ', out of memory' : ''}`,
        ],
        ['restarts', restarts === 0 ? undefined : String(restarts)],
        ['memory', formatMemory(container)],
        ['image', image],
        ['digest', digest],
        [
          'ports',
          [
            ...new Set(
              ports.map(
                ({ address, hostPort, protocol }) =>
                  `${address.includes(':') ? `[${address}]` : address}:${hostPort}/${protocol}`,
              ),
            ),
          ].join(' '),
        ],
        ['url', urls.join(' ')],
        ...(container.service?.tasks ?? []).map(
          ({ slot, node, state: now, since }, n) =>
            [
              n === 0 ? 'tasks' : '',
              `${slot === undefined ? '' : `${slot} `}${node ?? 'no node'} ${now}, ${formatTime(since)}`,
            ] as const,
        ),
        ...(container.output ?? []).map((line, n) => [n === 0 ? 'output' : '', line] as const),
        ...listAttention(container).map((words) => ['attention', words] as const),
      ];
      return `${paint([STYLES[level], 'bold'], showable(name))}\n${formatTable(rows.flatMap(([title, text]) => (text === undefined || text === '' ? [] : [[`  ${title}`, showable(text)]])))}`;
    })
    .join('\n');
}
