import { refuseNewer } from '../../files/state-file.ts';
import { createHash } from 'node:crypto';
import { Field } from '../../files/state-file.ts';
import type { Scrypt } from './sealed.ts';

/** Raised when an older program would misread a backup. */
export const BACKUP_VERSION = 1;

const MOST_MODE = 0o7777;
/** 2 ** 32 - 1 means: as it is */
const MOST_ID = 2 ** 32 - 2;

/** A file as it was on the host, but for its name. */
export interface SavedFile {
  readonly content: Buffer;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}

/** `dbs/NAME`, `customs/PATH` without the root, `state/NAME` -> the file */
export type SavedFiles = ReadonlyMap<string, SavedFile>;

export interface SavedImage {
  readonly reference: string;
  /** what registries call it; none for one that was made on the host, or is not there */
  readonly digests: readonly string[];
}

/** `backup.json`: all that is said of a backup in clear. */
export interface Manifest {
  readonly made: string;
  readonly host: string;
  /** the containers and applications that it is of, in words; absent: the whole server */
  readonly only?: string;
  readonly scrypt: Scrypt;
  /** of the files that are in it in clear: name -> sha256, hex */
  readonly sums: ReadonlyMap<string, string>;
  readonly containers: readonly string[];
  readonly images: readonly SavedImage[];
  /** in the order of their sealed parts: the first of them is part 1 */
  readonly volumes: readonly string[];
  /** in words */
  readonly notInIt: readonly string[];
}

export function formatManifest({ sums, ...manifest }: Manifest): Buffer {
  const whole = { version: BACKUP_VERSION, ...manifest, sums: Object.fromEntries(sums) };
  return Buffer.from(`${JSON.stringify(whole, undefined, 2)}\n`);
}

/** @throws Error for what is none, and Failure for one of a newer version */
export function parseManifest(content: Buffer, file: string): Manifest {
  const whole = new Field(JSON.parse(content.toString()), '');
  const version = whole.get('version').number();
  if (!Number.isInteger(version) || version < 1) throw new Error(`${version} is no version`);
  if (version > BACKUP_VERSION) throw refuseNewer('backup', file, version, BACKUP_VERSION);
  const texts = (field: Field): readonly string[] => field.list((item) => item.text());
  const scrypt = whole.get('scrypt');
  const volumes = texts(whole.get('volumes'));
  if (new Set(volumes).size < volumes.length) throw new Error('a volume is in it twice');
  const only = whole.get('only').optional((field) => field.text());
  return {
    made: whole.get('made').text(),
    host: whole.get('host').text(),
    ...(only === undefined ? {} : { only }),
    scrypt: {
      salt: scrypt.get('salt').text(),
      N: scrypt.get('N').number(),
      r: scrypt.get('r').number(),
      p: scrypt.get('p').number(),
    },
    sums: whole.get('sums').map((sum) => sum.text()),
    containers: texts(whole.get('containers')),
    images: whole.get('images').list((image) => ({
      reference: image.get('reference').text(),
      digests: texts(image.get('digests')),
    })),
    volumes,
    notInIt: texts(whole.get('notInIt')),
  };
}

/** Files that may be read by nobody else, and the labels of volumes, as part 0 holds them. */
export interface SealedFiles {
  /** all files: those in clear without their content */
  readonly files: SavedFiles;
  /** volume -> its labels */
  readonly labels: ReadonlyMap<string, Readonly<Record<string, string>>>;
}

export function formatSealedFiles({ files, labels }: SealedFiles, inClear: ReadonlySet<string>): Buffer {
  const entries = [...files].map(([name, { content, ...access }]): [string, unknown] => [
    name,
    { ...access, ...(inClear.has(name) ? {} : { content: content.toString('base64') }) },
  ]);
  return Buffer.from(JSON.stringify({ files: Object.fromEntries(entries), labels: Object.fromEntries(labels) }));
}

/** @param findClear reads a file that is in the backup in clear */
export function parseSealedFiles(content: Buffer, findClear: (name: string) => Buffer): SealedFiles {
  const whole = new Field(JSON.parse(content.toString()), '');
  return {
    files: whole.get('files').map((file, name) => {
      const text = file.get('content').optional((field) => field.text());
      return {
        content: text === undefined ? findClear(name) : Buffer.from(text, 'base64'),
        mode: numberUpTo(file.get('mode'), MOST_MODE),
        uid: numberUpTo(file.get('uid'), MOST_ID),
        gid: numberUpTo(file.get('gid'), MOST_ID),
      };
    }),
    labels: whole.get('labels').map((labels) => Object.fromEntries(labels.map((label) => label.text()))),
  };
}

function numberUpTo(field: Field, most: number): number {
  const number = field.number();
  return Number.isInteger(number) && number >= 0 && number <= most ? number : field.wrong(`a number from 0 to ${most}`);
}

export function sumOf(content: Buffer): string {
  return createHash('sha256').update(content).digest('hex');
}
