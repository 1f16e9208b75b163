/** The M extension. Division by zero gives all ones, its remainder the dividend (table 11). */
import type { OpName } from '../../../ir/ops.ts';
import type { Lifters } from '../../pattern/notation.ts';
import type { mRows } from '../rows/m.ts';
import type { LiftContext } from './context.ts';
import { binary, word, word32 } from './integer.ts';

function divide(c: LiftContext, op: OpName, rd: number, rs1: number, rs2: number): void {
  if (rd !== 0) c.setX(rd, c.op(op, c.x(rs1), c.x(rs2), c.i64(-1)));
}

function divideWord(c: LiftContext, op: OpName, rd: number, rs1: number, rs2: number): void {
  if (rd !== 0) c.setX(rd, c.op('i64.extend_i32_s', c.op(op, c.xWord(rs1), c.xWord(rs2), c.builder.i32(-1))));
}

export const mLifters: Lifters<typeof mRows, LiftContext> = {
  mul: (c, f) => binary(c, 'i64.mul', f.rd, f.rs1, f.rs2),
  mulh: (c, f) => binary(c, 'i64.mulh_s', f.rd, f.rs1, f.rs2),
  mulhsu: (c, f) => binary(c, 'i64.mulh_su', f.rd, f.rs1, f.rs2),
  mulhu: (c, f) => binary(c, 'i64.mulh_u', f.rd, f.rs1, f.rs2),
  div: (c, f) => divide(c, 'i64.div_s_or', f.rd, f.rs1, f.rs2),
  divu: (c, f) => divide(c, 'i64.div_u_or', f.rd, f.rs1, f.rs2),
  rem: (c, f) => binary(c, 'i64.rem_s_total', f.rd, f.rs1, f.rs2),
  remu: (c, f) => binary(c, 'i64.rem_u_total', f.rd, f.rs1, f.rs2),
  mulw: (c, f) => word(c, 'i64.mul', f.rd, f.rs1, f.rs2),
  divw: (c, f) => divideWord(c, 'i32.div_s_or', f.rd, f.rs1, f.rs2),
  divuw: (c, f) => divideWord(c, 'i32.div_u_or', f.rd, f.rs1, f.rs2),
  remw: (c, f) => word32(c, 'i32.rem_s_total', f.rd, f.rs1, f.rs2),
  remuw: (c, f) => word32(c, 'i32.rem_u_total', f.rd, f.rs1, f.rs2),
};
