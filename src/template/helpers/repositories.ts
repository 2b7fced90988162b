import { ImageRecord } from '../../model/image-record.ts';
import { listRepositories } from '../../model/images/installroot.ts';
import { REPOSITORY_DBS } from '../../model/images/repository-record.ts';
import type { HelperTable } from '../language/helper.ts';
import { readsOf } from '../language/shape.ts';
import { RecordView } from '../language/value.ts';
import { recordArgument } from './arguments.ts';

/** Helpers for the lists of repositories that images are installed from. */
export const REPOSITORY_HELPERS: HelperTable = {
  repositories: {
    doc: 'the repositories of a record of docker_images, in its order: records of the db repositories, or else of yum_repositories',
    example: {
      fragment:
        '{{#with (record "docker_images" "wiki")}}{{#each (repositories this)}}{{@key}}{{else}}none{{/each}}{{/with}}',
      gives: 'none',
    },
    reads: [...readsOf({ db: 'docker_images' }, 'Repositories'), ...REPOSITORY_DBS.map((db) => ({ db }))],
    shape: () => [{ kind: 'list', items: REPOSITORY_DBS.map((db) => ({ kind: 'record' as const, of: { db } })) }],
    call: (call) =>
      listRepositories(new ImageRecord(call.snapshot, recordArgument(call, 0).key)).map(
        ({ db, key }) => new RecordView(call.snapshot, db, key),
      ),
  },
};
