import type { CallNode, Expression, PathNode, Program, Spot, Statement } from './program.ts';

/** A program as one list without lists inside: JSON of that shape is read several times as fast as that of a tree. */
export type ProgramList = readonly (string | number | boolean | null)[];

type Item = ProgramList[number];

/** Reads back what `formatProgram` gives. */
export function parseProgram(list: ProgramList): Program {
  return new ListReader(list).program();
}

/** Lists are written as their length and their items, unions as their kind and its parts. */
export function formatProgram(program: Program): ProgramList {
  const list: Item[] = [];
  addProgram(program, list);
  return list;
}

function addProgram(program: Program, list: Item[]): void {
  list.push(program.length);
  for (const statement of program) addStatement(statement, list);
}

function addStatement(statement: Statement, list: Item[]): void {
  list.push(statement.kind);
  switch (statement.kind) {
    case 'text':
      list.push(statement.text, statement.line);
      return;
    case 'print':
      list.push(statement.isEscaped);
      addCall(statement.call, list);
      return;
    case 'block':
      list.push(statement.isInline, statement.params.length, ...statement.params);
      addCall(statement.call, list);
      addProgram(statement.body, list);
      addProgram(statement.inverse, list);
      return;
    case 'refused': list.push(statement.what, statement.line, statement.column);
  }
}

function addCall({ path, params, hash, line, column }: CallNode, list: Item[]): void {
  addPath(path, list);
  list.push(params.length);
  for (const param of params) addExpression(param, list);
  list.push(hash.length);
  for (const [name, value] of hash) {
    list.push(name);
    addExpression(value, list);
  }
  list.push(line, column);
}

function addPath({ source, parts, depth, isData, line, column }: PathNode, list: Item[]): void {
  list.push(source, parts.length, ...parts, depth, isData, line, column);
}

function addExpression(node: Expression, list: Item[]): void {
  list.push(node.kind);
  switch (node.kind) {
    case 'path': return addPath(node, list);
    case 'call': return addCall(node, list);
    case 'literal': list.push(node.value);
  }
}

const NONE: readonly never[] = [];

/** Takes item by item. The casts say what `formatProgram` has put there. */
class ListReader {
  readonly #list: ProgramList;
  #at = 0;

  constructor(list: ProgramList) {
    this.#list = list;
  }

  #next(): Item | undefined {
    return this.#list[this.#at++];
  }

  #text(): string {
    return this.#next() as string;
  }

  #number(): number {
    return this.#next() as number;
  }

  #flag(): boolean {
    return this.#next() as boolean;
  }

  #many<T>(read: () => T): readonly T[] {
    const length = this.#number();
    if (length === 0) return NONE;
    // of its very length: one that grows by `push` takes the room of seventeen, and there are many with one item
    const items = new Array<T>(length);
    for (let n = 0; n < length; n++) items[n] = read();
    return items;
  }

  #spot(): Spot {
    return { line: this.#number(), column: this.#number() };
  }

  program(): Program {
    return this.#many(() => this.#statement());
  }

  #statement(): Statement {
    const kind = this.#text() as Statement['kind'];
    switch (kind) {
      case 'text': return { kind, text: this.#text(), line: this.#number() };
      case 'print': return { kind, isEscaped: this.#flag(), call: this.#call() };
      case 'block': return { kind, isInline: this.#flag(), params: this.#many(() => this.#text()), call: this.#call(), body: this.program(), inverse: this.program() };
      case 'refused': return { kind, what: this.#text(), ...this.#spot() };
    }
  }

  #call(): CallNode {
    return { kind: 'call', path: this.#path(), params: this.#many(() => this.#expression()), hash: this.#many(() => [this.#text(), this.#expression()]), line: this.#number(), column: this.#number() };
  }

  #path(): PathNode {
    return { kind: 'path', source: this.#text(), parts: this.#many(() => this.#text()), depth: this.#number(), isData: this.#flag(), line: this.#number(), column: this.#number() };
  }

  #expression(): Expression {
    const kind = this.#text() as Expression['kind'];
    switch (kind) {
      case 'path': return this.#path();
      case 'call': return this.#call();
      case 'literal': return { kind, value: this.#next() ?? null };
    }
  }
}
