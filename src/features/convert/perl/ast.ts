/** The part of Perl that is understood. Each node has the line of the fragment on which it begins. */
export type Expression = { readonly line: number } & (
  | { readonly kind: 'scalar' | 'array' | 'hash'; readonly name: string }
  /** `$name{key}` */
  | { readonly kind: 'element'; readonly name: string; readonly key: Expression }
  | { readonly kind: 'text'; readonly parts: readonly (string | Expression)[] }
  | { readonly kind: 'number'; readonly value: number }
  /** a function by its name, without a leading `&` */
  | { readonly kind: 'call'; readonly name: string; readonly args: readonly Expression[]; readonly block?: Expression }
  | { readonly kind: 'method'; readonly of: Expression; readonly name: string; readonly args: readonly Expression[] }
  | { readonly kind: 'class'; readonly name: string }
  | { readonly kind: 'binary'; readonly op: string; readonly left: Expression; readonly right: Expression }
  | { readonly kind: 'unary'; readonly op: string; readonly of: Expression }
  | { readonly kind: 'choice'; readonly test: Expression; readonly yes: Expression; readonly no: Expression }
  | { readonly kind: 'match'; readonly of: Expression; readonly pattern: string; readonly flags: string }
  | {
      readonly kind: 'replace';
      readonly of: Expression;
      readonly pattern: string;
      readonly by: string;
      readonly flags: string;
    }
  | { readonly kind: 'list'; readonly items: readonly Expression[] }
  | { readonly kind: 'pattern'; readonly pattern: string; readonly flags: string }
  | { readonly kind: 'my'; readonly vars: readonly Variable[]; readonly isList: boolean }
  | { readonly kind: 'assign'; readonly op: string; readonly to: Expression; readonly value: Expression }
);

export interface Variable {
  readonly sigil: '$' | '@' | '%';
  readonly name: string;
}

export type Statement = { readonly line: number } & (
  | { readonly kind: 'expression'; readonly value: Expression }
  | {
      readonly kind: 'if';
      readonly branches: readonly { readonly test: Expression; readonly body: readonly Statement[] }[];
      readonly otherwise: readonly Statement[] | undefined;
    }
  | {
      readonly kind: 'foreach';
      readonly name: string;
      readonly list: Expression;
      readonly body: readonly Statement[];
    }
  | { readonly kind: 'return'; readonly value: Expression | undefined }
  | { readonly kind: 'next' }
);
