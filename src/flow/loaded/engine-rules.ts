import path from 'node:path';
import type { Engine } from '../../engine/engine.ts';
import { type Paths, STATE_DIR } from '../../base/paths.ts';
import type { Snapshot } from '../../db/snapshot.ts';
import { readState, writeState } from '../../files/state-file.ts';
import { hasChains, isTranslated, listLostRules, type LostRules } from '../../firewall/engine-rules.ts';
import { isOutOfReach, type KernelRules } from '../../firewall/kernel.ts';
import type { Rules } from '../../firewall/rules.ts';
import type { PublishedPort } from '../../host/facts.ts';
import { hasDockerd } from '../../host/dockerd-process.ts';
import { optionsOf } from '../../model/daemon/engine-start.ts';
import { DockerRecord } from '../../model/docker-record.ts';
import { daemonRestart, findRunning } from '../daemon/daemon.ts';
import { DOCKER } from '../daemon/foreign-daemon.ts';
import { readInstalled } from '../daemon/given-options.ts';
import { findEngine } from '../host-state.ts';
import { isAdjustable } from '../services/adjust.ts';

/** Of a running engine, which rules a flush has left out of the kernel, and what puts them back. */
export interface Lost {
  /** by family, those of which something is missing */
  readonly rules: readonly LostRules<PublishedPort>[];
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
  published: readonly PublishedPort[],
): Promise<Lost | undefined> {
  const missing = [...kernelRules].flatMap(([{ name: family }, rules]) => {
    const translated = published.filter((one) => isTranslated(one, family));
    if (isOutOfReach(rules) || (family === 'IPv6' && translated.length === 0)) return [];
    const lost = listLostRules(family, rules, translated);
    return isAny(lost) ? [{ lost, rules }] : [];
  });
  if (missing.length === 0) return undefined;
  const snapshot = readSnapshot();
  const keeps = findKept(paths, snapshot);
  const kept = missing.filter(({ lost: { family }, rules }) => keeps(family, rules)).map(({ lost }) => lost);
  const engine = kept.length === 0 ? undefined : await findEngine(paths, snapshot);
  if (engine === undefined) return undefined;
  const rules = (await Promise.all(kept.map((lost) => withoutUntranslated(engine, lost)))).filter(isAny);
  return rules.length === 0 ? undefined : { rules, engine, obstacle: await findObstacle(paths, snapshot, rules) };
}

const isAny = ({ ways, ports }: LostRules): boolean => ways.length + ports.length > 0;

/** Without ports for which there is no rule at any time. */
async function withoutUntranslated(engine: Engine, lost: LostRules<PublishedPort>): Promise<LostRules<PublishedPort>> {
  const { family, ports, cutOff } = lost;
  if (cutOff.length === 0) return lost;
  if (await hasRouted(engine, family)) return { ...lost, ports: [] };
  if (family === 'IPv4') return lost;
  // a process answers for a container that has no address of the family itself
  const names = [...new Set(cutOff.map(({ container }) => container))];
  const found = await Promise.all(names.map(async (name) => [name, await engine.findContainer(name)] as const));
  const addressed = found.flatMap(([name, container]) =>
    Object.values(container?.NetworkSettings?.Networks ?? {}).some((one) => (one?.GlobalIPv6Address ?? '') !== '')
      ? [name]
      : [],
  );
  const isAddressed = ({ container }: PublishedPort): boolean => addressed.includes(container);
  const left = { ...lost, ports: ports.filter(isAddressed), cutOff: cutOff.filter(isAddressed) };
  return left.cutOff.length === 0 ? { ...left, ways: [] } : left;
}

/** `PREROUTING of nat does not lead to the engine's rules, no rule for port 8081` */
export function formatLost(lost: readonly Pick<LostRules, 'family' | 'ways' | 'ports'>[]): string {
  return lost
    .flatMap(({ family, ways, ports }) => [
      ...ways,
      ...(ports.length === 0 ? [] : [`no rule for ${formatPorts(ports)}${family === 'IPv4' ? '' : ` of ${family}`}`]),
    ])
    .join(', ');
}

function formatPorts(ports: LostRules['ports']): string {
  const names = [...new Set(ports.map(({ port, protocol }) => `${port}${protocol === 'tcp' ? '' : `/${protocol}`}`))];
  return `port${names.length === 1 ? '' : 's'} ${names.join(', ')}`;
}

/** For events. */
export function warningOf(lost: Lost): string {
  return `rules of the engine's are not in the packet filter: ${formatLost(lost.rules)}; ${adviceOf(lost)}`;
}

/** What to do about it, where docksmith does not do it by itself. */
export function adviceOf({ obstacle }: Lost): string {
  return obstacle === undefined
    ? 'docksmith firewall puts them back, and no container stops'
    : `restart the engine, which puts them back: docksmith does not, since ${obstacle}`;
}

/** That the engine is restarted for them: one that does not put them back is not restarted by every event. */
export function rememberTried(paths: Paths, { rules }: Lost): void {
  writeState(stateFile(paths), STATE, { tried: formatLost(rules) });
}

/** All are there: what is lost next is another time. */
export function forgetTried(paths: Paths): void {
  if (readTried(paths) !== '') writeState(stateFile(paths), STATE, { tried: '' });
}

async function findObstacle(paths: Paths, snapshot: Snapshot, lost: readonly LostRules[]): Promise<string | undefined> {
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

/** Whether an engine in this network sets rules with iptables, by family and the options that it runs with. */
function findKept(paths: Paths, snapshot: Snapshot): (family: LostRules['family'], rules: Rules) => boolean {
  if (!hasDockerd()) return () => false;
  const says = readOptions(paths, snapshot);
  const isOn = (key: string): boolean => says(key, 'true');
  return (family, rules) =>
    !says('firewall-backend', 'nftables') &&
    (family === 'IPv4'
      ? !says('iptables', 'false')
      : // unless told to, engines before 27 keep none
        !says('ip6tables', 'false') && (hasChains(rules) || (isOn('ip6tables') && isOn('experimental'))));
}

/** Whether an engine keeps its rules in tables of its own, which are not looked at here. */
export function keepsOwnTables(paths: Paths, snapshot: Snapshot): boolean {
  return hasDockerd() && readOptions(paths, snapshot)('firewall-backend', 'nftables');
}

function readOptions(paths: Paths, snapshot: Snapshot): (key: string, value: string) => boolean {
  const options = optionsOf((findRunning(snapshot)?.args ?? []).map((text) => ({ text, from: '' })));
  const given = readInstalled(paths);
  return (key, value) => {
    const said = options.find((option) => option.key === key)?.value ?? given.get(key);
    return (typeof said === 'boolean' ? String(said) : said) === value;
  };
}

/** Networks whose ports no rule translates (engines from 27). */
async function hasRouted(engine: Engine, family: LostRules['family']): Promise<boolean> {
  const option = `com.docker.network.bridge.gateway_mode_${family.toLowerCase()}`;
  return (await engine.listNetworks()).some(({ options }) => ['routed', 'isolated'].includes(options[option] ?? ''));
}

const STATE = 'for which rules the engine was restarted';
const stateFile = (paths: Paths): string => paths.file(path.posix.join(STATE_DIR, 'engine-rules.json'));

function readTried(paths: Paths): string {
  return readState(stateFile(paths), STATE, (state) => state.get('tried').text()) ?? '';
}
