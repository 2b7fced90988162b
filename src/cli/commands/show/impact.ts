import { UsageFailure } from '../../../base/errors.ts';
import {
  type ChangeAsked,
  listReaders,
  previewChange,
  type Reader,
  type Readers,
  WHOLE_EVENT,
} from '../../../features/impact/impact.ts';
import { formatDiff } from '../../../output/plan/diff.ts';
import { showable } from '../../../base/showable.ts';
import { type CommandContext, defineCommand, type Given, JSON_OPTION } from '../../command.ts';
import { ConsoleReporter } from '../../format/console-reporter.ts';
import { formatJson } from '../../format/format-json.ts';
import { formatPreview, jsonPreview } from '../../format/format-preview.ts';
import { hasColour, painter } from '../../format/terminal.ts';

const COMMAND = 'docksmith impact';
/** Of each file, where no value is given. */
const MOST_LINES = 6;

const MISSING = { why: 'it takes a db, a key and a prop', hint: `${COMMAND} docker_containers wiki MaxMemory=512` };

const OPTIONS = { delete: { doc: 'the props are deleted, or without one the whole record' }, ...JSON_OPTION } as const;

export const impactCommand = defineCommand({
  name: 'impact',
  doc: 'show what a change of a record would do to files, services and containers, or without a value what reads the prop; changes nothing',
  effect: 'prints',
  options: OPTIONS,
  operands: {
    usage: 'DB KEY[=VALUE] [PROP[=VALUE]…]',
    of: [['db'], ['key'], ['prop=']],
    min: 1,
    max: Infinity,
    missing: MISSING,
  },
  run: runImpact,
});

async function runImpact(
  { values: { delete: isDelete = false, json = false }, words }: Given<typeof OPTIONS>,
  { paths, stdout, stderr, commands }: CommandContext,
): Promise<number> {
  const { db, key, props } = parseSubject(words);
  const asked = parseChange(db, key, props, isDelete);
  if (asked === undefined) {
    const [prop] = props;
    const found = await listReaders(paths, { db, key, prop });
    stdout.write(
      json ? formatJson(jsonReaders({ db, key, prop }, found)) : showable(formatReaders({ db, key, prop }, found)),
    );
    return 0;
  }
  const {
    change,
    preview,
    anyway,
    secrets: { mask, isSecret },
  } = await previewChange(paths, asked, commands);
  const diff = { colour: !json && hasColour(stdout), mask, isSecret };
  if (json) {
    const record =
      change.record === undefined
        ? null
        : {
            type: change.record.type,
            props: Object.fromEntries(
              [...asked.props.keys()].map((prop) => [prop, change.record?.props.get(prop) ?? null]),
            ),
          };
    stdout.write(mask(formatJson({ db, key, record, anyway, ...(jsonPreview(WHOLE_EVENT, preview, diff) as object) })));
  } else {
    const reporter = new ConsoleReporter({ stdout, stderr });
    for (const warning of preview.warnings) reporter.warning(warning);
    stdout.write(
      `${formatDiff(preview.changes, diff)}${mask(formatPreview(WHOLE_EVENT, preview, painter(stdout), true))}`,
    );
    if (anyway.length > 0)
      stdout.write(
        `without this change it would write or remove too: ${showable(anyway.length > 4 ? `${anyway.length} files` : anyway.join(', '))}\n`,
      );
  }
  return preview.changes.obstacles.length === 0 && (preview.plan?.refused ?? []).length === 0 ? 0 : 1;
}

/**
 * `configuration DomainName=new.test`, `config DomainName=new.test` and `DomainName=new.test` alone mean a record of
 * `configuration` whose type is its value.
 */
function parseSubject(words: readonly string[]): {
  readonly db: string;
  readonly key: string;
  readonly props: readonly string[];
} {
  const [first = '', ...rest] = words;
  const [db, named, ...props] = first.includes('=')
    ? ['configuration', first, ...rest]
    : [first === 'config' ? 'configuration' : first, ...rest];
  if (named === undefined) throw new UsageFailure(`cannot run "${COMMAND}"`, MISSING);
  const [, key = named, value] = /^([^=]*)=(.*)$/s.exec(named) ?? [];
  return { db, key, props: value === undefined ? props : [`type=${value}`, ...props] };
}

/** Undefined where only a record or a prop is named, and no change of it. */
function parseChange(db: string, key: string, words: readonly string[], isDelete: boolean): ChangeAsked | undefined {
  const refuse = (why: string): UsageFailure =>
    new UsageFailure(`cannot run "${COMMAND}"`, { why, hint: `${COMMAND} --help shows its usage` });
  const [given, named] = [words.filter((word) => word.includes('=')), words.filter((word) => !word.includes('='))];
  if (isDelete) {
    if (given.length > 0) throw refuse(`"${given[0] ?? ''}" gives a value, and --delete removes one`);
    return { db, key, props: new Map(named.map((prop) => [prop, undefined])), isDeleted: named.length === 0 };
  }
  if (given.length === 0) {
    if (named.length > 1) throw refuse('it is about one prop, or about several with their values');
    return undefined;
  }
  if (named.length > 0) throw refuse(`"${named[0] ?? ''}" has no value`);
  return {
    db,
    key,
    isDeleted: false,
    props: new Map(given.map((word) => [word.replace(/=.*/s, ''), word.replace(/^[^=]*=/s, '')])),
  };
}

interface Subject {
  readonly db: string;
  readonly key: string;
  readonly prop: string | undefined;
}

function formatReaders({ db, key, prop }: Subject, { readers, value, isDefault }: Readers): string {
  const what = [db, key, ...(prop === undefined ? [] : [prop])].join(' ');
  const touched = readers.filter(({ lines, comes }) => prop === undefined || comes || lines.length > 0);
  const services = [...new Set(touched.flatMap((reader) => reader.services))];
  const run = (isSwarmService: boolean): readonly string[] =>
    touched.flatMap((reader) => (reader.isSwarmService === isSwarmService ? (reader.container ?? []) : []));
  const [containers, ofSwarm] = [run(false), run(true)];
  const state =
    prop === undefined
      ? ''
      : value === undefined
        ? ' (not set)'
        : ` = ${JSON.stringify(value)}${isDefault ? ' (default)' : ''}`;
  return [
    `${what}${state}`,
    ...(readers.length === 0 ? [`  no output of ${WHOLE_EVENT} reads it`] : []),
    ...readers.flatMap(formatReader),
    ...(containers.length === 0 ? [] : [`containers: ${containers.join(', ')}`]),
    ...(ofSwarm.length === 0 ? [] : [`services of the swarm: ${ofSwarm.join(', ')}`]),
    ...(services.length === 0 ? [] : [`services: ${services.join(', ')}`]),
  ]
    .map((line) => `${line}\n`)
    .join('');
}

function formatReader({ path, lines, lineCount, comes, props }: Reader): readonly string[] {
  if (props.length > 0) return [`  ${path}`, ...wrap(props, 76).map((line) => `    ${line}`)];
  if (comes) return [`  ${path}: not there, and comes with another value`];
  if (lines.length === 0) return [`  ${path}: decides no line of it now`];
  if (lines.length === lineCount) return [`  ${path}: all of it`];
  const shown = lines.length > MOST_LINES ? lines.slice(0, MOST_LINES - 1) : lines;
  return [
    `  ${path}`,
    ...shown.map(({ number, text }) => `    ${String(number).padStart(4)}  ${text}`),
    ...(shown.length < lines.length
      ? [`          and ${lines.length - shown.length} more of its ${lineCount} lines`]
      : []),
  ];
}

function wrap(words: readonly string[], width: number): readonly string[] {
  return words.reduce<string[]>((lines, word) => {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 2 + word.length <= width) lines[lines.length - 1] = `${last}, ${word}`;
    else lines.push(word);
    return lines;
  }, []);
}

function jsonReaders({ db, key, prop }: Subject, { readers, value, isDefault }: Readers): unknown {
  return {
    db,
    key,
    ...(prop === undefined ? {} : { prop, value: value ?? null, isDefault }),
    outputs: readers.map(({ path, lines, lineCount, comes, props, services, container, isSwarmService }) => ({
      path,
      ...(prop === undefined ? { props } : { lines: lines.map(({ number }) => number), lineCount, comes }),
      services,
      ...(container === undefined ? {} : { [isSwarmService ? 'swarmService' : 'container']: container }),
    })),
  };
}
