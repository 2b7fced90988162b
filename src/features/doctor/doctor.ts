import { Failure, reasonOf } from '../../base/errors.ts';
import type { Paths } from '../../base/paths.ts';
import { openEngineAccess } from '../../flow/engine-access.ts';
import { checkApache } from './apache.ts';
import { checkDaemonOptions } from './daemon-options.ts';
import { checkDisk } from './disk.ts';
import { checkEngine } from './engine.ts';
import { checkDnsmasq } from './dnsmasq.ts';
import { type Finding, makeFinder } from './finding.ts';
import { checkFragments } from './fragments.ts';
import { verifyHost } from '../verify/verify.ts';
import { checkFiles, checkPending, checkPrograms } from './host.ts';
import { checkEngineRules } from './engine-rules.ts';
import { checkOpen } from './open.ts';
import { listRefused } from '../lint/records.ts';
import { checkNames, makeResolve } from './names.ts';
import { isNetworkOf } from '../../firewall/kernel.ts';
import { checkAddresses, checkPorts } from './ports.ts';
import { checkSwarm } from './swarm.ts';
import { readExposure } from '../exposure/exposure.ts';
import { readStatus } from '../status/status.ts';
import { listUnusableFiles } from '../../flow/containers/named-files.ts';
import { listContainers } from '../../model/container.ts';
import { listAttention, wordOf } from '../status/status-words.ts';
import { readHostState, type HostState } from '../../flow/host-state.ts';

/**
 * Looks at all that containers depend on, and changes nothing. What keeps one check from being made is a
 * finding, too.
 */
export async function examineHost(paths: Paths): Promise<readonly Finding[]> {
  const hostState = await readHostState(paths);
  const groups = await Promise.all([
    examineEngine(hostState),
    attempt('records', () => checkAllRecords(hostState)),
    attempt('names', () => checkNames(hostState, makeResolve(paths))),
    attempt('dnsmasq', () => checkDnsmasq(hostState)),
    // the interfaces of this process are those of the host only in its own network
    attempt('ports', () => (isNetworkOf(paths) ? checkAddresses(hostState) : [])),
    attempt('apache', () => checkApache(hostState)),
    attempt('programs', () => checkPrograms()),
    attempt('files', () => checkFiles(verifyHost(paths))),
    attempt('fragments', () => checkFragments(paths)),
    attempt('pending', () => checkPending(paths)),
  ]);
  return groups.flat();
}

/** Without an engine that is the one thing to say of it. */
async function examineEngine(hostState: HostState): Promise<readonly Finding[]> {
  const { paths, snapshot, facts, ledger } = hostState;
  try {
    const { engine, adminEngine } = await openEngineAccess(paths);
    const description = await adminEngine.describe();
    const [shares, containers] = await Promise.all([adminEngine.measureDisk(), engine.listContainers()]);
    // the drop-in that starts the engine in our way
    const ownsUnit = [...ledger.outputs.paths()].some((file) => file.endsWith('/docker.service.d/docksmith.conf'));
    return [
      ...checkEngine(snapshot, adminEngine.socket, description),
      ...checkDisk(description.dataRoot, shares),
      ...(await attempt('options', () => checkDaemonOptions(paths, facts, adminEngine.socket, ownsUnit))),
      ...checkPorts(hostState, containers),
      ...(await attempt('containers', () => checkContainers(paths))),
      ...(await attempt('swarm', () => checkSwarm(paths, snapshot))),
      ...(await attempt('rules', () => checkEngineRules(hostState))),
      ...(await attempt('exposure', async () => checkOpen(snapshot, await readExposure(paths, [])))),
    ];
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return [makeFinder('engine').bad(error.message, error.hint)];
  }
}

/** What the next event would refuse, and files of records that are of no use. */
function checkAllRecords(hostState: HostState): readonly Finding[] {
  const finder = makeFinder('records');
  const findings = [
    ...listRefused(hostState).map(({ message, hint }) => finder.bad(message, hint ?? 'correct the record')),
    ...listContainers(hostState.snapshot).flatMap((container) =>
      listUnusableFiles(hostState.paths, container).map((words) =>
        finder.bad(`${container.key}: ${words}`, 'fix the file, or change the prop'),
      ),
    ),
  ];
  return findings.length === 0 ? [finder.ok('the next event refuses none')] : findings;
}

async function checkContainers(paths: Paths): Promise<readonly Finding[]> {
  const finder = makeFinder('containers');
  const { containers, engineFailure } = await readStatus(paths, []);
  if (engineFailure !== undefined) throw engineFailure;
  const findings = containers.flatMap((container) =>
    // what is wrong with records stands in a line of its own
    listAttention({ ...container, refused: [] }).map((words) => {
      const [what = '', ...advice] = words.split('; ');
      const text = `${container.name}: ${what}`;
      const remedy = advice.join('; ') || undefined;
      return wordOf(container).level === 'bad' ? finder.bad(text, remedy) : finder.warn(text, remedy);
    }),
  );
  return findings.length === 0 ? [finder.ok(`${containers.length}, and all are as their records say`)] : findings;
}

async function attempt(
  check: string,
  look: () => readonly Finding[] | Promise<readonly Finding[]>,
): Promise<readonly Finding[]> {
  try {
    return await look();
  } catch (error) {
    return [makeFinder(check).bad(`it cannot be read: ${reasonOf(error)}`)];
  }
}
