import { formatFailedEnd, runProcess } from '../../event/run-process.ts';
import { installedUnder } from '../../output/plan/installed.ts';
import type { HostState } from '../../flow/host-state.ts';
import { type Finding, makeFinder } from './finding.ts';
import { findServiceCommand } from '../../flow/services/service-commands.ts';
import { HttpdRecord } from '../../model/httpd-record.ts';
import { findListCommand, listModules } from '../../web-server/modules.ts';

/** Modules that our vhosts need and the Apache of this host does not have. Asked is the program of `CheckCommand`. */
export async function checkApache({ paths, snapshot, ledger }: HostState): Promise<readonly Finding[]> {
  const finder = makeFinder('apache');
  const command = findListCommand(findServiceCommand(paths, snapshot, 'httpd', 'CheckCommand') ?? '');
  const files = [...ledger.outputs.values()]
    .filter(({ services }) => services.includes('httpd'))
    .map(({ path }) => installedUnder(paths)(path));
  const needed = [
    ...new Set(
      files.flatMap((installed) => (installed.kind === 'file' ? listModules(installed.file.content.toString()) : [])),
    ),
  ].sort();
  if (needed.length === 0 || !new HttpdRecord(snapshot).isEnabled) return [];
  if (command === undefined) return [finder.ok(`no Apache is known here; its modules ${needed.join(', ')} are needed`)];
  const lines: string[] = [];
  const result = await runProcess('/bin/sh', ['-c', command], process.env, (line) => lines.push(line));
  const failed = formatFailedEnd(result);
  if (failed !== undefined)
    return [
      finder.bad(
        `its modules cannot be listed: ${command}: ${failed}${lines.length === 0 ? '' : ` (${lines.at(-1) ?? ''})`}`,
        'fix its configuration, or CheckCommand of httpd',
      ),
    ];
  const loaded = new Set(lines.flatMap((line) => /^\s*(\w+)_module\b/.exec(line)?.[1] ?? []));
  const missing = needed.filter((module) => !loaded.has(module));
  if (missing.length === 0) return [finder.ok(`it has the modules that the vhosts need: ${needed.join(', ')}`)];
  return [
    finder.bad(
      `the vhosts need the modules ${missing.join(', ')}, which it has not loaded`,
      `a2enmod ${missing.join(' ')}, or LoadModule lines where there is no a2enmod`,
    ),
  ];
}
