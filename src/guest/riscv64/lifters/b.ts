/** Zba, Zbb, Zbs. */
import type { Value } from '../../../ir/builder.ts';
import type { Lifters } from '../../pattern/notation.ts';
import type { zbaRows, zbbRows, zbsRows } from '../rows/b.ts';
import type { LiftContext } from './context.ts';
import { binary, binaryImmediate, unary, word32 } from './integer.ts';

/** rd := (rs1 << shift) + rs2 */
function shiftAdd(c: LiftContext, shift: number, rd: number, rs1: number, rs2: number): void {
  if (rd !== 0) c.setX(rd, c.op('i64.add', c.op('i64.shl', c.x(rs1), c.i64(shift)), c.x(rs2)));
}

/** rd := (zero-extended word of rs1 << shift) + rs2 */
function shiftAddWord(c: LiftContext, shift: number, rd: number, rs1: number, rs2: number): void {
  if (rd === 0) return;
  const word = c.xUnsignedWord(rs1);
  const shifted = shift === 0 ? word : c.op('i64.shl', word, c.i64(shift));
  // With x0 this is zext.w.
  c.setX(rd, rs2 === 0 ? shifted : c.op('i64.add', shifted, c.x(rs2)));
}

const inverted = (c: LiftContext, value: Value): Value => c.op('i64.xor', value, c.i64(-1));

/** 1 << (rs2 mod 64) */
const bit = (c: LiftContext, rs2: number): Value => c.op('i64.shl', c.i64(1), c.x(rs2));

const bitConstant = (c: LiftContext, shamt: number): Value => c.builder.i64Bits(1n << BigInt(shamt));

export const zbaLifters: Lifters<typeof zbaRows, LiftContext> = {
  'add.uw': (c, f) => shiftAddWord(c, 0, f.rd, f.rs1, f.rs2),
  sh1add: (c, f) => shiftAdd(c, 1, f.rd, f.rs1, f.rs2),
  sh2add: (c, f) => shiftAdd(c, 2, f.rd, f.rs1, f.rs2),
  sh3add: (c, f) => shiftAdd(c, 3, f.rd, f.rs1, f.rs2),
  'sh1add.uw': (c, f) => shiftAddWord(c, 1, f.rd, f.rs1, f.rs2),
  'sh2add.uw': (c, f) => shiftAddWord(c, 2, f.rd, f.rs1, f.rs2),
  'sh3add.uw': (c, f) => shiftAddWord(c, 3, f.rd, f.rs1, f.rs2),
  'slli.uw': (c, f) => shiftAddWord(c, f.shamt, f.rd, f.rs1, 0),
};

export const zbbLifters: Lifters<typeof zbbRows, LiftContext> = {
  andn: (c, f) => {
    if (f.rd !== 0) c.setX(f.rd, c.op('i64.and', c.x(f.rs1), inverted(c, c.x(f.rs2))));
  },
  orn: (c, f) => {
    if (f.rd !== 0) c.setX(f.rd, c.op('i64.or', c.x(f.rs1), inverted(c, c.x(f.rs2))));
  },
  xnor: (c, f) => {
    if (f.rd !== 0) c.setX(f.rd, inverted(c, c.op('i64.xor', c.x(f.rs1), c.x(f.rs2))));
  },
  clz: (c, f) => unary(c, 'i64.clz', f.rd, f.rs1),
  clzw: (c, f) => {
    if (f.rd !== 0) c.setX(f.rd, c.op('i64.extend_i32_u', c.op('i32.clz', c.xWord(f.rs1))));
  },
  ctz: (c, f) => unary(c, 'i64.ctz', f.rd, f.rs1),
  ctzw: (c, f) => {
    if (f.rd !== 0) c.setX(f.rd, c.op('i64.extend_i32_u', c.op('i32.ctz', c.xWord(f.rs1))));
  },
  cpop: (c, f) => unary(c, 'i64.popcnt', f.rd, f.rs1),
  cpopw: (c, f) => {
    if (f.rd !== 0) c.setX(f.rd, c.op('i64.popcnt', c.xUnsignedWord(f.rs1)));
  },
  max: (c, f) => binary(c, 'i64.max_s', f.rd, f.rs1, f.rs2),
  maxu: (c, f) => binary(c, 'i64.max_u', f.rd, f.rs1, f.rs2),
  min: (c, f) => binary(c, 'i64.min_s', f.rd, f.rs1, f.rs2),
  minu: (c, f) => binary(c, 'i64.min_u', f.rd, f.rs1, f.rs2),
  'sext.b': (c, f) => unary(c, 'i64.extend8_s', f.rd, f.rs1),
  'sext.h': (c, f) => unary(c, 'i64.extend16_s', f.rd, f.rs1),
  'zext.h': (c, f) => binaryImmediate(c, 'i64.and', f.rd, f.rs1, 0xffff),
  rol: (c, f) => binary(c, 'i64.rotl', f.rd, f.rs1, f.rs2),
  rolw: (c, f) => word32(c, 'i32.rotl', f.rd, f.rs1, f.rs2),
  ror: (c, f) => binary(c, 'i64.rotr', f.rd, f.rs1, f.rs2),
  rori: (c, f) => binaryImmediate(c, 'i64.rotr', f.rd, f.rs1, f.shamt),
  roriw: (c, f) => {
    if (f.rd === 0) return;
    c.setX(f.rd, c.op('i64.extend_i32_s', c.op('i32.rotr', c.xWord(f.rs1), c.builder.i32(f.shamt))));
  },
  rorw: (c, f) => word32(c, 'i32.rotr', f.rd, f.rs1, f.rs2),
  'orc.b': (c, f) => unary(c, 'i64.orc_b', f.rd, f.rs1),
  rev8: (c, f) => unary(c, 'i64.bswap', f.rd, f.rs1),
};

export const zbsLifters: Lifters<typeof zbsRows, LiftContext> = {
  bclr: (c, f) => {
    // ...11110 rotated left clears one bit.
    if (f.rd !== 0) c.setX(f.rd, c.op('i64.and', c.x(f.rs1), c.op('i64.rotl', c.i64(-2), c.x(f.rs2))));
  },
  bclri: (c, f) => {
    if (f.rd !== 0) c.setX(f.rd, c.op('i64.and', c.x(f.rs1), c.builder.i64Bits(~(1n << BigInt(f.shamt)))));
  },
  bext: (c, f) => {
    if (f.rd !== 0) c.setX(f.rd, c.op('i64.and', c.op('i64.shr_u', c.x(f.rs1), c.x(f.rs2)), c.i64(1)));
  },
  bexti: (c, f) => {
    if (f.rd !== 0) c.setX(f.rd, c.op('i64.and', c.op('i64.shr_u', c.x(f.rs1), c.i64(f.shamt)), c.i64(1)));
  },
  binv: (c, f) => {
    if (f.rd !== 0) c.setX(f.rd, c.op('i64.xor', c.x(f.rs1), bit(c, f.rs2)));
  },
  binvi: (c, f) => {
    if (f.rd !== 0) c.setX(f.rd, c.op('i64.xor', c.x(f.rs1), bitConstant(c, f.shamt)));
  },
  bset: (c, f) => {
    if (f.rd !== 0) c.setX(f.rd, c.op('i64.or', c.x(f.rs1), bit(c, f.rs2)));
  },
  bseti: (c, f) => {
    if (f.rd !== 0) c.setX(f.rd, c.op('i64.or', c.x(f.rs1), bitConstant(c, f.shamt)));
  },
};
