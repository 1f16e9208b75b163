/** Data processing, register. */
import type { Value } from '../../../ir/builder.ts';
import type { OpName } from '../../../ir/ops.ts';
import type { Lifters } from '../../pattern/notation.ts';
import { CONDITION, ConditionalFlags, type FlagSource } from '../flags.ts';
import type { registerRows } from '../rows/data-processing-register.ts';
import type { LiftContext } from './context.ts';
import {
  additionFlags,
  apply,
  compare,
  constant,
  extended,
  fromBit,
  inverted,
  logicFlags,
  read,
  readOrSp,
  select,
  shifted,
  subtractionFlags,
  write,
  writeOrSp,
  type Operation,
} from './integer.ts';

interface TwoSources {
  readonly sf: number;
  readonly Rn: number;
  readonly Rm: number;
  readonly Rd: number;
}

type ShiftedFields = TwoSources & { readonly shift: number; readonly imm6: number };
type ExtendedFields = TwoSources & { readonly option: number; readonly imm3: number };
type ConditionFields = TwoSources & { readonly cond: number };

function binary(c: LiftContext, { sf, Rn, Rm, Rd }: TwoSources, operation: Operation): void {
  if (Rd !== 31) write(c, sf, Rd, apply(c, sf, operation, read(c, sf, Rn), read(c, sf, Rm)));
}

function divide(c: LiftContext, { sf, Rn, Rm, Rd }: TwoSources, name: 'div_s_or' | 'div_u_or'): void {
  if (Rd === 31) return;
  const op: OpName = sf === 1 ? `i64.${name}` : `i32.${name}`;
  // Division by zero gives zero.
  write(c, sf, Rd, c.op(op, read(c, sf, Rn), read(c, sf, Rm), constant(c, sf, 0)));
}

interface OneSource {
  readonly sf: number;
  readonly Rn: number;
  readonly Rd: number;
}

function unary(c: LiftContext, { sf, Rn, Rd }: OneSource, operation: Operation): void {
  if (Rd !== 31) write(c, sf, Rd, apply(c, sf, operation, read(c, sf, Rn)));
}

/** Exchanges the bytes of each half-word. */
function reverseHalves(c: LiftContext, { sf, Rn, Rd }: OneSource): void {
  if (Rd === 31) return;
  const value = read(c, sf, Rn);
  const low = (): Value => (sf === 1 ? c.builder.i64Bits(0x00ff00ff00ff00ffn) : c.i32(0x00ff00ff));
  const down = apply(c, sf, 'and', apply(c, sf, 'shr_u', value, constant(c, sf, 8)), low());
  const up = apply(c, sf, 'shl', apply(c, sf, 'and', value, low()), constant(c, sf, 8));
  write(c, sf, Rd, apply(c, sf, 'or', up, down));
}

/** Leading bits equal to the sign bit, itself not counted: leading zeros of the bits that differ from their left. */
function countSigns(c: LiftContext, { sf, Rn, Rd }: OneSource): void {
  if (Rd === 31) return;
  const value = read(c, sf, Rn);
  const changes = apply(c, sf, 'xor', value, apply(c, sf, 'shr_s', value, constant(c, sf, 1)));
  write(c, sf, Rd, apply(c, sf, 'add', apply(c, sf, 'clz', changes), constant(c, sf, -1)));
}

/** rd := operation(rn, shifted rm), or of its complement. */
function logic(c: LiftContext, f: ShiftedFields, operation: Operation, invert: boolean): void {
  const { sf, Rn, Rd } = f;
  if (Rd === 31) return;
  const operand = invert ? inverted(c, sf, shifted(c, f)) : shifted(c, f);
  // OR with the zero register is MOV, OR NOT is MVN.
  const isMove = Rn === 31 && operation === 'or';
  write(c, sf, Rd, isMove ? operand : apply(c, sf, operation, read(c, sf, Rn), operand));
}

function logicWithFlags(c: LiftContext, f: ShiftedFields, invert: boolean): void {
  const { sf, Rn, Rm, Rd } = f;
  const operand = invert ? inverted(c, sf, shifted(c, f)) : shifted(c, f);
  const isTestOfOne = !invert && Rn === Rm && f.imm6 === 0;
  const result = isTestOfOne ? operand : apply(c, sf, 'and', read(c, sf, Rn), operand);
  c.flags.set(logicFlags(sf, result));
  write(c, sf, Rd, result);
}

/** The flags of a + b without carry in. */
function sumFlags(c: LiftContext, sf: number, a: Value, b: Value, sum: Value): FlagSource {
  return additionFlags(c, sf, a, b, sum, () => compare(c, sf, 'lt_u', sum, a));
}

function addWithFlags(c: LiftContext, sf: number, Rd: number, a: Value, b: Value): void {
  const sum = apply(c, sf, 'add', a, b);
  c.flags.set(sumFlags(c, sf, a, b, sum));
  write(c, sf, Rd, sum);
}

function subtractWithFlags(c: LiftContext, sf: number, Rd: number, a: Value, b: Value): void {
  c.flags.set(subtractionFlags(sf, a, b));
  if (Rd === 31) return;
  // Before the write, which may be to an operand.
  c.flags.flush();
  write(c, sf, Rd, apply(c, sf, 'sub', a, b));
}

function addShifted(c: LiftContext, f: ShiftedFields, operation: 'add' | 'sub'): void {
  const { sf, Rn, Rd } = f;
  if (Rd !== 31) write(c, sf, Rd, apply(c, sf, operation, read(c, sf, Rn), shifted(c, f)));
}

function addExtended(c: LiftContext, f: ExtendedFields, operation: 'add' | 'sub'): void {
  const { sf, Rn, Rd } = f;
  writeOrSp(c, sf, Rd, apply(c, sf, operation, readOrSp(c, sf, Rn), extended(c, f)));
}

/** a + b + carry; SBC adds the complement of b. */
function addWithCarry(c: LiftContext, { sf, Rn, Rm, Rd }: TwoSources, subtract: boolean, setFlags: boolean): void {
  const a = read(c, sf, Rn);
  const b = subtract ? inverted(c, sf, read(c, sf, Rm)) : read(c, sf, Rm);
  const partial = apply(c, sf, 'add', a, b);
  const sum = apply(c, sf, 'add', partial, fromBit(c, sf, c.flags.carry()));
  if (setFlags) {
    // At most one of the two additions carries.
    const carryOut = (): Value =>
      c.op('i32.or', compare(c, sf, 'lt_u', partial, a), compare(c, sf, 'lt_u', sum, partial));
    c.flags.set(additionFlags(c, sf, a, b, sum, carryOut));
  }
  write(c, sf, Rd, sum);
}

interface ConditionalCompare {
  readonly sf: number;
  readonly Rn: number;
  readonly cond: number;
  readonly nzcv: number;
}

function conditionally(c: LiftContext, { cond, nzcv }: ConditionalCompare, compared: FlagSource): void {
  if (cond >= CONDITION.AL) c.flags.set(compared);
  else c.flags.set(new ConditionalFlags(compared, c.flags.test(cond), nzcv));
}

function conditionalSum(c: LiftContext, f: ConditionalCompare, b: Value): void {
  const a = read(c, f.sf, f.Rn);
  conditionally(c, f, sumFlags(c, f.sf, a, b, apply(c, f.sf, 'add', a, b)));
}

/** See `addImmediateFlags` in data-processing-immediate.ts. */
function conditionalSumImmediate(c: LiftContext, f: ConditionalCompare & { readonly imm5: number }): void {
  const a = read(c, f.sf, f.Rn);
  if (f.imm5 === 0) conditionally(c, f, logicFlags(f.sf, a));
  else conditionally(c, f, subtractionFlags(f.sf, a, constant(c, f.sf, -f.imm5)));
}

function conditionalDifference(c: LiftContext, f: ConditionalCompare, b: Value): void {
  conditionally(c, f, subtractionFlags(f.sf, read(c, f.sf, f.Rn), b));
}

/** Rn where the condition holds, else `other` of Rm. */
function choose(c: LiftContext, f: ConditionFields, other: (value: Value) => Value): void {
  const { sf, Rn, Rm, Rd, cond } = f;
  if (Rd === 31) return;
  const first = read(c, sf, Rn);
  if (cond >= CONDITION.AL) write(c, sf, Rd, first);
  else write(c, sf, Rd, select(c, sf, first, other(read(c, sf, Rm)), c.flags.test(cond)));
}

/** CSINC of zero registers is CSET: the bit itself. */
function chooseIncremented(c: LiftContext, f: ConditionFields): void {
  const { sf, Rn, Rm, Rd, cond } = f;
  if (Rn === 31 && Rm === 31 && cond < CONDITION.AL && Rd !== 31)
    c.setX(Rd, c.op('i64.extend_i32_u', c.flags.test(cond ^ 1)));
  else choose(c, f, (value) => apply(c, sf, 'add', value, constant(c, sf, 1)));
}

/** CSINV of zero registers is CSETM: 0 or all ones. */
function chooseInverted(c: LiftContext, f: ConditionFields): void {
  const { sf, Rn, Rm, Rd, cond } = f;
  if (Rn === 31 && Rm === 31 && cond < CONDITION.AL && Rd !== 31) {
    const bit = fromBit(c, sf, c.flags.test(cond ^ 1));
    write(c, sf, Rd, apply(c, sf, 'sub', constant(c, sf, 0), bit));
  } else choose(c, f, (value) => inverted(c, sf, value));
}

type MultiplyFields = TwoSources & { readonly Ra: number };

function multiplyAdd(c: LiftContext, { sf, Rn, Rm, Ra, Rd }: MultiplyFields, operation: 'add' | 'sub'): void {
  if (Rd === 31) return;
  const product = apply(c, sf, 'mul', read(c, sf, Rn), read(c, sf, Rm));
  const isPlain = Ra === 31 && operation === 'add';
  write(c, sf, Rd, isPlain ? product : apply(c, sf, operation, read(c, sf, Ra), product));
}

type LongFields = Omit<MultiplyFields, 'sf'>;

function multiplyLong(
  c: LiftContext,
  { Rn, Rm, Ra, Rd }: LongFields,
  extend: 'i64.extend_i32_s' | 'i64.extend_i32_u',
  operation: 'add' | 'sub',
): void {
  if (Rd === 31) return;
  const product = c.op('i64.mul', c.op(extend, c.w(Rn)), c.op(extend, c.w(Rm)));
  const isPlain = Ra === 31 && operation === 'add';
  c.setX(Rd, isPlain ? product : apply(c, 1, operation, c.x(Ra), product));
}

type Plain = Omit<TwoSources, 'sf'>;

function multiplyHigh(c: LiftContext, { Rn, Rm, Rd }: Plain, name: 'i64.mulh_s' | 'i64.mulh_u'): void {
  if (Rd !== 31) c.setX(Rd, c.op(name, c.x(Rn), c.x(Rm)));
}

type Checksum = 'crc32' | 'crc32c';

/** The checksum in Rn, taken on over the low `bits` bits of Rm. */
function checksum(c: LiftContext, { Rn, Rm, Rd }: Plain, name: Checksum, bits: 8 | 16 | 32): void {
  if (Rd !== 31) c.setW(Rd, c.op(`i32.${name}_${bits}`, c.w(Rn), c.w(Rm)));
}

function checksumLong(c: LiftContext, { Rn, Rm, Rd }: Plain, name: Checksum): void {
  if (Rd === 31) return;
  const low = c.op(`i32.${name}_32`, c.w(Rn), c.w(Rm));
  c.setW(Rd, c.op(`i32.${name}_32`, low, c.op('i32.wrap_i64', c.op('i64.shr_u', c.x(Rm), c.i64(32)))));
}

export const registerLifters: Lifters<typeof registerRows, LiftContext> = {
  udiv: (c, f) => divide(c, f, 'div_u_or'),
  sdiv: (c, f) => divide(c, f, 'div_s_or'),
  // Counts are taken modulo the width, as the operations do.
  lslv: (c, f) => binary(c, f, 'shl'),
  lsrv: (c, f) => binary(c, f, 'shr_u'),
  asrv: (c, f) => binary(c, f, 'shr_s'),
  rorv: (c, f) => binary(c, f, 'rotr'),
  crc32b: (c, f) => checksum(c, f, 'crc32', 8),
  crc32h: (c, f) => checksum(c, f, 'crc32', 16),
  crc32w: (c, f) => checksum(c, f, 'crc32', 32),
  crc32x: (c, f) => checksumLong(c, f, 'crc32'),
  crc32cb: (c, f) => checksum(c, f, 'crc32c', 8),
  crc32ch: (c, f) => checksum(c, f, 'crc32c', 16),
  crc32cw: (c, f) => checksum(c, f, 'crc32c', 32),
  crc32cx: (c, f) => checksumLong(c, f, 'crc32c'),

  rbit: (c, f) => unary(c, f, 'bitreverse'),
  rev16: (c, f) => reverseHalves(c, f),
  'rev (32-bit)': (c, f) => unary(c, { sf: 0, Rn: f.Rn, Rd: f.Rd }, 'bswap'),
  rev32: (c, f) => {
    if (f.Rd !== 31) c.setX(f.Rd, c.op('i64.rotl', c.op('i64.bswap', c.x(f.Rn)), c.i64(32)));
  },
  'rev (64-bit)': (c, f) => unary(c, { sf: 1, Rn: f.Rn, Rd: f.Rd }, 'bswap'),
  clz: (c, f) => unary(c, f, 'clz'),
  cls: (c, f) => countSigns(c, f),

  'and (shifted register)': (c, f) => logic(c, f, 'and', false),
  bic: (c, f) => logic(c, f, 'and', true),
  'orr (shifted register)': (c, f) => logic(c, f, 'or', false),
  orn: (c, f) => logic(c, f, 'or', true),
  'eor (shifted register)': (c, f) => logic(c, f, 'xor', false),
  eon: (c, f) => logic(c, f, 'xor', true),
  'ands (shifted register)': (c, f) => logicWithFlags(c, f, false),
  bics: (c, f) => logicWithFlags(c, f, true),

  'add (shifted register)': (c, f) => addShifted(c, f, 'add'),
  'adds (shifted register)': (c, f) => addWithFlags(c, f.sf, f.Rd, read(c, f.sf, f.Rn), shifted(c, f)),
  'sub (shifted register)': (c, f) => addShifted(c, f, 'sub'),
  'subs (shifted register)': (c, f) => subtractWithFlags(c, f.sf, f.Rd, read(c, f.sf, f.Rn), shifted(c, f)),
  'add (extended register)': (c, f) => addExtended(c, f, 'add'),
  'adds (extended register)': (c, f) => addWithFlags(c, f.sf, f.Rd, readOrSp(c, f.sf, f.Rn), extended(c, f)),
  'sub (extended register)': (c, f) => addExtended(c, f, 'sub'),
  'subs (extended register)': (c, f) => subtractWithFlags(c, f.sf, f.Rd, readOrSp(c, f.sf, f.Rn), extended(c, f)),

  adc: (c, f) => addWithCarry(c, f, false, false),
  adcs: (c, f) => addWithCarry(c, f, false, true),
  sbc: (c, f) => addWithCarry(c, f, true, false),
  sbcs: (c, f) => addWithCarry(c, f, true, true),

  'ccmn (register)': (c, f) => conditionalSum(c, f, read(c, f.sf, f.Rm)),
  'ccmp (register)': (c, f) => conditionalDifference(c, f, read(c, f.sf, f.Rm)),
  'ccmn (immediate)': (c, f) => conditionalSumImmediate(c, f),
  'ccmp (immediate)': (c, f) => conditionalDifference(c, f, constant(c, f.sf, f.imm5)),

  csel: (c, f) => choose(c, f, (value) => value),
  csinc: (c, f) => chooseIncremented(c, f),
  csinv: (c, f) => chooseInverted(c, f),
  csneg: (c, f) => choose(c, f, (value) => apply(c, f.sf, 'sub', constant(c, f.sf, 0), value)),

  madd: (c, f) => multiplyAdd(c, f, 'add'),
  msub: (c, f) => multiplyAdd(c, f, 'sub'),
  smaddl: (c, f) => multiplyLong(c, f, 'i64.extend_i32_s', 'add'),
  smsubl: (c, f) => multiplyLong(c, f, 'i64.extend_i32_s', 'sub'),
  smulh: (c, f) => multiplyHigh(c, f, 'i64.mulh_s'),
  umaddl: (c, f) => multiplyLong(c, f, 'i64.extend_i32_u', 'add'),
  umsubl: (c, f) => multiplyLong(c, f, 'i64.extend_i32_u', 'sub'),
  umulh: (c, f) => multiplyHigh(c, f, 'i64.mulh_u'),
};
