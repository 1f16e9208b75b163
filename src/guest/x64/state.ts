/** Guest state of x64: what a logical processor holds besides the pc. */
import { StateLayout, type Slot } from '../../ir/state.ts';
import type { ValueType } from '../../ir/types.ts';
import { VCPU } from '../../ir/vcpu-layout.ts';

const GENERAL = ['rax', 'rcx', 'rdx', 'rbx', 'rsp', 'rbp', 'rsi', 'rdi'];
const generalNames = [...GENERAL, ...Array.from({ length: 8 }, (_, index) => `r${String(index + 8)}`)];

const numbered = (prefix: string, type: ValueType): { name: string; type: ValueType }[] =>
  Array.from({ length: 16 }, (_, index) => ({ name: `${prefix}${String(index)}`, type }));

/**
 * The status flags are kept in the form in which they arise, so that setting one costs a store at most (see
 * lifters/flags.ts): ZF is `flag_zero == 0`; SF is the sign of `flag_sign` and PF the parity of its low byte; CF and OF
 * are 0 or 1; AF is bit 4 of `flag_adjust`, whose other bits mean nothing.
 */
export const state = new StateLayout(
  [
    ...generalNames.map((name) => ({ name, type: 'i64' as const })),
    { name: 'flag_zero', type: 'i64' },
    { name: 'flag_sign', type: 'i64' },
    { name: 'flag_carry', type: 'i32' },
    { name: 'flag_overflow', type: 'i32' },
    { name: 'flag_adjust', type: 'i32' },
    // 1 while DF is set; part of the mode.
    { name: 'flag_direction', type: 'i32' },
    // The other bits of RFLAGS that user code can change, in their places: NT, AC, ID.
    { name: 'flag_system', type: 'i32' },
    { name: 'fs_base', type: 'i64' },
    { name: 'gs_base', type: 'i64' },
    // Selectors in es, ds, fs and gs, 16 bits each from the lowest on. Those of cs and ss never change.
    { name: 'selectors', type: 'i64' },
    ...numbered('xmm', 'v128'),
    // Bits 255 to 128 of the ymm registers.
    ...numbered('ymmh', 'v128'),
    // Unmasked exceptions of MXCSR, as flags of the environment word, and X87_TRAPS.
    { name: 'fp_traps', type: 'i32' },
    // Physical number of st(0), 0 to 7, or TOP_MMX.
    { name: 'x87_top', type: 'i32' },
    // The x87 registers from st(0) on: significand, sign and exponent as in memory, then X87_FULL where not empty.
    ...Array.from({ length: 8 }, (_, index) => ({ name: `st${String(index)}`, type: 'v128' as const })),
  ],
  'zero',
);

/** General registers by number. */
export const registers: readonly Slot[] = generalNames.map((name) => state.slot(name));

export const flagSlots = {
  zero: state.slot('flag_zero'),
  sign: state.slot('flag_sign'),
  carry: state.slot('flag_carry'),
  overflow: state.slot('flag_overflow'),
  adjust: state.slot('flag_adjust'),
  direction: state.slot('flag_direction'),
  system: state.slot('flag_system'),
} as const;

const slots = (prefix: string, count: number): readonly Slot[] =>
  Array.from({ length: count }, (_, index) => state.slot(`${prefix}${String(index)}`));

export const vectorSlots = slots('xmm', 16);
export const ymmHighSlots = slots('ymmh', 16);
export const stackSlots = slots('st', 8);
export const topSlot = state.slot('x87_top');
/** The environment word of the x87 in the vCPU head; see fp/extended/environment.ts. */
export const x87EnvSlot: Slot = { name: 'x87_env', type: 'i32', offset: VCPU.EXTENDED_ENV };
export const fpTrapsSlot = state.slot('fp_traps');

/** Value of `x87_top`: the top is 0 and all registers are full, as MMX instructions leave them. */
export const TOP_MMX = 8;
/** In the upper 64 bits of an x87 register: it is not empty. */
export const X87_FULL = 1n << 16n;

export const fsBase = state.slot('fs_base');
export const gsBase = state.slot('gs_base');
export const selectorsSlot = state.slot('selectors');

/** Selectors of the code and stack segment of a 64-bit program under Linux. */
export const USER_CS = 0x33;
export const USER_SS = 0x2b;

/** Bits of RFLAGS (SDM vol. 1, section 3.4.3). */
export const FLAG = {
  CF: 0x1,
  PF: 0x4,
  AF: 0x10,
  ZF: 0x40,
  SF: 0x80,
  TF: 0x100,
  IF: 0x200,
  DF: 0x400,
  OF: 0x800,
  NT: 0x4000,
  AC: 0x40000,
  ID: 0x200000,
} as const;

/** The flags that arithmetic sets. */
export const STATUS_FLAGS = FLAG.CF | FLAG.PF | FLAG.AF | FLAG.ZF | FLAG.SF | FLAG.OF;
export const SYSTEM_FLAGS = FLAG.NT | FLAG.AC | FLAG.ID;
/** Bit 1 is always 1; user code runs with interrupts on. */
export const FIXED_FLAGS = 0x2 | FLAG.IF;

/** Mode bit: DF is set, string instructions go backward. */
export const MODE_BACKWARD = 1;
/**
 * Mode bit: the instruction at the pc must be executed in its careful form, one element or one plain access at a time
 * (see TRAP.CAREFUL).
 */
export const MODE_CAREFUL = 2;
/** In `fp_traps`: an exception of the x87 is unmasked. */
export const X87_TRAPS = 1 << 8;
/** Mode bit: an exception of MXCSR or of the x87 is unmasked. */
export const MODE_FP_TRAPS = 4;

const parity = (byte: number): number => {
  let bits = byte;
  for (let shift = 4; shift > 0; shift >>= 1) bits ^= bits >> shift;
  return ~bits & 1;
};

/** RFLAGS as a program reads it. `read` gives a slot's bits, unsigned. */
export function readFlags(read: (slot: Slot) => bigint): number {
  const sign = read(flagSlots.sign);
  const bit = (value: boolean, flag: number): number => (value ? flag : 0);
  return (
    FIXED_FLAGS |
    (Number(read(flagSlots.system) & 0xffffffffn) & SYSTEM_FLAGS) |
    bit((read(flagSlots.carry) & 1n) !== 0n, FLAG.CF) |
    bit(parity(Number(sign & 0xffn)) === 1, FLAG.PF) |
    bit((read(flagSlots.adjust) & 0x10n) !== 0n, FLAG.AF) |
    bit(read(flagSlots.zero) === 0n, FLAG.ZF) |
    bit(sign >> 63n === 1n, FLAG.SF) |
    bit((read(flagSlots.direction) & 1n) !== 0n, FLAG.DF) |
    bit((read(flagSlots.overflow) & 1n) !== 0n, FLAG.OF)
  );
}

/** Sets the slots behind RFLAGS to `flags`; bits that user code cannot change are ignored. The mode may change. */
export function writeFlags(write: (slot: Slot, bits: bigint) => void, flags: number): void {
  const has = (flag: number): boolean => (flags & flag) !== 0;
  write(flagSlots.carry, has(FLAG.CF) ? 1n : 0n);
  write(flagSlots.overflow, has(FLAG.OF) ? 1n : 0n);
  write(flagSlots.adjust, has(FLAG.AF) ? 0x10n : 0n);
  write(flagSlots.zero, has(FLAG.ZF) ? 0n : 1n);
  // A low byte of 0 has even parity, one of 1 odd.
  write(flagSlots.sign, (has(FLAG.SF) ? 1n << 63n : 0n) | (has(FLAG.PF) ? 0n : 1n));
  write(flagSlots.direction, has(FLAG.DF) ? 1n : 0n);
  write(flagSlots.system, BigInt(flags & SYSTEM_FLAGS));
}
