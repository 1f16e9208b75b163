/** A block: instructions in execution order, one entry, one terminator. */
import type { Op } from './op.ts';
import type { ValueType } from './types.ts';
import type { StateLayout } from './state.ts';

/** Instruction kinds that are not rows of the operation table, because hosts treat them structurally. */
export type StructuralKind =
  /** a constant; `lo`, `hi` hold its bits (v128: see `wide`) */
  | 'const'
  /** value of a guest state slot; `lo` is the slot's offset in the vCPU block */
  | 'get'
  /** a := the slot's new value; `lo` is the slot's offset */
  | 'set'
  /** marks the start of a guest instruction; `lo` its pc, `hi` its length in bytes */
  | 'instruction'
  /** leaves with trap code `lo` when operand a (i32) is not 0; state is that before the guest instruction */
  | 'trap_if';

/**
 * One IR instruction, and the value it gives. `kind` is `op` for rows of the operation table. Operands are other
 * instructions of the same block, defined earlier. `lo`/`hi` hold the immediate as two signed 32-bit halves.
 */
export class Inst {
  readonly kind: StructuralKind | 'op';
  /** Set when `kind` is `op`. */
  readonly op: Op | null;
  readonly type: ValueType | null;
  readonly a: Inst | null;
  readonly b: Inst | null;
  readonly c: Inst | null;
  readonly lo: number;
  readonly hi: number;
  /** Upper 64 bits of a v128 constant or the second half of shuffle lanes. */
  readonly wide: bigint;
  /** Number of operands that refer to this instruction, terminator included. */
  uses = 0;
  /** Scratch for hosts and passes, meaningless between them. */
  note = 0;

  constructor(
    kind: StructuralKind | 'op',
    op: Op | null,
    type: ValueType | null,
    a: Inst | null,
    b: Inst | null,
    c: Inst | null,
    lo: number,
    hi: number,
    wide: bigint = 0n,
  ) {
    this.kind = kind;
    this.op = op;
    this.type = type;
    this.a = a;
    this.b = b;
    this.c = c;
    this.lo = lo;
    this.hi = hi;
    this.wide = wide;
    if (a !== null) a.uses++;
    if (b !== null) b.uses++;
    if (c !== null) c.uses++;
  }
}

/** What an indirect transfer is for; a hint for prediction and region forming, never a promise. */
export type TransferHint = 'jump' | 'call' | 'return';

/**
 * How a block ends. Target pcs are guest virtual addresses as non-negative safe integers (addresses above 2^32 are
 * legal here and raise a fetch fault when executed). Every slot holds its final value when the terminator runs.
 */
export type Terminator =
  /** continue at `target`; `returnPc` is set for calls */
  | { readonly kind: 'jump'; readonly target: number; readonly hint: TransferHint; readonly returnPc: number | null }
  /** `condition` (i32): not 0 continues at `taken`, 0 at `fallthrough` */
  | { readonly kind: 'branch'; readonly condition: Inst; readonly taken: number; readonly fallthrough: number }
  /** continue at the address `target` (i64) */
  | {
      readonly kind: 'indirect';
      readonly target: Inst;
      readonly hint: TransferHint;
      readonly returnPc: number | null;
    }
  /** enter the kernel; execution continues at `next` unless the kernel changes the pc */
  | { readonly kind: 'syscall'; readonly next: number }
  /** raise the trap; state and pc are those before the guest instruction at `pc` */
  | { readonly kind: 'trap'; readonly trap: TrapCode; readonly pc: number; readonly detail: number }
  /** return to the dispatcher, which re-reads the mode bits; `flushCode` also drops all translations */
  | { readonly kind: 'resync'; readonly next: number; readonly flushCode: boolean };

/** Traps that instructions raise themselves (memory faults come from the memory model). */
export const TRAP = {
  /** encoding unknown, reserved or not supported; `detail` holds the encoding's low 32 bits */
  ILLEGAL_INSTRUCTION: 1,
  BREAKPOINT: 2,
  /** an access that the guest requires to be aligned; EXIT_VALUE holds the address where known */
  MISALIGNED_ACCESS: 3,
  INTEGER_DIVIDE: 4,
  FLOATING_POINT: 5,
  /** the instruction could not be fetched from `pc` */
  FETCH_FAULT: 6,
  /** an access or instruction that the guest's rules forbid, without an address */
  PROTECTION: 7,
  /**
   * not visible to the guest: the engine runs the instruction again under the guest's careful mode bit, in a form that
   * this one leaves out (an element at a time, a plain access in place of an atomic one)
   */
  CAREFUL: 8,
} as const;
export type TrapCode = (typeof TRAP)[keyof typeof TRAP];

export interface Block {
  /** Guest pc of the first instruction. */
  readonly pc: number;
  /** Mode bits of the location. */
  readonly mode: number;
  /** First byte after the last guest instruction (for invalidation). */
  readonly endPc: number;
  readonly layout: StateLayout;
  readonly instructions: readonly Inst[];
  readonly terminator: Terminator;
  /** Guest instructions in the block. */
  readonly guestInstructions: number;
  /** Numbers of other pages whose code it was lifted in view of: it is wrong when that changes. */
  readonly reliesOn?: readonly number[];
}
