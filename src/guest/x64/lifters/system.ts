/** Flags as a word, processor state, hints, and what user code may not do. */
import { TRAP } from '../../../ir/block.ts';
import type { Value } from '../../../ir/builder.ts';
import { cpuidLeaves } from '../cpuid.ts';
import type { Operand } from '../operands.ts';
import { FIXED_FLAGS, FLAG, flagSlots, fsBase, gsBase, MODE_BACKWARD, STATUS_FLAGS, SYSTEM_FLAGS } from '../state.ts';
import type { Slot } from '../../../ir/state.ts';
import { RAX, RBX, RCX, RDX, type LiftContext } from './context.ts';
import type { Width } from './flags.ts';
import { one, pop, push } from './move.ts';

type Operands = readonly Operand[];
type Lifter = (c: LiftContext, operands: Operands) => void;

const place = (c: LiftContext, bit: Value, at: number): Value => c.op('i32.shl', bit, c.i32(at));
const bitOf = (c: LiftContext, word: Value, at: number): Value =>
  c.op('i32.and', c.op('i32.shr_u', word, c.i32(at)), c.i32(1));

/** SF, ZF, AF, PF and CF in their places, and bit 1. */
function lowFlags(c: LiftContext): Value {
  const or = (x: Value, y: Value): Value => c.op('i32.or', x, y);
  const adjust = c.op('i32.and', c.flags.adjust(), c.i32(FLAG.AF));
  const zeroAndSign = or(place(c, c.flags.zero(), 6), place(c, c.flags.sign(), 7));
  return or(or(or(c.flags.carry(), place(c, c.flags.parity(), 2)), or(adjust, zeroAndSign)), c.i32(2));
}

/** RFLAGS as an i32; DF is known from the mode. */
export function flagsWord(c: LiftContext): Value {
  const direction = (c.mode & MODE_BACKWARD) === 0 ? 0 : FLAG.DF;
  const rest = c.op('i32.or', place(c, c.flags.overflow(), 11), c.builder.get(flagSlots.system));
  const word = c.op('i32.or', lowFlags(c), rest);
  return c.op('i32.or', word, c.i32(FIXED_FLAGS | direction));
}

/** i64 with the sign SF and a low byte whose parity is PF. */
function signSlotOf(c: LiftContext, word: Value): Value {
  const sign = c.op('i64.shl', c.op('i64.extend_i32_u', bitOf(c, word, 7)), c.i64(63));
  const isOdd = c.op('i32.eqz', bitOf(c, word, 2));
  return c.op('i64.or', sign, c.op('i64.extend_i32_u', isOdd));
}

const pushf: Lifter = (c) => {
  const width = c.i.operandSize;
  const word = flagsWord(c);
  push(c, width, width === 64 ? c.op('i64.extend_i32_u', word) : word);
};

/** TF, which would single-step, is ignored; IOPL and IF are not user code's (vol. 2, table 4-16). */
const popf: Lifter = (c) => {
  const width = c.i.operandSize;
  const value = pop(c, width);
  const word = width === 64 ? c.op('i32.wrap_i64', value) : value;
  setFlagsWord(c, word, width === 16 ? FLAG.NT : SYSTEM_FLAGS);
  c.builder.set(flagSlots.direction, bitOf(c, word, 10));
  c.flags.inSlots(STATUS_FLAGS);
  c.resync();
};

/** Sets the slots of all flags but DF from an i32; of the system's flags those in `changed`. */
export function setFlagsWord(c: LiftContext, word: Value, changed: number): void {
  const { builder } = c;
  builder.set(flagSlots.carry, bitOf(c, word, 0));
  builder.set(flagSlots.overflow, bitOf(c, word, 11));
  builder.set(flagSlots.adjust, word);
  const notZero = c.op('i32.xor', c.op('i32.and', word, c.i32(FLAG.ZF)), c.i32(FLAG.ZF));
  builder.set(flagSlots.zero, c.op('i64.extend_i32_u', notZero));
  builder.set(flagSlots.sign, signSlotOf(c, word));
  const kept = c.op('i32.and', builder.get(flagSlots.system), c.i32(SYSTEM_FLAGS & ~changed));
  builder.set(flagSlots.system, c.op('i32.or', kept, c.op('i32.and', word, c.i32(changed))));
}

const lahf: Lifter = (c) => {
  c.write({ kind: 'high-byte', bits: 8, number: RAX }, lowFlags(c));
};

const sahf: Lifter = (c) => {
  const word = c.read({ kind: 'high-byte', bits: 8, number: RAX });
  c.flags.define(STATUS_FLAGS & ~FLAG.OF, {
    zero: () => bitOf(c, word, 6),
    sign: () => bitOf(c, word, 7),
    parity: () => bitOf(c, word, 2),
    carry: () => c.op('i32.and', word, c.i32(1)),
    adjust: () => word,
  });
};

const setCarry =
  (bit: number): Lifter =>
  (c) => {
    c.flags.define(FLAG.CF, { carry: () => c.i32(bit) });
  };

const cmc: Lifter = (c) => {
  const carry = c.flags.carry();
  c.flags.define(FLAG.CF, { carry: () => c.op('i32.xor', carry, c.i32(1)) });
};

/** The mode says how DF is; nothing happens where it stays. */
const setDirection =
  (bit: number): Lifter =>
  (c) => {
    if (((c.mode & MODE_BACKWARD) !== 0) === (bit !== 0)) return;
    c.builder.set(flagSlots.direction, c.i32(bit));
    c.flags.flush(c.liveFlags);
    c.resync();
  };

/** A choice among the leaves for each of the four registers; what is no leaf gives zeros. */
const cpuid: Lifter = (c) => {
  const leaf = c.op('i32.wrap_i64', c.register(RAX));
  const subleaf = c.op('i32.wrap_i64', c.register(RCX));
  const results = [c.i32(0), c.i32(0), c.i32(0), c.i32(0)] as const;
  const [eax, ebx, ecx, edx] = cpuidLeaves(c.cpu).reduce<readonly [Value, Value, Value, Value]>((values, entry) => {
    const isLeaf = c.op('i32.eq', leaf, c.i32(entry.leaf));
    const isSubleaf = entry.subleaf === null ? null : c.op('i32.eq', subleaf, c.i32(entry.subleaf));
    const isEntry = isSubleaf === null ? isLeaf : c.op('i32.and', isLeaf, isSubleaf);
    const choose = (value: number, otherwise: Value): Value => c.op('i32.select', c.i32(value), otherwise, isEntry);
    const [a, b, third, d] = values;
    return [choose(entry.eax, a), choose(entry.ebx, b), choose(entry.ecx, third), choose(entry.edx, d)];
  }, results);
  for (const [register, value] of [
    [RAX, eax],
    [RBX, ebx],
    [RCX, ecx],
    [RDX, edx],
  ] as const)
    c.writeRegister(register, 32, value);
};

/** Ticks are nanoseconds. */
const rdtsc: Lifter = (c) => {
  const time = c.op('input.time');
  c.setRegister(RAX, c.op('i64.and', time, c.i64(0xffffffff)));
  c.setRegister(RDX, c.op('i64.shr_u', time, c.i64(32)));
};

/** TSC_AUX holds node and processor number (arch/x86/kernel/cpu/common.c): both 0. */
const rdtscp: Lifter = (c, operands) => {
  rdtsc(c, operands);
  c.setRegister(RCX, c.i64(0));
};

/** A number is always at hand: CF 1, the other flags 0. */
const random: Lifter = (c, operands) => {
  const to = one(operands);
  const number = c.op('input.random');
  c.write(to, to.bits === 64 ? number : c.op('i32.wrap_i64', number));
  const bit = (value: number) => (): Value => c.i32(value);
  const [clear, set] = [bit(0), bit(1)];
  c.flags.define(STATUS_FLAGS, {
    zero: clear,
    sign: clear,
    parity: clear,
    carry: set,
    overflow: clear,
    adjust: clear,
  });
};

const readBase =
  (slot: Slot): Lifter =>
  (c, operands) => {
    const to = one(operands);
    const base = c.builder.get(slot);
    c.write(to, to.bits === 64 ? base : c.op('i32.wrap_i64', base));
  };

/** A base outside the canonical addresses is refused (vol. 2, WRFSBASE). */
const writeBase =
  (slot: Slot): Lifter =>
  (c, operands) => {
    const from = one(operands);
    const base = c.toUnsigned64(from.bits as Width, c.read(from));
    const canonical = c.op('i64.shr_s', c.op('i64.shl', base, c.i64(16)), c.i64(16));
    c.trapIf(c.op('i64.ne', canonical, base), TRAP.PROTECTION);
    c.builder.set(slot, base);
  };

const fence: Lifter = (c) => {
  c.op('atomic.fence');
};

/** Reads a byte as far as permissions go, and does nothing. */
const touch: Lifter = (c) => {
  c.load(8, c.address());
};

const nothing: Lifter = () => undefined;

/** Not for user code: general protection, SIGSEGV under Linux. */
const privileged: Lifter = (c) => {
  c.flags.flush(c.liveFlags);
  c.protectionFault();
};

const undefinedInstruction: Lifter = (c) => {
  c.flags.flush(c.liveFlags);
  c.illegal();
};

/** `int 3` is int3 in two bytes; other vectors are closed to user code. */
const int: Lifter = (c, operands) => {
  c.flags.flush(c.liveFlags);
  if ((one(operands).number & 0xff) === 3) c.builder.trap(TRAP.BREAKPOINT, c.i.pc);
  else c.protectionFault();
};

const int1: Lifter = (c) => {
  c.flags.flush(c.liveFlags);
  c.builder.trap(TRAP.BREAKPOINT, c.i.pc);
};

export const systemLifters = {
  lahf,
  sahf,
  pushf,
  popf,
  clc: setCarry(0),
  stc: setCarry(1),
  cmc,
  cld: setDirection(0),
  std: setDirection(1),
  cpuid,
  rdtsc,
  rdtscp,
  rdrand: random,
  rdseed: random,
  rdfsbase: readBase(fsBase),
  rdgsbase: readBase(gsBase),
  wrfsbase: writeBase(fsBase),
  wrgsbase: writeBase(gsBase),
  lfence: fence,
  mfence: fence,
  sfence: fence,
  clflush: touch,
  prefetch: nothing,
  prefetchw: nothing,
  prefetchnta: nothing,
  prefetcht0: nothing,
  prefetcht1: nothing,
  prefetcht2: nothing,
  int,
  int1,
  hlt: privileged,
  cli: privileged,
  sti: privileged,
  in: privileged,
  out: privileged,
  ud1: undefinedInstruction,
  ud0: undefinedInstruction,
  rdmsr: privileged,
  wrmsr: privileged,
  rdpmc: privileged,
  clts: privileged,
  invd: privileged,
  wbinvd: privileged,
};
