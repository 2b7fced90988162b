import type { Writable } from 'node:stream';
import { followSecrets } from '../flow/secrets.ts';
import type { Mask } from '../base/mask.ts';
import type { Paths } from '../base/paths.ts';

/**
 * Standard output and standard error with the secrets of the dbs masked, which are read when there is
 * something to print.
 */
export function maskBoth(paths: Paths): readonly [NodeJS.WriteStream, NodeJS.WriteStream] {
  const findMask = followSecrets(paths);
  return [maskedStream(process.stdout, findMask), maskedStream(process.stderr, findMask)];
}

/**
 * The stream, with secrets masked in all text that is written to it: what this program words
 * itself. Bytes go through as they are: what somebody asked for by its name (`expand-template --stdout`).
 * @param findMask called for every text
 */
export function maskedStream<T extends Writable>(stream: T, findMask: () => Mask): T {
  return new Proxy(stream, {
    get(target, member) {
      const value: unknown = Reflect.get(target, member, target);
      if (typeof value !== 'function') return value;
      return (...args: readonly unknown[]): unknown => {
        const [chunk, ...more] = args;
        return Reflect.apply(
          value,
          target,
          member === 'write' && typeof chunk === 'string' ? [findMask()(chunk), ...more] : args,
        );
      };
    },
  });
}
