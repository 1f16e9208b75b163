/**
 * fxsave, xsave and their kin. The components that we have are x87 (bit 0), SSE (1) and AVX (2); the compacted form has
 * them where the standard one has. Addresses of the last x87 instruction and its operand are not kept and stored as 0.
 */
import { TRAP } from '../../../ir/block.ts';
import type { Value } from '../../../ir/builder.ts';
import { CONTROL } from '../../../fp/extended/environment.ts';
import { MXCSR } from '../mxcsr.ts';
import { fpTrapsSlot, stackSlots, topSlot, vectorSlots, ymmHighSlots } from '../state.ts';
import { RAX, RCX, RDX, type LiftContext } from './context.ts';
import { leaveMmx } from './mmx.ts';
import { checkMxcsr, readMxcsr, writeMxcsr } from './mxcsr.ts';
import { abridgedTags, controlWord, setRegisters, setWords, statusWord, topOf } from './x87-state.ts';
import { maskOf } from './x87-stack.ts';

/** Offsets in the area (SDM vol. 1, table 10-2 and 13.4). */
const AT = { MXCSR: 24, ST: 32, XMM: 160, HEADER: 512, COMPACTION: 520, YMM: 576 } as const;

const X87 = 1;
const SSE = 2;
const AVX = 4;
/** XCR0. */
const COMPONENTS = X87 | SSE | AVX;
const COMPACTED = 1n << 63n;

function checkAligned(c: LiftContext, bytes: number): void {
  const low = c.op('i64.and', c.address(), c.i64(bytes - 1));
  c.trapIf(c.op('i32.wrap_i64', low), TRAP.PROTECTION);
}

const load = (c: LiftContext, offset: number): Value => c.builder.opImm('v128.load', offset, c.address());
const store = (c: LiftContext, offset: number, value: Value): void => {
  c.builder.opImm('v128.store', offset, c.address(), value);
};

/** The ten bytes of a register. */
const encoding = (c: LiftContext, value: Value): Value => c.op('v128.and', value, c.builder.v128(-1n, 0xffffn));

/** Control, status and tag words, and 0 for the last opcode and instruction address. */
function controlBlock(c: LiftContext): Value {
  const low = c.op('i32.or', controlWord(c), c.op('i32.shl', statusWord(c), c.i32(16)));
  const words = c.op('v128.from_i32', low);
  return c.builder.opImm('i32x4.replace_lane', 1, words, abridgedTags(c));
}

/** MXCSR and the bits of it that there are. */
function mxcsrWords(c: LiftContext): Value {
  const mask = c.builder.i64Bits(BigInt(MXCSR.WRITABLE) << 32n);
  return c.op('i64.or', c.op('i64.extend_i32_u', readMxcsr(c)), mask);
}

function fxsave(c: LiftContext): void {
  checkAligned(c, 16);
  store(c, 0, controlBlock(c));
  store(c, 16, c.builder.opImm('i64x2.replace_lane', 1, c.builder.v128(0n, 0n), mxcsrWords(c)));
  for (const [number, slot] of stackSlots.entries()) store(c, AT.ST + 16 * number, encoding(c, c.builder.get(slot)));
  for (const [number, slot] of vectorSlots.entries()) store(c, AT.XMM + 16 * number, c.builder.get(slot));
}

const lane = (c: LiftContext, value: Value, number: number): Value =>
  c.builder.opImm('i16x8.extract_lane_u', number, value);

function fxrstor(c: LiftContext): void {
  leaveMmx(c);
  checkAligned(c, 16);
  const control = load(c, 0);
  const mxcsr = c.builder.opImm('i32.load', AT.MXCSR, c.address());
  checkMxcsr(c, mxcsr);
  const registers = stackSlots.map((_, number) => load(c, AT.ST + 16 * number));
  const vectors = vectorSlots.map((_, number) => load(c, AT.XMM + 16 * number));
  restoreX87(c, control, registers);
  for (const [number, slot] of vectorSlots.entries()) {
    const value = vectors[number];
    if (value !== undefined) c.builder.set(slot, value);
  }
  writeMxcsr(c, mxcsr);
  c.resync();
}

function restoreX87(c: LiftContext, control: Value, registers: readonly Value[]): void {
  const status = lane(c, control, 1);
  const tags = c.op('i32.and', lane(c, control, 2), c.i32(0xff));
  setRegisters(
    c,
    registers.map((value) => encoding(c, value)),
    topOf(c, status),
    tags,
  );
  setWords(c, lane(c, control, 0), status);
}

/** The requested components of those that there are. */
function requested(c: LiftContext): Value {
  return c.op('i32.and', c.op('i32.wrap_i64', c.register(RAX)), c.i32(COMPONENTS));
}

interface Choice {
  /** All ones or zeros, for 128 bits. */
  readonly mask: Value;
  /** i32, not 0 when chosen. */
  readonly isChosen: Value;
}

function choice(c: LiftContext, components: Value, bits: number): Choice {
  const isChosen = c.op('i32.and', components, c.i32(bits));
  return { mask: maskOf(c, isChosen), isChosen };
}

function storeChosen(c: LiftContext, offset: number, value: Value, { mask }: Choice): void {
  store(c, offset, c.op('v128.bitselect', value, load(c, offset), mask));
}

/** The components that are not requested keep what the area has. */
function saveComponents(compacted: boolean): (c: LiftContext) => void {
  return (c) => {
    checkAligned(c, 64);
    const components = requested(c);
    const [x87, sse, avx] = [X87, SSE, AVX].map((bit) => choice(c, components, bit)) as [Choice, Choice, Choice];
    const old = c.builder.opImm('i64.load', AT.HEADER, c.address());
    storeChosen(c, 0, controlBlock(c), x87);
    // The operand's address, which is 0, and MXCSR, which goes with SSE and AVX.
    const mxcsr = choice(c, components, SSE | AVX);
    const before = load(c, 16);
    const withX87 = c.op('v128.andnot', before, c.op('v128.and', x87.mask, c.builder.v128(-1n, 0n)));
    const with64 = c.builder.opImm('i64x2.replace_lane', 1, withX87, mxcsrWords(c));
    store(c, 16, c.op('v128.bitselect', with64, withX87, mxcsr.mask));
    for (const [number, slot] of stackSlots.entries())
      storeChosen(c, AT.ST + 16 * number, encoding(c, c.builder.get(slot)), x87);
    for (const [number, slot] of vectorSlots.entries()) storeChosen(c, AT.XMM + 16 * number, c.builder.get(slot), sse);
    for (const [number, slot] of ymmHighSlots.entries()) storeChosen(c, AT.YMM + 16 * number, c.builder.get(slot), avx);
    const wide = c.op('i64.extend_i32_u', components);
    if (compacted) {
      c.builder.opImm('i64.store', AT.COMPACTION, c.address(), c.op('i64.or', wide, c.builder.i64Bits(COMPACTED)));
      c.builder.opImm('i64.store', AT.HEADER, c.address(), wide);
    } else {
      c.builder.opImm('i64.store', AT.HEADER, c.address(), c.op('i64.or', old, wide));
    }
  };
}

/** The header must be of a form that we write (SDM vol. 1, 13.8.1 and 13.8.2). */
function checkHeader(c: LiftContext, present: Value): void {
  const compaction = c.builder.opImm('i64.load', AT.COMPACTION, c.address());
  const unknown = c.op('i64.and', c.op('i64.or', present, compaction), c.builder.i64Bits(~(COMPACTED | 7n)));
  const isCompacted = c.op('i64.shr_u', compaction, c.i64(63));
  // Without the top bit all must be 0; with it, what is present must be in the compacted area.
  const standard = c.op('i64.mul', c.op('i64.xor', isCompacted, c.i64(1)), compaction);
  const missing = c.op('i64.and', present, c.op('i64.xor', compaction, c.i64(-1)));
  const misplaced = c.op('i64.mul', isCompacted, missing);
  const wrong = c.op('i64.or', c.op('i64.or', unknown, standard), misplaced);
  const reserved = c.builder.opImm('i64.load', AT.COMPACTION + 8, c.address());
  c.trapIf(c.op('i64.ne', c.op('i64.or', wrong, reserved), c.i64(0)), TRAP.PROTECTION);
}

/** Requested components come from the area, or where it lacks them get their initial values. */
function xrstor(c: LiftContext): void {
  leaveMmx(c);
  checkAligned(c, 64);
  const components = requested(c);
  const present = c.builder.opImm('i64.load', AT.HEADER, c.address());
  checkHeader(c, present);
  const found = c.op('i32.wrap_i64', present);
  const [x87, sse, avx] = [X87, SSE, AVX].map((bit) => choice(c, components, bit)) as [Choice, Choice, Choice];
  const [hasX87, hasSse, hasAvx] = [X87, SSE, AVX].map((bit) => choice(c, found, bit)) as [Choice, Choice, Choice];
  const newMxcsr = restoredMxcsr(c, components, found);
  checkMxcsr(c, newMxcsr);
  const fromArea = (offset: number, { mask }: Choice): Value => c.op('v128.and', load(c, offset), mask);
  const initial = c.builder.v128(BigInt(CONTROL.INITIAL), 0n);
  const control = c.op('v128.bitselect', load(c, 0), initial, hasX87.mask);
  const registers = stackSlots.map((_, number) => fromArea(AT.ST + 16 * number, hasX87));
  const vectors = vectorSlots.map((_, number) => fromArea(AT.XMM + 16 * number, hasSse));
  const uppers = ymmHighSlots.map((_, number) => fromArea(AT.YMM + 16 * number, hasAvx));
  restoreX87Where(c, x87, control, registers);
  const replace = (slots: typeof vectorSlots, values: readonly Value[], { mask }: Choice): void => {
    for (const [number, slot] of slots.entries()) {
      const value = values[number];
      if (value !== undefined) c.builder.set(slot, c.op('v128.bitselect', value, c.builder.get(slot), mask));
    }
  };
  replace(vectorSlots, vectors, sse);
  replace(ymmHighSlots, uppers, avx);
  writeMxcsr(c, newMxcsr);
  c.resync();
}

/** The standard form has MXCSR whether SSE is present or not; in the compacted form it belongs to SSE (13.8.1, 13.8.2). */
function restoredMxcsr(c: LiftContext, components: Value, found: Value): Value {
  const isCompacted = c.op('i64.lt_s', c.builder.opImm('i64.load', AT.COMPACTION, c.address()), c.i64(0));
  const stored = c.builder.opImm('i32.load', AT.MXCSR, c.address());
  const ofSse = c.op('i32.select', stored, c.i32(MXCSR.INITIAL), c.op('i32.and', found, c.i32(SSE)));
  const value = c.op('i32.select', ofSse, stored, isCompacted);
  const bits = c.op('i32.select', c.i32(SSE), c.i32(SSE | AVX), isCompacted);
  return c.op('i32.select', value, readMxcsr(c), c.op('i32.and', components, bits));
}

/** Sets the x87 state and puts the old one back where the component is not requested. */
function restoreX87Where(
  c: LiftContext,
  { mask, isChosen }: Choice,
  control: Value,
  registers: readonly Value[],
): void {
  const before = stackSlots.map((slot) => c.builder.get(slot));
  const beforeTop = c.builder.get(topSlot);
  const beforeWord = c.op('fp.f80.env.get');
  const beforeTraps = c.builder.get(fpTrapsSlot);
  restoreX87(c, control, registers);
  for (const [number, slot] of stackSlots.entries()) {
    const old = before[number];
    if (old !== undefined) c.builder.set(slot, c.op('v128.bitselect', c.builder.get(slot), old, mask));
  }
  c.builder.set(topSlot, c.op('i32.select', c.builder.get(topSlot), beforeTop, isChosen));
  c.op('fp.f80.env.set', c.op('i32.select', c.op('fp.f80.env.get'), beforeWord, isChosen));
  c.builder.set(fpTrapsSlot, c.op('i32.select', c.builder.get(fpTrapsSlot), beforeTraps, isChosen));
}

/** XCR0 is all there is. */
function xgetbv(c: LiftContext): void {
  c.trapIf(c.op('i32.wrap_i64', c.register(RCX)), TRAP.PROTECTION);
  c.setRegister(RAX, c.i64(COMPONENTS));
  c.setRegister(RDX, c.i64(0));
}

const [xsave, xsavec] = [saveComponents(false), saveComponents(true)];

export const fxStateLifters = {
  fxsave,
  fxsave64: fxsave,
  fxrstor,
  fxrstor64: fxrstor,
  xsave,
  xsave64: xsave,
  xsaveopt: xsave,
  xsaveopt64: xsave,
  xsavec,
  xsavec64: xsavec,
  xrstor,
  xrstor64: xrstor,
  xgetbv,
};
