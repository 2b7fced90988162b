import type { Family } from './kernel.ts';
import { parseRule } from './reach.ts';
import type { Rules } from './rules.ts';

/** A port that the engine publishes, on an address of this host. */
export interface TranslatedPort {
  readonly address: string;
  readonly port: number;
  readonly protocol: string;
}

/** What is not in the kernel of the rules that an engine puts there for one family. */
export interface LostRules<Port extends TranslatedPort = TranslatedPort> {
  readonly family: Family['name'];
  /** ways into its chains, in words: nothing gets to or from containers there */
  readonly ways: readonly string[];
  /** published ports that no rule translates */
  readonly ports: readonly Port[];
  /** these, and without a way all */
  readonly cutOff: readonly Port[];
}

/** Where the kernel comes by the rules of an engine, whichever chains its release has. */
const WAYS = [
  { chain: 'nat/PREROUTING', to: /-j DOCKER$/, words: 'PREROUTING of nat' },
  { chain: 'FORWARD', to: /-j DOCKER(?!-USER$)(-\S+)?$/, words: 'FORWARD' },
] as const;

/**
 * What a flush by others has left out. The engine puts its rules there when it starts, and each port's when its
 * container starts, and looks no more.
 * @param translated the ports of that family that it translates
 */
export function listLostRules<Port extends TranslatedPort>(
  family: Family['name'],
  rules: Rules,
  translated: readonly Port[],
): LostRules<Port> {
  const ways = WAYS.filter(({ chain, to }) => !(rules.get(chain) ?? []).some((rule) => to.test(rule))).map(
    ({ words }) => `${words} does not lead to the engine's rules${family === 'IPv4' ? '' : ` for ${family}`}`,
  );
  const translations = (rules.get(TRANSLATIONS) ?? []).map(parseRule).filter(({ target }) => target === 'DNAT');
  const hasRule = ({ address, port, protocol }: TranslatedPort): boolean =>
    translations.some(({ options }) => {
      const to = options.get('-d')?.replace(/\/(32|128)$/, '');
      return (
        options.get('-p') === protocol &&
        options.get('--dport') === String(port) &&
        (to === undefined || to === address || ANY.includes(address))
      );
    });
  const ports = translated.filter((one) => !hasRule(one));
  return { family, ways, ports, cutOff: ways.length > 0 ? translated : ports };
}

const TRANSLATIONS = 'nat/DOCKER';
const ANY = ['0.0.0.0', '::'];

/** Whether an engine has set rules here once: a flush may leave their chains. */
export function hasChains(rules: Rules): boolean {
  return rules.has(TRANSLATIONS);
}

/** Whether a rule is to translate it, where the engine keeps rules for the family: a process answers loopback. */
export function isTranslated({ address }: TranslatedPort, family: Family['name']): boolean {
  return address.includes(':') === (family === 'IPv6') && !address.startsWith('127.') && address !== '::1';
}
