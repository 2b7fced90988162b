import fc from 'fast-check';

const [SURROGATES, COUNT] = [0xd800, 0x800];

/**
 * Every character that Unicode has or may get: for `fc.string({ unit })`. As the unit "binary", which takes over
 * a second to write down all of them.
 */
export const CODE_POINTS = fc.integer({ min: 0, max: 0x10ffff - COUNT }).map(
  (n) => String.fromCodePoint(n < SURROGATES ? n : n + COUNT),
  (text) => {
    const point = typeof text === 'string' ? text.codePointAt(0) : undefined;
    if (point === undefined || String.fromCodePoint(point) !== text) throw new Error('not one character');
    return point < SURROGATES ? point : point - COUNT;
  },
);
