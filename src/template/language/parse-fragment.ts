import Handlebars from 'handlebars';
import path from 'node:path';
import { Failure, type Place } from '../../base/errors.ts';
import {
  type CallNode,
  type Expression,
  findPlainName,
  type Fragment,
  type PathNode,
  type Program,
  type Spot,
  type Statement,
} from './program.ts';

/**
 * Parses Handlebars text; `file` is what messages and origins call it.
 * @throws Failure with file, line and column of a syntax error
 */
export function parseFragment(file: string, text: string): Fragment {
  let parsed: hbs.AST.Program;
  try {
    parsed = Handlebars.parse(text);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const [, why = message] =
      /^(?:Parse error on line \d+:\n.*\n-*\^\n|Lexical error on line \d+\. )?(.*?)(?: - \d+:\d+)?$/s.exec(message) ??
      [];
    throw new Failure('cannot read the fragment', {
      why: explain(why),
      at: findPlace(file, text, message),
      cause: error,
    });
  }
  return { name: path.basename(file), file, program: toProgram(parsed, true) };
}

/**
 * Either part of a block may be left out, `{{^if x}}…{{/if}}` has no program; the parser's types do not say so.
 * @param isOutermost no block is around it
 */
function toProgram(program: hbs.AST.Program | undefined, isOutermost = false): Program {
  // what was parsed may be somebody else's, too
  const body = (program?.body ?? []).map((statement) => (isContent(statement) ? { ...statement } : statement));
  takeLinesOfLets(body, isOutermost);
  return body.flatMap(toStatements);
}

/** `{{let …}}` alone on its line takes the line with it, as tags of blocks and comments do. */
function takeLinesOfLets(body: readonly hbs.AST.Statement[], isOutermost: boolean): void {
  for (const [n, statement] of body.entries()) {
    if (
      statement.type !== 'MustacheStatement' ||
      findPlainName(toCall(statement as hbs.AST.MustacheStatement).path) !== 'let'
    )
      continue;
    const [before, after] = [body[n - 1], body[n + 1]];
    const begins = isBlankTo(before, isOutermost && n <= 1, /(?:^|\n)[ \t]*$/, /\n[ \t]*$/);
    const ends = isBlankTo(after, isOutermost && n >= body.length - 2, /^[ \t]*(?:\r?\n|$)/, /^[ \t]*\r?\n/);
    if (!begins || !ends) continue;
    if (isContent(before)) before.value = before.value.replace(/[ \t]+$/, '');
    if (isContent(after)) after.value = after.value.replace(/^[ \t]*\r?\n?/, '');
  }
}

/** @param atEdge what is there, if anything, is all up to the end of the fragment on that side */
function isBlankTo(content: hbs.AST.Statement | undefined, atEdge: boolean, blank: RegExp, blankLine: RegExp): boolean {
  if (content === undefined) return atEdge;
  // what stood there, before other tags took their white space off
  return isContent(content) && (atEdge ? blank : blankLine).test(content.original as unknown as string);
}

function isContent(statement: hbs.AST.Statement | undefined): statement is hbs.AST.ContentStatement {
  return statement?.type === 'ContentStatement';
}

function toStatements(statement: hbs.AST.Statement): readonly Statement[] {
  switch (statement.type) {
    case 'CommentStatement':
      return [];
    case 'ContentStatement':
      return toText(statement as hbs.AST.ContentStatement);
    case 'MustacheStatement': {
      const mustache = statement as hbs.AST.MustacheStatement;
      return [{ kind: 'print', call: toCall(mustache), isEscaped: mustache.escaped }];
    }
    case 'BlockStatement': {
      const { program, inverse, loc, ...call } = statement as hbs.AST.BlockStatement & {
        readonly program?: hbs.AST.Program;
      };
      return [
        {
          kind: 'block',
          call: toCall({ ...call, loc }),
          isInline: loc.start.line === loc.end.line,
          params: paramsOf(program),
          body: toProgram(program),
          inverse: toProgram(inverse),
        },
      ];
    }
    default:
      return [
        { kind: 'refused', what: `${statement.type.replace('Statement', '').toLowerCase()}s`, ...spotOf(statement) },
      ];
  }
}

function toText({ value, original: source, loc }: hbs.AST.ContentStatement): readonly Statement[] {
  if (value === '') return [];
  // the parser takes white space off around blocks that stand alone on their line; `loc` still begins before it
  const original = source as unknown as string;
  const stripped = original.slice(0, Math.max(0, original.lastIndexOf(value)));
  return [{ kind: 'text', text: value, line: loc.start.line + (stripped.match(/\n/g)?.length ?? 0) }];
}

function toCall(
  call: Pick<hbs.AST.MustacheStatement, 'path' | 'params' | 'loc'> & { readonly hash?: hbs.AST.Hash },
): CallNode {
  return {
    kind: 'call',
    path: toCalledPath(call.path),
    params: call.params.map(toExpression),
    hash: (call.hash?.pairs ?? []).map(({ key, value }) => [key, toExpression(value)]),
    ...spotOf(call),
  };
}

/** A literal there is a name, as in Handlebars: `{{"odd name"}}` reads what is called so. */
function toCalledPath(node: hbs.AST.Expression): PathNode {
  if (node.type === 'PathExpression') return toPath(node as hbs.AST.PathExpression);
  const source = 'original' in node ? String(node.original) : 'this';
  return { kind: 'path', source, parts: [source], depth: 0, isData: false, ...spotOf(node) };
}

function toPath(node: hbs.AST.PathExpression): PathNode {
  const { original: source, parts, depth, data: isData } = node;
  return { kind: 'path', source, parts, depth, isData, ...spotOf(node) };
}

function toExpression(node: hbs.AST.Expression): Expression {
  switch (node.type) {
    case 'StringLiteral':
    case 'NumberLiteral':
    case 'BooleanLiteral':
      return {
        kind: 'literal',
        value: (node as hbs.AST.StringLiteral | hbs.AST.NumberLiteral | hbs.AST.BooleanLiteral).value,
      };
    case 'NullLiteral':
    case 'UndefinedLiteral':
      return { kind: 'literal', value: null };
    case 'SubExpression':
      return toCall(node as hbs.AST.SubExpression);
    default:
      return toPath(node as hbs.AST.PathExpression);
  }
}

/** The parser leaves out what a block has none of; its types do not say so. */
function paramsOf(program: { readonly blockParams?: readonly string[] } | undefined): readonly string[] {
  return program?.blockParams ?? [];
}

function spotOf({ loc }: Pick<hbs.AST.Node, 'loc'>): Spot {
  return { line: loc.start.line, column: loc.start.column + 1 };
}

/** The parser's token names in an author's words. */
function explain(why: string): string {
  const got = /got '(\w+)'/.exec(why)?.[1];
  if (got === undefined) return why;
  if (got === 'EOF') return why.includes('OPEN_ENDBLOCK') ? 'this block is not closed' : 'this mustache is not closed';
  if (got === 'OPEN_ENDBLOCK') return 'a block is closed here that was not opened';
  if (got === 'INVALID') return 'a character that means nothing here';
  return `syntax error, ${got === 'CLOSE' ? 'nothing' : got.toLowerCase()} not expected here`;
}

/** The parser says a line, and shows up to 20 characters before the spot: that gives the column. */
function findPlace(file: string, text: string, message: string): Place {
  const exact = / - (\d+):(\d+)$/.exec(message);
  if (exact !== null) return { file, line: Number(exact[1]), column: Number(exact[2]) + 1 };
  const shown = /on line (\d+)[^\n]*\n(.*)\n(-*)\^/s.exec(message);
  const line = Number(/on line (\d+)/.exec(message)?.[1] ?? 1);
  if (shown === null) return { file, line };
  // the end of the file is of no help, the block that is open there is
  if (message.includes("got 'EOF'")) return placeAt(file, text, findUnclosed(text, message.includes('OPEN_ENDBLOCK')));
  const before = (shown[2] ?? '').slice(0, (shown[3] ?? '').length).replace(/^\.\.\./, '');
  // its excerpt has no newlines: look it up in the text without them, and go back
  const positions = text.split('').flatMap((char, index) => (char === '\n' ? [] : [index]));
  const flat = text.replaceAll('\n', '');
  const lineStart =
    text
      .split('\n')
      .slice(0, line - 1)
      .join('\n').length + (line > 1 ? 1 : 0);
  const from = Math.max(0, positions.findIndex((position) => position >= lineStart) - 20);
  const found = flat.indexOf(before, from);
  const spot = positions[found + before.length] ?? text.length;
  return placeAt(file, text, spot);
}

/** Index of the block, or else of the mustache, that is still open at the end. */
function findUnclosed(text: string, isBlock: boolean): number {
  if (!isBlock) return Math.max(0, text.lastIndexOf('{{'));
  const open: number[] = [];
  for (const { 0: tag, index } of text.matchAll(
    /\{\{!--[\s\S]*?--~?\}\}|\{\{![\s\S]*?\}\}|\\?\{\{~?(#|\^(?!\s*~?\}\})|\/)/g,
  )) {
    if (/^\{\{~?\//.test(tag)) open.pop();
    else if (/^\{\{~?[#^]/.test(tag)) open.push(index);
  }
  return open.at(-1) ?? text.length;
}

function placeAt(file: string, text: string, index: number): Place {
  const upTo = text.slice(0, index).split('\n');
  return { file, line: upTo.length, column: (upTo.at(-1)?.length ?? 0) + 1 };
}
