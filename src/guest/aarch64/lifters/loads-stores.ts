/** Loads and stores: general-purpose and SIMD&FP registers. Any alignment; exclusives and atomics are in atomics.ts. */
import { unreachable } from '../../../common/assert.ts';
import type { Value } from '../../../ir/builder.ts';
import type { OpName } from '../../../ir/ops.ts';
import type { Lifters } from '../../pattern/notation.ts';
import type { literalRows, pairRows, prefetchRows, singleRows, vectorRows } from '../rows/loads-stores.ts';
import type { LiftContext } from './context.ts';
import { extended64 } from './integer.ts';

/** Where an access goes: a base and a displacement; afterwards register `Rn` takes `writeBack` where that is not null. */
interface Address {
  readonly base: Value;
  readonly offset: number;
  readonly Rn: number;
  readonly writeBack: Value | null;
}

const plain = (c: LiftContext, Rn: number, offset: number): Address => ({
  base: c.xOrSp(Rn),
  offset,
  Rn,
  writeBack: null,
});

/** The address register moves by `offset`; the access is before or after. */
function indexed(c: LiftContext, Rn: number, offset: number, isPost: boolean): Address {
  const base = c.xOrSp(Rn);
  return { base, offset: isPost ? 0 : offset, Rn, writeBack: c.op('i64.add', base, c.i64(offset)) };
}

/** Makes the address of an access of 2^scale bytes. */
type Addressing<Fields> = (c: LiftContext, fields: Fields, scale: number) => Address;

const unsignedOffset: Addressing<{ readonly Rn: number; readonly imm12: number }> = (c, { Rn, imm12 }, scale) =>
  plain(c, Rn, imm12 << scale);
const unscaled: Addressing<{ readonly Rn: number; readonly imm9: number }> = (c, { Rn, imm9 }) => plain(c, Rn, imm9);
const postIndex: Addressing<{ readonly Rn: number; readonly imm9: number }> = (c, { Rn, imm9 }) =>
  indexed(c, Rn, imm9, true);
const preIndex: Addressing<{ readonly Rn: number; readonly imm9: number }> = (c, { Rn, imm9 }) =>
  indexed(c, Rn, imm9, false);

interface RegisterOffset {
  readonly Rn: number;
  readonly Rm: number;
  readonly option: number;
  readonly S: number;
}

const registerOffset: Addressing<RegisterOffset> = (c, { Rn, Rm, option, S }, scale) => {
  const index = extended64(c, Rm, option);
  const scaled = S === 1 && scale > 0 ? c.op('i64.shl', index, c.i64(scale)) : index;
  return { base: c.op('i64.add', scaled, c.xOrSp(Rn)), offset: 0, Rn, writeBack: null };
};

/** Changes of registers come after the access, which may fault. */
function finish(c: LiftContext, { Rn, writeBack }: Address): void {
  if (writeBack !== null) c.setXOrSp(Rn, writeBack);
}

interface Transfer {
  readonly Rt: number;
}

/** Names of plain accesses of the general-purpose registers. */
type LoadName = Extract<OpName, `i${'32' | '64'}.load${string}`>;
type StoreName = Extract<OpName, `i64.store${string}`>;

function load<Fields extends Transfer>(
  c: LiftContext,
  fields: Fields,
  addressing: Addressing<Fields>,
  op: LoadName,
  scale: number,
): void {
  const address = addressing(c, fields, scale);
  const value = c.builder.opImm(op, address.offset, address.base);
  if (value.type === 'i32') c.setW(fields.Rt, value);
  else c.setX(fields.Rt, value);
  finish(c, address);
}

function store<Fields extends Transfer>(
  c: LiftContext,
  fields: Fields,
  addressing: Addressing<Fields>,
  op: StoreName,
  scale: number,
): void {
  const address = addressing(c, fields, scale);
  c.builder.opImm(op, address.offset, address.base, c.x(fields.Rt));
  finish(c, address);
}

/** A vector register's value from 2^scale bytes; the rest is zero. */
function vectorFrom(c: LiftContext, scale: number, base: Value, offset: number): Value {
  const narrow = (op: OpName): Value => c.op('v128.from_i64', c.builder.opImm(op, offset, base));
  switch (scale) {
    case 0:
      return narrow('i64.load8_u');
    case 1:
      return narrow('i64.load16_u');
    case 2:
      return c.builder.opImm('v128.load32_zero', offset, base);
    case 3:
      return c.builder.opImm('v128.load64_zero', offset, base);
    case 4:
      return c.builder.opImm('v128.load', offset, base);
    default:
      unreachable(`no vector register has 2^${String(scale)} bytes`);
  }
}

const laneStores: readonly OpName[] = ['i64.store8', 'i64.store16', 'i64.store32', 'i64.store'];

/** Stores the low 2^scale bytes of a vector register. */
function vectorTo(c: LiftContext, scale: number, base: Value, offset: number, register: number): void {
  const value = c.v(register);
  const op = laneStores[scale];
  if (op === undefined) c.builder.opImm('v128.store', offset, base, value);
  else c.builder.opImm(op, offset, base, c.op('i64x2.low', value));
}

function loadVector<Fields extends Transfer>(
  c: LiftContext,
  fields: Fields,
  scale: number,
  addressing: Addressing<Fields>,
): void {
  const address = addressing(c, fields, scale);
  c.setV(fields.Rt, vectorFrom(c, scale, address.base, address.offset));
  finish(c, address);
}

function storeVector<Fields extends Transfer>(
  c: LiftContext,
  fields: Fields,
  scale: number,
  addressing: Addressing<Fields>,
): void {
  const address = addressing(c, fields, scale);
  vectorTo(c, scale, address.base, address.offset, fields.Rt);
  finish(c, address);
}

/** What a pair access moves: how wide, and from or to which registers. */
interface PairKind {
  readonly scale: number;
  load(c: LiftContext, base: Value, offset: number): Value;
  set(c: LiftContext, register: number, value: Value): void;
  store(c: LiftContext, base: Value, offset: number, register: number): void;
}

function generalPair(scale: number, loadName: LoadName, storeName: StoreName): PairKind {
  return {
    scale,
    load: (c, base, offset) => c.builder.opImm(loadName, offset, base),
    set: (c, register, value) => c.setX(register, value),
    store: (c, base, offset, register) => void c.builder.opImm(storeName, offset, base, c.x(register)),
  };
}

function vectorPair(scale: number): PairKind {
  return {
    scale,
    load: (c, base, offset) => vectorFrom(c, scale, base, offset),
    set: (c, register, value) => c.setV(register, value),
    store: (c, base, offset, register) => vectorTo(c, scale, base, offset, register),
  };
}

const W = generalPair(2, 'i64.load32_u', 'i64.store32');
const SW = generalPair(2, 'i64.load32_s', 'i64.store32');
const X = generalPair(3, 'i64.load', 'i64.store');
const S = vectorPair(2);
const D = vectorPair(3);
const Q = vectorPair(4);

interface PairFields {
  readonly Rn: number;
  readonly Rt: number;
  readonly Rt2: number;
  readonly imm7: number;
}

type PairMode = 'offset' | 'post-index' | 'pre-index';

function pairAddress(c: LiftContext, { Rn, imm7 }: PairFields, scale: number, mode: PairMode): Address {
  const offset = imm7 * 2 ** scale;
  return mode === 'offset' ? plain(c, Rn, offset) : indexed(c, Rn, offset, mode === 'post-index');
}

function loadPair(c: LiftContext, f: PairFields, kind: PairKind, mode: PairMode): void {
  const address = pairAddress(c, f, kind.scale, mode);
  const first = kind.load(c, address.base, address.offset);
  const second = kind.load(c, address.base, address.offset + 2 ** kind.scale);
  kind.set(c, f.Rt, first);
  kind.set(c, f.Rt2, second);
  finish(c, address);
}

function storePair(c: LiftContext, f: PairFields, kind: PairKind, mode: PairMode): void {
  const address = pairAddress(c, f, kind.scale, mode);
  kind.store(c, address.base, address.offset, f.Rt);
  kind.store(c, address.base, address.offset + 2 ** kind.scale, f.Rt2);
  finish(c, address);
}

interface LiteralFields {
  readonly imm: number;
  readonly Rt: number;
}

const literal: Addressing<LiteralFields> = (c, { imm }) => ({
  base: c.i64(c.pc + imm),
  offset: 0,
  Rn: 31,
  writeBack: null,
});

export const singleLifters: Lifters<typeof singleRows, LiftContext> = {
  'strb (unsigned offset)': (c, f) => store(c, f, unsignedOffset, 'i64.store8', 0),
  'ldrb (unsigned offset)': (c, f) => load(c, f, unsignedOffset, 'i64.load8_u', 0),
  'ldrsb (64-bit, unsigned offset)': (c, f) => load(c, f, unsignedOffset, 'i64.load8_s', 0),
  'ldrsb (32-bit, unsigned offset)': (c, f) => load(c, f, unsignedOffset, 'i32.load8_s', 0),
  'strh (unsigned offset)': (c, f) => store(c, f, unsignedOffset, 'i64.store16', 1),
  'ldrh (unsigned offset)': (c, f) => load(c, f, unsignedOffset, 'i64.load16_u', 1),
  'ldrsh (64-bit, unsigned offset)': (c, f) => load(c, f, unsignedOffset, 'i64.load16_s', 1),
  'ldrsh (32-bit, unsigned offset)': (c, f) => load(c, f, unsignedOffset, 'i32.load16_s', 1),
  'str (32-bit, unsigned offset)': (c, f) => store(c, f, unsignedOffset, 'i64.store32', 2),
  'ldr (32-bit, unsigned offset)': (c, f) => load(c, f, unsignedOffset, 'i64.load32_u', 2),
  'ldrsw (unsigned offset)': (c, f) => load(c, f, unsignedOffset, 'i64.load32_s', 2),
  'str (64-bit, unsigned offset)': (c, f) => store(c, f, unsignedOffset, 'i64.store', 3),
  'ldr (64-bit, unsigned offset)': (c, f) => load(c, f, unsignedOffset, 'i64.load', 3),
  'strb (post-index)': (c, f) => store(c, f, postIndex, 'i64.store8', 0),
  'ldrb (post-index)': (c, f) => load(c, f, postIndex, 'i64.load8_u', 0),
  'ldrsb (64-bit, post-index)': (c, f) => load(c, f, postIndex, 'i64.load8_s', 0),
  'ldrsb (32-bit, post-index)': (c, f) => load(c, f, postIndex, 'i32.load8_s', 0),
  'strh (post-index)': (c, f) => store(c, f, postIndex, 'i64.store16', 1),
  'ldrh (post-index)': (c, f) => load(c, f, postIndex, 'i64.load16_u', 1),
  'ldrsh (64-bit, post-index)': (c, f) => load(c, f, postIndex, 'i64.load16_s', 1),
  'ldrsh (32-bit, post-index)': (c, f) => load(c, f, postIndex, 'i32.load16_s', 1),
  'str (32-bit, post-index)': (c, f) => store(c, f, postIndex, 'i64.store32', 2),
  'ldr (32-bit, post-index)': (c, f) => load(c, f, postIndex, 'i64.load32_u', 2),
  'ldrsw (post-index)': (c, f) => load(c, f, postIndex, 'i64.load32_s', 2),
  'str (64-bit, post-index)': (c, f) => store(c, f, postIndex, 'i64.store', 3),
  'ldr (64-bit, post-index)': (c, f) => load(c, f, postIndex, 'i64.load', 3),
  'strb (pre-index)': (c, f) => store(c, f, preIndex, 'i64.store8', 0),
  'ldrb (pre-index)': (c, f) => load(c, f, preIndex, 'i64.load8_u', 0),
  'ldrsb (64-bit, pre-index)': (c, f) => load(c, f, preIndex, 'i64.load8_s', 0),
  'ldrsb (32-bit, pre-index)': (c, f) => load(c, f, preIndex, 'i32.load8_s', 0),
  'strh (pre-index)': (c, f) => store(c, f, preIndex, 'i64.store16', 1),
  'ldrh (pre-index)': (c, f) => load(c, f, preIndex, 'i64.load16_u', 1),
  'ldrsh (64-bit, pre-index)': (c, f) => load(c, f, preIndex, 'i64.load16_s', 1),
  'ldrsh (32-bit, pre-index)': (c, f) => load(c, f, preIndex, 'i32.load16_s', 1),
  'str (32-bit, pre-index)': (c, f) => store(c, f, preIndex, 'i64.store32', 2),
  'ldr (32-bit, pre-index)': (c, f) => load(c, f, preIndex, 'i64.load32_u', 2),
  'ldrsw (pre-index)': (c, f) => load(c, f, preIndex, 'i64.load32_s', 2),
  'str (64-bit, pre-index)': (c, f) => store(c, f, preIndex, 'i64.store', 3),
  'ldr (64-bit, pre-index)': (c, f) => load(c, f, preIndex, 'i64.load', 3),
  'strb (register)': (c, f) => store(c, f, registerOffset, 'i64.store8', 0),
  'ldrb (register)': (c, f) => load(c, f, registerOffset, 'i64.load8_u', 0),
  'ldrsb (64-bit, register)': (c, f) => load(c, f, registerOffset, 'i64.load8_s', 0),
  'ldrsb (32-bit, register)': (c, f) => load(c, f, registerOffset, 'i32.load8_s', 0),
  'strh (register)': (c, f) => store(c, f, registerOffset, 'i64.store16', 1),
  'ldrh (register)': (c, f) => load(c, f, registerOffset, 'i64.load16_u', 1),
  'ldrsh (64-bit, register)': (c, f) => load(c, f, registerOffset, 'i64.load16_s', 1),
  'ldrsh (32-bit, register)': (c, f) => load(c, f, registerOffset, 'i32.load16_s', 1),
  'str (32-bit, register)': (c, f) => store(c, f, registerOffset, 'i64.store32', 2),
  'ldr (32-bit, register)': (c, f) => load(c, f, registerOffset, 'i64.load32_u', 2),
  'ldrsw (register)': (c, f) => load(c, f, registerOffset, 'i64.load32_s', 2),
  'str (64-bit, register)': (c, f) => store(c, f, registerOffset, 'i64.store', 3),
  'ldr (64-bit, register)': (c, f) => load(c, f, registerOffset, 'i64.load', 3),
  sturb: (c, f) => store(c, f, unscaled, 'i64.store8', 0),
  ldurb: (c, f) => load(c, f, unscaled, 'i64.load8_u', 0),
  'ldursb (64-bit)': (c, f) => load(c, f, unscaled, 'i64.load8_s', 0),
  'ldursb (32-bit)': (c, f) => load(c, f, unscaled, 'i32.load8_s', 0),
  sturh: (c, f) => store(c, f, unscaled, 'i64.store16', 1),
  ldurh: (c, f) => load(c, f, unscaled, 'i64.load16_u', 1),
  'ldursh (64-bit)': (c, f) => load(c, f, unscaled, 'i64.load16_s', 1),
  'ldursh (32-bit)': (c, f) => load(c, f, unscaled, 'i32.load16_s', 1),
  'stur (32-bit)': (c, f) => store(c, f, unscaled, 'i64.store32', 2),
  'ldur (32-bit)': (c, f) => load(c, f, unscaled, 'i64.load32_u', 2),
  ldursw: (c, f) => load(c, f, unscaled, 'i64.load32_s', 2),
  'stur (64-bit)': (c, f) => store(c, f, unscaled, 'i64.store', 3),
  'ldur (64-bit)': (c, f) => load(c, f, unscaled, 'i64.load', 3),
  sttrb: (c, f) => store(c, f, unscaled, 'i64.store8', 0),
  ldtrb: (c, f) => load(c, f, unscaled, 'i64.load8_u', 0),
  'ldtrsb (64-bit)': (c, f) => load(c, f, unscaled, 'i64.load8_s', 0),
  'ldtrsb (32-bit)': (c, f) => load(c, f, unscaled, 'i32.load8_s', 0),
  sttrh: (c, f) => store(c, f, unscaled, 'i64.store16', 1),
  ldtrh: (c, f) => load(c, f, unscaled, 'i64.load16_u', 1),
  'ldtrsh (64-bit)': (c, f) => load(c, f, unscaled, 'i64.load16_s', 1),
  'ldtrsh (32-bit)': (c, f) => load(c, f, unscaled, 'i32.load16_s', 1),
  'sttr (32-bit)': (c, f) => store(c, f, unscaled, 'i64.store32', 2),
  'ldtr (32-bit)': (c, f) => load(c, f, unscaled, 'i64.load32_u', 2),
  ldtrsw: (c, f) => load(c, f, unscaled, 'i64.load32_s', 2),
  'sttr (64-bit)': (c, f) => store(c, f, unscaled, 'i64.store', 3),
  'ldtr (64-bit)': (c, f) => load(c, f, unscaled, 'i64.load', 3),
};

/** A prefetch may do nothing. */
export const prefetchLifters: Lifters<typeof prefetchRows, LiftContext> = {
  'prfm (unsigned offset)': () => undefined,
  'prfm (register)': () => undefined,
  prfum: () => undefined,
  'prfm (literal)': () => undefined,
};

export const literalLifters: Lifters<typeof literalRows, LiftContext> = {
  'ldr (32-bit, literal)': (c, f) => load(c, f, literal, 'i64.load32_u', 2),
  'ldr (64-bit, literal)': (c, f) => load(c, f, literal, 'i64.load', 3),
  'ldrsw (literal)': (c, f) => load(c, f, literal, 'i64.load32_s', 2),
  'ldr (S, literal)': (c, f) => loadVector(c, f, 2, literal),
  'ldr (D, literal)': (c, f) => loadVector(c, f, 3, literal),
  'ldr (Q, literal)': (c, f) => loadVector(c, f, 4, literal),
};

export const pairLifters: Lifters<typeof pairRows, LiftContext> = {
  'stnp (32-bit)': (c, f) => storePair(c, f, W, 'offset'),
  'ldnp (32-bit)': (c, f) => loadPair(c, f, W, 'offset'),
  'stnp (64-bit)': (c, f) => storePair(c, f, X, 'offset'),
  'ldnp (64-bit)': (c, f) => loadPair(c, f, X, 'offset'),
  'stnp (S)': (c, f) => storePair(c, f, S, 'offset'),
  'ldnp (S)': (c, f) => loadPair(c, f, S, 'offset'),
  'stnp (D)': (c, f) => storePair(c, f, D, 'offset'),
  'ldnp (D)': (c, f) => loadPair(c, f, D, 'offset'),
  'stnp (Q)': (c, f) => storePair(c, f, Q, 'offset'),
  'ldnp (Q)': (c, f) => loadPair(c, f, Q, 'offset'),
  'stp (32-bit, post-index)': (c, f) => storePair(c, f, W, 'post-index'),
  'ldp (32-bit, post-index)': (c, f) => loadPair(c, f, W, 'post-index'),
  'ldpsw (post-index)': (c, f) => loadPair(c, f, SW, 'post-index'),
  'stp (64-bit, post-index)': (c, f) => storePair(c, f, X, 'post-index'),
  'ldp (64-bit, post-index)': (c, f) => loadPair(c, f, X, 'post-index'),
  'stp (S, post-index)': (c, f) => storePair(c, f, S, 'post-index'),
  'ldp (S, post-index)': (c, f) => loadPair(c, f, S, 'post-index'),
  'stp (D, post-index)': (c, f) => storePair(c, f, D, 'post-index'),
  'ldp (D, post-index)': (c, f) => loadPair(c, f, D, 'post-index'),
  'stp (Q, post-index)': (c, f) => storePair(c, f, Q, 'post-index'),
  'ldp (Q, post-index)': (c, f) => loadPair(c, f, Q, 'post-index'),
  'stp (32-bit, offset)': (c, f) => storePair(c, f, W, 'offset'),
  'ldp (32-bit, offset)': (c, f) => loadPair(c, f, W, 'offset'),
  'ldpsw (offset)': (c, f) => loadPair(c, f, SW, 'offset'),
  'stp (64-bit, offset)': (c, f) => storePair(c, f, X, 'offset'),
  'ldp (64-bit, offset)': (c, f) => loadPair(c, f, X, 'offset'),
  'stp (S, offset)': (c, f) => storePair(c, f, S, 'offset'),
  'ldp (S, offset)': (c, f) => loadPair(c, f, S, 'offset'),
  'stp (D, offset)': (c, f) => storePair(c, f, D, 'offset'),
  'ldp (D, offset)': (c, f) => loadPair(c, f, D, 'offset'),
  'stp (Q, offset)': (c, f) => storePair(c, f, Q, 'offset'),
  'ldp (Q, offset)': (c, f) => loadPair(c, f, Q, 'offset'),
  'stp (32-bit, pre-index)': (c, f) => storePair(c, f, W, 'pre-index'),
  'ldp (32-bit, pre-index)': (c, f) => loadPair(c, f, W, 'pre-index'),
  'ldpsw (pre-index)': (c, f) => loadPair(c, f, SW, 'pre-index'),
  'stp (64-bit, pre-index)': (c, f) => storePair(c, f, X, 'pre-index'),
  'ldp (64-bit, pre-index)': (c, f) => loadPair(c, f, X, 'pre-index'),
  'stp (S, pre-index)': (c, f) => storePair(c, f, S, 'pre-index'),
  'ldp (S, pre-index)': (c, f) => loadPair(c, f, S, 'pre-index'),
  'stp (D, pre-index)': (c, f) => storePair(c, f, D, 'pre-index'),
  'ldp (D, pre-index)': (c, f) => loadPair(c, f, D, 'pre-index'),
  'stp (Q, pre-index)': (c, f) => storePair(c, f, Q, 'pre-index'),
  'ldp (Q, pre-index)': (c, f) => loadPair(c, f, Q, 'pre-index'),
};

export const vectorLifters: Lifters<typeof vectorRows, LiftContext> = {
  'str (SIMD&FP, unsigned offset)': (c, f) => storeVector(c, f, f.size, unsignedOffset),
  'str (Q, unsigned offset)': (c, f) => storeVector(c, f, 4, unsignedOffset),
  'ldr (SIMD&FP, unsigned offset)': (c, f) => loadVector(c, f, f.size, unsignedOffset),
  'ldr (Q, unsigned offset)': (c, f) => loadVector(c, f, 4, unsignedOffset),
  'str (SIMD&FP, post-index)': (c, f) => storeVector(c, f, f.size, postIndex),
  'str (Q, post-index)': (c, f) => storeVector(c, f, 4, postIndex),
  'ldr (SIMD&FP, post-index)': (c, f) => loadVector(c, f, f.size, postIndex),
  'ldr (Q, post-index)': (c, f) => loadVector(c, f, 4, postIndex),
  'str (SIMD&FP, pre-index)': (c, f) => storeVector(c, f, f.size, preIndex),
  'str (Q, pre-index)': (c, f) => storeVector(c, f, 4, preIndex),
  'ldr (SIMD&FP, pre-index)': (c, f) => loadVector(c, f, f.size, preIndex),
  'ldr (Q, pre-index)': (c, f) => loadVector(c, f, 4, preIndex),
  'str (SIMD&FP, register)': (c, f) => storeVector(c, f, f.size, registerOffset),
  'str (Q, register)': (c, f) => storeVector(c, f, 4, registerOffset),
  'ldr (SIMD&FP, register)': (c, f) => loadVector(c, f, f.size, registerOffset),
  'ldr (Q, register)': (c, f) => loadVector(c, f, 4, registerOffset),
  'stur (SIMD&FP)': (c, f) => storeVector(c, f, f.size, unscaled),
  'stur (Q)': (c, f) => storeVector(c, f, 4, unscaled),
  'ldur (SIMD&FP)': (c, f) => loadVector(c, f, f.size, unscaled),
  'ldur (Q)': (c, f) => loadVector(c, f, 4, unscaled),
};
