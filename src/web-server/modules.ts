/** Directives, and the module of Apache that knows them (https://httpd.apache.org/docs/2.4/mod/directives.html). */
const MODULES: readonly (readonly [pattern: RegExp, module: string])[] = [
  [/^Proxy\w+\b/i, 'proxy'],
  [/^(ProxyPass\w*|RewriteRule|BalancerMember)\b.*\bhttp:\/\//i, 'proxy_http'],
  [/^(ProxyPass\w*|RewriteRule|BalancerMember)\b.*\bws:\/\//i, 'proxy_wstunnel'],
  [/^(BalancerMember|ProxySet\s+lbmethod=)/i, 'proxy_balancer'],
  [/^(BalancerMember|ProxySet\s+lbmethod=)/i, 'slotmem_shm'],
  [/^ProxySet\s+lbmethod=byrequests\b/i, 'lbmethod_byrequests'],
  [/^<IfVersion\b/i, 'version'],
  [/^Rewrite\w+\b/i, 'rewrite'],
  [/^(Request)?Header\b/i, 'headers'],
  [/^SSL\w+\b/i, 'ssl'],
  [/^(Alias|AliasMatch|Redirect\w*|ScriptAlias)\b/i, 'alias'],
  [/^Require\s+(not\s+)?(ip|host|local)\b/i, 'authz_host'],
  [/^Require\s+(valid-user|user)\b/i, 'authz_user'],
  [/^AuthType\s+Basic\b/i, 'auth_basic'],
  [/^AuthUserFile\b/i, 'authn_file'],
  [/^SetEnvIf\w*\b/i, 'setenvif'],
];

/** `httpd -t` lists with `-M`; undefined where it cannot be told. */
export function findListCommand(check: string): string | undefined {
  return /(^|\s)(-t|configtest)(?=\s|$)/.test(check)
    ? check.replace(/(^|\s)(-t|configtest)(?=\s|$)/, '$1-M')
    : undefined;
}

/** What a configuration file needs beyond Apache's core; not what it asks for by `IfModule`. */
export function listModules(text: string): readonly string[] {
  const found = new Set<string>();
  let depth = 0;
  for (const line of text.split('\n').map((one) => one.trim())) {
    if (/^<IfModule\b/i.test(line)) depth++;
    if (/^<\/IfModule>/i.test(line)) depth--;
    if (depth > 0 || line.startsWith('#')) continue;
    for (const [pattern, module] of MODULES) if (pattern.test(line)) found.add(module);
  }
  return [...found];
}
