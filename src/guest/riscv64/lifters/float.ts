/** Shapes of floating-point instructions; the F and D rows name them with their format. */
import type { Value } from '../../../ir/builder.ts';
import type { OpName } from '../../../ir/ops.ts';
import type { LiftContext } from './context.ts';
import { rounded, type Format, type Rounded } from './formats.ts';

/** Fields of the R-type arithmetic rows. */
interface Registers {
  readonly rd: number;
  readonly rs1: number;
  readonly rs2: number;
}

export function arithmetic(c: LiftContext, format: Format, op: Rounded, f: Registers & { readonly rm: number }): void {
  if (!c.roundsLegally(f.rm)) return c.illegal();
  format.write(c, f.rd, rounded(c, op, f.rm, format.read(c, f.rs1), format.read(c, f.rs2)));
}

export function squareRoot(
  c: LiftContext,
  format: Format,
  f: { readonly rd: number; readonly rs1: number; readonly rm: number },
): void {
  if (!c.roundsLegally(f.rm)) return c.illegal();
  format.write(c, f.rd, rounded(c, format.sqrt, f.rm, format.read(c, f.rs1)));
}

/**
 * ±(rs1 * rs2) ± rs3 rounded once. Negating an operand first is exact, and a NaN loses its sign in the result anyway.
 */
export function fused(
  c: LiftContext,
  format: Format,
  f: Registers & { readonly rs3: number; readonly rm: number },
  negateProduct: boolean,
  negateAddend: boolean,
): void {
  if (!c.roundsLegally(f.rm)) return c.illegal();
  const [a, b, addend] = [format.read(c, f.rs1), format.read(c, f.rs2), format.read(c, f.rs3)];
  const left = negateProduct ? c.op(format.neg, a) : a;
  const right = negateAddend ? c.op(format.neg, addend) : addend;
  format.write(c, f.rd, rounded(c, format.fma, f.rm, left, b, right));
}

/** Operations without rounding. */
export function binaryFloat(c: LiftContext, format: Format, op: OpName, f: Registers): void {
  format.write(c, f.rd, c.op(op, format.read(c, f.rs1), format.read(c, f.rs2)));
}

/** Comparisons may raise flags, so they happen even into x0. */
export function compare(c: LiftContext, format: Format, op: OpName, f: Registers): void {
  const result = c.op(op, format.read(c, f.rs1), format.read(c, f.rs2));
  if (f.rd !== 0) c.setX(f.rd, c.op('i64.extend_i32_u', result));
}

export function classify(c: LiftContext, format: Format, rd: number, rs1: number): void {
  if (rd !== 0) c.setX(rd, c.op('i64.extend_i32_u', c.op(format.classify, format.read(c, rs1))));
}

/** To a 32-bit integer; the unsigned one too is sign-extended into rd. */
export function toWord(
  c: LiftContext,
  format: Format,
  op: Rounded,
  f: { readonly rd: number; readonly rs1: number; readonly rm: number },
): void {
  if (!c.roundsLegally(f.rm)) return c.illegal();
  const result = rounded(c, op, f.rm, format.read(c, f.rs1));
  if (f.rd !== 0) c.setX(f.rd, c.op('i64.extend_i32_s', result));
}

export function toDoubleWord(
  c: LiftContext,
  format: Format,
  op: Rounded,
  f: { readonly rd: number; readonly rs1: number; readonly rm: number },
): void {
  if (!c.roundsLegally(f.rm)) return c.illegal();
  c.setX(f.rd, rounded(c, op, f.rm, format.read(c, f.rs1)));
}

/** From an integer; `value` reads it. */
export function fromInteger(
  c: LiftContext,
  format: Format,
  op: Rounded,
  f: { readonly rd: number; readonly rm: number },
  value: () => Value,
): void {
  if (!c.roundsLegally(f.rm)) return c.illegal();
  format.write(c, f.rd, rounded(c, op, f.rm, value()));
}

/** fsgnj, and `fmv` where both sources are one. */
export function injectSign(c: LiftContext, format: Format, f: Registers): void {
  const value = format.read(c, f.rs1);
  format.write(c, f.rd, f.rs1 === f.rs2 ? value : c.op(format.copysign, value, format.read(c, f.rs2)));
}

/** fsgnjn, and `fneg` where both sources are one. */
export function injectNegatedSign(c: LiftContext, format: Format, f: Registers): void {
  const value = format.read(c, f.rs1);
  if (f.rs1 === f.rs2) return format.write(c, f.rd, c.op(format.neg, value));
  format.write(c, f.rd, c.op(format.copysign, value, c.op(format.neg, format.read(c, f.rs2))));
}

/** An f64 load keeps the pattern as it is, signaling NaNs included. */
export function loadDouble(c: LiftContext, rd: number, rs1: number, imm: number): void {
  c.setF(rd, c.builder.opImm('f64.load', imm, c.x(rs1)));
}

export function storeDouble(c: LiftContext, rs1: number, rs2: number, imm: number): void {
  c.builder.opImm('f64.store', imm, c.x(rs1), c.f(rs2));
}
