/** Guest state of riscv64: what a hart holds besides the pc. */
import { StateLayout, type Slot } from '../../ir/state.ts';
import type { ValueType } from '../../ir/types.ts';
import { FP_ENV } from '../../ir/vcpu-layout.ts';

const declare = (prefix: string, first: number, type: ValueType): { name: string; type: ValueType }[] =>
  Array.from({ length: 32 - first }, (_, index) => ({ name: `${prefix}${String(first + index)}`, type }));

/**
 * x0 has no slot. The f registers hold raw 64-bit patterns; a single-precision value sits NaN-boxed in its low half
 * (section 22.2). fflags lives in the neutral floating-point environment word.
 */
export const state = new StateLayout([
  ...declare('x', 1, 'i64'),
  ...declare('f', 0, 'f64'),
  // Address and value that the last load-reserved saw; the store-conditional compares both.
  { name: 'reservation_address', type: 'i64' },
  { name: 'reservation_value', type: 'i64' },
  // The frm field as written, also where it names no rounding mode (5, 6, 7).
  { name: 'frm', type: 'i32' },
]);

const slots = (prefix: string, first: number): readonly Slot[] =>
  Array.from({ length: 32 }, (_, index) => state.slot(`${prefix}${String(Math.max(index, first))}`));

/** Slots by register number. Entry 0 of `xSlots` is a placeholder: x0 is a constant and never reaches a slot. */
export const xSlots = slots('x', 1);
export const fSlots = slots('f', 0);
export const reservationAddress = state.slot('reservation_address');
export const reservationValue = state.slot('reservation_value');
export const frmSlot = state.slot('frm');

/** Mode bit: frm holds no rounding mode, so instructions that use it are illegal (section 21.2). */
export const MODE_FRM_INVALID = 1;

export const LAST_ROUNDING_MODE = 4;

/** The mode bits that belong to a raw frm value. */
export const modeOfFrm = (frm: number): number => (frm > LAST_ROUNDING_MODE ? MODE_FRM_INVALID : 0);

/** Accrued exception flags; fflags has them in the order of the environment word. */
export const FFLAGS_MASK = 0x1f;

/** fcsr as a program reads it, for the signal frames and debuggers that show it. */
export function fcsrOf(fpEnv: number, frm: number): number {
  return (fpEnv & FFLAGS_MASK) | (frm << 5);
}

/** The environment word and frm slot after `fcsr` was restored from a signal frame; the mode is `modeOfFrm(frm)`. */
export function restoreFcsr(fpEnv: number, fcsr: number): { fpEnv: number; frm: number } {
  const frm = (fcsr >>> 5) & 7;
  const rounding = frm > LAST_ROUNDING_MODE ? 0 : frm;
  const kept = fpEnv & ~(FFLAGS_MASK | FP_ENV.ROUNDING_MASK);
  return { fpEnv: kept | (fcsr & FFLAGS_MASK) | (rounding << FP_ENV.ROUNDING_SHIFT), frm };
}
