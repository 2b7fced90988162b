import { closeSync, fstatSync, readSync } from 'node:fs';
import path from 'node:path';
import { LOG_FILE } from '../../db/change-log/change-log.ts';
import { type LoggedChange, parseChanges } from '../../db/change-log/parse-changes.ts';
import type { DbRecord } from '../../db/record.ts';
import { errorCode } from '../../base/errors.ts';
import { MASK } from '../../base/mask.ts';
import type { Paths } from '../../base/paths.ts';
import { type HistoryEntry, listHistory } from '../history/history.ts';
import type { Named } from './deciding.ts';
import { openRegular } from '../../files/read-file.ts';

/** When a prop got the value that it has, and by whom, as far as that is known. */
export interface PropChange {
  /** ISO 8601, or as the host's syslog writes it */
  readonly when: string;
  readonly who: string;
  /** `log`: who wrote it to the db; `history`: the commit before which it was written, at the latest */
  readonly from: 'log' | 'history';
  /** undefined where it was not set, or is not known */
  readonly before: string | undefined;
  /** of a commit */
  readonly generation?: number;
}

/**
 * Where syslog writes the lines of our facility, by distribution; under another root docksmith writes a
 * file of its own.
 */
const SYSTEM_LOGS = ['/var/log/messages', '/var/log/syslog', '/var/log/local1.log'];
/** Logs are read from behind: what is older is history's. */
const MOST_BYTES = 8 * 1024 ** 2;
const MOST_COMMITS = 100;

/**
 * Looks into the log of the dbs' changes, and where that does not know, into the commits that are kept. Both
 * are read once, when they are first asked for.
 */
export class PropChanges {
  readonly #paths: Paths;
  #logged: readonly LoggedChange[] | undefined;
  #history: readonly HistoryEntry[] | undefined;

  constructor(paths: Paths) {
    this.#paths = paths;
  }

  /** @param record as it is now */
  find(named: Named, record: DbRecord | undefined): PropChange | undefined {
    return this.#findLogged(named, record) ?? this.#findCommitted(named, record);
  }

  #findLogged(named: Named, record: DbRecord | undefined): PropChange | undefined {
    this.#logged ??= this.#readLog().toReversed();
    const found = this.#logged.find(
      ({ file, key, before, after }) =>
        key === named.key && path.posix.basename(file) === named.db && valueOf(before, named) !== valueOf(after, named),
    );
    // somebody has changed it since whose changes are not in the log
    if (found === undefined || !isSame(valueOf(found.after, named), valueOf(record, named))) return undefined;
    return { when: found.when, who: found.user, from: 'log', before: valueOf(found.before, named) };
  }

  #findCommitted(named: Named, record: DbRecord | undefined): PropChange | undefined {
    this.#history ??= listHistory(this.#paths, { limit: MOST_COMMITS });
    for (const {
      generation: { number, when, who, command },
      records,
    } of this.#history) {
      const change = records.find(({ db, key }) => db === named.db && key === named.key);
      if (change === undefined || valueOf(change.before, named) === valueOf(change.after, named)) continue;
      if (!isSame(valueOf(change.after, named), valueOf(record, named))) return undefined;
      return {
        when,
        who: `${who} at the latest, with ${command}`,
        from: 'history',
        before: valueOf(change.before, named),
        generation: number,
      };
    }
    return undefined;
  }

  #readLog(): readonly LoggedChange[] {
    const files = this.#paths.root === '' ? SYSTEM_LOGS : [this.#paths.file(LOG_FILE)];
    return files.flatMap((file) => parseChanges(readEnd(file)));
  }
}

function valueOf(record: DbRecord | undefined, { prop }: Named): string | undefined {
  return prop === undefined ? record?.type : record?.props.get(prop);
}

/** The log has masks where secrets were. */
function isSame(logged: string | undefined, now: string | undefined): boolean {
  return logged === now || (logged?.includes(MASK) === true && now !== undefined);
}

/** What stands at the end of a file; nothing where there is none or it is not ours to read. */
function readEnd(file: string): string {
  try {
    const fd = openRegular(file);
    try {
      const { size } = fstatSync(fd);
      const length = Math.min(size, MOST_BYTES);
      const buffer = Buffer.alloc(length);
      const read = readSync(fd, buffer, 0, length, size - length);
      return buffer.toString('utf8', 0, read);
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    if (['ENOENT', 'EACCES', 'EISDIR', 'ENOTDIR', 'EFTYPE', 'ENXIO'].includes(errorCode(error) ?? '')) return '';
    throw error;
  }
}
