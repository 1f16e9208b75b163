/**
 * What passes are built on: copies a block, instruction by instruction, with operands replaced. Blocks are never
 * changed in place but for the notes of their instructions, so a pass may be compared with its input.
 */
import { assert, defined } from '../../common/assert.ts';
import { Inst, type Block, type Terminator } from '../block.ts';
import { constantInst } from '../constant.ts';
import type { Op } from '../op.ts';
import type { ValueType } from '../types.ts';

export class BlockRewriter {
  readonly #block: Block;
  readonly #instructions: Inst[] = [];
  /** Instructions of the old block, and what stands for each in the new one; an instruction's note is its index here. */
  readonly #old: Inst[] = [];
  readonly #new: Inst[] = [];

  constructor(block: Block) {
    this.#block = block;
  }

  /** What stands for `inst` of the old block in the new one. */
  mapped(inst: Inst): Inst {
    assert(this.#old[inst.note] === inst, 'an operand was removed');
    return defined(this.#new[inst.note], 'an operand stands for something');
  }

  mappedOrNull(inst: Inst | null): Inst | null {
    return inst === null ? null : this.mapped(inst);
  }

  /** Copies `inst` with its operands mapped. */
  keep(inst: Inst): Inst {
    const a = this.mappedOrNull(inst.a);
    const b = this.mappedOrNull(inst.b);
    const c = this.mappedOrNull(inst.c);
    const copy = new Inst(inst.kind, inst.op, inst.type, a, b, c, inst.lo, inst.hi, inst.wide);
    this.#instructions.push(copy);
    this.replace(inst, copy);
    return copy;
  }

  /** Lets `value`, already in the new block, stand for `inst`. */
  replace(inst: Inst, value: Inst): void {
    if (this.#old[inst.note] === inst) {
      this.#new[inst.note] = value;
      return;
    }
    inst.note = this.#old.push(inst) - 1;
    this.#new.push(value);
  }

  /** Adds a constant to the new block. */
  constant(type: ValueType, bits: bigint): Inst {
    const inst = constantInst(type, bits);
    this.#instructions.push(inst);
    return inst;
  }

  /** Adds an operation on values of the new block. */
  op(op: Op, operands: readonly Inst[], immediate = 0): Inst {
    const [a = null, b = null, c = null] = operands;
    const inst = new Inst('op', op, op.result, a, b, c, immediate, 0);
    this.#instructions.push(inst);
    return inst;
  }

  /** The new block, ending as the old one or in `terminator` (whose values are of the new block). */
  finish(terminator: Terminator = this.mappedTerminator()): Block {
    if (terminator.kind === 'branch') terminator.condition.uses++;
    else if (terminator.kind === 'indirect') terminator.target.uses++;
    return { ...this.#block, instructions: this.#instructions, terminator };
  }

  /** The old block's terminator on values of the new block. */
  mappedTerminator(): Terminator {
    const { terminator } = this.#block;
    switch (terminator.kind) {
      case 'branch':
        return { ...terminator, condition: this.mapped(terminator.condition) };
      case 'indirect':
        return { ...terminator, target: this.mapped(terminator.target) };
      case 'jump':
      case 'syscall':
      case 'trap':
      case 'resync':
        return terminator;
    }
  }
}
