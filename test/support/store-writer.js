// Writes a db many times from one process, each time under the locks and by a rename of its own.
// Arguments: the db's name, a record's key, how many props.
import { findPaths } from '../../dist/paths.js';
import { changeDb } from '../../dist/db/store.js';

const [, , db, key, count] = process.argv;
const paths = findPaths();
for (let n = 0; n < Number(count); n++) changeDb(paths, db, (draft) => draft.setProp(key, `n${n}`, `value ${n} of ${key}`));
