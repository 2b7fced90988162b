import { showable } from '../../../base/showable.ts';
import { type SurveyedHost, surveyHosts } from '../../../features/hosts/survey.ts';
import { type CommandContext, defineCommand, type Given, JSON_OPTION, NO_OPERANDS } from '../../command.ts';
import { formatJson } from '../../format/format-json.ts';
import { formatTime } from '../../format/format-time.ts';
import { formatTable, painter, widthOf, wrapWords } from '../../format/terminal.ts';

export const hostsCommand = defineCommand({
  name: 'hosts',
  doc: 'show the hosts of db hosts: revision, changes of their own and the last event of each; exit code 1 where one is not reached',
  effect: 'prints',
  operands: NO_OPERANDS,
  options: JSON_OPTION,
  run: runHosts,
});

async function runHosts({ values }: Given<typeof JSON_OPTION>, { paths, stdout }: CommandContext): Promise<number> {
  const hosts = await surveyHosts(paths);
  if (values.json === true)
    stdout.write(
      formatJson(
        hosts.map(({ name, role, isHere, isEnabled, report, distance, why, seen }) => ({
          ...{
            name,
            role,
            here: isHere,
            enabled: isEnabled,
            revision: report?.revision ?? null,
            drift: report?.drift ?? [],
          },
          ...{ distance: distance ?? null, pending: report?.pending ?? null, last: report?.last ?? null },
          ...{ event: report?.event ?? null, why: why ?? null, seen: seen ?? null },
        })),
      ),
    );
  else stdout.write(formatHosts(hosts, painter(stdout), widthOf(stdout)));
  return hosts.some(({ report, isEnabled }) => isEnabled && report === undefined) ? 1 : 0;
}

export function formatHosts(hosts: readonly SurveyedHost[], paint: ReturnType<typeof painter>, width: number): string {
  const table = formatTable([
    ['HOST', 'ROLE', 'REVISION', 'STATE', 'LAST EVENT'],
    ...hosts.map((host) => [
      `${host.name}${host.isHere ? ' (here)' : ''}`,
      host.role,
      host.report?.revision?.slice(0, 8) ?? '-',
      stateOf(host),
      eventOf(host),
    ]),
  ]);
  const rows = table
    .split('\n')
    .slice(0, -1)
    .map((row) => showable(row.length > width ? `${row.slice(0, width - 1)}…` : row));
  const notes = hosts.flatMap((host) => notesOf(host).map((words) => `${host.name}: ${words}`));
  return [
    ...rows,
    ...(notes.length === 0 ? [] : ['']),
    ...notes.flatMap((words) =>
      wrapWords(showable(words), width).map((line, n) => paint('yellow', n === 0 ? line : `  ${line}`)),
    ),
  ]
    .map((line) => `${line}\n`)
    .join('');
}

function stateOf({ report, distance, isEnabled, isHere, role }: SurveyedHost): string {
  if (report === undefined) return isEnabled ? 'unreachable' : 'disabled';
  if (report.pending !== undefined) return 'waits for confirmation';
  if (distance === 'other') return 'another revision';
  const { behind = 0, ahead = 0 } = distance ?? {};
  const parts = [
    ...(behind > 0 ? [`${behind} behind`] : []),
    ...(ahead > 0 ? [`${ahead} ahead`] : []),
    ...(report.drift.length > 0
      ? [isHere && role === 'writer' ? `${report.drift.length} to push` : `${report.drift.length} of its own`]
      : []),
  ];
  return parts.length === 0 ? 'up to date' : parts.join(', ');
}

function isLevel({ distance }: SurveyedHost): boolean {
  return typeof distance === 'object' && distance.behind + distance.ahead === 0;
}

function eventOf({ report }: SurveyedHost): string {
  const { event } = report ?? {};
  if (event === undefined) return '-';
  const end = event.exitCode === undefined ? 'not ended' : event.exitCode === 0 ? 'done' : 'failed';
  return `${formatTime(event.when)} ${end}`;
}

function notesOf(host: SurveyedHost): readonly string[] {
  const { report, why, hint, seen, name, isEnabled, isHere, role } = host;
  const away = seen?.awaySince === undefined ? '' : `, since ${formatTime(seen.awaySince)}`;
  const last = seen?.last === undefined ? '' : `; reached last ${formatTime(seen.last)}`;
  if (report?.pending !== undefined) return [];
  const drift = report?.drift ?? [];
  return [
    ...(why !== undefined && isEnabled ? [`${why}${away}${last}${hint === undefined ? '' : `; ${hint}`}`] : []),
    ...(report !== undefined && report.name !== name ? [`it calls itself ${report.name ?? 'nothing'}`] : []),
    // what was refused there is past where it has by now what this host has
    ...(report?.last !== undefined && report.last.outcome !== 'confirmed' && (isHere || !isLevel(host))
      ? [`${report.last.outcome} ${formatTime(report.last.when)}: ${report.last.why ?? ''}`]
      : []),
    ...(drift.length === 0
      ? []
      : [`${isHere && role === 'writer' ? 'to be pushed' : 'changed there'}: ${drift.join('; ')}`]),
  ];
}
