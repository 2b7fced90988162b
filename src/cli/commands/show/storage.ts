import { showable } from '../../../base/showable.ts';
import { readStorage, type StorageReport } from '../../../features/storage/storage.ts';
import { type CommandContext, defineCommand, type Given, JSON_OPTION, NO_OPERANDS } from '../../command.ts';
import { formatFindings } from '../../format/format-findings.ts';
import { formatJson } from '../../format/format-json.ts';
import { formatTable, painter, widthOf } from '../../format/terminal.ts';

export const storageCommand = defineCommand({
  name: 'storage',
  doc: 'show how the engine stores images and containers, what that means, and what another StorageDriver would hide; exit code 1 where something is bad',
  effect: 'prints',
  operands: NO_OPERANDS,
  options: JSON_OPTION,
  run: showStorage,
});

async function showStorage(
  { values: { json = false } }: Given<typeof JSON_OPTION>,
  { paths, stdout }: CommandContext,
): Promise<number> {
  const report = await readStorage(paths);
  stdout.write(
    json
      ? formatJson(withNulls(report))
      : `${formatReport(report)}\n${formatFindings(
          report.notes.map((note) => ({ check: '', ...note })),
          painter(stdout),
          widthOf(stdout),
        )}`,
  );
  return report.notes.some(({ level }) => level === 'bad') ? 1 : 0;
}

/** The same keys, whatever is known. */
function withNulls({ backing, room, pool, wanted, ...report }: StorageReport): unknown {
  return {
    ...report,
    backing: backing ?? null,
    room: room ?? null,
    pool: pool === undefined ? null : { ...pool, data: pool.data ?? null, metadata: pool.metadata ?? null },
    wanted: wanted ?? null,
  };
}

function formatReport({ driver, backing, dataRoot, room, pool, wanted, wouldHide }: StorageReport): string {
  const { containers, images } = wouldHide;
  const hides = [...containers, ...(images === 0 ? [] : [`${images} ${images === 1 ? 'image' : 'images'}`])];
  const rows = [
    ['driver', wanted === undefined ? `${driver}, the engine's own choice` : driver],
    ['file system', backing ?? '-'],
    ['data root', dataRoot === '' ? '-' : dataRoot],
    ...(room === undefined ? [] : [['free', `${formatGigabytes(room.freeBytes)} of ${formatGigabytes(room.bytes)}`]]),
    ...(pool === undefined ? [] : [['pool', pool.name]]),
    ...(pool?.loopFiles ?? []).map(({ what, file }) => [`${what} loop file`, file]),
    ...(pool?.data === undefined
      ? []
      : [['pool used', `${formatGigabytes(pool.data.usedBytes)} of ${formatGigabytes(pool.data.bytes)}`]]),
    ['another driver hides', hides.length === 0 ? 'nothing' : `${hides.join(', ')}; volumes stay`],
  ];
  return formatTable(rows.map((row) => row.map(showable)));
}

function formatGigabytes(bytes: number): string {
  return `${(bytes / 1024 ** 3).toFixed(1)}g`;
}
