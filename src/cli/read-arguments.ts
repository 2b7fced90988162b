import { UsageFailure } from '../base/errors.ts';
import { findNearest } from '../base/nearest.ts';
import { type Command, type Given, type Operands, type Option, type Options, titleOf } from './command.ts';

type Definition = Pick<Command, 'name' | 'isProgram' | 'operands' | 'options'>;

/** Whether somebody asks how the command is used, whatever else was typed. */
export function asksForHelp({ operands, options }: Definition, args: readonly string[]): boolean {
  for (const { name } of walk(args, options, operands).options) if (name === 'help') return true;
  return false;
}

/**
 * What was typed, by the definition of the command: an option that it does not have, that is given
 * twice or without its value, and an operand too many or too few are wrong usage.
 * @throws UsageFailure for the first of them
 */
export function readArguments<O extends Options>(
  definition: Definition & { readonly options: O },
  args: readonly string[],
): Given<O> {
  const { options, operands } = definition;
  const refuse = (why: string, hint?: string): UsageFailure =>
    new UsageFailure(`cannot run "${titleOf(definition)}"`, { why, hint: hint ?? `usage: ${formatUsage(definition)}` });
  const given = walk(args, options, operands);
  const values = new Map<string, unknown>();
  for (const { typed, name, value } of given.options) {
    const option = name === undefined ? undefined : options[name];
    if (name === undefined || option === undefined) {
      const nearest = findNearest(
        typed,
        Object.keys(options).map((known) => `--${known}`),
      );
      throw refuse(`it has no option "${typed}"`, nearest === undefined ? undefined : `did you mean ${nearest}?`);
    }
    if (values.has(name) && option.many !== true) throw refuse(`the option ${typed} is given twice`);
    if (option.value === undefined && value !== undefined) throw refuse(`the option ${typed} takes no value`);
    if (option.value !== undefined && value === undefined)
      throw refuse(`the option ${typed} needs a value: ${option.value}`);
    const read = readValue(option, typed, value, refuse);
    values.set(name, option.many === true ? [...((values.get(name) ?? []) as readonly unknown[]), read] : read);
  }
  const { words } = given;
  if (words.length < operands.min)
    throw refuse(
      operands.missing?.why ?? `${missingOperand(operands, words.length)} is missing`,
      operands.missing?.hint,
    );
  const surplus = words[operands.max];
  if (surplus !== undefined)
    throw refuse(
      operands.max === 0 ? `it takes no operand, and "${surplus}" is one` : `"${surplus}" is an operand too many`,
    );
  return { values: Object.fromEntries(values) as Given<O>['values'], words };
}

/**
 * What is typed as `NAME=VALUE…`, by its name.
 * @param form as the usage shows it
 * @throws UsageFailure for all words that are none, and for names that are given twice
 */
export function readAssignments(
  command: string,
  words: readonly string[],
  { form, hint }: { readonly form: string; readonly hint: string },
): ReadonlyMap<string, string> {
  const pairs = words.map((word) => /^([^=]+)=(.*)$/s.exec(word));
  const names = pairs.flatMap((pair) => pair?.[1] ?? []);
  const wrong = [
    ...words.filter((_, n) => pairs[n] === null).map((word) => `"${word}" is not ${form}`),
    ...names.filter((name, n) => names.indexOf(name) < n).map((name) => `"${name}" is given twice`),
  ];
  if (wrong.length > 0) throw new UsageFailure(`cannot run "${command}"`, { why: wrong.join(', '), hint });
  return new Map(pairs.map((pair) => [pair?.[1] ?? '', pair?.[2] ?? '']));
}

/** `docksmith why [--json] FILE[:LINE|:KEY] | URL | NAME`; options that do not fit are `[OPTION…]`. */
export function formatUsage({ options, operands, ...command }: Definition, called = titleOf(command)): string {
  const all = Object.entries(options).map(
    ([name, option]) => `[${option.short === undefined ? '' : `-${option.short}|`}--${name}${formatValue(option)}]`,
  );
  const format = (shown: readonly string[]): string =>
    [called, ...shown, operands.usage].filter((part) => part !== '').join(' ');
  return format(all).length <= MOST_COLUMNS ? format(all) : format(['[OPTION…]']);
}

/** `-n, --count COUNT` */
export function formatOption(name: string, option: Option): string {
  return `${option.short === undefined ? '' : `-${option.short}, `}--${name}${formatValue(option)}`;
}

/** of a line of 80, behind `usage: ` */
const MOST_COLUMNS = 73;

function formatValue({ value }: Option): string {
  return value === undefined ? '' : ` ${value}`;
}

function readValue(
  { value: kind = '', read }: Option,
  typed: string,
  text: string | undefined,
  refuse: (why: string) => UsageFailure,
): unknown {
  if (text === undefined) return true;
  const value = read === undefined ? text : read(text);
  if (value === undefined) throw refuse(`"${text}" after ${typed} is no ${kind}`);
  return value;
}

/** The operand at a place of a usage of plain words: `DB KEY [PROP]`. */
function missingOperand({ usage }: Operands, index: number): string {
  return usage.split(' ')[index]?.replace('…', '') ?? 'an operand';
}

interface GivenOption {
  /** as it was typed, without a value: `--wait`, `-n` */
  readonly typed: string;
  /** undefined: there is none of that name */
  readonly name: string | undefined;
  readonly value: string | undefined;
}

/**
 * Options and operands apart: `--name`, `--name VALUE`, `--name=VALUE`, `-n VALUE`, `-nVALUE`, `-it`; all
 * behind `--` is operands.
 */
function walk(
  args: readonly string[],
  options: Options,
  { passThrough = false }: Operands,
): { readonly options: readonly GivenOption[]; readonly words: readonly string[] } {
  const found: GivenOption[] = [];
  const words: string[] = [];
  const byShort = new Map(
    Object.entries(options).flatMap(([name, { short }]) => (short === undefined ? [] : [[short, name] as const])),
  );
  const nameOf = (word: string): string | undefined =>
    word === 'help' || Object.hasOwn(options, word) ? word : undefined;
  const takesValue = (name: string | undefined): boolean => name !== undefined && options[name]?.value !== undefined;
  for (let n = 0; n < args.length; n++) {
    const word = args[n] ?? '';
    // what looks like the next option is no value; `--name=-x` gives one that begins so
    const next = (): string | undefined => (/^-./.test(args[n + 1] ?? '-x') ? undefined : args[++n]);
    if (word === '--') return { options: found, words: [...words, ...args.slice(n + 1)] };
    if (word.startsWith('--')) {
      const [, typed = word, inline] = /^(--[^=]*)=(.*)$/s.exec(word) ?? [];
      const name = nameOf(typed.slice(2));
      found.push({ typed, name, value: inline ?? (takesValue(name) ? next() : undefined) });
    } else if (/^-./.test(word)) {
      for (let at = 1; at < word.length; at++) {
        const letter = word.charAt(at);
        const name = letter === 'h' && !byShort.has('h') ? 'help' : byShort.get(letter);
        const rest = word.slice(at + 1).replace(/^=/, '');
        if (!takesValue(name)) found.push({ typed: `-${letter}`, name, value: undefined });
        else {
          found.push({ typed: `-${letter}`, name, value: rest === '' ? next() : rest });
          break;
        }
      }
    } else if (passThrough) return { options: found, words: args.slice(n) };
    else words.push(word);
  }
  return { options: found, words };
}
