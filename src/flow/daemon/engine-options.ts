import { Failure, throwAll } from '../../base/errors.ts';
import { findDockerUnit, type Otherwise, readEnvironmentFiles } from '../../host/docker-unit.ts';
import { DocksmithRecord } from '../../model/docksmith-record.ts';
import { DockerRecord } from '../../model/docker-record.ts';
import { listOptionsFiles } from '../../model/daemon/daemon.ts';
import {
  type EngineStart,
  findRefused,
  listLosses,
  optionsOf,
  readStart,
  type StartOption,
} from '../../model/daemon/engine-start.ts';
import { parseEnvironmentFile, splitUnitWords, type StartWord } from '../../model/daemon/unit-file.ts';
import type { ChangeSet } from '../../output/plan/change-set.ts';
import { installedUnder } from '../../output/plan/installed.ts';
import { listIntents } from '../../output/commit/intents.ts';
import type { Paths } from '../../base/paths.ts';
import { findRunning, willRestartDaemon } from './daemon.ts';
import { DAEMON_JSON, readGiven } from './given-options.ts';
import { refuseLostData } from './lost-data.ts';
import { DOCKER } from './foreign-daemon.ts';
import type { HostState } from '../host-state.ts';

/**
 * Sees to it before any file is touched that the engine can start with what they will say, and
 * that nothing of how it is started goes without a word.
 * @param mayMove whether the engine may have another storage driver, which hides what it has
 * @returns warnings: options, variables and commands that the engine would lose, one by one
 * @throws Failure(s) for options with which it would not start, or would start without its data
 */
export async function checkEngineOptions(
  hostState: HostState,
  changes: ChangeSet,
  mayMove = false,
): Promise<readonly string[]> {
  const { paths, snapshot } = hostState;
  const isWritten = changes.install.some(
    ({ output, reasons }) => reasons.length > 0 && output.services.includes(DOCKER),
  );
  if (new DockerRecord(snapshot).isForeign || (!isWritten && !willRestartDaemon(paths, snapshot, listIntents(paths))))
    return [];
  const left = await refuseLostData(hostState, changes, mayMove);
  const given = readGiven(paths, changes);
  const [unit, running] = [findUnitStarts(hostState, changes), findRunningStart(hostState, changes)];
  const starts = [...(unit === undefined ? [] : [unit.after]), ...(running === undefined ? [] : [running])].filter(
    (start) => readsOurs(paths, start),
  );
  throwAll(starts.flatMap((start) => findRefused(start, given)).map(refusalOf));
  if (unit === undefined || !isWritten) return left;
  const other = unit.after.options.find(({ key }) => key === 'config-file' && !readsOurs(paths, unit.after));
  const ours = changes.install.find(
    ({ output }) => output.path.startsWith('/etc/systemd/') && output.content.includes('ExecStart='),
  )?.output.path;
  return [
    ...left,
    ...(ours === undefined || unit.after.from === ours
      ? []
      : [`docker.service: the command of ${unit.after.from} comes after that of ${ours}, and wins`]),
    ...listLosses(unit.before, unit.after, given).map((loss) => `docker.service: ${loss}`),
    ...(other === undefined
      ? []
      : [`docker.service reads "${other.value}" (${other.from}), and not ${DAEMON_JSON}, which docksmith writes`]),
  ];
}

function refusalOf({ key, text, from }: StartOption): Failure {
  return new Failure("cannot change the engine's options", {
    why: `"${text}" is set in ${from}, and ${key} in ${DAEMON_JSON}; the engine does not start with an option in both`,
    hint: `remove "${text}" there and repeat the event; or manage the engine's options yourself: config setprop docker Daemon foreign`,
  });
}

/**
 * The file that an engine under this root reads unless it is told otherwise; one that was started outside of
 * it reads its own.
 */
function readsOurs(
  paths: Paths,
  { options, isOutside = false }: EngineStart & { readonly isOutside?: boolean },
): boolean {
  const file = options.find(({ key }) => key === 'config-file')?.value ?? DAEMON_JSON;
  return file === paths.file(DAEMON_JSON) || (!isOutside && file === DAEMON_JSON);
}

/** How the unit starts the engine without what is ours, and how it will; undefined where systemd does not start it. */
function findUnitStarts(
  { paths, snapshot, ledger }: HostState,
  { install, remove }: ChangeSet,
): { readonly before: EngineStart; readonly after: EngineStart } | undefined {
  const manager = new DocksmithRecord(snapshot).serviceManager;
  if (manager === 'sv' || manager === 'command') return undefined;
  const read = (otherwise: Otherwise): EngineStart | undefined =>
    readStart(findDockerUnit(paths, otherwise), (pattern) => readEnvironmentFiles(paths, pattern, otherwise));
  const written = new Map(
    install
      .filter(({ output }) => output.services.includes(DOCKER))
      .map(({ output }) => [output.path, output.content.toString()]),
  );
  const gone = new Set(remove.filter(({ left }) => left === undefined).map(({ owned }) => owned.path));
  const [before, after] = [read({ without: ledger.outputs }), read({ written, without: gone })];
  return before === undefined || after === undefined ? undefined : { before, after };
}

/**
 * How the engine that runs would be started again where no unit says it: as it was, with what the
 * options files will say in the place of what they say.
 */
function findRunningStart(
  hostState: HostState,
  { install }: ChangeSet,
): (EngineStart & { readonly isOutside: boolean }) | undefined {
  const { paths, snapshot, ledger } = hostState;
  const running = findRunning(snapshot);
  if (running === undefined || running.isOfUnit) return undefined;
  const words: StartWord[] = running.args.map((text) => ({
    text,
    from: `the command line of the running engine (process ${running.pid})`,
  }));
  for (const { file, variables } of listOptionsFiles(snapshot)) {
    const staged = install.find(({ output }) => output.path === file)?.output.content.toString();
    if (staged === undefined || !ledger.outputs.has(file)) continue;
    const installed = installedUnder(paths)(file);
    const wordsOf = (text: string): readonly string[] =>
      splitUnitWords(parseEnvironmentFile(text).get(variables.at(-1) ?? '') ?? '').map((word) => word.text);
    for (const text of installed.kind === 'file' ? wordsOf(installed.file.content.toString()) : []) {
      const at = words.findIndex((word) => word.text === text);
      if (at >= 0) words.splice(at, 1);
    }
    words.push(...wordsOf(staged).map((text) => ({ text, from: file })));
  }
  return { from: '', options: optionsOf(words), environment: new Map(), others: [], isOutside: paths.root !== '' };
}
