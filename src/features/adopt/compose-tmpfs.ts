import type { Input } from '../../container/spec/input.ts';
import { readBytes, readFields, readText } from '../../container/spec/read-input.ts';
import { findEntry, showInput, withText } from './compose-input.ts';

/** An entry of `volumes` of type tmpfs. */
export function isTmpfs(input: Input): boolean {
  const type = findEntry(input, 'type');
  return type !== undefined && showInput(type) === 'tmpfs';
}

/** `tmpfs` of a service with those of its `volumes`, in the short form: `/b:size=1048576,mode=1777`. */
export function withTmpfsVolumes(input: Input): Input | undefined {
  const [own, volumes] = [findEntry(input, 'tmpfs'), findEntry(input, 'volumes')];
  const long = (volumes?.items ?? []).filter(isTmpfs);
  if (volumes === undefined || long.length === 0) return own;
  const short = own === undefined || own.scalar === null ? [] : (own.items ?? [own]);
  return {
    ...withText(volumes, ''),
    path: volumes.path,
    scalar: undefined,
    onUnknown: volumes.onUnknown,
    items: [...short, ...long.map((item) => withText(item, formatTmpfs(item)))],
  };
}

function formatTmpfs(input: Input): string {
  const { target, tmpfs } = readFields(input, ['type', 'target', 'tmpfs'], ['source', 'read_only', 'consistency']);
  if (target === undefined) return input.refuse('needs a target');
  const { size, mode } = tmpfs === undefined ? {} : readFields(tmpfs, ['size', 'mode']);
  const options = [
    ...(size === undefined ? [] : [`size=${readBytes(size)}`]),
    ...(mode === undefined ? [] : [`mode=${readMode(mode)}`]),
  ];
  return [readText(target), ...(options.length === 0 ? [] : [options.join(',')])].join(':');
}

/** An octal text, or the number that such a one was. */
export function readMode(input: Input): string {
  const text = typeof input.scalar === 'number' ? input.scalar.toString(8) : readText(input).replace(/^0o?/, '');
  return /^[0-7]{1,4}$/.test(text) ? text.padStart(4, '0') : input.refuse(`"${text}" is no mode like 0440`);
}
