import type { Readable, Writable } from 'node:stream';
import type { Prepared, StepCommands, StepPart } from '../flow/step-part.ts';
import type { Paths } from '../base/paths.ts';

export interface CommandContext {
  readonly paths: Paths;
  readonly stdin: Readable;
  readonly stdout: Writable;
  readonly stderr: Writable;
  /** for steps of events that only call docksmith */
  readonly commands: StepCommands;
  /** of a step of an event in this process: what the event has asked of the engine already */
  readonly prepared?: Prepared | undefined;
}

/** What a command does to the host: each kind brings options that every command of it has to take. */
export type Effect =
  /** only prints; it ends when nobody reads on */
  | 'prints'
  /** changes files, dbs or containers, and takes `--dry-run` */
  | 'changes'
  /** removes, exposes or goes back: shows what it will do, asks, and takes `--dry-run` and `--yes` */
  | 'asks'
  /** hands its streams over to something else; the others take `--json` and `--quiet` */
  | 'hands over';

/** What a word can be, for completion: what the server has of it is listed. */
export type Listed =
  | 'application'
  | 'command'
  | 'container'
  | 'db'
  | 'db-command'
  | 'event'
  | 'event-argument'
  | 'file'
  | 'folder'
  | 'helper'
  /** a record of hosts that is docksmith's */
  | 'host'
  /** a record of docker_images */
  | 'image'
  | 'key'
  /** a file that docksmith wrote */
  | 'output'
  | 'prop='
  | 'prop-name'
  | 'recipe'
  | 'template';

/** What stands after the options. */
export interface Operands {
  /** as the usage shows them: `[FILE|GENERATION]` */
  readonly usage: string;
  readonly min: number;
  readonly max: number;
  /** said where one is missing */
  readonly missing?: { readonly why: string; readonly hint?: string };
  /** they are containers: `shop/` stands for all of an application */
  readonly ofContainers?: true;
  /** what can be at each place, the last one at all further ones; `[]` is any word. Absent: containers, or none */
  readonly of?: readonly (readonly Listed[])[];
  /** everything behind the first one belongs to it, also what looks like an option */
  readonly passThrough?: boolean;
}

export interface Option<T = unknown> {
  /** for `--help` */
  readonly doc: string;
  readonly short?: string;
  /** the name of the value that it takes, as the usage shows it: `SECONDS` */
  readonly value?: string;
  /** what that can be, and the only words that it can be */
  readonly of?: readonly Listed[];
  readonly choices?: readonly string[];
  /** it may be given several times */
  readonly many?: true;
  /** @returns what the text says, or undefined where it says nothing of the kind */
  readonly read?: (text: string) => T | undefined;
}

export type Options = Readonly<Record<string, Option>>;

type ValueOf<O> = O extends { readonly many: true; readonly value: string }
  ? readonly string[]
  : O extends { readonly read: (text: string) => infer T }
    ? Exclude<T, undefined>
    : O extends { readonly value: string }
      ? string
      : boolean;

/** What was typed, read by the definition. */
export interface Given<O extends Options = Options> {
  readonly values: { readonly [K in keyof O]?: ValueOf<O[K]> };
  /** the operands */
  readonly words: readonly string[];
}

/** Everything about one command: parsing, usage, help, and the list of commands are made from it. */
export interface Command<O extends Options = Options> {
  readonly name: string;
  /** one line for `docksmith --help` */
  readonly doc: string;
  readonly effect: Effect;
  readonly operands: Operands;
  readonly options: O;
  /** a program of its own, too, and called by that name */
  readonly isProgram?: true;
  /** it has more to do when nobody reads on, and ends by itself then */
  readonly endsItself?: true;
  /** called by the shipped action scripts, not by people */
  readonly internal?: true;
  /** it prints what somebody asks for by name, or no value at all: secrets are not masked */
  readonly unmasked?: true;
  /** more for `--help`: blocks of text below the options */
  readonly more?: (paths: Paths, width: number) => string;
  /**
   * all that was typed is handed to `run` as words, since it may look like options; `operands` and `options`
   * are for the help
   */
  readonly raw?: {
    readonly isJson: (args: readonly string[]) => boolean;
    readonly isHelp: (args: readonly string[]) => boolean;
  };
  /**
   * for a step of an event that calls it: what an event asks before it commits files, and a dry run instead
   * of running the step
   */
  readonly part?: (given: Given<O>) => Promise<StepPart>;
  /** @returns the exit code */
  run(given: Given<O>, context: CommandContext): Promise<number>;
}

/**
 * A definition with the types of its options known to its `run`. `--quiet` is everybody's: `runCommand` keeps
 * away what is printed, but for a command that has an option of that name itself.
 */
export function defineCommand<const O extends Options>(command: Command<O>): Command<O> {
  const isForPeople = command.effect !== 'hands over' && command.internal !== true;
  return isForPeople ? { ...command, options: { ...QUIET_OPTION, ...command.options } } : command;
}

/** `docksmith why`, `signal-event` */
export function titleOf({ name, isProgram }: Pick<Command, 'name' | 'isProgram'>): string {
  return isProgram === true ? name : `docksmith ${name}`;
}

export const NO_OPERANDS: Operands = { usage: '', min: 0, max: 0 };

export const ANY_IMAGES: Operands = { usage: '[NAME…]', min: 0, max: Infinity, of: [['image']] };
/** A name with `/` behind it is an application: all of its containers. */
export const ANY_CONTAINERS: Operands = { usage: '[NAME…]', min: 0, max: Infinity, ofContainers: true };

/** Options that several commands have. */
export const JSON_OPTION = { json: { doc: 'print one JSON document on standard output' } } as const;
export const QUIET_OPTION = {
  quiet: { short: 'q', doc: 'print errors and warnings only' },
} as const;
export const DRY_RUN_OPTION = { 'dry-run': { doc: 'say what would be done, and change nothing at all' } } as const;
export const YES_OPTION = { yes: { doc: 'do not ask' } } as const;
export const DIFF_OPTION = { diff: { doc: 'show what changes in each file' } } as const;
export const TAKE_OVER_OPTION = {
  'take-over': { doc: "replace files that are not docksmith's; history keeps them" },
} as const;
export const RETRY_OPTION = {
  retry: { doc: 'try again run specs and engine options that failed before and did not change' },
} as const;
export const WAIT_OPTION = {
  wait: { value: 'SECONDS', doc: 'timeout: give up after SECONDS while another event runs', read: readSeconds },
} as const;
export const COUNT_OPTION = {
  count: { short: 'n', value: 'COUNT', doc: 'show the last COUNT (20)', read: readCount },
} as const;

function readSeconds(text: string): number | undefined {
  return /^\d+(\.\d+)?$/.test(text) ? Number(text) : undefined;
}

function readCount(text: string): number | undefined {
  return /^[1-9]\d{0,14}$/.test(text) ? Number(text) : undefined;
}
