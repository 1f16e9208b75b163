/**
 * Folds constants with the folders of the operation table, applies integer algebra, moves constant parts of addresses
 * into displacements, and resolves branches and indirect jumps whose operand is known.
 */
import { defined } from '../../common/assert.ts';
import type { Block, Inst, Terminator } from '../block.ts';
import type { Op } from '../op.ts';
import { ops, type OpName } from '../ops.ts';
import type { ValueType } from '../types.ts';
import { algebraRule, conditionOf, constantOf, isOp, type Maker } from './algebra.ts';
import { BlockRewriter } from './rewrite.ts';

export function foldConstants(block: Block): Block {
  return new Folder(block).run();
}

class Folder implements Maker {
  readonly #block: Block;
  readonly #rewriter: BlockRewriter;

  constructor(block: Block) {
    this.#block = block;
    this.#rewriter = new BlockRewriter(block);
  }

  run(): Block {
    for (const inst of this.#block.instructions) {
      if (inst.kind === 'op') this.#operation(inst, defined(inst.op, 'an operation has its row'));
      else if (inst.kind === 'trap_if') this.#trapIf(inst);
      else this.#rewriter.keep(inst);
    }
    return this.#rewriter.finish(simplifyTerminator(this.#rewriter.mappedTerminator()));
  }

  constant(type: ValueType, bits: bigint): Inst {
    return this.#rewriter.constant(type, bits);
  }

  op(name: OpName, ...operands: readonly Inst[]): Inst {
    const op = ops[name];
    return this.#simplify(op, operands) ?? this.#rewriter.op(op, operands);
  }

  #operation(inst: Inst, op: Op): void {
    const operands: Inst[] = [];
    if (inst.a !== null) operands.push(this.#rewriter.mapped(inst.a));
    if (inst.b !== null) operands.push(this.#rewriter.mapped(inst.b));
    if (inst.c !== null) operands.push(this.#rewriter.mapped(inst.c));
    if (op.effect === 'pure' && op.immediate === undefined) {
      const ordered = constantLast(op, operands);
      this.#rewriter.replace(inst, this.#simplify(op, ordered) ?? this.#rewriter.op(op, ordered));
    } else if (op.immediate === 'offset') {
      this.#rewriter.replace(inst, this.#access(op, operands, inst.lo));
    } else {
      this.#rewriter.keep(inst);
    }
  }

  /** A value for a pure operation without immediate, or null if it stays. */
  #simplify(op: Op, operands: readonly Inst[]): Inst | null {
    if (op.fold !== undefined && op.result !== null && operands.every(({ kind }) => kind === 'const')) {
      const [x = 0n, y = 0n, z = 0n] = operands.map(constantOf);
      if (x !== null && y !== null && z !== null) return this.constant(op.result, op.fold(x, y, z));
    }
    const [a, b = a, c = a] = operands;
    if (a === undefined || b === undefined || c === undefined) return null;
    return algebraRule(op.name)?.(this, a, b, c) ?? null;
  }

  /** A memory operation: the constant part of `x + c` becomes displacement, which wraps at 64 bits as the sum does. */
  #access(op: Op, operands: readonly Inst[], displacement: number): Inst {
    const [address, ...values] = operands;
    const base = defined(address, 'a memory operation has an address');
    if (isOp(base, 'i64.add') && base.a !== null && base.b !== null) {
      const part = constantOf(base.b);
      const sum = part === null ? null : BigInt.asIntN(64, part) + BigInt(displacement);
      if (sum !== null && sum === BigInt.asIntN(32, sum)) {
        return this.#rewriter.op(op, [base.a, ...values], Number(sum));
      }
    }
    return this.#rewriter.op(op, operands, displacement);
  }

  #trapIf(inst: Inst): void {
    const condition = this.#rewriter.mapped(defined(inst.a, 'trap_if has a condition'));
    if (constantOf(condition) === 0n) return;
    const simpler = conditionOf(condition);
    if (inst.a !== null && simpler !== condition) this.#rewriter.replace(inst.a, simpler);
    this.#rewriter.keep(inst);
    if (inst.a !== null) this.#rewriter.replace(inst.a, condition);
  }
}

/** Constants of commutative operations go to the right, where the rules look for them. */
function constantLast(op: Op, operands: readonly Inst[]): readonly Inst[] {
  const [a, b] = operands;
  if (op.commutative !== true || a?.kind !== 'const' || b === undefined || b.kind === 'const') return operands;
  return [b, a];
}

function simplifyTerminator(terminator: Terminator): Terminator {
  if (terminator.kind === 'branch') {
    const condition = conditionOf(terminator.condition);
    const known = constantOf(condition);
    if (known === null) return { ...terminator, condition };
    const target = known === 0n ? terminator.fallthrough : terminator.taken;
    return { kind: 'jump', target, hint: 'jump', returnPc: null };
  }
  if (terminator.kind === 'indirect') {
    const target = constantOf(terminator.target);
    if (target === null || target > BigInt(Number.MAX_SAFE_INTEGER)) return terminator;
    return { kind: 'jump', target: Number(target), hint: terminator.hint, returnPc: terminator.returnPc };
  }
  return terminator;
}
