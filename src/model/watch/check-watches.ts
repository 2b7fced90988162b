import { getDb, type Snapshot } from '../../db/snapshot.ts';
import { Failure } from '../../base/errors.ts';
import { isSshUrl } from '../../base/git-address.ts';
import { didYouMean } from '../../base/nearest.ts';
import { checkBySchema, type Findings } from '../check-one-record.ts';
import { findSecret } from '../secrets.ts';
import { WATCH_KINDS, WATCHES, WatchRecord } from './watch-record.ts';

/** Props without which a watch of the kind watches nothing. */
const NEEDED = {
  etcd: ['Endpoints', 'Key'],
  file: ['Path'],
  git: ['Repository'],
  webhook: ['Token'],
} as const;

/** A shorter one could be guessed. */
const SHORTEST_TOKEN = 16;

/** All mistakes of the records of `watches`, disabled ones by the schema alone. */
export function checkWatches(snapshot: Snapshot): Findings {
  const keys = [...getDb(snapshot, WATCHES).keys()];
  const found = keys.map((key) => checkWatch(snapshot, key));
  return {
    mistakes: found.flatMap(({ mistakes }) => mistakes),
    warnings: found.flatMap(({ warnings }) => warnings),
  };
}

export function checkWatch(snapshot: Snapshot, key: string): Findings {
  const record = getDb(snapshot, WATCHES).get(key);
  const watch = new WatchRecord(snapshot, key);
  if (record === undefined) return { mistakes: [], warnings: [] };
  if (watch.kind === undefined)
    return {
      mistakes: [
        new Failure(`cannot accept ${WATCHES} ${key}`, {
          why: `the type "${record.type}" is none of ${WATCH_KINDS.join(', ')}`,
          ...didYouMean(record.type, WATCH_KINDS),
        }),
      ],
      warnings: [],
    };
  const { mistakes, warnings } = checkBySchema(snapshot, WATCHES, record);
  return { mistakes: [...mistakes, ...(watch.isEnabled ? listMistakes(watch, record.props) : [])], warnings };
}

function listMistakes(watch: WatchRecord, props: ReadonlyMap<string, string>): readonly Failure[] {
  const { snapshot, key, kind = 'file' } = watch;
  const missing = ['Event', ...NEEDED[kind]].filter((prop) => (props.get(prop) ?? '') === '');
  const wrong = (prop: string, value: string, why: string, hint?: string): Failure =>
    new Failure(`cannot use ${WATCHES} ${key} ${prop} "${value}"`, { why, ...(hint === undefined ? {} : { hint }) });
  const secret = (prop: string, name: string): Failure =>
    wrong(prop, name, 'db secrets has no such record with a Value', `db secrets set ${name} secret Value …`);
  const { sshKey, token } = watch;
  const value = token === '' ? undefined : findSecret(snapshot, token);
  return [
    ...missing.map(
      (prop) =>
        new Failure(`cannot accept ${WATCHES} ${key}`, {
          why: `${prop} is not set`,
          hint: `db ${WATCHES} setprop ${key} ${prop} …`,
        }),
    ),
    ...(sshKey !== '' && findSecret(snapshot, sshKey) === undefined ? [secret('SshKey', sshKey)] : []),
    ...(sshKey !== '' && !isSshUrl(watch.repository)
      ? [wrong('SshKey', sshKey, `a key is for ssh, and Repository is "${watch.repository}"`)]
      : []),
    ...(token !== '' && value === undefined ? [secret('Token', token)] : []),
    ...(value !== undefined && value.length < SHORTEST_TOKEN
      ? [
          wrong(
            'Token',
            token,
            `the Value of that secret has fewer than ${SHORTEST_TOKEN} characters`,
            'openssl rand -hex 20',
          ),
        ]
      : []),
  ];
}
