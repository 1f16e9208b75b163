/**
 * Exclusives and atomics. All their accesses are sequentially consistent here, which satisfies any acquire and
 * release. They must be aligned (without FEAT_LSE2), else they raise an alignment fault.
 */
import { unreachable } from '../../../common/assert.ts';
import { TRAP } from '../../../ir/block.ts';
import type { Value } from '../../../ir/builder.ts';
import type { OpName } from '../../../ir/ops.ts';
import type { Lifters } from '../../pattern/notation.ts';
import type { atomicRows, exclusiveRows } from '../rows/loads-stores.ts';
import { exclusiveAddress, exclusiveValue, exclusiveValueHigh, NO_EXCLUSIVE } from '../state.ts';
import type { LiftContext } from './context.ts';

/** The address in Rn, after the check that it is a multiple of 2^scale. */
function alignedAddress(c: LiftContext, Rn: number, scale: number): Value {
  const address = c.xOrSp(Rn);
  if (scale > 0) {
    const low = c.op('i32.and', c.op('i32.wrap_i64', address), c.i32(2 ** scale - 1));
    c.builder.trapIf(low, TRAP.MISALIGNED_ACCESS);
  }
  return address;
}

/** Operations of one size: B, H, W and X by log2 of the bytes. */
interface Size {
  readonly scale: number;
  readonly load: OpName;
  readonly store: OpName;
  /** An i32, or an i64 for X. */
  read(c: LiftContext, register: number): Value;
  write(c: LiftContext, register: number, value: Value): void;
  rmw(name: Rmw): OpName;
  readonly compareExchange: OpName;
}

type Rmw = 'add' | 'and' | 'xor' | 'or' | 'xchg' | 'max_s' | 'min_s' | 'max_u' | 'min_u';

const readWord = (c: LiftContext, register: number): Value => c.w(register);
const writeWord = (c: LiftContext, register: number, value: Value): void => c.setW(register, value);

function narrow(bits: 8 | 16): Size {
  return {
    scale: bits / 16,
    load: `i32.atomic.load${bits}_u`,
    store: `i32.atomic.store${bits}`,
    read: readWord,
    write: writeWord,
    rmw(name) {
      switch (name) {
        case 'max_s':
        case 'min_s':
        case 'max_u':
        case 'min_u':
          return `i32.atomic.rmw${bits}.${name}`;
        default:
          return `i32.atomic.rmw${bits}.${name}_u`;
      }
    },
    compareExchange: `i32.atomic.rmw${bits}.cmpxchg_u`,
  };
}

const byte: Size = { ...narrow(8), scale: 0 };
const half: Size = { ...narrow(16), scale: 1 };
const word: Size = {
  scale: 2,
  load: 'i32.atomic.load',
  store: 'i32.atomic.store',
  read: readWord,
  write: writeWord,
  rmw: (name) => `i32.atomic.rmw.${name}`,
  compareExchange: 'i32.atomic.rmw.cmpxchg',
};
const double: Size = {
  scale: 3,
  load: 'i64.atomic.load',
  store: 'i64.atomic.store',
  read: (c, register) => c.x(register),
  write: (c, register, value) => c.setX(register, value),
  rmw: (name) => `i64.atomic.rmw.${name}`,
  compareExchange: 'i64.atomic.rmw.cmpxchg',
};

const sizes = [byte, half, word, double];
const sizeOf = (scale: number): Size => sizes[scale] ?? unreachable(`size ${String(scale)} of a two-bit field`);

/** Zero-extended to 64 bits, as the monitor keeps it. */
function wide(c: LiftContext, value: Value): Value {
  return value.type === 'i64' ? value : c.op('i64.extend_i32_u', value);
}

interface Access {
  readonly size: number;
  readonly Rn: number;
  readonly Rt: number;
}

function loadAcquire(c: LiftContext, { size, Rn, Rt }: Access): void {
  const kind = sizeOf(size);
  kind.write(c, Rt, c.op(kind.load, alignedAddress(c, Rn, size)));
}

function storeRelease(c: LiftContext, { size, Rn, Rt }: Access): void {
  const kind = sizeOf(size);
  c.op(kind.store, alignedAddress(c, Rn, size), kind.read(c, Rt));
}

function loadExclusive(c: LiftContext, { size, Rn, Rt }: Access): void {
  const kind = sizeOf(size);
  const address = alignedAddress(c, Rn, size);
  const value = c.op(kind.load, address);
  c.builder.set(exclusiveAddress, address);
  c.builder.set(exclusiveValue, wide(c, value));
  kind.write(c, Rt, value);
}

/** The monitor's address is this one. */
const matchesMonitor = (c: LiftContext, address: Value): Value =>
  c.op('i64.eq', address, c.builder.get(exclusiveAddress));

/** Opens the monitor and writes the status: 0 where the store happened. */
function finishStore(c: LiftContext, Rs: number, matches: Value, held: Value): void {
  c.builder.set(exclusiveAddress, c.i64(NO_EXCLUSIVE));
  c.setW(Rs, c.op('i32.eqz', c.op('i32.and', matches, held)));
}

/**
 * Succeeds where the address is the monitored one and memory still holds the value seen there. That lets through a
 * value that was changed and changed back, like every emulation by compare-and-swap. With the wrong address the
 * compare-and-swap replaces a value by itself, which changes nothing and can only fail.
 */
function storeExclusive(c: LiftContext, f: Access & { readonly Rs: number }): void {
  const { size, Rn, Rt, Rs } = f;
  const address = alignedAddress(c, Rn, size);
  const matches = matchesMonitor(c, address);
  const kind = sizeOf(size);
  if (size === 3) {
    const expected = c.builder.get(exclusiveValue);
    const replacement = c.op('i64.select', c.x(Rt), expected, matches);
    const old = c.op(kind.compareExchange, address, expected, replacement);
    finishStore(c, Rs, matches, c.op('i64.eq', old, expected));
    return;
  }
  const monitored = c.op('i32.wrap_i64', c.builder.get(exclusiveValue));
  const expected = size === 2 ? monitored : c.op('i32.and', monitored, c.i32(2 ** (8 << size) - 1));
  const replacement = c.op('i32.select', c.w(Rt), expected, matches);
  const old = c.op(kind.compareExchange, address, expected, replacement);
  finishStore(c, Rs, matches, c.op('i32.eq', old, expected));
}

/** Two W registers as the 64 bits that they take in memory. */
function joined(c: LiftContext, low: number, high: number): Value {
  const upper = c.op('i64.shl', c.x(high), c.i64(32));
  return c.op('i64.or', upper, c.op('i64.extend_i32_u', c.w(low)));
}

/** Two 64-bit values as a vector. */
function paired(c: LiftContext, low: Value, high: Value): Value {
  return c.builder.opImm('i64x2.replace_lane', 1, c.op('i64x2.splat', low), high);
}

function writeHalves(c: LiftContext, Rt: number, Rt2: number, value: Value): void {
  c.setX(Rt, c.op('i64.and', value, c.i64(0xffffffff)));
  c.setX(Rt2, c.op('i64.shr_u', value, c.i64(32)));
}

interface PairAccess {
  readonly sz: number;
  readonly Rn: number;
  readonly Rt: number;
  readonly Rt2: number;
}

function loadExclusivePair(c: LiftContext, { sz, Rn, Rt, Rt2 }: PairAccess): void {
  const address = alignedAddress(c, Rn, 3 + sz);
  if (sz === 0) {
    const value = c.op('i64.atomic.load', address);
    c.builder.set(exclusiveAddress, address);
    c.builder.set(exclusiveValue, value);
    writeHalves(c, Rt, Rt2, value);
    return;
  }
  const value = c.op('v128.load', address);
  const low = c.builder.opImm('i64x2.extract_lane', 0, value);
  const high = c.builder.opImm('i64x2.extract_lane', 1, value);
  c.builder.set(exclusiveAddress, address);
  c.builder.set(exclusiveValue, low);
  c.builder.set(exclusiveValueHigh, high);
  c.setX(Rt, low);
  c.setX(Rt2, high);
}

function storeExclusivePair(c: LiftContext, f: PairAccess & { readonly Rs: number }): void {
  const { sz, Rn, Rt, Rt2, Rs } = f;
  const address = alignedAddress(c, Rn, 3 + sz);
  const matches = matchesMonitor(c, address);
  const low = c.builder.get(exclusiveValue);
  if (sz === 0) {
    const replacement = c.op('i64.select', joined(c, Rt, Rt2), low, matches);
    const old = c.op('i64.atomic.rmw.cmpxchg', address, low, replacement);
    finishStore(c, Rs, matches, c.op('i64.eq', old, low));
    return;
  }
  const expected = paired(c, low, c.builder.get(exclusiveValueHigh));
  const replacement = c.op('v128.select', paired(c, c.x(Rt), c.x(Rt2)), expected, matches);
  const old = c.op('v128.atomic.cmpxchg', address, expected, replacement);
  finishStore(c, Rs, matches, c.op('i8x16.all_true', c.op('i8x16.eq', old, expected)));
}

type AtomicFields = Access & { readonly Rs: number };

/** Rt := memory, memory := memory op Rs. */
function readModifyWrite(c: LiftContext, { size, Rn, Rt, Rs }: AtomicFields, name: Rmw, invert = false): void {
  const kind = sizeOf(size);
  const address = alignedAddress(c, Rn, size);
  const value = kind.read(c, Rs);
  const ones = (): Value => (size === 3 ? c.i64(-1) : c.i32(-1));
  const operand = invert ? c.op(size === 3 ? 'i64.xor' : 'i32.xor', value, ones()) : value;
  kind.write(c, Rt, c.op(kind.rmw(name), address, operand));
}

function compareAndSwap(c: LiftContext, { size, Rn, Rt, Rs }: AtomicFields): void {
  const kind = sizeOf(size);
  const address = alignedAddress(c, Rn, size);
  kind.write(c, Rs, c.op(kind.compareExchange, address, kind.read(c, Rs), kind.read(c, Rt)));
}

function compareAndSwapPair(c: LiftContext, { sz, Rn, Rt, Rs }: Omit<AtomicFields, 'size'> & { readonly sz: number }) {
  const address = alignedAddress(c, Rn, 3 + sz);
  if (sz === 0) {
    const old = c.op('i64.atomic.rmw.cmpxchg', address, joined(c, Rs, Rs + 1), joined(c, Rt, Rt + 1));
    writeHalves(c, Rs, Rs + 1, old);
    return;
  }
  const expected = paired(c, c.x(Rs), c.x(Rs + 1));
  const old = c.op('v128.atomic.cmpxchg', address, expected, paired(c, c.x(Rt), c.x(Rt + 1)));
  c.setX(Rs, c.builder.opImm('i64x2.extract_lane', 0, old));
  c.setX(Rs + 1, c.builder.opImm('i64x2.extract_lane', 1, old));
}

export const exclusiveLifters: Lifters<typeof exclusiveRows, LiftContext> = {
  stxr: (c, f) => storeExclusive(c, f),
  stlxr: (c, f) => storeExclusive(c, f),
  ldxr: (c, f) => loadExclusive(c, f),
  ldaxr: (c, f) => loadExclusive(c, f),
  stxp: (c, f) => storeExclusivePair(c, f),
  stlxp: (c, f) => storeExclusivePair(c, f),
  ldxp: (c, f) => loadExclusivePair(c, f),
  ldaxp: (c, f) => loadExclusivePair(c, f),
  stllr: (c, f) => storeRelease(c, f),
  stlr: (c, f) => storeRelease(c, f),
  ldlar: (c, f) => loadAcquire(c, f),
  ldar: (c, f) => loadAcquire(c, f),
};

export const atomicLifters: Lifters<typeof atomicRows, LiftContext> = {
  cas: (c, f) => compareAndSwap(c, f),
  casp: (c, f) => compareAndSwapPair(c, f),
  ldadd: (c, f) => readModifyWrite(c, f, 'add'),
  ldclr: (c, f) => readModifyWrite(c, f, 'and', true),
  ldeor: (c, f) => readModifyWrite(c, f, 'xor'),
  ldset: (c, f) => readModifyWrite(c, f, 'or'),
  ldsmax: (c, f) => readModifyWrite(c, f, 'max_s'),
  ldsmin: (c, f) => readModifyWrite(c, f, 'min_s'),
  ldumax: (c, f) => readModifyWrite(c, f, 'max_u'),
  ldumin: (c, f) => readModifyWrite(c, f, 'min_u'),
  swp: (c, f) => readModifyWrite(c, f, 'xchg'),
  ldapr: (c, f) => loadAcquire(c, f),
};
