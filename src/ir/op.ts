/**
 * The shape of a row of the operation table. The rows themselves are in `ops/`; `ops.ts` joins them.
 *
 * Template grammar (`wasm`): whitespace-separated tokens that leave the result on the Wasm stack.
 *
 *   $0 $1 $2       push an operand. Of a memory row, `$0` pushes the *host offset* (i32), already checked.
 *   $imm           push the row's immediate as a constant (type given by `immediate`)
 *   $vcpu          push the vCPU block's host offset (i32)
 *   =name:type     pop into the scratch local `name` (declared by its first use)
 *   ~name:type     the same, leaving the value on the stack (local.tee)
 *   @name          push the scratch local
 *   call:name      call the runtime function `name` (a row of `runtime-functions`)
 *   $leave         pop an i32; where it is not 0, leave the block before this guest instruction (only in `speculative`)
 *   block loop if else end, with an optional `:type`      structured control flow, `br N`, `br_if N`
 *   anything else  a WebAssembly instruction, its immediates following as tokens, `offset=N` for memory arguments
 *                  (`i64.const -1`, `i32.load offset=0`, `i8x16.extract_lane_u $imm`)
 *
 * A row without `wasm` pushes its operands in order and applies the WebAssembly instruction of the row's name.
 */
import type { ValueType } from './types.ts';

/** What an operation may do besides computing its result; the passes and the hosts rely on it. */
export type Effect =
  /** Depends on its operands alone, never traps; may be removed, duplicated, reordered. */
  | 'pure'
  /** Reads guest memory at operand 0 (guest virtual address, i64) plus the immediate offset; may fault. */
  | 'load'
  /** Writes guest memory at operand 0 plus the immediate offset; may fault. */
  | 'store'
  /** Reads and writes guest memory indivisibly at operand 0 plus the immediate offset; may fault. */
  | 'atomic'
  /** Reads or writes the floating-point environment in the vCPU header, nothing else. */
  | 'fp'
  /** Reads a changing input (clock, instruction count): not pure, never removed by value numbering. */
  | 'input'
  /** Orders memory accesses. */
  | 'fence';

/** What the `imm` of an instruction means. */
export type Immediate =
  /** signed 32-bit displacement added to the address operand (wraps at 64 bits) */
  | 'offset'
  /** lane index of a vector instruction */
  | 'lane'
  /** 16 lane selectors of a shuffle, held as two 64-bit halves */
  | 'shuffle'
  /** a small integer whose meaning the row's summary gives */
  | 'index';

/** Folds constants. Values are unsigned bit patterns of the operand types (f64 1.0 is 0x3ff0000000000000n). */
export type Fold = (a: bigint, b: bigint, c: bigint) => bigint;

export interface OpRow {
  readonly params: readonly ValueType[];
  readonly result: ValueType | null;
  readonly effect: Effect;
  readonly summary: string;
  /** Wasm template; see the grammar above. */
  readonly wasm?: string;
  /**
   * The same for compiled code that runs in a settled floating-point environment (`SETTLED` in `fp/fp-env.ts`): the
   * native result, and `$leave` where that may not be the answer. Changes nothing before it leaves.
   */
  readonly speculative?: string;
  /** The same where underflow was raised before as well, so that small results raise nothing; `speculative` unless given. */
  readonly speculativeTiny?: string;
  /** The same where denormal operands were noted before as well; `speculativeTiny` unless given. */
  readonly speculativeDenormal?: string;
  /**
   * For each operand text that comes before the speculative form, and leaves where that operand is denormal; not needed
   * where an operand is known not to be.
   */
  readonly speculativeOperands?: readonly string[];
  /** The result of `speculative`, or of a row without, is not denormal. */
  readonly givesNormal?: boolean;
  /** A host's ability without which `speculative` does not hold. */
  readonly needs?: 'fused-multiply-add';
  readonly immediate?: Immediate;
  readonly fold?: Fold;
  /** Bytes of guest memory touched by a memory row. */
  readonly width?: number;
  /** True when the operation gives the same result with its first two operands exchanged. */
  readonly commutative?: boolean;
}

/** A row under its name, with a dense number for switch tables. */
export interface Op extends OpRow {
  readonly name: string;
  readonly code: number;
}
