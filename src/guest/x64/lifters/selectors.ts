/**
 * Segment registers, as a 64-bit program under Linux may use them: null, or one of the kernel's three segments for user code
 * (arch/x86/include/asm/segment.h).
 */
import { TRAP } from '../../../ir/block.ts';
import type { Value } from '../../../ir/builder.ts';
import { SEGMENT } from '../decode.ts';
import { fsBase, gsBase, selectorsSlot, USER_CS, USER_SS } from '../state.ts';
import type { LiftContext } from './context.ts';

/** Places of the selectors in their slot. */
const PLACES: ReadonlyMap<number, number> = new Map([
  [SEGMENT.ES, 0],
  [SEGMENT.DS, 16],
  [SEGMENT.FS, 32],
  [SEGMENT.GS, 48],
]);
const SELECTOR_BITS = 0xffffn;

/** The selector in a segment register, an i32. */
export function readSelector(c: LiftContext, segment: number): Value | null {
  if (segment === SEGMENT.CS) return c.i32(USER_CS);
  if (segment === SEGMENT.SS) return c.i32(USER_SS);
  const place = PLACES.get(segment);
  if (place === undefined) return null;
  const shifted = c.op('i64.shr_u', c.builder.get(selectorsSlot), c.i64(place));
  return c.op('i32.and', c.op('i32.wrap_i64', shifted), c.i32(0xffff));
}

/** The selector without what it asks for in privilege. */
export const indexOf = (c: LiftContext, selector: Value): Value => c.op('i32.and', selector, c.i32(0xfffc));

/** Traps unless the i32 is a selector that user code may load into a data segment register. */
function checkData(c: LiftContext, selector: Value): void {
  const index = indexOf(c, selector);
  const isNone = [0, 0x20, USER_SS & ~3, USER_CS & ~3]
    .map((known) => c.op('i32.ne', index, c.i32(known)))
    .reduce((all, one) => c.op('i32.and', all, one));
  c.trapIf(isNone, TRAP.PROTECTION);
}

/** Loads a segment register from an i32 of 16 bits; the bases of the kernel's segments, and of none, are 0. */
export function loadSelector(c: LiftContext, segment: number, selector: Value): void {
  if (segment === SEGMENT.SS) {
    c.trapIf(c.op('i32.ne', selector, c.i32(USER_SS)), TRAP.PROTECTION);
    return;
  }
  checkData(c, selector);
  const place = BigInt(PLACES.get(segment) ?? 0);
  const kept = c.op('i64.and', c.builder.get(selectorsSlot), c.builder.i64Bits(~(SELECTOR_BITS << place)));
  const placed = c.op('i64.shl', c.op('i64.extend_i32_u', selector), c.i64(Number(place)));
  c.builder.set(selectorsSlot, c.op('i64.or', kept, placed));
  if (segment === SEGMENT.FS) c.builder.set(fsBase, c.i64(0));
  if (segment === SEGMENT.GS) c.builder.set(gsBase, c.i64(0));
}

/** True for the registers that `mov` may load: not cs, and no seventh. */
export const isLoadable = (segment: number): boolean => segment === SEGMENT.SS || PLACES.has(segment);
