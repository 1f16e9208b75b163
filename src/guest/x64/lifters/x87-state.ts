/** Instructions on the state of the x87: control, status and tag words, environment and whole state in memory. */
import { TRAP } from '../../../ir/block.ts';
import type { Value } from '../../../ir/builder.ts';
import { CONTROL, STATUS } from '../../../fp/extended/environment.ts';
import { fpTrapsSlot, stackSlots, topSlot, X87_FULL, X87_TRAPS } from '../state.ts';
import type { Operand } from '../operands.ts';
import type { LiftContext } from './context.ts';
import { leaveMmx } from './mmx.ts';
import { allRegisters, checkRaised, emptied, maskOf, rotated, setStack, waiting, type X87Lifter } from './x87-stack.ts';

const TOP_SHIFT = 11;
/** Bits of the control word that are fixed; bit 6 is 1. */
const UNWRITABLE = 0xe0c0;

/** The status word, with the top. */
export function statusWord(c: LiftContext): Value {
  const top = c.op('i32.and', c.builder.get(topSlot), c.i32(7));
  const status = c.op('i32.and', c.op('fp.f80.env.get'), c.i32(0xffff));
  return c.op('i32.or', status, c.op('i32.shl', top, c.i32(TOP_SHIFT)));
}

export function controlWord(c: LiftContext): Value {
  const upper = c.op('i32.shr_u', c.op('fp.f80.env.get'), c.i32(16));
  return c.op('i32.xor', upper, c.i32(CONTROL.INITIAL));
}

/** Notes whether the control word unmasks an exception; the mode depends on it. */
function setTraps(c: LiftContext, control: Value): void {
  const unmasked = c.op('i32.and', c.op('i32.xor', control, c.i32(-1)), c.i32(CONTROL.MASKS));
  const bit = c.op('i32.shl', c.op('i32.ne', unmasked, c.i32(0)), c.i32(Math.log2(X87_TRAPS)));
  const others = c.op('i32.and', c.builder.get(fpTrapsSlot), c.i32(~X87_TRAPS));
  c.builder.set(fpTrapsSlot, c.op('i32.or', others, bit));
}

/** Sets both words; of a status word, the top goes elsewhere, and the summary follows from the flags. */
export function setWords(c: LiftContext, control: Value, status: Value): void {
  const reserved = c.op('i32.or', c.op('i32.and', control, c.i32(~UNWRITABLE & 0xffff)), c.i32(0x40));
  const flags = c.op('i32.and', status, c.i32(0xffff & ~(7 << TOP_SHIFT) & ~(STATUS.SUMMARY | STATUS.BUSY)));
  const unmasked = c.op('i32.and', c.op('i32.and', flags, c.op('i32.xor', reserved, c.i32(-1))), c.i32(CONTROL.MASKS));
  const pending = c.op('i32.sub', c.i32(0), c.op('i32.ne', unmasked, c.i32(0)));
  const summary = c.op('i32.and', pending, c.i32(STATUS.SUMMARY | STATUS.BUSY));
  setTraps(c, reserved);
  const upper = c.op('i32.shl', c.op('i32.xor', reserved, c.i32(CONTROL.INITIAL)), c.i32(16));
  c.op('fp.f80.env.set', c.op('i32.or', c.op('i32.or', flags, summary), upper));
}

function word(c: LiftContext, offset: number): Value {
  return c.builder.opImm('i32.load16_u', offset, c.address());
}

const fldcw: X87Lifter = waiting((c) => {
  setWords(c, word(c, 0), c.op('fp.f80.env.get'));
  c.resync();
});

function fnstcw(c: LiftContext): void {
  c.op('i32.store16', c.address(), controlWord(c));
}

function fnstsw(c: LiftContext, [to]: readonly Operand[]): void {
  const status = statusWord(c);
  if (to?.kind === 'memory') c.op('i32.store16', c.address(), status);
  else c.writeRegister(0, 16, status);
}

function fnclex(c: LiftContext): void {
  const cleared = 0xff | STATUS.BUSY;
  c.op('fp.f80.env.set', c.op('i32.and', c.op('fp.f80.env.get'), c.i32(~cleared)));
}

/** A bit for each register that is not empty, from the top on. */
function logicalTags(c: LiftContext): Value {
  return stackSlots
    .map((slot, number) => {
      const full = c.builder.opImm('i16x8.extract_lane_u', 5, c.builder.get(slot));
      return c.op('i32.shl', full, c.i32(number));
    })
    .reduce((all, bit) => c.op('i32.or', all, bit));
}

/** `value` of 8 or 16 bits rotated left by `count`, less than its width. */
function rotateLeft(c: LiftContext, bits: 8 | 16, value: Value, count: Value): Value {
  const twice = c.op('i32.or', value, c.op('i32.shl', value, c.i32(bits)));
  const moved = c.op('i32.shr_u', twice, c.op('i32.and', c.op('i32.sub', c.i32(bits), count), c.i32(bits - 1)));
  return c.op('i32.and', moved, c.i32(2 ** bits - 1));
}

function top(c: LiftContext): Value {
  return c.op('i32.and', c.builder.get(topSlot), c.i32(7));
}

/** The tag byte of fxsave: a bit for each physical register that is not empty. */
export function abridgedTags(c: LiftContext): Value {
  return rotateLeft(c, 8, logicalTags(c), top(c));
}

function fullTags(c: LiftContext): Value {
  const logical = stackSlots
    .map((slot, number) => c.op('i32.shl', c.op('fp.f80.tag', c.builder.get(slot)), c.i32(2 * number)))
    .reduce((all, tag) => c.op('i32.or', all, tag));
  return rotateLeft(c, 16, logical, c.op('i32.shl', top(c), c.i32(1)));
}

/**
 * Sets the top and the tags, a bit for each physical register, 1 where it is not empty. The registers given, in order
 * from the new top, become the stack.
 */
export function setRegisters(c: LiftContext, values: readonly Value[], newTop: Value, tags: Value): void {
  const logical = rotateLeft(c, 8, tags, c.op('i32.and', c.op('i32.sub', c.i32(8), newTop), c.i32(7)));
  const full = c.builder.v128(0n, X87_FULL);
  const marked = values.map((value, number) => {
    const isFull = maskOf(c, c.op('i32.and', logical, c.i32(1 << number)));
    return c.op('v128.or', emptied(c, value), c.op('v128.and', full, isFull));
  });
  for (const [number, value] of marked.entries()) setStack(c, number, value);
  c.builder.set(topSlot, newTop);
}

/** The registers in the order from another top on; they stay where they are physically. */
function registersFrom(c: LiftContext, newTop: Value): readonly Value[] {
  return rotated(c, allRegisters(c), c.op('i32.sub', newTop, top(c)));
}

/** Bytes of a field of the environment: 16-bit forms under an operand size prefix. */
const fieldSize = (c: LiftContext): 2 | 4 => (c.i.hasOperandSize ? 2 : 4);

/** Bytes of the environment in memory. */
const environmentSize = (c: LiftContext): number => 7 * fieldSize(c);

/** Control, status and tag words. We do not keep the last instruction's address and operand: those fields are 0. */
function storeEnvironment(c: LiftContext): void {
  const size = fieldSize(c);
  // The upper halves of the 32-bit fields are ones.
  const field = (value: Value): Value => (size === 2 ? value : c.op('i32.or', value, c.i32(0xffff0000 | 0)));
  const fields = [field(controlWord(c)), field(statusWord(c)), field(fullTags(c)), ...[0, 0, 0].map((n) => c.i32(n))];
  fields.push(field(c.i32(0)));
  for (const [index, value] of fields.entries())
    c.builder.opImm(size === 2 ? 'i32.store16' : 'i32.store', index * size, c.address(), value);
}

/** 1 for each two-bit tag that is not 3, gathered into a byte. */
function tagsOf(c: LiftContext, full: Value): Value {
  const both = c.op('i32.and', full, c.op('i32.shr_u', full, c.i32(1)));
  return Array.from({ length: 8 }, (_, number) => {
    const isEmpty = c.op('i32.and', c.op('i32.shr_u', both, c.i32(2 * number)), c.i32(1));
    return c.op('i32.shl', c.op('i32.xor', isEmpty, c.i32(1)), c.i32(number));
  }).reduce((all, bit) => c.op('i32.or', all, bit));
}

export function topOf(c: LiftContext, status: Value): Value {
  return c.op('i32.and', c.op('i32.shr_u', status, c.i32(TOP_SHIFT)), c.i32(7));
}

interface Environment {
  readonly control: Value;
  readonly status: Value;
  readonly tags: Value;
}

function loadEnvironment(c: LiftContext): Environment {
  const size = fieldSize(c);
  return { control: word(c, 0), status: word(c, size), tags: tagsOf(c, word(c, 2 * size)) };
}

const fnstenv: X87Lifter = (c) => {
  storeEnvironment(c);
  // All exceptions are masked afterwards.
  setWords(c, c.op('i32.or', controlWord(c), c.i32(CONTROL.MASKS)), c.op('fp.f80.env.get'));
  c.resync();
};

const fldenv: X87Lifter = (c) => {
  leaveMmx(c);
  const { control, status, tags } = loadEnvironment(c);
  const newTop = topOf(c, status);
  setRegisters(c, registersFrom(c, newTop), newTop, tags);
  setWords(c, control, status);
  c.resync();
};

/** fninit: the registers keep what they hold, but are empty. */
function initialize(c: LiftContext): void {
  setRegisters(c, registersFrom(c, c.i32(0)), c.i32(0), c.i32(0));
  c.op('fp.f80.env.set', c.i32(0));
  setTraps(c, c.i32(CONTROL.INITIAL));
}

const fninit: X87Lifter = (c) => {
  leaveMmx(c);
  initialize(c);
  c.resync();
};

const fnsave: X87Lifter = (c) => {
  leaveMmx(c);
  storeEnvironment(c);
  for (const [number, value] of allRegisters(c).entries()) {
    const at = environmentSize(c) + 10 * number;
    c.builder.opImm('i64.store', at, c.address(), c.builder.opImm('i64x2.extract_lane', 0, value));
    c.builder.opImm('i64.store16', at + 8, c.address(), c.builder.opImm('i64x2.extract_lane', 1, value));
  }
  initialize(c);
  c.resync();
};

const frstor: X87Lifter = (c) => {
  leaveMmx(c);
  const { control, status, tags } = loadEnvironment(c);
  const values = Array.from({ length: 8 }, (_, number) => {
    const at = environmentSize(c) + 10 * number;
    const low = c.builder.opImm('v128.load64_zero', at, c.address());
    return c.builder.opImm('i64x2.replace_lane', 1, low, c.builder.opImm('i64.load16_u', at + 8, c.address()));
  });
  setRegisters(c, values, topOf(c, status), tags);
  setWords(c, control, status);
  c.resync();
};

/** All registers are empty afterwards, and the top is 0: mostly it is so before, else the careful form does the rest. */
const emms: X87Lifter = (c) => {
  leaveMmx(c);
  if (!c.isCareful) c.trapIf(top(c), TRAP.CAREFUL);
  const values = c.isCareful ? registersFrom(c, c.i32(0)) : allRegisters(c);
  for (const [number, value] of values.map((register) => emptied(c, register)).entries()) setStack(c, number, value);
  c.builder.set(topSlot, c.i32(0));
};

const wait: X87Lifter = (c) => {
  checkRaised(c);
};

export const x87StateLifters = {
  fldcw,
  fnstcw,
  fnstsw,
  fnclex,
  fldenv,
  fnstenv,
  frstor,
  fnsave,
  fninit,
  wait,
  emms,
};
