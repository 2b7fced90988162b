import { UsageFailure } from '../../base/errors.ts';
import { didYouMean } from '../../base/nearest.ts';
import { fromByteString } from '../byte-text.ts';
import type { Draft } from '../draft.ts';
import { sortedKeys, toText } from '../flat-file.ts';
import { answer, type Answer, chosenKeys, found, NOT_FOUND, recordsJson, showRecord } from './answers.ts';
import { isTrue, tooFew, tooMany } from './wrong-usage.ts';

interface Command {
  /** an argument to a word, `...` behind what may be there several times */
  readonly usage: string;
  readonly writes: boolean;
  /** whether the arguments are enough */
  readonly accepts: (args: readonly string[]) => boolean;
  readonly run: (draft: Draft, args: readonly string[]) => Answer;
}

const arg = (args: readonly string[], index: number): string => args[index] ?? '';
const hasKey = (args: readonly string[]): boolean => isTrue(args[0]);
const hasPairs = (pairs: readonly string[]): boolean => pairs.length % 2 === 0;

const COMMANDS: ReadonlyMap<string, Command> = new Map(
  Object.entries<Command>({
    keys: {
      usage: 'keys',
      writes: false,
      accepts: () => true,
      run: (draft) =>
        answer(
          sortedKeys(draft.lines),
          (key) => key,
          (keys) => keys.map(fromByteString),
        ),
    },
    print: {
      usage: 'print [KEY]',
      writes: false,
      accepts: () => true,
      run: (draft, [key]) =>
        answer(
          chosenKeys(draft, key),
          (each) => `${each}=${draft.find(each) ?? ''}`,
          () => recordsJson(draft, key),
        ),
    },
    show: {
      usage: 'show [KEY]',
      writes: false,
      accepts: () => true,
      run: (draft, [key]) =>
        answer(
          chosenKeys(draft, key),
          (each) => showRecord(draft, each),
          () => recordsJson(draft, key),
        ),
    },
    get: {
      usage: 'get KEY',
      writes: false,
      accepts: hasKey,
      run: (draft, [key = '']) => found(draft.find(key), () => recordsJson(draft, key)),
    },
    set: {
      usage: 'set KEY TYPE [PROP VALUE]...',
      writes: true,
      accepts: ([key, type, ...pairs]) => isTrue(key) && type !== undefined && hasPairs(pairs),
      run: (draft, [key = '', type = '', ...pairs]) => {
        draft.setType(key, type);
        return setProps(draft, key, pairs);
      },
    },
    setdefault: {
      usage: 'setdefault KEY TYPE [PROP VALUE]...',
      writes: true,
      accepts: ([key, type, ...pairs]) => isTrue(key) && isTrue(type) && hasPairs(pairs),
      run: (draft, [key = '', type = '', ...pairs]) => {
        if (draft.find(key) !== undefined) return done(draft);
        draft.setType(key, type);
        return setProps(draft, key, pairs);
      },
    },
    delete: {
      usage: 'delete KEY',
      writes: true,
      accepts: hasKey,
      run: (draft, args) => {
        draft.delete(arg(args, 0));
        return done(draft);
      },
    },
    printtype: {
      usage: 'printtype [KEY]',
      writes: false,
      accepts: () => true,
      run: (draft, [key]) =>
        answer(
          chosenKeys(draft, key),
          (each) => `${each}=${draft.findFields(each)?.type ?? ''}`,
          (keys) =>
            Object.fromEntries(keys.map((each) => [fromByteString(each), toText(draft.findFields(each)?.type ?? '')])),
        ),
    },
    gettype: {
      usage: 'gettype KEY',
      writes: false,
      accepts: hasKey,
      run: (draft, args) => found(draft.findFields(arg(args, 0))?.type, toText),
    },
    settype: {
      usage: 'settype KEY TYPE',
      writes: true,
      accepts: ([key, type]) => isTrue(key) && isTrue(type),
      run: (draft, args) => {
        draft.changeType(arg(args, 0), arg(args, 1));
        return done(draft);
      },
    },
    printprop: {
      usage: 'printprop KEY [PROP]...',
      writes: false,
      accepts: hasKey,
      run: (draft, [key = '', ...wanted]) => {
        const props = draft.findFields(key)?.props ?? new Map<string, string | undefined>();
        const chosen = wanted.length === 0 ? sortedKeys(props) : wanted.filter((prop) => props.get(prop) !== undefined);
        const printed = answer(
          chosen,
          (prop) => `${prop}=${props.get(prop) ?? ''}`,
          () => Object.fromEntries(chosen.map((prop) => [toText(prop), toText(props.get(prop) ?? '')])),
        );
        // asked for by name, props that are not set are no failure, not even those of a record that is not there
        return wanted.length > 0 && !printed.found ? { found: true, text: '', json: {} } : printed;
      },
    },
    getprop: {
      usage: 'getprop KEY PROP',
      writes: false,
      accepts: ([key, prop]) => isTrue(key) && isTrue(prop),
      run: (draft, args) => found(draft.findFields(arg(args, 0))?.props.get(arg(args, 1)), toText),
    },
    setprop: {
      usage: 'setprop KEY PROP VALUE [PROP VALUE]...',
      writes: true,
      accepts: ([key, ...pairs]) => isTrue(key) && pairs.length > 0 && hasPairs(pairs),
      run: (draft, [key = '', ...pairs]) => setProps(draft, key, pairs),
    },
    delprop: {
      usage: 'delprop KEY PROP...',
      writes: true,
      accepts: ([key, ...props]) => isTrue(key) && props.length > 0,
      run: (draft, [key = '', ...props]) => {
        for (const prop of props) draft.deleteProp(key, prop);
        return done(draft);
      },
    },
    printjson: {
      usage: 'printjson [KEY]',
      writes: false,
      accepts: () => true,
      run: (draft, [key]) => {
        const json = recordsJson(draft, key);
        return json === null
          ? NOT_FOUND
          : { found: true, text: Buffer.from(`${JSON.stringify(json)}\n`).toString('latin1'), json };
      },
    },
  }),
);

/** Commands from standard input, which is no command of one line. */
export const BATCH = 'batch';

/** One line per command, for help texts. */
export const COMMAND_USAGES: readonly string[] = [...COMMANDS.values()].map(({ usage }) => usage);

/** A command whose name and arguments are right, to be run on a draft. */
export interface PreparedCommand {
  readonly writes: boolean;
  /** Runs it; a writing command changes the draft. @throws {Failure} for what cannot be done */
  readonly run: (draft: Draft) => Answer;
}

/**
 * Checks a command line without the db's name: byte strings, the command's name first.
 * @param called what was typed before it, for messages
 * @throws {UsageFailure} for an unknown command, or arguments that are too few, too many or not in pairs
 */
export function prepareCommand([name, ...args]: readonly string[], called: string): PreparedCommand {
  if (name === undefined || !isTrue(name))
    throw new UsageFailure(`cannot run "${called}"`, {
      why: 'no command is given',
      hint: 'db --help lists the commands',
    });
  const command = COMMANDS.get(name);
  if (command === undefined)
    throw new UsageFailure(`cannot run "${called} ${fromByteString(name)}"`, {
      why: 'there is no such command',
      ...didYouMean(name, [...COMMANDS.keys(), BATCH], 'db --help lists the commands'),
    });
  const line = { called, name, args };
  if (!command.accepts(args)) throw tooFew(line, command.usage, command.writes);
  const surplus = args[mostArguments(command)];
  if (surplus !== undefined) throw tooMany(line, surplus, command.usage);
  return { writes: command.writes, run: (draft) => command.run(draft, args) };
}

/** Whether it is the name of a command. */
export function isDbCommand(name: string): boolean {
  return COMMANDS.has(name) || name === BATCH;
}

/** The original ignores those behind the last; an admin who typed one meant something by it. */
function mostArguments({ usage }: Command): number {
  return usage.includes('...') ? Infinity : usage.split(' ').length - 1;
}

/** Props in byte order, each stored by itself: the original trims the record after every one. */
function setProps(draft: Draft, key: string, pairs: readonly string[]): Answer {
  const props = new Map<string, string>();
  for (let i = 0; i < pairs.length; i += 2) props.set(arg(pairs, i), arg(pairs, i + 1));
  for (const prop of sortedKeys(props)) draft.setProp(key, prop, props.get(prop) ?? '');
  return done(draft);
}

function done(draft: Draft): Answer {
  return { found: true, text: '', json: { changed: draft.stored } };
}
