/** The parser leaves out what a block has none of; its types do not say so. */
export function blockParamsOf({ blockParams }: { blockParams?: readonly string[] }): readonly string[] {
  return blockParams ?? [];
}

/** Either part may be left out, `{{^if x}}…{{/if}}` has no program; the parser's types do not say so. */
export function bodiesOf({ program, inverse }: { readonly program?: hbs.AST.Program; readonly inverse?: hbs.AST.Program }): readonly [program: hbs.AST.Program | undefined, inverse: hbs.AST.Program | undefined] {
  return [program, inverse];
}

export function hashOf(call: { hash?: hbs.AST.Hash }): readonly hbs.AST.HashPair[] {
  return call.hash?.pairs ?? [];
}

/** An expression as its author wrote it, for messages. */
export function sourceOf(node: hbs.AST.Expression): string {
  if (node.type === 'SubExpression') return `(${[sourceOf((node as hbs.AST.SubExpression).path), ...(node as hbs.AST.SubExpression).params.map(sourceOf)].join(' ')})`;
  return 'original' in node ? String(node.original) : 'this';
}

/** What is called. A literal there is a name, as in Handlebars: `{{"odd name"}}` reads what is called so. */
export function calledPath({ path }: { readonly path: hbs.AST.Expression }): hbs.AST.PathExpression {
  if (path.type === 'PathExpression') return path as hbs.AST.PathExpression;
  const name = sourceOf(path);
  return { type: 'PathExpression', data: false, depth: 0, parts: [name], original: name, loc: path.loc };
}

/** The one name of a path that is nothing else (no dots, `../` or `@`), or undefined. */
export function findPlainName({ data, depth, parts, original }: hbs.AST.PathExpression): string | undefined {
  const [name] = parts;
  return data || depth > 0 || parts.length !== 1 || original !== name ? undefined : name;
}

/** Every text that a program writes down as an argument: what values are compared with, among others. */
export function listLiterals(node: unknown): readonly string[] {
  if (typeof node !== 'object' || node === null) return [];
  if (Array.isArray(node)) return node.flatMap(listLiterals);
  const { type, value } = node as { readonly type?: unknown; readonly value?: unknown };
  return type === 'StringLiteral' && typeof value === 'string' ? [value] : Object.values(node).flatMap(listLiterals);
}
