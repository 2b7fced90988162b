import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseFragment } from '../../../src/template/parse-fragment.ts';
import type { CallNode, Expression, PathNode, Program, Statement } from '../../../src/template/program.ts';
import { formatProgram, parseProgram, type ProgramList } from '../../../src/template/program-list.ts';

const SHIPPED = path.resolve(import.meta.dirname, '../../../templates');

/** As it comes back from a file. */
function throughJson(program: Program): Program {
  return parseProgram(JSON.parse(JSON.stringify(formatProgram(program))) as ProgramList);
}

const spot = { line: fc.nat(), column: fc.nat() };
const path_: fc.Arbitrary<PathNode> = fc.record({ kind: fc.constant('path' as const), source: fc.string(), parts: fc.array(fc.string(), { maxLength: 3 }), depth: fc.nat(3), isData: fc.boolean(), ...spot });
const { call, program } = fc.letrec<{ expression: Expression; call: CallNode; statement: Statement; program: Program }>((tie) => ({
  expression: fc.oneof({ maxDepth: 3 }, fc.record({ kind: fc.constant('literal' as const), value: fc.oneof(fc.string({ unit: 'binary' }), fc.integer(), fc.boolean(), fc.constant(null)) }), path_, tie('call')),
  call: fc.record({ kind: fc.constant('call' as const), path: path_, params: fc.array(tie('expression'), { maxLength: 3 }), hash: fc.array(fc.tuple(fc.string(), tie('expression')), { maxLength: 2 }), ...spot }),
  statement: fc.oneof({ maxDepth: 3 },
    fc.record({ kind: fc.constant('text' as const), text: fc.string({ unit: 'binary' }), line: fc.nat() }),
    fc.record({ kind: fc.constant('print' as const), call: tie('call'), isEscaped: fc.boolean() }),
    fc.record({ kind: fc.constant('refused' as const), what: fc.string(), ...spot }),
    fc.record({ kind: fc.constant('block' as const), call: tie('call'), isInline: fc.boolean(), params: fc.array(fc.string(), { maxLength: 2 }), body: tie('program'), inverse: tie('program') })),
  program: fc.array(tie('statement'), { maxLength: 4 }),
}));

describe('a program as a list', () => {
  it('is the same program again, whatever it says', () => {
    fc.assert(fc.property(program, (any) => {
      expect(throughJson(any)).toEqual(any);
    }));
    fc.assert(fc.property(call, (any) => {
      const printed: Program = [{ kind: 'print', call: any, isEscaped: true }];
      expect(throughJson(printed)).toEqual(printed);
    }));
  });

  it('is so for every shipped fragment', () => {
    const files = readdirSync(SHIPPED, { recursive: true, encoding: 'utf8' }).map((name) => path.join(SHIPPED, name)).filter((file) => statSync(file).isFile());
    expect(files.length).toBeGreaterThan(100);
    for (const file of files) {
      const parsed = parseFragment(file, readFileSync(file, 'utf8')).program;
      expect(throughJson(parsed), file).toEqual(parsed);
    }
  });
});
