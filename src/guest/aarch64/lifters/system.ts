/** Exception generation, hints, barriers, cache maintenance and system registers. */
import { unreachable } from '../../../common/assert.ts';
import { TRAP } from '../../../ir/block.ts';
import type { Value } from '../../../ir/builder.ts';
import type { Lifters } from '../../pattern/notation.ts';
import type { systemRows } from '../rows/branches.ts';
import { onlyFlags, WordFlags } from '../flags.ts';
import {
  exclusiveAddress,
  fpcrSlot,
  FP_ENV_KEPT,
  FPCR,
  FPCR_MASK,
  fpEnvOfFpcr,
  fpsrFlags,
  NO_EXCLUSIVE,
  tpidrSlot,
} from '../state.ts';
import {
  CNTFRQ_EL0,
  CTR_EL0,
  DCZID_EL0,
  identificationValue,
  systemRegister,
  ZVA_SIZE,
  type SystemRegister,
} from '../system-registers.ts';
import type { LiftContext } from './context.ts';

const and = (c: LiftContext, value: Value, mask: number): Value => c.op('i32.and', value, c.i32(mask));

/** Moves one bit: `value` has it at `from`, the result at `to`, all else 0. */
function moveBit(c: LiftContext, value: Value, from: number, to: number): Value {
  const bit = and(c, value, 1 << from);
  if (from === to) return bit;
  return from < to ? c.op('i32.shl', bit, c.i32(to - from)) : c.op('i32.shr_u', bit, c.i32(from - to));
}

const bitNumber = (mask: number): number => 31 - Math.clz32(mask);

function readFpsr(c: LiftContext): Value {
  const env = c.op('fp.env.get');
  const bits = fpsrFlags.map(([mask, bit]) => moveBit(c, env, bitNumber(mask), bit));
  return bits.reduce((word, bit) => c.op('i32.or', word, bit));
}

function writeFpsr(c: LiftContext, value: Value): void {
  const kept = and(c, c.op('fp.env.get'), ~FP_ENV_KEPT);
  const env = fpsrFlags.reduce(
    (word, [mask, bit]) => c.op('i32.or', word, moveBit(c, value, bit, bitNumber(mask))),
    kept,
  );
  c.op('fp.env.set', env);
}

/** Chooses between two constants by a bit of `value`. */
function byBit(c: LiftContext, value: Value, mask: number, set: number, clear: number): Value {
  return c.op('i32.select', c.i32(set), c.i32(clear), and(c, value, mask));
}

/** The environment word for a new FPCR is that of each of its fields, joined; see `fpEnvOfFpcr`. */
function writeFpcr(c: LiftContext, value: Value): void {
  const { AHP, DN, FZ, RMODE_SHIFT } = FPCR;
  const plain = fpEnvOfFpcr(0);
  const field = (bits: number): number => fpEnvOfFpcr(bits) ^ plain;
  const change = (bits: number): Value => byBit(c, value, bits, field(bits), 0);
  const [low, high] = [1 << RMODE_SHIFT, 2 << RMODE_SHIFT];
  const both = field(low | high) ^ field(low) ^ field(high);
  const bothBits = c.op('i32.eq', and(c, value, low | high), c.i32(low | high));
  let env = c.op('i32.or', and(c, c.op('fp.env.get'), FP_ENV_KEPT), c.i32(plain));
  for (const bits of [AHP, DN, FZ, low, high]) env = c.op('i32.xor', env, change(bits));
  c.op('fp.env.set', c.op('i32.xor', env, c.op('i32.select', c.i32(both), c.i32(0), bothBits)));
  c.builder.set(fpcrSlot, and(c, value, FPCR_MASK));
}

const zeroExtended = (c: LiftContext, word: Value): Value => c.op('i64.extend_i32_u', word);

function read(c: LiftContext, register: SystemRegister): Value {
  switch (register) {
    case 'ctr_el0':
      return c.i64(CTR_EL0);
    case 'dczid_el0':
      return c.i64(DCZID_EL0);
    case 'nzcv':
      return zeroExtended(c, onlyFlags(c.builder, c.flags.word()));
    case 'fpcr':
      return zeroExtended(c, c.builder.get(fpcrSlot));
    case 'fpsr':
      return zeroExtended(c, readFpsr(c));
    case 'tpidr_el0':
      return c.builder.get(tpidrSlot);
    case 'tpidrro_el0':
      // Linux leaves it zero for 64-bit programs.
      return c.i64(0);
    case 'cntfrq_el0':
      return c.i64(CNTFRQ_EL0);
    case 'cntvct_el0':
      return c.op('input.time');
  }
}

function readRegister(c: LiftContext, Rt: number, register: number): void {
  const name = systemRegister(register);
  if (name !== undefined) {
    c.setX(Rt, read(c, name));
    return;
  }
  const value = identificationValue(register) ?? unreachable('the row admits readable registers only');
  c.setX(Rt, c.builder.i64Bits(value));
}

function writeRegister(c: LiftContext, Rt: number, register: number): void {
  switch (systemRegister(register)) {
    case 'nzcv':
      c.flags.set(new WordFlags(onlyFlags(c.builder, c.w(Rt))));
      return;
    case 'fpcr':
      writeFpcr(c, c.w(Rt));
      // A comparison before it would be asked again under the new FPCR: the block ends.
      c.builder.jump(c.next);
      return;
    case 'fpsr':
      writeFpsr(c, c.w(Rt));
      return;
    case 'tpidr_el0':
      c.builder.set(tpidrSlot, c.x(Rt));
      return;
    default:
      unreachable('the row admits writable registers only');
  }
}

/** Clears the block of 64 bytes around the address. */
function zeroBlock(c: LiftContext, Rt: number): void {
  const address = c.op('i64.and', c.x(Rt), c.i64(-ZVA_SIZE));
  const zero = c.builder.v128(0n, 0n);
  for (let offset = 0; offset < ZVA_SIZE; offset += 16) c.builder.opImm('v128.store', offset, address, zero);
}

/** Data cache maintenance does nothing here, but the address is translated: it must be readable. */
function maintain(c: LiftContext, Rt: number): void {
  c.op('i32.load8_u', c.x(Rt));
}

const fence = (c: LiftContext): void => void c.op('atomic.fence');

export const systemLifters: Lifters<typeof systemRows, LiftContext> = {
  udf: (c) => c.undefined(),
  svc: (c) => c.builder.syscall(c.next),
  brk: (c) => c.builder.trap(TRAP.BREAKPOINT, c.pc),
  // Halting debug is not enabled.
  hlt: (c) => c.undefined(),
  // All hints may do nothing: YIELD, WFE, WFI, SEV, and PAC and BTI on hardware without them.
  hint: () => undefined,
  clrex: (c) => c.builder.set(exclusiveAddress, c.i64(NO_EXCLUSIVE)),
  dsb: fence,
  dmb: fence,
  // What IC IVAU left to do on this processor is done there; what it said on others is taken notice of in the run loop.
  isb: (c) => c.builder.resync(c.next, false),
  sb: () => undefined,
  'ic ivau': (c) => c.builder.resync(c.next, true),
  'dc zva': (c, f) => zeroBlock(c, f.Rt),
  'dc cvac': (c, f) => maintain(c, f.Rt),
  'dc cvau': (c, f) => maintain(c, f.Rt),
  'dc cvap': (c, f) => maintain(c, f.Rt),
  'dc civac': (c, f) => maintain(c, f.Rt),
  mrs: (c, f) => readRegister(c, f.Rt, f.register),
  msr: (c, f) => writeRegister(c, f.Rt, f.register),
};
