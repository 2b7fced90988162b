import { parseRule, type Rule } from './reach.ts';

/** What containers of ours do now that only the local networks are to reach, whatever the db says of them by now. */
export interface StillReached {
  readonly ports: readonly { readonly address: string; readonly port: number; readonly protocol: string }[];
  /** on the host's own network, though no record says so: all that their rules name */
  readonly names: readonly string[];
  readonly bridges: readonly string[];
}

/**
 * What was put into the kernel last and is not in the file any more: rules that drop, and those between
 * containers that belong to them.
 * @param text undefined: there is no file any more
 */
export function listLost(before: string, text: string | undefined): readonly string[] {
  if (before === text) return [];
  const wanted = new Set(listLines(text ?? ''));
  return listLines(before).filter((line) => !wanted.has(line) && isOfContainer(readLine(line)));
}

/** Whether a rule still keeps somebody from what containers do now. */
export function isNeeded(line: string, { ports, names, bridges }: StillReached): boolean {
  const { target, options, comment } = readLine(line);
  const [bridge, port] = [options.get(target === 'DROP' ? '-o' : '-i'), portOf(options)];
  if (bridge !== undefined) return bridges.includes(bridge);
  if (comment !== undefined && names.includes(comment)) return true;
  const to = (options.get('--ctorigdst') ?? options.get('-d'))?.replace(/\/(32|128)$/, '');
  return ports.some(
    (one) =>
      String(one.port) === port &&
      one.protocol === options.get('-p') &&
      (to === undefined || one.address === to || ANY.includes(one.address)),
  );
}

/**
 * The text to put into the kernel: the file's, and behind it rules that were there before.
 * Where there is no file any more, all that was there before stays with them, as by themselves they would
 * keep out everybody.
 */
export function withRetained(text: string | undefined, kept: readonly string[], before: string): string | undefined {
  if (kept.length === 0) return text;
  if (text === undefined) return before;
  const end = text.lastIndexOf('COMMIT');
  return `${text.slice(0, end)}${kept.map((line) => `${line}\n`).join('')}${text.slice(end)}`;
}

const ANY = ['0.0.0.0', '::'];

function listLines(text: string): readonly string[] {
  return text.split('\n').filter((line) => line.startsWith('-A '));
}

function readLine(line: string): Rule {
  return parseRule(line.replace(/^-A \S+ /, ''));
}

function isOfContainer({ target, options }: Rule): boolean {
  if (target === 'DROP') return options.has('-o') || portOf(options) !== undefined;
  return target === 'RETURN' && options.has('-i') && options.size === 1 && options.get('-i') !== 'lo';
}

function portOf(options: Rule['options']): string | undefined {
  return options.get('--ctorigdstport') ?? options.get('--dport');
}
