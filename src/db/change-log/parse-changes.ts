import { toByteString } from '../byte-text.ts';
import { toRecord } from '../flat-file.ts';
import type { DbRecord } from '../record.ts';

/** One change of a record, as the log tells it. */
export interface LoggedChange {
  /** as the log has it: ISO 8601 under another root, else as the host's syslog writes it */
  readonly when: string;
  /** the db's file, without the root */
  readonly file: string;
  readonly key: string;
  /** undefined where there was none, or is none any more; secret values are masked */
  readonly before: DbRecord | undefined;
  readonly after: DbRecord | undefined;
  readonly user: string;
}

/** Time, and of syslog the host; then the program, and what `formatChanges` says. */
const LINE =
  /^(\d{4}-\S+|\w+ +\d+ [\d:]+) (?:\S+ )?(?:docksmith-)?db(?:\[\d+\])?: (\/\S+): (OLD|NEW|DELETE) ([^=]*)=(.*) \(by ([^()]*)\)$/;

/** Reads what `logChanges` has written, among lines of others; in the order of the text. */
export function parseChanges(text: string): readonly LoggedChange[] {
  const old = new Map<string, string>();
  return text.split('\n').flatMap((line): readonly LoggedChange[] => {
    const [, when = '', file = '', kind = '', key = '', value = '', user = ''] = LINE.exec(line) ?? [];
    if (file === '') return [];
    const change = { when, file, key, user };
    const parse = (held: string | undefined): DbRecord | undefined =>
      held === undefined || held === '(undefined)' ? undefined : toRecord(key, toByteString(held));
    if (kind === 'OLD') old.set(`${file} ${key}`, value);
    if (kind === 'NEW') return [{ ...change, before: parse(old.get(`${file} ${key}`)), after: parse(value) }];
    return kind === 'DELETE' ? [{ ...change, before: parse(value), after: undefined }] : [];
  });
}
