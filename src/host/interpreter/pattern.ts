/**
 * Micro-ops are written as patterns over IR operations: `i64.extend32_s(i64.add(r,i))` is the micro-op that adds a
 * register and a constant and sign-extends the low half. The generator composes the operations' templates to get
 * its code; the lowering matches blocks against the same patterns. A pattern says nothing of its own.
 *
 *   r       an operand read from the vCPU block (guest slot or temporary); fields a, b, c in order of appearance
 *   i       a constant, from the immediate field
 *   #N      exactly the constant N
 *   op(...) an operation of the table, its value used by this pattern alone
 *
 * Roots other than an operation: `branch(condition)`, `indirect(target)`, `trap_if(condition)`.
 */
import { assert, defined } from '../../common/assert.ts';
import { findOp } from '../../ir/ops.ts';
import type { Op } from '../../ir/op.ts';
import type { ValueType } from '../../ir/types.ts';

export type PatternNode =
  | { readonly kind: 'register'; readonly field: 'a' | 'b' | 'c'; readonly type: ValueType }
  | { readonly kind: 'constant'; readonly type: ValueType }
  | { readonly kind: 'exact'; readonly lo: number; readonly hi: number; readonly type: ValueType }
  | { readonly kind: 'operation'; readonly op: Op; readonly operands: readonly PatternNode[] };

/** What the micro-op does with the value of its tree. */
export type PatternRoot = 'value' | 'effect' | 'branch' | 'indirect' | 'trap_if';

export interface Pattern {
  readonly text: string;
  readonly root: PatternRoot;
  readonly tree: PatternNode;
  /** Registers the pattern reads. */
  readonly registers: number;
  readonly hasConstant: boolean;
}

const FIELDS = ['a', 'b', 'c'] as const;
const ROOT_TYPES: Readonly<Record<string, ValueType>> = { branch: 'i32', indirect: 'i64', trap_if: 'i32' };

/** Name of the root, where it is not an operation, and of the operation at the top, if there is one. */
export interface PatternHead {
  readonly root: 'branch' | 'indirect' | 'trap_if' | null;
  readonly op: string | null;
}

/** The head of a pattern, without parsing the rest. */
export function patternHead(text: string): PatternHead {
  const [first = '', second = ''] = text.split(/[(),]/, 2);
  if (first !== 'branch' && first !== 'indirect' && first !== 'trap_if') return { root: null, op: first };
  return { root: first, op: second === 'r' ? null : second };
}

/** Parses a pattern. A malformed one is an assertion: patterns are part of the program. */
export function parsePattern(text: string): Pattern {
  const tokens = text.match(/[A-Za-z0-9_.#-]+|[(),]/g) ?? [];
  let position = 0;
  let registers = 0;
  let hasConstant = false;

  const expect = (token: string): void => {
    assert(tokens[position] === token, `pattern ${text}: expected ${token} at token ${String(position)}`);
    position++;
  };

  const node = (type: ValueType): PatternNode => {
    const token = defined(tokens[position++], `pattern ${text} ends early`);
    if (token === 'r') {
      const field = defined(FIELDS[registers++], `pattern ${text} has more than three registers`);
      return { kind: 'register', field, type };
    }
    if (token === 'i') {
      assert(!hasConstant, `pattern ${text} has two constants`);
      hasConstant = true;
      return { kind: 'constant', type };
    }
    if (token.startsWith('#')) {
      const bits = BigInt.asIntN(64, BigInt(token.slice(1)));
      return { kind: 'exact', type, lo: Number(BigInt.asIntN(32, bits)), hi: type === 'i32' ? 0 : Number(bits >> 32n) };
    }
    return operation(token, type);
  };

  const operation = (name: string, type: ValueType | null): PatternNode => {
    const op = findOp(name);
    assert(op !== undefined, `pattern ${text}: no operation is called ${name}`);
    assert(type === null || op.result === type, `pattern ${text}: ${name} gives ${String(op.result)}`);
    const operands: PatternNode[] = [];
    for (const [index, param] of op.params.entries()) {
      expect(index === 0 ? '(' : ',');
      operands.push(node(param));
    }
    if (op.params.length > 0) expect(')');
    return { kind: 'operation', op, operands };
  };

  const first = defined(tokens[position++], 'empty pattern');
  const rootType = ROOT_TYPES[first];
  let root: PatternRoot;
  let tree: PatternNode;
  if (rootType !== undefined) {
    expect('(');
    tree = node(rootType);
    expect(')');
    root = first as PatternRoot;
  } else {
    tree = operation(first, null);
    assert(tree.kind === 'operation', 'a root is an operation');
    root = tree.op.result === null ? 'effect' : 'value';
  }
  assert(position === tokens.length, `pattern ${text}: text after the end`);
  return { text, root, tree, registers, hasConstant };
}

/** The type of a node's value. */
export function nodeType(node: PatternNode): ValueType {
  if (node.kind !== 'operation') return node.type;
  return defined(node.op.result, 'an operand has a value');
}

/** True when some operation in the tree satisfies `test`. */
export function someOperation(node: PatternNode, test: (op: Op) => boolean): boolean {
  if (node.kind !== 'operation') return false;
  return test(node.op) || node.operands.some((operand) => someOperation(operand, test));
}
