import { MASK, type Mask } from '../../base/mask.ts';
import { quoteWord } from '../../base/quote.ts';
import { showable } from '../../base/showable.ts';
import { isSecretVariable } from '../../base/secret-names.ts';
import { SECRETS } from '../../db/secret-values.ts';
import type { NewRecord } from '../../features/adopt/records.ts';
import { wrapWords } from './terminal.ts';

/** A record as it may be shown. To be called before lines are broken, which would break secrets too. */
export function maskRecord(record: NewRecord, mask: Mask): NewRecord {
  const show = (prop: string, value: string): string =>
    record.db === SECRETS || (isSecretVariable(prop.replace(/^Env\./, ''), value) && prop.startsWith('Env.'))
      ? MASK
      : mask(value);
  return { ...record, props: new Map([...record.props].map(([prop, value]) => [prop, show(prop, value)])) };
}

/**
 * Records as commands that can be pasted, and what has to be written into them.
 * @param records as `maskRecord` leaves them
 */
export function formatRecords(records: readonly NewRecord[], width: number): readonly string[] {
  const masked = records.flatMap(({ db, key, props }) =>
    [...props].flatMap(([prop, value]) => (value.includes(MASK) ? [`${db} ${key} ${prop}`] : [])),
  );
  const note = `${MASK} stands for a secret: write it there in commands that you paste (${masked.join(', ')})`;
  return [
    ...records.map(formatRecord),
    ...(masked.length === 0 ? [] : wrapWords(showable(note), width - 2).map((line) => `# ${line}`)),
  ];
}

/** A prop to a line. */
function formatRecord({ db, key, type, props }: NewRecord): string {
  return [
    `db ${db} set ${quoteWord(key)} ${quoteWord(type)}`,
    ...[...props].map(([prop, value]) => `  ${quoteWord(prop)} ${quoteWord(value)}`),
  ].join(' \\\n');
}
