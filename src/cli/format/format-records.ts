import { MASK, type Mask } from '../../base/mask.ts';
import { quoteWord } from '../../base/quote.ts';
import { isSecretVariable } from '../../base/secret-names.ts';
import { SECRETS } from '../../db/secret-values.ts';
import type { NewRecord } from '../../features/adopt/records.ts';

/** A record as it may be shown. To be called before lines are broken, which would break secrets too. */
export function maskRecord(record: NewRecord, mask: Mask): NewRecord {
  const show = (prop: string, value: string): string =>
    record.db === SECRETS || (isSecretVariable(prop.replace(/^Env\./, ''), value) && prop.startsWith('Env.'))
      ? MASK
      : mask(value);
  return { ...record, props: new Map([...record.props].map(([prop, value]) => [prop, show(prop, value)])) };
}

/** As a command that can be pasted: a prop to a line. */
export function formatRecord({ db, key, type, props }: NewRecord): string {
  return [
    `db ${db} set ${quoteWord(key)} ${quoteWord(type)}`,
    ...[...props].map(([prop, value]) => `  ${quoteWord(prop)} ${quoteWord(value)}`),
  ].join(' \\\n');
}
