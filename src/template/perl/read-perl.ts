import { Failure, reasonOf } from '../../base/errors.ts';
import { readText } from '../../files/read-file.ts';
import { refuseUntrusted } from '../../files/trust.ts';
import type { Fragment } from '../language/program.ts';

/** A fragment in Perl: its program is its text. @throws Failure also for one that others can write: it is run */
export function readPerl(file: string, shown: string, name: string): Fragment {
  refuseUntrusted(file, `the Perl fragment "${shown}"`);
  try {
    return { name, file: shown, program: [{ kind: 'perl', source: readText(file, 'latin1') }] };
  } catch (error) {
    throw new Failure('cannot read the fragment', { why: reasonOf(error), at: { file: shown }, cause: error });
  }
}
