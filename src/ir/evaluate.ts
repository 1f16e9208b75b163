/**
 * A slow, plain evaluator of blocks: the reference that faster hosts and passes are compared with. Scalar meaning comes
 * from the folders of the operation table, so it is not said again here; what has no folder (guest floating point,
 * inputs, most vector operations) is asked of the machine.
 */
import { assert, defined } from '../common/assert.ts';
import type { Block, Inst, Terminator, TrapCode } from './block.ts';
import { constantBits } from './constant.ts';
import { evaluateAtomic, extendLoad } from './evaluate-memory.ts';
import type { Op } from './op.ts';
import { valueSize } from './types.ts';
import type { Slot } from './state.ts';

/** What a block runs on. Values are unsigned bit patterns. */
export interface EvaluationMachine {
  readSlot(slot: Slot): bigint;
  writeSlot(slot: Slot, bits: bigint): void;
  /** Little-endian bytes at a guest virtual address, or null where the access faults. */
  load(vaddr: bigint, width: number): bigint | null;
  /** False where the access faults; then nothing was written. */
  store(vaddr: bigint, width: number, bits: bigint): boolean;
  /** The result of an operation without folder; any bits for one without result. */
  operation(op: Op, operands: readonly bigint[], inst: Inst): bigint;
}

export type EvaluationOutcome =
  | { readonly kind: 'continue' | 'syscall' | 'resync'; readonly pc: bigint }
  | { readonly kind: 'trap'; readonly trap: TrapCode; readonly pc: number; readonly detail: number }
  | { readonly kind: 'fault'; readonly pc: number; readonly address: bigint; readonly access: 'read' | 'write' };

/** Runs `block` once on `machine`. */
export function evaluateBlock(block: Block, machine: EvaluationMachine): EvaluationOutcome {
  return new Evaluation(block, machine).run();
}

class Evaluation {
  readonly #block: Block;
  readonly #machine: EvaluationMachine;
  readonly #values = new Map<Inst, bigint>();
  /** Of the current guest instruction. */
  #pc: number;

  constructor(block: Block, machine: EvaluationMachine) {
    this.#block = block;
    this.#machine = machine;
    this.#pc = block.pc;
  }

  run(): EvaluationOutcome {
    for (const inst of this.#block.instructions) {
      const outcome = this.#step(inst);
      if (outcome !== null) return outcome;
    }
    return this.#terminate(this.#block.terminator);
  }

  #step(inst: Inst): EvaluationOutcome | null {
    switch (inst.kind) {
      case 'instruction':
        this.#pc = this.#block.pc + ((inst.lo - (this.#block.pc | 0)) >>> 0);
        return null;
      case 'const':
        return this.#give(inst, constantBits(inst));
      case 'get':
        return this.#give(inst, this.#machine.readSlot(this.#slot(inst)));
      case 'set':
        this.#machine.writeSlot(this.#slot(inst), this.#value(inst.a));
        return null;
      case 'trap_if':
        if (this.#value(inst.a) === 0n) return null;
        return { kind: 'trap', trap: inst.lo as TrapCode, pc: this.#pc, detail: 0 };
      case 'op':
        return this.#operation(inst, defined(inst.op, 'an operation has its row'));
    }
  }

  #operation(inst: Inst, op: Op): EvaluationOutcome | null {
    const operands = [inst.a, inst.b, inst.c].flatMap((operand) => (operand ? [this.#value(operand)] : []));
    switch (op.effect) {
      case 'load':
      case 'store':
      case 'atomic':
        return this.#access(inst, op, operands);
      case 'pure':
        if (op.fold !== undefined) return this.#give(inst, op.fold(...padded(operands)));
        return this.#give(inst, this.#machine.operation(op, operands, inst));
      case 'fp':
      case 'input':
      case 'fence':
        return this.#give(inst, this.#machine.operation(op, operands, inst));
    }
  }

  #access(inst: Inst, op: Op, [base, ...values]: readonly bigint[]): EvaluationOutcome | null {
    const address = BigInt.asUintN(64, defined(base, 'a memory operation has an address') + BigInt(inst.lo));
    const width = defined(op.width, 'a memory operation has a width');
    const bits = BigInt(8 * width);
    let old = 0n;
    if (op.effect !== 'store') {
      const loaded = this.#machine.load(address, width);
      if (loaded === null) return this.#fault(address, 'read');
      old = loaded;
    }
    if (op.effect === 'load') return this.#give(inst, extendLoad(op, old));
    const stored = op.effect === 'store' ? (values[0] ?? null) : evaluateAtomic(op, old, values);
    if (stored !== null && !this.#machine.store(address, width, BigInt.asUintN(Number(bits), stored))) {
      return this.#fault(address, 'write');
    }
    return inst.type === null ? null : this.#give(inst, old);
  }

  #terminate(terminator: Terminator): EvaluationOutcome {
    switch (terminator.kind) {
      case 'jump':
        return { kind: 'continue', pc: BigInt(terminator.target) };
      case 'branch': {
        const taken = this.#value(terminator.condition) !== 0n;
        return { kind: 'continue', pc: BigInt(taken ? terminator.taken : terminator.fallthrough) };
      }
      case 'indirect':
        return { kind: 'continue', pc: this.#value(terminator.target) };
      case 'syscall':
      case 'resync':
        return { kind: terminator.kind, pc: BigInt(terminator.next) };
      case 'trap':
        return { kind: 'trap', trap: terminator.trap, pc: terminator.pc, detail: terminator.detail };
    }
  }

  #give(inst: Inst, bits: bigint): null {
    if (inst.type === null) return null;
    assert(bits === BigInt.asUintN(8 * valueSize[inst.type], bits), 'values are unsigned bit patterns of their type');
    this.#values.set(inst, bits);
    return null;
  }

  #fault(address: bigint, access: 'read' | 'write'): EvaluationOutcome {
    return { kind: 'fault', pc: this.#pc, address, access };
  }

  #value(inst: Inst | null): bigint {
    return defined(inst === null ? null : this.#values.get(inst), 'an operand is evaluated before its user');
  }

  #slot(inst: Inst): Slot {
    return defined(this.#block.layout.at(inst.lo), 'a slot starts at the offset');
  }
}

function padded(operands: readonly bigint[]): [bigint, bigint, bigint] {
  const [a = 0n, b = 0n, c = 0n] = operands;
  return [a, b, c];
}
