import { createCipheriv, createDecipheriv, createHash, randomBytes, scrypt } from 'node:crypto';
import { promisify } from 'node:util';

/** How the key is made from a passphrase: https://www.rfc-editor.org/rfc/rfc7914 */
export interface Scrypt {
  /** base64 */
  readonly salt: string;
  readonly N: number;
  readonly r: number;
  readonly p: number;
}

/** Of one sealed piece, before it is sealed: it is held in memory whole. */
export const PIECE_BYTES = 16 * 1024 ** 2;
/** Behind what is sealed: what tells that nobody changed it. */
export const TAG_BYTES = 16;
const KEY_BYTES = 32;
const NONCE_BYTES = 12;
/** Takes 128 MB and half a second, for who guesses too. */
const COST = { N: 2 ** 17, r: 8, p: 1 };
/** What a file may ask for, so that a forged one cannot take all of the memory. */
const MOST_COST = 2 ** 20 * 8;

export function newScrypt(): Scrypt {
  return { salt: randomBytes(16).toString('base64'), ...COST };
}

/** @throws Error for costs that no backup has */
export async function deriveKey(passphrase: string, { salt, N, r, p }: Scrypt): Promise<Buffer> {
  if (![N, r, p].every((number) => Number.isInteger(number) && number > 0) || N * r > MOST_COST || p > 16)
    throw new Error('it asks for more memory than any backup does');
  const derive = promisify<string, Buffer, number, object, Buffer>(scrypt);
  return derive(passphrase, Buffer.from(salt, 'base64'), KEY_BYTES, { N, r, p, maxmem: 128 * N * r * 2 });
}

/** Which piece of a backup it is, so that none can be left out, put elsewhere or taken from another one. */
export interface Place {
  /** sealed with each piece: the description of the whole backup */
  readonly about: Buffer;
  readonly part: number;
  readonly piece: number;
  readonly isLast: boolean;
}

export function seal(key: Buffer, place: Place, content: Buffer): Buffer {
  const cipher = createCipheriv('aes-256-gcm', key, nonceOf(place)).setAAD(digestOf(place.about));
  return Buffer.concat([cipher.update(content), cipher.final(), cipher.getAuthTag()]);
}

/** @throws where the key is another one, or anything was changed */
export function open(key: Buffer, place: Place, sealed: Buffer): Buffer {
  const end = sealed.length - TAG_BYTES;
  const decipher = createDecipheriv('aes-256-gcm', key, nonceOf(place))
    .setAAD(digestOf(place.about))
    .setAuthTag(sealed.subarray(Math.max(end, 0)));
  return Buffer.concat([decipher.update(sealed.subarray(0, Math.max(end, 0))), decipher.final()]);
}

/** Never used twice with one key, as each backup has a salt of its own. */
function nonceOf({ part, piece, isLast }: Place): Buffer {
  const nonce = Buffer.alloc(NONCE_BYTES);
  nonce.writeUInt32BE(part, 0);
  nonce.writeUInt32BE(piece, 4);
  nonce.writeUInt8(isLast ? 1 : 0, NONCE_BYTES - 1);
  return nonce;
}

function digestOf(about: Buffer): Buffer {
  return createHash('sha256').update(about).digest();
}
