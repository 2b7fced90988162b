import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { Writable } from 'node:stream';
import { Failure, UsageFailure } from '../../../base/errors.ts';
import { findNearest } from '../../../base/nearest.ts';
import type { Paths } from '../../../base/paths.ts';
import { quoteWords } from '../../../base/quote.ts';
import { parseBatch, runBatch } from '../../../db/commands/batch.ts';
import { fromByteString, toByteString } from '../../../db/byte-text.ts';
import { BATCH, COMMAND_USAGES, isDbCommand, prepareCommand } from '../../../db/commands/commands.ts';
import { callOf, tooMany } from '../../../db/commands/wrong-usage.ts';
import type { Answer } from '../../../db/commands/answers.ts';
import { listDbs } from '../../../db/db-file.ts';
import { Draft, NO_RECORD } from '../../../db/draft.ts';
import { listSchemaFiles, readSchema } from '../../../db/read-schema.ts';
import { changeDb, readLines } from '../../../db/store.ts';
import { showable, showableLine } from '../../../base/showable.ts';
import { type Command, type CommandContext, JSON_OPTION } from '../../command.ts';
import { painter } from '../../format/terminal.ts';
import { writeTo } from '../../standard-streams.ts';

/** What is no stream here need not be one: node takes milliseconds to make one. */
export interface DbContext {
  readonly paths: Paths;
  readonly stdin: AsyncIterable<Buffer>;
  readonly stderr: Writable;
  /** writes all of it to standard output */
  readonly print: (bytes: Buffer) => Promise<void>;
}

const listCommands = (): string => `Commands:
${COMMAND_USAGES.map((usage) => `  ${usage}`).join('\n')}
  batch    commands from standard input, one per line, quoted
           as in sh: one write, all or nothing

--json stands in front, and then also what failed is one document.
Exit codes: 0 done, 1 failed or not found, 2 wrong usage.
`;

const CONFIGURATION = 'configuration';

const isHelpWord = (word: string | undefined): boolean => word === '--help' || word === '-h';

/** What both have; their arguments may look like options. */
const BOTH = { isProgram: true, effect: 'changes', unmasked: true, options: JSON_OPTION } as const;

export const dbCommand: Command = {
  ...BOTH,
  name: 'db',
  doc: 'read and write one db',
  more: () => `DB is a name in the folder of the dbs, or a path from /. ${listCommands()}`,
  operands: { usage: 'DB COMMAND [ARGUMENT…]', min: 2, max: Infinity, of: [['db'], ['db-command']] },
  raw: {
    isJson: (args) => args.slice(0, 2).includes('--json'),
    isHelp: (args) => isHelpWord(args[0]) || args[1] === '--help',
  },
  run: ({ words }, context) => runDb(words, printingTo(context)),
};

export const configCommand: Command = {
  ...BOTH,
  name: 'config',
  doc: 'the same for the db configuration',
  more: listCommands,
  operands: { usage: 'COMMAND [ARGUMENT…]', min: 1, max: Infinity, of: [['db-command']] },
  raw: { isJson: (args) => args[0] === '--json', isHelp: (args) => isHelpWord(args[0]) },
  run: ({ words }, context) => runConfig(words, printingTo(context)),
};

function printingTo(context: CommandContext): DbContext {
  return { ...context, print: (bytes) => writeTo(context.stdout, bytes) };
}

/**
 * The command `db`. Not found is exit code 1 without a word, as in the original.
 * @param args what follows the command's name: `--json` at most once, the db, the command, its arguments
 * @returns the exit code where nothing is thrown
 * @throws {UsageFailure} for wrong usage
 * @throws {Failure} when the db cannot be read or written, or the command cannot be carried out
 */
export async function runDb(args: readonly string[], context: DbContext): Promise<number> {
  const { isJson, words } = takeJsonOption(rawArguments(args));
  const [name, command] = words;
  // `0` is a missing argument to the original, and so to the scripts that were written for it
  if (name === undefined || name === '' || name === '0')
    throw new UsageFailure('cannot run "db"', { why: 'no db is named', hint: 'db --help shows its usage' });
  if (command !== undefined && isDbCommand(name) && !isDbCommand(command))
    throw new UsageFailure(`cannot run "db ${name} ${fromByteString(command)}"`, {
      why: 'the db comes first',
      hint: `db ${quoteWords([command, name, ...words.slice(2)].map(fromByteString))}`,
    });
  return await runOn(
    fromByteString(name),
    words.slice(1),
    { isJson, called: callOf('db', fromByteString(name)) },
    context,
  );
}

/** The command `config`: the same for the db `configuration`. */
export async function runConfig(args: readonly string[], context: DbContext): Promise<number> {
  const isJson = args[0] === '--json';
  const words = rawArguments(isJson ? args.slice(1) : args);
  const [name = '', command = ''] = words.map(fromByteString);
  if (!isDbCommand(name) && isDbCommand(command))
    throw new UsageFailure(`cannot run "config ${name}"`, {
      why: 'config is about the db configuration, and takes no db',
      hint: `${name === CONFIGURATION ? 'config' : callOf('db', name)} ${quoteWords(words.slice(1).map(fromByteString))}`,
    });
  return await runOn(CONFIGURATION, words, { isJson, called: callOf('config', CONFIGURATION) }, context);
}

/** @param words byte strings: the command and its arguments */
async function runOn(
  db: string,
  words: readonly string[],
  { isJson, called }: { readonly isJson: boolean; readonly called: string },
  context: DbContext,
): Promise<number> {
  const { paths } = context;
  const [command, key] = words;
  const onWait = (holder: string | undefined): void =>
    void context.stderr.write(`waiting for ${showableLine(holder ?? 'another process')} to end\n`);
  const change: Change = async (run) => {
    let last: Draft | undefined;
    const result = changeDb(paths, db, (draft) => run((last = draft)), onWait);
    if (last !== undefined && last.touched.size > 0) await warn(context, db, last);
    return result;
  };
  if (command === BATCH) {
    if (key !== undefined) throw tooMany({ called, name: BATCH, args: [] }, key, `${BATCH} < FILE`);
    const answers = await runFromStdin({ paths, db, called }, context.stdin, change);
    await write(
      context,
      isJson ? formatJson(answers.map(({ json }) => json)) : answers.map(({ text }) => text).join(''),
    );
    return 0;
  }
  const prepared = prepareCommand(words, called);
  const answer = prepared.writes
    ? await change(prepared.run).catch((error: unknown) => throwWithNearest(error, paths, db, key ?? ''))
    : prepared.run(new Draft(readLines(paths, db)));
  await write(context, isJson ? formatJson(answer.json) : answer.text);
  return answer.found ? 0 : 1;
}

/** A record that is not there may be in a db that is not there, or be almost called so. */
function throwWithNearest(error: unknown, paths: Paths, db: string, key: string): never {
  if (error instanceof Failure && error.why === NO_RECORD) {
    const isNoDb = !db.includes('/') && !existsSync(path.join(paths.dbDir, db));
    const near = isNoDb ? findNearest(db, listDbs(paths)) : findNearest(key, readLines(paths, db).keys());
    const meant = near === undefined ? undefined : `did you mean ${fromByteString(near)}?`;
    error.hint ??= isNoDb ? [`there is no db "${db}"`, ...(meant === undefined ? [] : [meant])].join('; ') : meant;
  }
  throw error;
}

type Change = <T>(run: (draft: Draft) => T) => Promise<T>;

/** Says what the next event would refuse: a warning, since the exit code is the original's. */
async function warn(context: DbContext, db: string, draft: Draft): Promise<void> {
  const { paths } = context;
  // a db by its path is none that events read, and of one without a schema nothing is known
  if (db.includes('/') || listSchemaFiles(paths, db).length === 0) return;
  const { checkChanged } = await import('./check-changed.ts');
  for (const words of checkChanged(db, draft, () => readSchema(paths, db))) {
    // not before: node takes a millisecond to make that stream
    const { stderr } = context;
    stderr.write(`${painter(stderr)('yellow', 'docksmith: warning:')} ${showable(words)}\n`);
  }
}

async function runFromStdin(
  { paths, db, called }: { readonly paths: Paths; readonly db: string; readonly called: string },
  stdin: DbContext['stdin'],
  change: Change,
): Promise<readonly Answer[]> {
  const chunks: Buffer[] = [];
  for await (const chunk of stdin) chunks.push(chunk);
  const batch = parseBatch(Buffer.concat(chunks).toString('latin1'), called);
  return batch.some(({ command }) => command.writes)
    ? change((draft) => runBatch(draft, batch))
    : runBatch(new Draft(readLines(paths, db)), batch);
}

/** `--json` stands before the db or right after it (`config --json show`): further on it may be a value. */
function takeJsonOption(words: readonly string[]): { isJson: boolean; words: readonly string[] } {
  if (words[0] === '--json') return { isJson: true, words: words.slice(1) };
  if (words[1] === '--json') return { isJson: true, words: [words[0] ?? '', ...words.slice(2)] };
  return { isJson: false, words };
}

/**
 * The arguments as byte strings. Node has decoded them; where one held bytes that are not UTF-8
 * (a db from before it), the kernel still has them as they were given.
 */
function rawArguments(args: readonly string[]): readonly string[] {
  if (!args.some((arg) => arg.includes('\uFFFD'))) return args.map(toByteString);
  const given = readFileSync('/proc/self/cmdline').toString('latin1').split('\0').slice(0, -1);
  // the end of the command line, as far as it is these arguments: `config` puts a db in front
  return args.map((arg, index) => {
    const raw = given.at(index - args.length);
    return raw !== undefined && Buffer.from(raw, 'latin1').toString('utf8') === arg ? raw : toByteString(arg);
  });
}

function formatJson(value: unknown): string {
  return toByteString(`${JSON.stringify(value)}\n`);
}

async function write({ print }: DbContext, text: string): Promise<void> {
  if (text !== '') await print(Buffer.from(text, 'latin1'));
}
