/**
 * Shapes of integer instructions, shared by the base rows and their compressed forms. Computation into x0 is dropped.
 * Compared with the plain reading of the manual, pseudo-instructions get their short form: `mv`, `li`, `seqz`,
 * `snez`, `sext.w`, `beqz` cost one operation.
 */
import type { Value } from '../../../ir/builder.ts';
import type { OpName } from '../../../ir/ops.ts';
import type { LiftContext } from './context.ts';

/** rd := op(rs1, rs2) */
export function binary(c: LiftContext, op: OpName, rd: number, rs1: number, rs2: number): void {
  if (rd !== 0) c.setX(rd, c.op(op, c.x(rs1), c.x(rs2)));
}

/** rd := op(rs1, imm) */
export function binaryImmediate(c: LiftContext, op: OpName, rd: number, rs1: number, imm: number): void {
  if (rd !== 0) c.setX(rd, c.op(op, c.x(rs1), c.i64(imm)));
}

/** rd := op(rs1) */
export function unary(c: LiftContext, op: OpName, rd: number, rs1: number): void {
  if (rd !== 0) c.setX(rd, c.op(op, c.x(rs1)));
}

/** rd := sign-extended low word of op(rs1, rs2), for operations whose low word needs only low words */
export function word(c: LiftContext, op: OpName, rd: number, rs1: number, rs2: number): void {
  if (rd !== 0) c.setX(rd, c.op('i64.extend32_s', c.op(op, c.x(rs1), c.x(rs2))));
}

/** rd := sign-extended op(rs1, rs2) on 32-bit operands */
export function word32(c: LiftContext, op: OpName, rd: number, rs1: number, rs2: number): void {
  if (rd !== 0) c.setX(rd, c.op('i64.extend_i32_s', c.op(op, c.xWord(rs1), c.xWord(rs2))));
}

/** rd := comparison ? 1 : 0 */
export function setIf(c: LiftContext, rd: number, condition: () => Value): void {
  if (rd !== 0) c.setX(rd, c.op('i64.extend_i32_u', condition()));
}

export function move(c: LiftContext, rd: number, rs: number): void {
  if (rd !== 0) c.setX(rd, c.x(rs));
}

export function add(c: LiftContext, rd: number, rs1: number, rs2: number): void {
  if (rs1 === 0) move(c, rd, rs2);
  else if (rs2 === 0) move(c, rd, rs1);
  else binary(c, 'i64.add', rd, rs1, rs2);
}

export function addImmediate(c: LiftContext, rd: number, rs1: number, imm: number): void {
  if (rs1 === 0) constant(c, rd, imm);
  else if (imm === 0) move(c, rd, rs1);
  else binaryImmediate(c, 'i64.add', rd, rs1, imm);
}

export function addWordImmediate(c: LiftContext, rd: number, rs1: number, imm: number): void {
  if (rd === 0) return;
  const sum = imm === 0 ? c.x(rs1) : c.op('i64.add', c.x(rs1), c.i64(imm));
  c.setX(rd, c.op('i64.extend32_s', sum));
}

export function constant(c: LiftContext, rd: number, value: number): void {
  if (rd !== 0) c.setX(rd, c.i64(value));
}

/** The address operand is rs1; the immediate is the displacement. A load into x0 still happens and may fault. */
export function load(c: LiftContext, op: OpName, rd: number, rs1: number, imm: number): void {
  c.setX(rd, c.builder.opImm(op, imm, c.x(rs1)));
}

export function store(c: LiftContext, op: OpName, rs1: number, rs2: number, imm: number): void {
  c.builder.opImm(op, imm, c.x(rs1), c.x(rs2));
}

/** Ends the block with a jump to a known address; one below 0 wraps to the top of the 64-bit address space. */
function jumpTo(c: LiftContext, target: number, link: boolean): void {
  const [hint, returnPc] = link ? (['call', c.next] as const) : (['jump', null] as const);
  if (target >= 0) c.builder.jump(target, hint, returnPc);
  else c.builder.indirect(c.i64(target), hint, returnPc);
}

/** Ends the block with a conditional branch. */
export function branchIf(c: LiftContext, condition: Value, displacement: number): void {
  const taken = c.pc + displacement;
  if (taken >= 0) c.builder.branch(condition, taken, c.next);
  else c.builder.indirect(c.op('i64.select', c.i64(taken), c.i64(c.next), condition), 'jump');
}

export function branch(c: LiftContext, op: OpName, rs1: number, rs2: number, displacement: number): void {
  branchIf(c, c.op(op, c.x(rs1), c.x(rs2)), displacement);
}

export function branchEqual(c: LiftContext, rs1: number, rs2: number, displacement: number): void {
  if (rs2 === 0) branchIf(c, c.op('i64.eqz', c.x(rs1)), displacement);
  else branch(c, 'i64.eq', rs1, rs2, displacement);
}

/** x1 and x5 are the link registers of the calling convention: section 2.5.1, "Return-address stack hints". */
const isLink = (register: number): boolean => register === 1 || register === 5;

export function jumpAndLink(c: LiftContext, rd: number, displacement: number): void {
  constant(c, rd, c.next);
  jumpTo(c, c.pc + displacement, isLink(rd));
}

/** The target is computed before rd is written: they may be the same register. */
export function jumpRegister(c: LiftContext, rd: number, rs1: number, imm: number): void {
  if (rs1 === 0) {
    constant(c, rd, c.next);
    jumpTo(c, imm & ~1, isLink(rd));
    return;
  }
  const sum = imm === 0 ? c.x(rs1) : c.op('i64.add', c.x(rs1), c.i64(imm));
  const target = c.op('i64.and', sum, c.i64(-2));
  constant(c, rd, c.next);
  // Table 3: a link register as rd pushes. As rs1 it pops, unless both are the same; pop and push (a coroutine
  // switch) has no hint of its own and counts as a call.
  if (isLink(rd)) c.builder.indirect(target, 'call', c.next);
  else c.builder.indirect(target, isLink(rs1) ? 'return' : 'jump');
}
