import { findOvertaking, JUMPS, OWN_CHAINS, type Rules } from './rules.ts';

/** How a container is asked for something. */
export type Way = PortWay | LoopbackWay | DirectWay;

/** By a port of the host. */
interface PortWay {
  readonly protocol: 'tcp' | 'udp';
  readonly port: number;
  /** that it is bound to; undefined: every address */
  readonly address: string | undefined;
  /**
   * by whom it is answered: a container behind the engine's translation of addresses, or one on the
   * host's own network
   */
  readonly kind: 'published' | 'host';
}

/**
 * By a port on 127.0.0.1, from the other end of a wire: the engine translates that address before the kernel
 * would refuse it.
 */
interface LoopbackWay {
  readonly kind: 'loopback';
}

/** By the container's own address, with this host as the router. */
interface DirectWay {
  readonly kind: 'direct';
  readonly address: string;
  readonly bridge: string;
}

/** Whom our chains let through to a port. */
export interface Passing {
  /** sources that are let through before the rest is dropped, `192.168.1.0/24`; undefined: everybody */
  readonly networks: readonly string[] | undefined;
  /** why that is everybody, in words */
  readonly why: string | undefined;
}

/**
 * Reads out of the kernel's rules whom our own chains let through. Where both chains
 * are on the way (the engine translates addresses, or its own proxy answers), both have to keep
 * it. Rules of others that keep more out are not looked at: they do not make a port ours to show.
 */
export function findPassing(rules: Rules, way: Way): Passing {
  const found = CHAINS[way.kind].map((chain) => passChain(rules, chain, way));
  return (
    found.find(({ networks }) => networks === undefined) ?? {
      networks: [...new Set(found.flatMap(({ networks = [] }) => networks))],
      why: undefined,
    }
  );
}

type Chain = (typeof OWN_CHAINS)[number];

const CHAINS: Readonly<Record<Way['kind'], readonly Chain[]>> = {
  published: ['DOCKSMITH', 'DOCKSMITH-INPUT'],
  host: ['DOCKSMITH-INPUT'],
  loopback: ['DOCKSMITH'],
  direct: ['DOCKSMITH'],
};

function passChain(rules: Rules, chain: Chain, way: Way): Passing {
  const everybody = (why: string): Passing => ({ networks: undefined, why });
  const jumps = JUMPS.filter(({ to }) => to === chain || (chain === 'DOCKSMITH' && to === 'DOCKER-USER'));
  for (const { from, to } of jumps) {
    const list = rules.get(from) ?? [];
    const at = list.indexOf(`-j ${to}`);
    if (at < 0) return everybody(`${from} does not lead to ${to}`);
    const before =
      list.slice(0, at).find((rule) => isOpenTo(parseRule(rule), way)) ?? findOvertaking(list.slice(0, at));
    if (before !== undefined) return everybody(`${from} accepts it before: ${before}`);
  }
  const own = (rules.get(chain) ?? []).map(parseRule);
  const drop = own.findIndex((rule) => isDropOf(rule, way));
  if (drop < 0) return everybody(`${chain} has no rule for it`);
  const inside = ['lo', ...own.flatMap(({ target, options }) => (target === 'DROP' ? (options.get('-o') ?? []) : []))];
  const passed = own
    .slice(0, drop)
    .filter((rule) => (rule.target === 'RETURN' || rule.target === 'ACCEPT') && mayLetIn(rule, way, { inside, chain }));
  if (passed.some(({ options }) => !options.has('-s'))) return everybody(`${chain} lets everybody through before`);
  return { networks: passed.map(({ options }) => options.get('-s') ?? ''), why: undefined };
}

export interface Rule {
  /** `DROP`, or a chain */
  readonly target: string;
  /** by ours the container that it is about */
  readonly comment: string | undefined;
  /** `--dport` -> `8080`; the names of modules and comments are left out */
  readonly options: ReadonlyMap<string, string>;
}

/**
 * Reads a rule as `iptables-save` spells it. What is negated has a `!` in front of its name, and so matches
 * nothing here.
 */
export function parseRule(text: string): Rule {
  const words = [...text.matchAll(/"((?:[^"\\]|\\.)*)"|(\S+)/g)].map(([, quoted, plain = '']) => quoted ?? plain);
  const options = new Map<string, string>();
  let target = '';
  let comment: string | undefined;
  for (let n = 0; n < words.length; n++) {
    const isNegated = words[n] === '!';
    if (isNegated) n++;
    const [name = '', value = ''] = [words[n], words[n + 1]];
    n++;
    if (name === '-j') target = value;
    else if (name === '--comment') comment = value;
    else if (name !== '-m') options.set(`${isNegated ? '!' : ''}${name}`, value);
  }
  return { target, comment, options };
}

/** Whether a rule accepts everything, or everything that is asked for that way. */
function isOpenTo({ target, options }: Rule, way: Way): boolean {
  if (target !== 'ACCEPT') return false;
  if (options.size === 0) return true;
  const says = (name: string, value: string): boolean => (options.get(name) ?? '').replace(/\/(32|128)$/, '') === value;
  // to the chains of forwarding the port is the container's own by then
  if (way.kind === 'host') return options.size === 2 && says('-p', way.protocol) && says('--dport', String(way.port));
  if (way.kind !== 'direct') return false;
  return [...options.keys()].every(
    (name) =>
      (name === '-o' && says(name, way.bridge)) ||
      (name === '-d' && says(name, way.address)) ||
      name === '-p' ||
      name === '--dport',
  );
}

/**
 * Whether a rule that lets something through may do so for somebody outside who asks that way.
 * @param inside interfaces of this host itself and of containers
 * @param chain only for what this host itself answers the port is still the one that was asked for
 */
function mayLetIn(
  { options }: Rule,
  way: Way,
  { inside, chain }: { readonly inside: readonly string[]; readonly chain: Chain },
): boolean {
  const isOther = (name: string, value: string): boolean => options.has(name) && options.get(name) !== value;
  if (options.get('--ctdir') === 'REPLY' || inside.includes(options.get('-i') ?? '')) return false;
  if (way.kind === 'direct') return !isOther('-o', way.bridge);
  return (
    way.kind === 'loopback' ||
    !(
      isOther('-p', way.protocol) ||
      isOther('--ctorigdstport', String(way.port)) ||
      (chain === 'DOCKSMITH-INPUT' && isOther('--dport', String(way.port)))
    )
  );
}

function isDropOf({ target, options }: Rule, way: Way): boolean {
  // anything more that it asks for lets something through; what does not come from this host itself is all from outside
  const asksOnlyFor = (...known: readonly string[]): boolean =>
    [...options].every(([name, value]) => known.includes(name) || (name === '!-i' && value === 'lo'));
  if (target !== 'DROP') return false;
  if (way.kind === 'loopback')
    return (
      options.get('--ctorigdst') === '127.0.0.0/8' &&
      asksOnlyFor('--ctstate', '--ctorigdst') &&
      (options.get('--ctstate') ?? 'DNAT') === 'DNAT'
    );
  if (way.kind === 'direct') {
    const spared = (options.get('!--ctstate') ?? '').split(',');
    return (
      (options.get('-o') ?? way.bridge) === way.bridge &&
      asksOnlyFor('-o', '!--ctstate') &&
      spared.every((state) => ['', 'RELATED', 'ESTABLISHED', 'DNAT'].includes(state))
    );
  }
  const { protocol, port, address } = way;
  const [to, at] = [
    options.get('--ctorigdst') ?? options.get('-d'),
    options.get('--ctorigdstport') ?? options.get('--dport'),
  ];
  const isSame = to === undefined || (address !== undefined && to.replace(/\/(32|128)$/, '') === address);
  return (
    options.get('-p') === protocol &&
    at === String(port) &&
    isSame &&
    asksOnlyFor('-p', '-d', '--dport', '--ctstate', '--ctorigdst', '--ctorigdstport') &&
    (options.get('--ctstate') ?? 'DNAT') === 'DNAT'
  );
}
