import { createHash } from 'node:crypto';

const ROUNDS = 5000;
const SIZE = 64;
const ALPHABET = './0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/**
 * A password as crypt(3) keeps it with SHA-512 (`$6$SALT$…`, https://www.akkadia.org/drepper/SHA-crypt.txt), which
 * Apache asks wherever it runs; node has no function for it.
 * @param salt up to 16 letters and digits
 */
export function sha512Crypt(password: string, salt: string): string {
  const [key, seed] = [Buffer.from(password), Buffer.from(salt)];
  const second = hash(key, seed, key);
  const first = hash(key, seed, stretch(second, key.length), ...bitsOf(key.length).map((bit) => (bit ? second : key)));
  const p = stretch(hash(...Array.from({ length: key.length }, () => key)), key.length);
  const s = stretch(hash(...Array.from({ length: 16 + (first[0] ?? 0) }, () => seed)), seed.length);
  let last = first;
  for (let round = 0; round < ROUNDS; round++) {
    const [odd, by3, by7] = [round % 2 === 1, round % 3 !== 0, round % 7 !== 0];
    last = hash(odd ? p : last, ...(by3 ? [s] : []), ...(by7 ? [p] : []), odd ? last : p);
  }
  return `$6$${salt}$${encode(last)}`;
}

function hash(...parts: readonly Buffer[]): Buffer {
  const sum = createHash('sha512');
  for (const part of parts) sum.update(part);
  return sum.digest();
}

function stretch(bytes: Buffer, length: number): Buffer {
  return Buffer.concat(Array.from({ length: Math.ceil(length / SIZE) }, () => bytes)).subarray(0, length);
}

/** The bits of a number, the lowest first. */
function bitsOf(number: number): readonly boolean[] {
  return Array.from(number.toString(2))
    .reverse()
    .flatMap((bit) => (number === 0 ? [] : [bit === '1']));
}

/** Three bytes as four letters, in an order of its own. */
function encode(bytes: Buffer): string {
  const groups = Array.from({ length: 21 }, (_, n) => {
    const three = [n, n + 21, n + 42];
    return [0, 1, 2].map((place) => bytes[three[(place + n) % 3] ?? 0] ?? 0);
  });
  return [
    ...groups.map(([a = 0, b = 0, c = 0]) => letters((a << 16) | (b << 8) | c, 4)),
    letters(bytes[63] ?? 0, 2),
  ].join('');
}

function letters(value: number, count: number): string {
  return Array.from({ length: count }, (_, n) => ALPHABET[(value >> (6 * n)) & 63]).join('');
}
