/** The chains that are docksmith's own; rules of others are never changed. */
export const OWN_CHAINS = ['DOCKSMITH', 'DOCKSMITH-INPUT'] as const;

/**
 * Where the kernel comes by our chains. The first is the engine's: it makes it and puts it in
 * front of its own rules whenever it starts, and after a flush only then.
 */
export const JUMPS = [
  { from: 'FORWARD', to: 'DOCKER-USER' },
  { from: 'DOCKER-USER', to: 'DOCKSMITH' },
  { from: 'INPUT', to: 'DOCKSMITH-INPUT' },
] as const;

/** The rules of the table `filter`, by chain, as `iptables-save` spells them; those of `nat` by `nat/CHAIN`. */
export type Rules = ReadonlyMap<string, readonly string[]>;

/** What was in the kernel right after it was last put there: the kernel spells rules in a way of its own. */
export interface Applied {
  /** the file's, and what was kept besides */
  readonly text: string;
  readonly rules: readonly string[];
}

const PREFIXES: Readonly<Record<string, string>> = { filter: '', nat: 'nat/' };

/** Reads what `iptables-save` prints (iptables-save(8)); other tables are left out. */
export function parseRules(saved: string): Rules {
  const chains = new Map<string, string[]>();
  let prefix: string | undefined = '';
  for (const line of saved.split('\n')) {
    if (line.startsWith('*')) prefix = PREFIXES[line.slice(1).trim()];
    const [, name, rule] = /^(?::|-A )(\S+)(?: (.*))?$/.exec(line) ?? [];
    if (name === undefined || prefix === undefined) continue;
    const chain = `${prefix}${name}`;
    const rules = chains.get(chain) ?? [];
    chains.set(chain, rules);
    if (line.startsWith('-A ')) rules.push(rule ?? '');
  }
  return chains;
}

/** The rules of our own chains, one text each: `DOCKSMITH -i lo -j RETURN`. */
export function listOwnRules(rules: Rules): readonly string[] {
  return OWN_CHAINS.flatMap((chain) => (rules.get(chain) ?? []).map((rule) => `${chain} ${rule}`));
}

/**
 * Why the kernel is not as the file wants it, in words; undefined where it is.
 * @param wanted the text, undefined where there is no file
 */
export function findDifference(
  wanted: string | undefined,
  rules: Rules,
  applied: Applied | undefined,
): string | undefined {
  const has = OWN_CHAINS.some((chain) => rules.has(chain));
  if (wanted === undefined) return has ? 'there are no private ports to protect' : undefined;
  if (!OWN_CHAINS.every((chain) => rules.has(chain))) return has ? 'a chain of ours is gone' : 'not there';
  const missing = listMissingJumps(rules)[0];
  if (missing !== undefined)
    return missing.isThere
      ? `in ${missing.from} the engine's own rules come before ${missing.to}`
      : `${missing.from} does not lead to ${missing.to}`;
  if (applied === undefined) return 'the rules in the kernel are not known';
  if (applied.text !== wanted)
    return isPartOf(wanted, applied.text) ? 'some of its rules are no longer needed' : 'its file changed';
  return listOwnRules(rules).join('\n') === applied.rules.join('\n') ? undefined : 'others changed it';
}

function isPartOf(text: string, whole: string): boolean {
  const lines = new Set(whole.split('\n'));
  return text.split('\n').every((line) => lines.has(line));
}

/** What `iptables-restore --noflush` is given: our chains as in the file, and the way to them where it is missing. */
export function formatRestore(file: string, rules: Rules): string {
  const jumps = listMissingJumps(rules);
  if (jumps.length === 0) return file;
  // naming a chain here would empty it, so only one that is not there is named
  const chain = rules.has('DOCKER-USER') ? '' : ':DOCKER-USER - [0:0]\n';
  return `${file.trimEnd()}\n*filter\n${chain}${jumps.map(({ from, to, isThere }) => `${isThere ? `-D ${from} -j ${to}\n` : ''}-I ${from} 1 -j ${to}\n`).join('')}COMMIT\n`;
}

/** The same to take our chains away, with the ways to them; the engine's stay. */
export function formatRemoval(rules: Rules): string {
  const jumps = [...rules].flatMap(([from, list]) =>
    list.filter((rule) => OWN_CHAINS.some((to) => rule.endsWith(`-j ${to}`))).map((rule) => `-D ${from} ${rule}\n`),
  );
  const chains = OWN_CHAINS.filter((chain) => rules.has(chain));
  return `*filter\n${jumps.join('')}${chains.map((chain) => `-F ${chain}\n`).join('')}${chains.map((chain) => `-X ${chain}\n`).join('')}COMMIT\n`;
}

function listMissingJumps(rules: Rules): readonly ((typeof JUMPS)[number] & { readonly isThere: boolean })[] {
  return JUMPS.flatMap((jump) => {
    const list = rules.get(jump.from) ?? [];
    const at = list.indexOf(`-j ${jump.to}`);
    return at >= 0 && findOvertaking(list.slice(0, at)) === undefined ? [] : [{ ...jump, isThere: at >= 0 }];
  });
}

/**
 * The first of the engine's own rules, which accept what is published. An engine that has no
 * DOCKER-USER for IPv6 (before 24.0) puts them in front of whatever is there when it starts.
 */
export function findOvertaking(before: readonly string[]): string | undefined {
  return before.find((rule) => /-j DOCKER(?!-USER$)(-\S+)?$/.test(rule));
}
