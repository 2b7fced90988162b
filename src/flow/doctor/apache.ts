import { formatFailedEnd, runProcess } from '../../event/run-process.ts';
import { installedUnder } from '../../output/installed.ts';
import type { World } from '../world.ts';
import { type Finding, makeFinder } from './finding.ts';
import { findServiceCommand } from '../service-commands.ts';
import { HttpdRecord } from '../../model/httpd-record.ts';

/** Directives, and the module of Apache that knows them (https://httpd.apache.org/docs/2.4/mod/directives.html). */
const MODULES: readonly (readonly [pattern: RegExp, module: string])[] = [
  [/^Proxy\w+\b/i, 'proxy'], [/^(ProxyPass\w*|RewriteRule)\b.*\bhttp:\/\//i, 'proxy_http'], [/^(ProxyPass\w*|RewriteRule)\b.*\bws:\/\//i, 'proxy_wstunnel'],
  [/^Rewrite\w+\b/i, 'rewrite'], [/^(Request)?Header\b/i, 'headers'], [/^SSL\w+\b/i, 'ssl'], [/^(Alias|AliasMatch|Redirect\w*|ScriptAlias)\b/i, 'alias'],
  [/^Require\s+(not\s+)?(ip|host|local)\b/i, 'authz_host'], [/^Require\s+(valid-user|user)\b/i, 'authz_user'], [/^AuthType\s+Basic\b/i, 'auth_basic'], [/^AuthUserFile\b/i, 'authn_file'], [/^SetEnvIf\w*\b/i, 'setenvif'],
];

/** Modules that our vhosts need and the Apache of this host does not have. Asked is the program of `CheckCommand`. */
export async function checkApache({ paths, snapshot, ledger }: World): Promise<readonly Finding[]> {
  const finder = makeFinder('apache');
  const command = findListCommand(findServiceCommand(paths, snapshot, 'httpd', 'CheckCommand') ?? '');
  const files = [...ledger.outputs.values()].filter(({ services }) => services.includes('httpd')).map(({ path }) => installedUnder(paths)(path));
  const needed = [...new Set(files.flatMap((installed) => (installed.kind === 'file' ? listModules(installed.file.content.toString()) : [])))].sort();
  if (needed.length === 0 || !new HttpdRecord(snapshot).isEnabled) return [];
  if (command === undefined) return [finder.ok(`no Apache is known here; its modules ${needed.join(', ')} are needed`)];
  const lines: string[] = [];
  const result = await runProcess('/bin/sh', ['-c', command], process.env, (line) => lines.push(line));
  const failed = formatFailedEnd(result);
  if (failed !== undefined) return [finder.bad(`its modules cannot be listed: ${command}: ${failed}${lines.length === 0 ? '' : ` (${lines.at(-1) ?? ''})`}`, 'mend its configuration, or CheckCommand of httpd')];
  const loaded = new Set(lines.flatMap((line) => /^\s*(\w+)_module\b/.exec(line)?.[1] ?? []));
  const missing = needed.filter((module) => !loaded.has(module));
  if (missing.length === 0) return [finder.ok(`it has the modules that the vhosts need: ${needed.join(', ')}`)];
  return [finder.bad(`the vhosts need the modules ${missing.join(', ')}, which it has not loaded`, `a2enmod ${missing.join(' ')}, or LoadModule lines where there is no a2enmod`)];
}

/** `httpd -t` lists with `-M`; undefined where it cannot be told. */
export function findListCommand(check: string): string | undefined {
  return /(^|\s)(-t|configtest)(?=\s|$)/.test(check) ? check.replace(/(^|\s)(-t|configtest)(?=\s|$)/, '$1-M') : undefined;
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
