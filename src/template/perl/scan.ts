import type { StaticRead } from '../language/shape.ts';

/*
 * What the text of a Perl fragment tells without running it. It is looked at by words, not understood: each answer
 * is one that is safe when it is wrong.
 */

/** What looks at other things than the dbs, or may: a file, the time, another program, a module that we do not know. */
const OUTSIDE = new RegExp(
  [
    '`|<[$\\w]*>|%ENV|\\$ENV|\\$\\$(?!\\w)|\\$[0^]|@INC|%INC|\\$<|\\$>',
    '-[a-zA-Z]\\s+(?:["\'$/_(])|-[a-zA-Z]\\s*(?:["\'$/(])',
    '\\b(?:open|opendir|readdir|sysopen|stat|lstat|readlink|glob|system|exec|qx|fork|pipe|socket|syscall)\\b|\\bdo\\s+["\'$/]',
    '\\b(?:time|times|localtime|gmtime|rand|srand|sleep|hostname|getpw\\w+|getgr\\w+|gethost\\w+|getserv\\w+)\\b',
  ].join('|'),
);
const MODULE = /\b(?:use|require|no)\s+([A-Za-z_][\w:]*)|\b([A-Za-z_]\w*(?:::\w+)+)/g;
const OF_DBS =
  /^(?:strict|warnings|integer|constant|utf8|feature|vars|v?[\d.]+|List::Util.*|Scalar::Util.*|esmith::(?:ConfigDB|AccountsDB|DomainsDB|HostsDB|NetworksDB|DB::.*|templates|util)(?:::\w+)?)$/;

/** Whether it may print another text although no db has changed. */
export function looksOutside(source: string): boolean {
  return (
    OUTSIDE.test(source) || [...source.matchAll(MODULE)].some(([, used, named]) => !OF_DBS.test(used ?? named ?? ''))
  );
}

/** The templates whose paths it writes down, to be expanded within it. */
export function listNested(source: string): readonly string[] {
  return [...source.matchAll(/\bTEMPLATE_PATH['"]?\s*=>\s*(['"])(\/[^'"$@]+)\1/g)].map(([, , path = '']) => path);
}

/** Texts in quotes: what values are compared with, among others. */
export function listQuoted(source: string): readonly string[] {
  return [...source.matchAll(/'([^'\n]*)'|"([^"\n$@\\]*)"/g)].map(([, single, double]) => single ?? double ?? '');
}

const OWN = new Set(['OUT', 'DB', 'a', 'b', 'ENV', 'ARGV', 'INC']);

/** The records and props that it names, wherever it does. */
export function listNamedReads(source: string): readonly StaticRead[] {
  const local = new Set(
    [...source.matchAll(/\b(?:my|our|local|foreach|for)\b\s*\(?([^;={]*)/g)].flatMap(([, names = '']) =>
      [...names.matchAll(/[$@%](\w+)/g)].map(([, name = '']) => name),
    ),
  );
  const reads: StaticRead[] = [];
  for (const [, plain, quoted, prop] of source.matchAll(
    /\$(?:\{?([A-Za-z_]\w*)\}?|\{\s*['"]([\w.-]+)['"]\s*\})(?:\{\s*['"]?([\w.-]+)['"]?\s*\})?/g,
  )) {
    const key = plain ?? quoted ?? '';
    if (local.has(key) || OWN.has(key)) continue;
    reads.push({ db: 'configuration', key, ...(prop === undefined || prop === 'type' ? {} : { prop }) });
  }
  for (const [, named, own] of source.matchAll(
    /esmith::(Accounts|Domains|Hosts|Networks)DB|->open(?:_ro)?\s*\(\s*['"]([\w.-]+)/g,
  ))
    reads.push({ db: own ?? named?.toLowerCase() ?? '' });
  return reads;
}
