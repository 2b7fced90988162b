import { findOwn } from '../../../base/own.ts';
import type { Expression } from '../perl/ast.ts';
import { NotSure } from '../perl/not-sure.ts';
import { convert, propOf, text } from './expressions.ts';
import type { Code, Scope } from './scope.ts';

type Method = Extract<Expression, { kind: 'method' }>;

const DBS: Readonly<Record<string, string>> = {
  ConfigDB: 'configuration',
  AccountsDB: 'accounts',
  DomainsDB: 'domains',
  HostsDB: 'hosts',
  NetworksDB: 'networks',
};
/** Methods that list the records of a type. */
const LISTS: Readonly<Record<string, readonly [db: string, type: string]>> = {
  networks: ['networks', 'network'],
  hosts: ['hosts', 'host'],
  domains: ['domains', 'domain'],
  users: ['accounts', 'user'],
  groups: ['accounts', 'group'],
  ibays: ['accounts', 'ibay'],
};

/** The db that an expression opens; undefined: it opens none. */
export function findDb(value: Expression, scope: Scope): string | undefined {
  if (value.kind === 'binary' && value.op === '||' && value.right.kind === 'call' && value.right.name === 'die')
    return findDb(value.left, scope);
  if (value.kind === 'scalar') {
    if (value.name === 'DB') return 'configuration';
    const found = scope.find(`$${value.name}`);
    return found?.kind === 'db' ? found.name : undefined;
  }
  if (value.kind !== 'method' || value.of.kind !== 'class' || !/^open(?:_ro)?$/.test(value.name)) return undefined;
  const [, name = ''] = /^esmith::(\w+)$/.exec(value.of.name) ?? [];
  const [given] = value.args;
  if (given === undefined) return findOwn(DBS, name);
  const [part] = given.kind === 'text' ? given.parts : [];
  return typeof part === 'string' && /^[\w-]+$/.test(part) ? part : undefined;
}

/** @param isList whether all of its values are wanted. @throws NotSure */
export function convertMethod({ of, name, args, line }: Method, scope: Scope, isList = false): Code {
  const [first, second] = args;
  if (of.kind === 'scalar' || (of.kind === 'method' && name === 'prop')) {
    const record = of.kind === 'scalar' ? scope.find(`$${of.name}`) : undefined;
    if (record?.kind === 'record') return convertRecord(record, name, args, scope, line);
  }
  const db = findDb(of, scope);
  if (db === undefined) throw new NotSure(line, `->${name}`);
  const listed = findOwn(LISTS, name);
  if (listed !== undefined && listed[0] === db && first === undefined)
    return { hb: `(records "${db}" type="${listed[1]}")`, type: 'records' };
  if (name === 'get_all' && first === undefined) return { hb: `(records "${db}")`, type: 'records' };
  if (name === 'get_all_by_prop' && first !== undefined && second !== undefined && args.length === 2) {
    const [prop, value] = [plainOf(first), plainOf(second)];
    if (prop !== undefined && value !== undefined && /^\w+$/.test(prop) && /^\w+$/.test(value))
      return { hb: `(records "${db}" where="${prop} has ${value}")`, type: 'records' };
  }
  if (db === 'configuration' && (name === 'get_prop' || name === 'get_value') && first !== undefined) {
    const [key, prop] = [plainOf(first), second === undefined ? 'type' : plainOf(second)];
    if (key !== undefined && prop !== undefined && /^[A-Za-z_][\w-]*$/.test(key)) {
      const path = `config.${/^\w+$/.test(key) ? key : `[${key}]`}`;
      if (prop === 'type') return { hb: `${path}.type`, type: 'text', mayMiss: true };
      return propOf(path, db, key, prop, scope, line);
    }
  }
  if (db === 'hosts' && name === 'get_hosts_by_domain' && first !== undefined)
    return { hb: `(get_hosts_by_domain ${text(first, scope)})`, type: 'records' };
  if (db === 'networks' && name === 'local_access_spec') {
    const hb = `(local_access_spec${first === undefined ? '' : ` ${convert(first, scope).hb}`})`;
    return isList ? { hb, type: 'list' } : { hb: `(join ${hb} " ")`, type: 'text' };
  }
  if (db === 'configuration' && name === 'hosts_allow_spec' && first !== undefined)
    return { hb: `(hosts_allow_spec ${args.map((arg) => text(arg, scope)).join(' ')})`, type: 'text' };
  throw new NotSure(line, `->${name} of db ${db}`);
}

function convertRecord(
  { hb, db }: { readonly hb: string; readonly db: string },
  name: string,
  args: readonly Expression[],
  scope: Scope,
  line: number,
): Code {
  const [first] = args;
  if (name === 'key' && first === undefined) return { hb: `${hb}.key`, type: 'text' };
  const prop = name === 'prop' && first !== undefined ? plainOf(first) : undefined;
  if (prop === undefined) throw new NotSure(line, `->${name} of a record`);
  if (prop === 'type') return { hb: `${hb}.type`, type: 'text', mayMiss: true };
  return propOf(hb, db, db === 'configuration' ? hb.replace(/^config\./, '') : undefined, prop, scope, line);
}

export function plainOf(value: Expression): string | undefined {
  const [part, more] = value.kind === 'text' ? value.parts : [];
  return typeof part === 'string' && more === undefined ? part : undefined;
}

/** A record of `$DB->get('key')` or `$db->get(…)`; undefined: it is none. */
export function findRecordOf(
  value: Expression,
  scope: Scope,
): { readonly hb: string; readonly db: string; readonly test: string } | undefined {
  if (value.kind !== 'method' || value.name !== 'get') return undefined;
  const db = findDb(value.of, scope);
  const [key] = value.args;
  if (db === undefined || key === undefined) return undefined;
  const plain = plainOf(key);
  if (db === 'configuration' && plain !== undefined && /^[A-Za-z_]\w*$/.test(plain))
    return { hb: `config.${plain}`, db, test: `(exists "${db}" "${plain}")` };
  return { hb: '', db, test: `(exists "${db}" ${text(key, scope)})` };
}
