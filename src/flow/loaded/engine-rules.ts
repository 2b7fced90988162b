import path from 'node:path';
import type { Engine } from '../../engine/engine.ts';
import { type Paths, STATE_DIR } from '../../base/paths.ts';
import type { Snapshot } from '../../db/snapshot.ts';
import { readState, writeState } from '../../files/state-file.ts';
import { listLostRules, type LostRules, type TranslatedPort } from '../../firewall/engine-rules.ts';
import { isOutOfReach, type KernelRules } from '../../firewall/kernel.ts';
import { hasDockerd } from '../../host/dockerd-process.ts';
import { optionsOf } from '../../model/daemon/engine-start.ts';
import { DockerRecord } from '../../model/docker-record.ts';
import { daemonRestart, findRunning } from '../daemon/daemon.ts';
import { DOCKER } from '../daemon/foreign-daemon.ts';
import { readInstalled } from '../daemon/given-options.ts';
import { findEngine } from '../host-state.ts';
import { isAdjustable } from '../services/adjust.ts';

/** Of a running engine, which rules a flush has left out of the kernel, and what puts them back. */
export interface Lost extends LostRules {
  readonly engine: Engine;
  /** why docksmith does not restart the engine for it; undefined: it does, and no container stops */
  readonly obstacle: string | undefined;
}

/**
 * Undefined where none is lost, or nobody knows: an engine that keeps no such rules, is not in this network, or
 * does not answer yet. The engine is asked for nothing as long as all are there.
 */
export async function findLostRules(
  paths: Paths,
  readSnapshot: () => Snapshot,
  kernelRules: KernelRules,
  published: readonly TranslatedPort[],
): Promise<Lost | undefined> {
  const rules = [...kernelRules].find(([{ name }]) => name === 'IPv4')?.[1];
  if (rules === undefined || isOutOfReach(rules)) return undefined;
  const { ways, ports: untranslated } = listLostRules(rules, published);
  if (ways.length + untranslated.length === 0) return undefined;
  const snapshot = readSnapshot();
  if (!keepsRules(paths, snapshot)) return undefined;
  const engine = await findEngine(paths, snapshot);
  if (engine === undefined) return undefined;
  const ports = untranslated.length > 0 && (await hasRouted(engine)) ? [] : untranslated;
  if (ways.length + ports.length === 0) return undefined;
  return { ways, ports, engine, obstacle: await findObstacle(paths, snapshot, { ways, ports }) };
}

/** `PREROUTING of nat does not lead to the engine's rules, no rule for port 8081` */
export function formatLost({ ways, ports }: LostRules): string {
  return [...ways, ...(ports.length === 0 ? [] : [`no rule for ${formatPorts(ports)}`])].join(', ');
}

function formatPorts(ports: readonly TranslatedPort[]): string {
  const names = [...new Set(ports.map(({ port, protocol }) => `${port}${protocol === 'tcp' ? '' : `/${protocol}`}`))];
  return `port${names.length === 1 ? '' : 's'} ${names.join(', ')}`;
}

/** For events. */
export function warningOf(lost: Lost): string {
  return `rules of the engine's are not in the packet filter: ${formatLost(lost)}; ${adviceOf(lost)}`;
}

/** What to do about it, where docksmith does not do it by itself. */
export function adviceOf({ obstacle }: Lost): string {
  return obstacle === undefined
    ? 'docksmith firewall puts them back, and no container stops'
    : `restart the engine, which puts them back: docksmith does not, since ${obstacle}`;
}

/** That the engine is restarted for them: one that does not put them back is not restarted by every event. */
export function rememberTried(paths: Paths, lost: LostRules): void {
  writeState(stateFile(paths), STATE, { tried: formatLost(lost) });
}

/** All are there: what is lost next is another time. */
export function forgetTried(paths: Paths): void {
  if (readTried(paths) !== '') writeState(stateFile(paths), STATE, { tried: '' });
}

async function findObstacle(paths: Paths, snapshot: Snapshot, lost: LostRules): Promise<string | undefined> {
  if (new DockerRecord(snapshot).isForeign) return 'its admin manages it (Daemon foreign)';
  if (!isAdjustable(paths, snapshot, DOCKER)) return 'no service manager is known here';
  if (readTried(paths) === formatLost(lost)) return 'it was restarted for them before, and they are missing again';
  const intent = { kind: 'service', name: DOCKER, verbs: ['restart'], causes: [formatLost(lost)], since: '' } as const;
  const restart = await daemonRestart(paths, snapshot, [intent]);
  if (restart === undefined || restart.driver !== undefined) return 'its options are about to change';
  return restart.stops.length === 0
    ? undefined
    : `that would stop ${restart.stops.toSorted().join(', ')} (no live-restore)`;
}

/** An engine in this network that sets rules with iptables, by the options that it runs with. */
function keepsRules(paths: Paths, snapshot: Snapshot): boolean {
  if (!hasDockerd()) return false;
  const options = optionsOf((findRunning(snapshot)?.args ?? []).map((text) => ({ text, from: '' })));
  const given = readInstalled(paths);
  const says = (key: string, value: string): boolean => {
    const said = options.find((option) => option.key === key)?.value ?? given.get(key);
    return said === value || (value === 'false' && said === false);
  };
  return !says('iptables', 'false') && !says('firewall-backend', 'nftables');
}

/** Networks whose ports no rule translates (engines from 27). */
async function hasRouted(engine: Engine): Promise<boolean> {
  return (await engine.listNetworks()).some(({ options }) =>
    ['routed', 'isolated'].includes(options['com.docker.network.bridge.gateway_mode_ipv4'] ?? ''),
  );
}

const STATE = 'for which rules the engine was restarted';
const stateFile = (paths: Paths): string => paths.file(path.posix.join(STATE_DIR, 'engine-rules.json'));

function readTried(paths: Paths): string {
  return readState(stateFile(paths), STATE, (state) => state.get('tried').text()) ?? '';
}
