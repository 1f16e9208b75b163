/** Data processing, immediate. */
import { unreachable } from '../../../common/assert.ts';
import type { Value } from '../../../ir/builder.ts';
import type { Lifters } from '../../pattern/notation.ts';
import { decodeBitMasks } from '../bit-masks.ts';
import type { immediateRows } from '../rows/data-processing-immediate.ts';
import type { LiftContext } from './context.ts';
import {
  apply,
  constant,
  logicFlags,
  read,
  readOrSp,
  subtractionFlags,
  write,
  writeOrSp,
  type Operation,
} from './integer.ts';

interface AddFields {
  readonly sf: number;
  readonly sh: number;
  readonly imm12: number;
  readonly Rn: number;
  readonly Rd: number;
}

const immediateOf = ({ sh, imm12 }: AddFields): number => (sh === 1 ? imm12 * 4096 : imm12);

function addImmediate(c: LiftContext, f: AddFields, sign: 1 | -1): void {
  const { sf, Rn, Rd } = f;
  const immediate = immediateOf(f);
  const value = readOrSp(c, sf, Rn);
  // With 0 it moves to or from the stack pointer.
  writeOrSp(c, sf, Rd, immediate === 0 ? value : apply(c, sf, 'add', value, constant(c, sf, sign * immediate)));
}

function subtractImmediateFlags(c: LiftContext, f: AddFields): void {
  const { sf, Rn, Rd } = f;
  const immediate = immediateOf(f);
  const value = readOrSp(c, sf, Rn);
  c.flags.set(subtractionFlags(sf, value, constant(c, sf, immediate)));
  if (Rd === 31) return;
  // Before their operand is overwritten.
  if (Rd === Rn) c.flags.flush();
  write(c, sf, Rd, immediate === 0 ? value : apply(c, sf, 'add', value, constant(c, sf, -immediate)));
}

/** x + i has the flags of x - (-i), which compares in one operation; only for i = 0 the carries differ. */
function addImmediateFlags(c: LiftContext, f: AddFields): void {
  const { sf, Rn, Rd } = f;
  const immediate = immediateOf(f);
  const value = readOrSp(c, sf, Rn);
  if (immediate === 0) {
    c.flags.set(logicFlags(sf, value));
    write(c, sf, Rd, value);
    return;
  }
  c.flags.set(subtractionFlags(sf, value, constant(c, sf, -immediate)));
  if (Rd !== 31) write(c, sf, Rd, apply(c, sf, 'add', value, constant(c, sf, immediate)));
}

interface LogicFields {
  readonly sf: number;
  readonly N: number;
  readonly immr: number;
  readonly imms: number;
  readonly Rn: number;
  readonly Rd: number;
}

function bitMask(c: LiftContext, { sf, N, imms, immr }: LogicFields): Value {
  const mask = decodeBitMasks(N, imms, immr) ?? unreachable('the row admits no reserved immediate');
  return sf === 1 ? c.builder.i64Bits(mask.bits) : c.i32(mask.word);
}

function logic(c: LiftContext, f: LogicFields, operation: Operation): void {
  const { sf, Rn, Rd } = f;
  // Of the zero register it is a move of the immediate.
  const isMove = Rn === 31 && operation !== 'and';
  writeOrSp(c, sf, Rd, isMove ? bitMask(c, f) : apply(c, sf, operation, read(c, sf, Rn), bitMask(c, f)));
}

function logicWithFlags(c: LiftContext, f: LogicFields): void {
  const { sf, Rn, Rd } = f;
  const result = apply(c, sf, 'and', read(c, sf, Rn), bitMask(c, f));
  c.flags.set(logicFlags(sf, result));
  write(c, sf, Rd, result);
}

interface MoveFields {
  readonly sf: number;
  readonly hw: number;
  readonly imm16: number;
  readonly Rd: number;
}

/** The immediate in its place; exact as a number, because it has 16 significant bits. */
const placed = ({ hw, imm16 }: MoveFields): number => imm16 * 2 ** (16 * hw);

/** A 64-bit constant, of which a 32-bit instruction keeps the low half. */
function moveConstant(c: LiftContext, { sf, Rd }: MoveFields, value: bigint): void {
  if (Rd !== 31) c.setX(Rd, c.builder.i64Bits(sf === 1 ? value : BigInt.asUintN(32, value)));
}

function moveKeep(c: LiftContext, f: MoveFields): void {
  const { sf, Rd, hw } = f;
  if (Rd === 31) return;
  const mask = ~(0xffffn << BigInt(16 * hw));
  const kept = sf === 1 ? mask : BigInt.asUintN(32, mask);
  const cleared = c.op('i64.and', c.x(Rd), c.builder.i64Bits(kept));
  c.setX(Rd, c.op('i64.or', cleared, c.i64(placed(f))));
}

const ones = (count: number): bigint => (1n << BigInt(count)) - 1n;

/** A constant of the width that sf gives, from its bits. */
function bitsConstant(c: LiftContext, sf: number, bits: bigint): Value {
  return sf === 1 ? c.builder.i64Bits(bits) : c.i32(Number(BigInt.asIntN(32, bits)));
}

/** UBFM: takes a field out (UBFX, LSR, UXTB) or puts it into zeros (UBFIZ, LSL). */
function unsignedBitfield(c: LiftContext, { sf, immr, imms, Rn, Rd }: LogicFields): void {
  if (Rd === 31) return;
  const top = sf === 1 ? 63 : 31;
  const value = read(c, sf, Rn);
  const shift = (operation: 'shl' | 'shr_u', operand: Value, by: number): Value =>
    by === 0 ? operand : apply(c, sf, operation, operand, constant(c, sf, by));
  const masked = (operand: Value, count: number): Value =>
    apply(c, sf, 'and', operand, bitsConstant(c, sf, ones(count)));
  if (imms >= immr) {
    const field = shift('shr_u', value, immr);
    write(c, sf, Rd, imms === top ? field : masked(field, imms - immr + 1));
    return;
  }
  const isShift = imms + 1 === immr;
  write(c, sf, Rd, shift('shl', isShift ? value : masked(value, imms + 1), top + 1 - immr));
}

const signExtensions = { 7: 'extend8_s', 15: 'extend16_s' } as const;

/** SBFM: the same with sign extension (SBFX, ASR, SXTB, SBFIZ). */
function signedBitfield(c: LiftContext, { sf, immr, imms, Rn, Rd }: LogicFields): void {
  if (Rd === 31) return;
  const value = read(c, sf, Rn);
  const type = sf === 1 ? 'i64' : 'i32';
  if (immr === 0 && (imms === 7 || imms === 15)) {
    write(c, sf, Rd, c.op(`${type}.${signExtensions[imms]}`, value));
  } else if (immr === 0 && imms === 31 && sf === 1) {
    write(c, sf, Rd, c.op('i64.extend32_s', value));
  } else {
    const top = sf === 1 ? 63 : 31;
    const left = top - imms;
    const right = imms >= immr ? left + immr : immr - imms - 1;
    const high = left === 0 ? value : apply(c, sf, 'shl', value, constant(c, sf, left));
    write(c, sf, Rd, right === 0 ? high : apply(c, sf, 'shr_s', high, constant(c, sf, right)));
  }
}

/** BFM: replaces a field of the destination (BFXIL, BFI). */
function bitfieldMove(c: LiftContext, { sf, immr, imms, Rn, Rd }: LogicFields): void {
  if (Rd === 31) return;
  const size = sf === 1 ? 64 : 32;
  const isExtract = imms >= immr;
  const mask = isExtract ? ones(imms - immr + 1) : ones(imms + 1) << BigInt(size - immr);
  const by = isExtract ? immr : size - immr;
  const value = read(c, sf, Rn);
  const moved = by === 0 ? value : apply(c, sf, isExtract ? 'shr_u' : 'shl', value, constant(c, sf, by));
  const field = apply(c, sf, 'and', moved, bitsConstant(c, sf, mask));
  const kept = apply(c, sf, 'and', read(c, sf, Rd), bitsConstant(c, sf, ~mask));
  write(c, sf, Rd, apply(c, sf, 'or', kept, field));
}

function extract(
  c: LiftContext,
  {
    sf,
    Rn,
    Rm,
    imms,
    Rd,
  }: { readonly sf: number; readonly Rn: number; readonly Rm: number } & {
    readonly imms: number;
    readonly Rd: number;
  },
): void {
  if (Rd === 31) return;
  const size = sf === 1 ? 64 : 32;
  const low = read(c, sf, Rm);
  if (imms === 0) write(c, sf, Rd, low);
  else if (Rn === Rm) write(c, sf, Rd, apply(c, sf, 'rotr', low, constant(c, sf, imms)));
  else {
    const right = apply(c, sf, 'shr_u', low, constant(c, sf, imms));
    const left = apply(c, sf, 'shl', read(c, sf, Rn), constant(c, sf, size - imms));
    write(c, sf, Rd, apply(c, sf, 'or', left, right));
  }
}

const PAGE = 4096;

export const immediateLifters: Lifters<typeof immediateRows, LiftContext> = {
  adr: (c, f) => c.setX(f.Rd, c.i64(c.pc + f.imm)),
  adrp: (c, f) => c.setX(f.Rd, c.i64(Math.floor(c.pc / PAGE) * PAGE + f.imm * PAGE)),
  'add (immediate)': (c, f) => addImmediate(c, f, 1),
  'adds (immediate)': (c, f) => addImmediateFlags(c, f),
  'sub (immediate)': (c, f) => addImmediate(c, f, -1),
  'subs (immediate)': (c, f) => subtractImmediateFlags(c, f),
  'and (immediate)': (c, f) => logic(c, f, 'and'),
  'orr (immediate)': (c, f) => logic(c, f, 'or'),
  'eor (immediate)': (c, f) => logic(c, f, 'xor'),
  'ands (immediate)': (c, f) => logicWithFlags(c, f),
  movn: (c, f) => moveConstant(c, f, ~BigInt(placed(f))),
  movz: (c, f) => c.setX(f.Rd, c.i64(placed(f))),
  movk: (c, f) => moveKeep(c, f),
  sbfm: (c, f) => signedBitfield(c, f),
  bfm: (c, f) => bitfieldMove(c, f),
  ubfm: (c, f) => unsignedBitfield(c, f),
  extr: (c, f) => extract(c, f),
};
