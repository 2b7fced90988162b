import type { FileText, UnitTexts } from '../../host/facts.ts';
import { findEngineCommand, isOfShell } from './daemon.ts';
import { type DockerdOption, findInBoth, parseDockerdOptions, saysTheSame } from './dockerd-options.ts';
import {
  type Environment,
  expandWords,
  parseUnit,
  readEnvironment,
  splitUnitWords,
  type StartWord,
} from './unit-file.ts';

/** An option of the engine's command line and the file that it comes from: `OPTIONS of /etc/sysconfig/docker`. */
export interface StartOption extends DockerdOption {
  readonly from: string;
}

/** How the engine would be started. */
export interface EngineStart {
  /** the file that its command stands in */
  readonly from: string;
  readonly options: readonly StartOption[];
  readonly environment: Environment;
  /** commands of its unit that start something else */
  readonly others: readonly { readonly value: string; readonly from: string }[];
}

/** How systemd would start it, with all variables put in. @param readFiles see `readEnvironment` */
export function readStart(
  unit: UnitTexts | undefined,
  readFiles: (pattern: string) => readonly FileText[],
): EngineStart | undefined {
  const command = findEngineCommand(unit);
  if (unit === undefined || command === undefined) return undefined;
  const service = parseUnit(unit.texts);
  const environment = readEnvironment(service, readFiles);
  // what a shell is to do is one word of many
  const words = expandWords(command, environment).flatMap((word) =>
    isOfShell(command) ? expandWords({ value: word.text, from: word.from }, environment) : [word],
  );
  return {
    from: command.from,
    options: optionsOf(words),
    environment,
    others: service.execStart.filter((other) => other !== findSame(service.execStart, command)),
  };
}

function findSame<T extends { readonly value: string; readonly from: string }>(
  settings: readonly T[],
  one: T,
): T | undefined {
  return settings.findLast(({ value, from }) => value === one.value && from === one.from);
}

export function optionsOf(words: readonly StartWord[]): readonly StartOption[] {
  return parseDockerdOptions(words.map(({ text }) => text)).map((option) => ({
    ...option,
    from: words[option.at]?.from ?? '',
  }));
}

/** The options with which the engine would not start beside this daemon.json. */
export function findRefused(
  { options }: Pick<EngineStart, 'options'>,
  daemonJson: ReadonlyMap<string, unknown>,
): readonly StartOption[] {
  return findInBoth(options, daemonJson);
}

/** The options, variables and commands that the engine was started with and would lose, in words. Pure. */
export function listLosses(
  before: EngineStart,
  after: EngineStart,
  daemonJson: ReadonlyMap<string, unknown>,
): readonly string[] {
  const options = before.options.flatMap((option) => {
    const { key, text, value, from } = option;
    if (
      after.options.some((other) => other.key === key && isSame(other, option)) ||
      (daemonJson.has(key) && saysTheSame({ value }, daemonJson.get(key)))
    )
      return [];
    return [
      `"${text}" (${from}) ${daemonJson.has(key) ? `is replaced by ${key} ${JSON.stringify(daemonJson.get(key))} of daemon.json` : 'is dropped'}`,
    ];
  });
  const carriers = new Set(before.options.map(({ from }) => (/ of /.test(from) ? from.split(' of ')[0] : undefined)));
  const variables = [...before.environment].flatMap(([name, { value, from }]) =>
    carriers.has(name) ||
    splitUnitWords(value).length === 0 ||
    after.environment.get(name)?.value === value ||
    isOptions(value)
      ? []
      : [`the variable ${name} (${from}) is dropped`],
  );
  return [
    ...options,
    ...variables,
    ...before.others
      .filter((other) => findSame(after.others, other) === undefined)
      .map(({ value, from }) => `the command "${value}" (${from}) is dropped`),
  ];
}

/** Of such a variable the options are told. */
function isOptions(value: string): boolean {
  return splitUnitWords(value).some(({ text }) => text.startsWith('-'));
}

/** Sockets have two names. */
function isSame(a: DockerdOption, b: DockerdOption): boolean {
  const plain = ({ value }: DockerdOption): string =>
    value.replace(/^(unix:\/\/)?\/var\/run\//, '/run/').replace(/^unix:\/\//, '');
  return plain(a) === plain(b);
}
