import { formatPlan } from '../../container/plan/format-plan.ts';
import { SECRETS } from '../../db/secret-values.ts';
import { MASK, type Mask } from '../../base/mask.ts';
import { CONTAINERS } from '../../model/container.ts';
import { quoteWord } from '../../base/quote.ts';
import { showable } from '../../base/showable.ts';
import type { Adoption } from '../../features/adopt/adopt.ts';
import type { Candidate, LeftOut } from '../../features/adopt/candidate.ts';
import { formatRecords, maskRecord } from './format-records.ts';
import { jsonPlan } from './format-preview.ts';
import { wrapWords } from './terminal.ts';

export type ShownAdoption = Omit<Adoption, 'mask'>;

/** Before lines are broken, which would break secrets too. */
export function maskAdoption({ records, leftOut, plan, ...rest }: ShownAdoption, mask: Mask): ShownAdoption {
  return {
    ...rest,
    records: records.map((record) => maskRecord(record, mask)),
    leftOut: leftOut.map((one) => ({ ...one, value: mask(one.value), why: mask(one.why) })),
    plan: {
      ...plan,
      operations: plan.operations.map((operation) => ({ ...operation, cause: mask(operation.cause) })),
      notes: plan.notes.map(mask),
    },
  };
}

/** Variables whose names say that they are secret, and that stand in records of containers. */
function listOpenSecrets({ records }: ShownAdoption): readonly string[] {
  return records
    .filter(({ db }) => db === CONTAINERS)
    .flatMap(({ key, props }) =>
      [...props].flatMap(([prop, value]) => (prop.startsWith('Env.') && value === MASK ? [`${key} ${prop}`] : [])),
    );
}

export function formatAdoption(
  { candidates, records, leftOut, plan, folders, warnings }: ShownAdoption,
  dryRun: boolean,
  width: number,
): string {
  const open = listOpenSecrets({ candidates, records, leftOut, plan, folders, warnings });
  const names = candidates.map((candidate) => {
    const remarks = listRemarks(candidate);
    return remarks.length === 0 ? candidate.name : `${candidate.name} (${remarks.join('; ')})`;
  });
  return [
    ...(dryRun
      ? [
          ...folders.map((folder) => `mkdir -m 755 ${quoteWord(folder)}\n`),
          ...formatRecords(records, width).map((line) => `${line}\n`),
        ]
      : [
          ...wrapWords(`adopted ${names.join(', ')}`, width),
          ...records.map(({ db, key }) => `new record ${db} ${key}`),
          ...folders.map((folder) => `new folder ${folder}`),
        ].map((line) => `${showable(line)}\n`)),
    ...(leftOut.length === 0
      ? []
      : [
          `${dryRun ? '# ' : ''}not in the records\n`,
          ...leftOut.map((one) => formatLeftOut(one, dryRun ? '# ' : '', width)),
        ]),
    `${dryRun ? '# ' : ''}the plan with ${records.length === 1 ? 'it' : 'them'}\n`,
    ...formatPlan(plan)
      .split('\n')
      .flatMap((line) => wrapWords(line, width - 4))
      .map((line) => `${dryRun ? '# ' : ''}  ${showable(line)}\n`),
    ...(open.length === 0
      ? []
      : wrapWords(
          `${open.join(', ')}: the ${open.length === 1 ? 'name says' : 'names say'} that this is secret; docksmith adopt --secrets ${dryRun ? 'puts' : 'would have put'} it into db ${SECRETS}`,
          width - 2,
        ).map((line) => `${dryRun ? '# ' : ''}${showable(line)}\n`)),
    ...(dryRun ? ['# dry run, nothing was changed\n'] : []),
  ].join('');
}

function listRemarks({ there, service, enabled, isOrphan = false, neededBy }: Candidate): readonly string[] {
  return [
    ...(there !== undefined || service !== undefined
      ? []
      : isOrphan
        ? ['an orphan of docksmith until now']
        : ['not there yet']),
    ...(enabled ? [] : ['does not run: its record is disabled']),
    ...(neededBy === undefined ? [] : [`${neededBy} needs it`]),
  ];
}

function formatLeftOut({ name, key, value, why }: LeftOut, prefix: string, width: number): string {
  const [first = '', ...more] = wrapWords(showable(`${name} ${key}: ${value}`), width - prefix.length - 4);
  const below = wrapWords(showable(why), width - prefix.length - 6);
  return [
    `${prefix}  ${first}`,
    ...more.map((line) => `${prefix}    ${line}`),
    ...below.map((line) => `${prefix}      ${line}`),
  ]
    .map((line) => `${line}\n`)
    .join('');
}

export function jsonAdoption(
  { candidates, records, leftOut, plan, folders, warnings }: ShownAdoption,
  dryRun: boolean,
): unknown {
  return {
    dryRun,
    containers: candidates.map(({ name, there, enabled, isOrphan = false, neededBy = null }) => ({
      name,
      id: there?.id ?? null,
      enabled,
      isOrphan,
      neededBy,
    })),
    records: records.map(({ db, key, type, props }) => ({ db, key, type, props: Object.fromEntries(props) })),
    leftOut,
    plan: jsonPlan(plan),
    folders,
    warnings,
  };
}
