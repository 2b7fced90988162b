import { errorCode, reasonOf } from '../../base/errors.ts';
import { readEnvironmentFiles } from '../../host/docker-unit.ts';
import { findDockerd } from '../../host/dockerd-process.ts';
import type { Facts } from '../../host/facts.ts';
import { readDaemonJson } from '../../model/daemon/dockerd-options.ts';
import { findRefused, optionsOf, readStart } from '../../model/daemon/engine-start.ts';
import type { Paths } from '../../base/paths.ts';
import { DAEMON_JSON } from '../../flow/daemon/given-options.ts';
import { type Finding, formatSome, makeFinder } from './finding.ts';
import { readText } from '../../files/read-file.ts';

/**
 * Options that the engine's command line gives and its daemon.json too. The engine does not
 * start with such a pair: one that runs was started before the second came, and its next start fails.
 */
export function checkDaemonOptions(paths: Paths, facts: Facts, socket: string, ownsUnit: boolean): readonly Finding[] {
  const finder = makeFinder('options');
  const running = findDockerd(socket);
  // our own drop-in replaces the unit's command, and is made so that it fits daemon.json
  const unit = ownsUnit ? undefined : facts.dockerUnit;
  const options =
    running === undefined
      ? readStart(unit, (pattern) => readEnvironmentFiles(paths, pattern))?.options
      : optionsOf(running.args.map((text) => ({ text, from: '' })));
  if (options === undefined) return [finder.ok('the command line of the engine cannot be read from here')];
  const named = options.find(({ key }) => key === 'config-file')?.value;
  const shown = named ?? DAEMON_JSON;
  let given: ReadonlyMap<string, unknown>;
  try {
    given = readDaemonJson(readText(named ?? paths.file(DAEMON_JSON)));
  } catch (error) {
    if (errorCode(error) === 'ENOENT')
      return [finder.ok(`no ${shown}: the engine's options are those of its command line`)];
    return [finder.bad(`${shown} cannot be read: ${reasonOf(error)}`, 'the engine will not start with it')];
  }
  const conflicts = [...new Set(findRefused({ options }, given).map(({ key }) => key))].sort();
  if (conflicts.length === 0)
    return [
      finder.ok(`none is set both in ${shown} and in the engine's ${running === undefined ? 'unit' : 'command line'}`),
    ];
  const where = running === undefined ? `the unit ${unit?.path ?? ''}` : 'the command line of the running engine';
  return [
    finder.bad(
      `${formatSome(conflicts)} ${conflicts.length === 1 ? 'is' : 'are'} set both in ${shown} and in ${where}: the engine will not start again`,
      `remove ${conflicts.length === 1 ? 'it' : 'them'} from one of the two`,
    ),
  ];
}
