import { JUMPS, type Rules } from './rules.ts';

/** How a port of the host is asked for. */
export interface Way {
  readonly protocol: 'tcp' | 'udp';
  readonly port: number;
  /** that it is bound to; undefined: every address */
  readonly address: string | undefined;
  /** by whom it is answered: a container behind the engine's translation of addresses, or one on the host's own network */
  readonly kind: 'published' | 'host';
}

/** Whom our chains let through to a port. */
export interface Passing {
  /** sources that are let through before the rest is dropped, `192.168.1.0/24`; undefined: everybody */
  readonly networks: readonly string[] | undefined;
  /** why that is everybody, in words */
  readonly why: string | undefined;
}

/**
 * Reads out of the kernel's rules whom our own chains let through to a port. Where both chains
 * are on the way (the engine translates addresses, or its own proxy answers), both have to keep
 * it. Rules of others that keep more out are not looked at: they do not make a port ours to show.
 */
export function findPassing(rules: Rules, way: Way): Passing {
  const ways = way.kind === 'published' ? (['DOCKSMITH', 'DOCKSMITH-INPUT'] as const) : (['DOCKSMITH-INPUT'] as const);
  const found = ways.map((chain) => passChain(rules, chain, way));
  return found.find(({ networks }) => networks === undefined) ?? { networks: [...new Set(found.flatMap(({ networks = [] }) => networks))], why: undefined };
}

function passChain(rules: Rules, chain: 'DOCKSMITH' | 'DOCKSMITH-INPUT', way: Way): Passing {
  const everybody = (why: string): Passing => ({ networks: undefined, why });
  const jumps = JUMPS.filter(({ to }) => to === chain || (chain === 'DOCKSMITH' && to === 'DOCKER-USER'));
  for (const { from, to } of jumps) {
    const list = rules.get(from) ?? [];
    const at = list.indexOf(`-j ${to}`);
    if (at < 0) return everybody(`${from} does not lead to ${to}`);
    const before = list.slice(0, at).find((rule) => isOpenTo(parseRule(rule), way));
    if (before !== undefined) return everybody(`${from} accepts it before: ${before}`);
  }
  const own = (rules.get(chain) ?? []).map(parseRule);
  const drop = own.findIndex((rule) => isDropOf(rule, way));
  if (drop < 0) return everybody(`${chain} has no rule for it`);
  const passed = own.slice(0, drop).filter(({ target }) => target === 'RETURN' || target === 'ACCEPT');
  if (passed.some(({ options }) => options.size === 0)) return everybody(`${chain} lets everybody through before`);
  return { networks: passed.flatMap(({ options }) => (options.size === 1 && options.has('-s') ? [options.get('-s') ?? ''] : [])), why: undefined };
}

interface Rule {
  /** `DROP`, or a chain */
  readonly target: string;
  /** `--dport` -> `8080`; the names of modules and comments are left out */
  readonly options: ReadonlyMap<string, string>;
}

/** Reads a rule as `iptables-save` spells it. What is negated has a `!` in front of its name, and so matches nothing here. */
function parseRule(text: string): Rule {
  const words = [...text.matchAll(/"((?:[^"\\]|\\.)*)"|(\S+)/g)].map(([, quoted, plain = '']) => quoted ?? plain);
  const options = new Map<string, string>();
  let target = '';
  for (let n = 0; n < words.length; n++) {
    const isNegated = words[n] === '!';
    if (isNegated) n++;
    const [name = '', value = ''] = [words[n], words[n + 1]];
    n++;
    if (name === '-j') target = value;
    else if (name !== '-m' && name !== '--comment') options.set(`${isNegated ? '!' : ''}${name}`, value);
  }
  return { target, options };
}

/** Whether a rule accepts everything, or everything for that port. */
function isOpenTo({ target, options }: Rule, { protocol, port, kind }: Way): boolean {
  if (target !== 'ACCEPT') return false;
  if (options.size === 0) return true;
  // to the chains of forwarding the port is the container's own by then
  return kind === 'host' && options.size === 2 && options.get('-p') === protocol && options.get('--dport') === String(port);
}

function isDropOf({ target, options }: Rule, { protocol, port, address }: Way): boolean {
  const [to, at] = [options.get('--ctorigdst') ?? options.get('-d'), options.get('--ctorigdstport') ?? options.get('--dport')];
  const isSame = to === undefined || (address !== undefined && to.replace(/\/(32|128)$/, '') === address);
  // anything more that it asks for lets something through
  const known = ['-p', '-d', '--dport', '--ctstate', '--ctorigdst', '--ctorigdstport'];
  return target === 'DROP' && options.get('-p') === protocol && at === String(port) && isSame && [...options.keys()].every((name) => known.includes(name)) && (options.get('--ctstate') ?? 'DNAT') === 'DNAT';
}
