import { findOwn } from '../../base/own.ts';
import { splitWords } from '../../base/split-words.ts';
import { isWithin } from '../../model/network/network.ts';
import { HelperFailure, type HelperTable, refuseLarge } from '../language/helper.ts';
import { recordsIn } from '../language/shape.ts';
import { TrackedText } from '../language/tracked-text.ts';
import { isTrue, textOf, type Value, VariableMap, Verbatim } from '../language/value.ts';
import { yamlScalar } from '../document/emit.ts';
import { findNetwork } from './networks.ts';
import { listArgument, plainValue, sameValue, textArgument, textOption } from './arguments.ts';

const USUAL_PORTS: Readonly<Record<string, string>> = { http: '80', https: '443' };

/** Helpers that compare, cut and lay out values. */
export const TEXT_HELPERS: HelperTable = {
  eq: {
    doc: 'whether two values print the same',
    example: { fragment: '{{#if (eq docker.status "enabled")}}same{{/if}}', gives: 'same' },
    call: (call) => sameValue(call.args[0], call.args[1], call),
  },
  ne: {
    doc: 'whether two values print differently',
    example: { fragment: '{{#if (ne docker.status "enabled")}}differ{{else}}same{{/if}}', gives: 'same' },
    call: (call) => !sameValue(call.args[0], call.args[1], call),
  },
  and: {
    doc: 'the first argument that is false, else the last; later ones are not evaluated',
    example: {
      fragment: '{{#if (and (exists docker.TLSCert) docker.TLSCert)}}tls{{else}}plain{{/if}}',
      gives: 'plain',
    },
    shape: ({ args }) => args.flat(),
    lazy: true,
    call: ({ lazyArgs }) => firstThat(lazyArgs, (value) => !isTrue(value)),
  },
  or: {
    doc: 'the first argument that is true, else the last; later ones are not evaluated',
    example: { fragment: '{{or "" "second"}}', gives: 'second' },
    shape: ({ args }) => args.flat(),
    lazy: true,
    call: ({ lazyArgs }) => firstThat(lazyArgs, isTrue),
  },
  not: {
    doc: 'true for what is empty, 0, false or an empty list',
    example: { fragment: '{{#if (not "")}}empty{{/if}}', gives: 'empty' },
    call: ({ args }) => !isTrue(args[0]),
  },
  concat: {
    doc: 'its arguments as one text',
    example: { fragment: '{{concat SystemName "." DomainName}}', gives: 'host.example.test' },
    call: (call) => call.args.map((_, n) => textArgument(call, n)).join(''),
  },
  split: {
    doc: 'a text as a list, cut at commas or at another separator; white space around the items and empty items go',
    example: {
      fragment: '{{#each (split "a, b,,c")}}<{{this}}>{{/each}} {{join (split "a:b" ":") "+"}}',
      gives: '<a><b><c> a+b',
    },
    call: (call) =>
      textArgument(call, 0)
        .split(call.args.length > 1 ? textArgument(call, 1) : ',')
        .map((item) => item.trim())
        .filter(Boolean),
  },
  join: {
    doc: 'a list as one text, with ", " or another separator between',
    example: { fragment: '{{join (split "a,b")}} {{join (split "a,b") "|"}}', gives: 'a, b a|b' },
    call: (call) => {
      const separator = call.args.length > 1 ? textArgument(call, 1) : ', ';
      return listArgument(call, 0)
        .map((item) => textOf(item, call.scope) ?? '')
        .join(separator);
    },
  },
  lines: {
    doc: 'a text as the list of its lines',
    example: { fragment: '{{#each (lines "one\ntwo")}}[{{this}}]{{/each}}', gives: '[one][two]' },
    call: (call) => textArgument(call, 0).replace(/\n$/, '').split('\n'),
  },
  contains: {
    doc: 'whether a list has an item, a network (ADDRESS/BITS) an address or another network, or else a text a part',
    example: {
      fragment:
        '{{#if (contains (split "80,443") "443")}}tls{{/if}} {{#if (contains "10.1.0.0/16" "10.1.2.3")}}inside{{/if}}',
      gives: 'tls inside',
    },
    call: (call) => {
      const [list] = call.args;
      if (Array.isArray(list)) return (list as readonly Value[]).some((item) => sameValue(item, call.args[1], call));
      const [text, part] = [textArgument(call, 0), textArgument(call, 1)];
      const [outer, inner] = [text.includes('/') ? findNetwork(text) : undefined, findNetwork(part)];
      return outer === undefined || inner === undefined ? text.includes(part) : isWithin(inner, outer);
    },
  },
  regex: {
    doc: 'a text that a regular expression takes as it is written',
    example: { fragment: '{{regex "a.b+"}}', gives: 'a[.]b[+]' },
    // by brackets where that can be: Apache's RewriteRule reads backslashes in quotes in another way than the rest
    call: (call) =>
      textArgument(call, 0)
        .replace(/[$.*+?()[\]{}|]/g, '[$&]')
        .replace(/[\\^]/g, '\\$&'),
  },
  origin: {
    doc: 'scheme, host and port as a URL begins; the usual port is left out',
    example: {
      fragment: '{{origin "https" "a.test" "443"}} {{origin "http" "a.test" "8080"}}',
      gives: 'https://a.test http://a.test:8080',
    },
    call: (call) => {
      const [scheme, host, port] = [textArgument(call, 0), textArgument(call, 1), textArgument(call, 2)];
      return `${scheme}://${host}${port === findOwn(USUAL_PORTS, scheme) ? '' : `:${port}`}`;
    },
  },
  words: {
    doc: 'the words of a command, taken apart as sh does it',
    example: { fragment: '{{join (words "curl -H \'A: b\'")}}', gives: 'curl, -H, A: b' },
    call: (call) => splitWords(textArgument(call, 0)) ?? [],
  },
  newline: {
    doc: 'a line break, for OUTPUT_FILENAME with several files',
    example: { fragment: 'a{{newline}}b', gives: 'a\nb' },
    call: () => new Verbatim('\n'),
  },
  indent: {
    doc: 'a block, or a text of several lines, indented by that many spaces',
    example: { fragment: '{{#indent 2}}a\nb\n{{/indent}}', gives: '  a\n  b\n' },
    call: (call) => {
      const depth = Number(textArgument(call, 0));
      if (!Number.isInteger(depth) || depth < 0) throw new HelperFailure('argument 1 is a number of spaces');
      const spaceFor = (text: { toString(): string }): string => {
        refuseLarge(depth * text.toString().split('\n').length);
        return ' '.repeat(depth);
      };
      const tracked = call.block?.() ?? call.args[1];
      if (tracked instanceof TrackedText) return indentText(tracked, spaceFor(tracked));
      const text = textArgument(call, 1);
      return new Verbatim(text.replace(/^(?=.)/gm, spaceFor(text)));
    },
  },
  expand: {
    doc: 'the text of another template without its last newline; it sees the variables that are given here',
    example: { fragment: '{{expand "/etc/example/greeting" name="Ada"}}', gives: 'hello Ada' },
    call: (call) => call.expand(textArgument(call, 0), call.hash).withoutFinalNewline(),
  },
  json: {
    doc: 'a value written as JSON, quotes included',
    example: { fragment: '{{json (split "a,b")}} {{json "say \\"hi\\""}}', gives: '["a","b"] "say \\"hi\\""' },
    shape: ({ args: [value], note }) => {
      for (const of of recordsIn(value)) note(of.db === 'configuration' ? of : { ...of, prop: '*' });
      return [];
    },
    call: (call) => new Verbatim(JSON.stringify(plainValue(call.args[0], call))),
  },
  yaml: {
    doc: 'a value written as YAML on one line, in quotes where it needs them',
    example: { fragment: '{{yaml "no"}} {{yaml "plain"}} {{yaml (split "a,b")}}', gives: '"no" plain ["a","b"]' },
    shape: ({ args: [value], note }) => {
      for (const of of recordsIn(value)) note(of.db === 'configuration' ? of : { ...of, prop: '*' });
      return [];
    },
    call: (call) => {
      const value = plainValue(call.args[0], call);
      return new Verbatim(typeof value === 'string' ? yamlScalar(value) : JSON.stringify(value));
    },
  },
  fail: {
    doc: 'refuses to expand the template, with a reason for the admin',
    example: { fragment: '{{#if (eq "a" "b")}}{{fail "a is b"}}{{/if}}fine', gives: 'fine' },
    call: (call) => {
      throw new HelperFailure(textOption(call, 'why', call.args.map((_, n) => textArgument(call, n)).join(' ')));
    },
  },
};

function firstThat(lazyArgs: readonly (() => Value)[], wanted: (value: Value) => boolean): Value {
  let value: Value;
  for (const argument of lazyArgs) {
    value = argument();
    if (wanted(value)) break;
  }
  return value;
}

function indentText(text: TrackedText, space: string): TrackedText {
  const indented = new TrackedText();
  for (const line of text.lines()) {
    for (const [n, piece] of line.pieces.entries())
      indented.append(n === 0 && piece.text !== '\n' ? { ...piece, text: space + piece.text } : piece);
  }
  return indented;
}

/** A set of named values, as fragments read them: `{{port.host}}`. */
export function variables(entries: Readonly<Record<string, Value>>): VariableMap {
  return new VariableMap(Object.entries(entries));
}
