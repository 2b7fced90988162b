import { Failure } from '../../base/errors.ts';
import type { Rendered } from '../../template/rendered.ts';
import type { Ledger, Owned } from './ledger.ts';
import type { Maker } from './owned-files.ts';

/** Outputs that have one path. @param outputs sorted by path */
export function findTwins(outputs: readonly Rendered[]): readonly Failure[] {
  return outputs.flatMap((output, n) => {
    const before = outputs[n - 1];
    return before?.path === output.path ? [twins(output.path, before, output)] : [];
  });
}

/** Outputs at paths that belong to what another template, or another record, has made. */
export function findOthersOutputs(
  outputs: readonly Rendered[],
  ledger: Ledger,
  isInScope: (owned: Owned) => boolean,
): readonly Failure[] {
  return outputs.flatMap((output) => {
    const owned = ledger.outputs.get(output.path);
    return owned === undefined || isInScope(owned) || formatMaker(owned) === formatMaker(output)
      ? []
      : [twins(output.path, owned, output)];
  });
}

function twins(path: string, a: Maker, b: Maker): Failure {
  return new Failure(`cannot install "${path}"`, {
    why: `two outputs have this path: ${formatMaker(a)} and ${formatMaker(b)}`,
  });
}

/** `template "/etc/x" for docker_containers wiki` */
function formatMaker({ template, record }: Maker): string {
  return `template "${template}"${record === undefined ? '' : ` for ${record.db} ${record.key}`}`;
}
