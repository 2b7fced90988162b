import { parseRule } from './reach.ts';
import type { Rules } from './rules.ts';

/** A port that the engine publishes, on an address of this host. */
export interface TranslatedPort {
  readonly address: string;
  readonly port: number;
  readonly protocol: string;
}

/** What is not in the kernel of the rules that an engine puts there for IPv4. */
export interface LostRules {
  /** ways into its chains, in words: nothing gets to or from containers there */
  readonly ways: readonly string[];
  /** published ports that no rule translates */
  readonly ports: readonly TranslatedPort[];
}

/** Where the kernel comes by the rules of an engine, whichever chains its release has. */
const WAYS = [
  { chain: 'nat/PREROUTING', to: /-j DOCKER$/, words: 'PREROUTING of nat' },
  { chain: 'FORWARD', to: /-j DOCKER(?!-USER$)(-\S+)?$/, words: 'FORWARD' },
] as const;

/**
 * What a flush by others has left out. The engine puts its rules there when it starts, and each port's when its
 * container starts, and looks no more.
 */
export function listLostRules(rules: Rules, published: readonly TranslatedPort[]): LostRules {
  const ways = WAYS.filter(({ chain, to }) => !(rules.get(chain) ?? []).some((rule) => to.test(rule))).map(
    ({ words }) => `${words} does not lead to the engine's rules`,
  );
  const translations = (rules.get('nat/DOCKER') ?? []).map(parseRule).filter(({ target }) => target === 'DNAT');
  const hasRule = ({ address, port, protocol }: TranslatedPort): boolean =>
    translations.some(({ options }) => {
      const to = options.get('-d')?.replace(/\/32$/, '');
      return (
        options.get('-p') === protocol &&
        options.get('--dport') === String(port) &&
        (to === undefined || to === address || address === ANY)
      );
    });
  return { ways, ports: published.filter((one) => isTranslated(one) && !hasRule(one)) };
}

const ANY = '0.0.0.0';

/** Whether a rule is to translate it: loopback is answered by a process, and so is IPv6 by many engines. */
export function isTranslated({ address }: TranslatedPort): boolean {
  return !address.includes(':') && !address.startsWith('127.');
}
