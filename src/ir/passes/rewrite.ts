/**
 * What passes are built on: copies a block, instruction by instruction, with operands replaced. Blocks are never
 * changed in place, so a pass may be compared with its input.
 */
import { defined } from '../../common/assert.ts';
import { Inst, type Block, type Terminator } from '../block.ts';
import { constantInst } from '../constant.ts';
import type { Op } from '../op.ts';
import type { ValueType } from '../types.ts';

export class BlockRewriter {
  readonly #block: Block;
  readonly #instructions: Inst[] = [];
  readonly #replacements = new Map<Inst, Inst>();

  constructor(block: Block) {
    this.#block = block;
  }

  /** What stands for `inst` of the old block in the new one. */
  mapped(inst: Inst): Inst {
    return defined(this.#replacements.get(inst), 'an operand was removed');
  }

  mappedOrNull(inst: Inst | null): Inst | null {
    return inst === null ? null : this.mapped(inst);
  }

  /** Copies `inst` with its operands mapped. */
  keep(inst: Inst): Inst {
    const [a, b, c] = [inst.a, inst.b, inst.c].map((operand) => this.mappedOrNull(operand));
    const copy = new Inst(inst.kind, inst.op, inst.type, a ?? null, b ?? null, c ?? null, inst.lo, inst.hi, inst.wide);
    this.#instructions.push(copy);
    this.#replacements.set(inst, copy);
    return copy;
  }

  /** Lets `value`, already in the new block, stand for `inst`. */
  replace(inst: Inst, value: Inst): void {
    this.#replacements.set(inst, value);
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
