/** RV64I, Zifencei. */
import { TRAP } from '../../../ir/block.ts';
import type { Lifters } from '../../pattern/notation.ts';
import type { iRows, zifenceiRows } from '../rows/i.ts';
import type { LiftContext } from './context.ts';
import {
  add,
  addImmediate,
  addWordImmediate,
  binary,
  binaryImmediate,
  branch,
  branchEqual,
  constant,
  jumpAndLink,
  jumpRegister,
  load,
  setIf,
  store,
  unary,
  word,
  word32,
} from './integer.ts';

/** sltiu with 1 is `seqz`, sltu from x0 is `snez`. */
function setLessUnsignedImmediate(c: LiftContext, rd: number, rs1: number, imm: number): void {
  setIf(c, rd, () => (imm === 1 ? c.op('i64.eqz', c.x(rs1)) : c.op('i64.lt_u', c.x(rs1), c.i64(imm))));
}

function setLessUnsigned(c: LiftContext, rd: number, rs1: number, rs2: number): void {
  setIf(c, rd, () => (rs1 === 0 ? c.op('i64.ne', c.x(rs2), c.i64(0)) : c.op('i64.lt_u', c.x(rs1), c.x(rs2))));
}

/** A positive shift of a zero-extended word leaves bit 31 clear: the result is its own sign extension. */
function shiftRightWordImmediate(c: LiftContext, rd: number, rs1: number, shamt: number): void {
  if (rd === 0) return;
  if (shamt === 0) unary(c, 'i64.extend32_s', rd, rs1);
  else c.setX(rd, c.op('i64.shr_u', c.xUnsignedWord(rs1), c.i64(shamt)));
}

const shiftAmount = (c: LiftContext, rs2: number) => c.op('i64.and', c.x(rs2), c.i64(31));

export const iLifters: Lifters<typeof iRows, LiftContext> = {
  lui: (c, f) => constant(c, f.rd, f.imm),
  auipc: (c, f) => constant(c, f.rd, c.pc + f.imm),
  jal: (c, f) => jumpAndLink(c, f.rd, f.imm),
  jalr: (c, f) => jumpRegister(c, f.rd, f.rs1, f.imm),

  beq: (c, f) => branchEqual(c, f.rs1, f.rs2, f.imm),
  bne: (c, f) => branch(c, 'i64.ne', f.rs1, f.rs2, f.imm),
  blt: (c, f) => branch(c, 'i64.lt_s', f.rs1, f.rs2, f.imm),
  bge: (c, f) => branch(c, 'i64.ge_s', f.rs1, f.rs2, f.imm),
  bltu: (c, f) => branch(c, 'i64.lt_u', f.rs1, f.rs2, f.imm),
  bgeu: (c, f) => branch(c, 'i64.ge_u', f.rs1, f.rs2, f.imm),

  lb: (c, f) => load(c, 'i64.load8_s', f.rd, f.rs1, f.imm),
  lh: (c, f) => load(c, 'i64.load16_s', f.rd, f.rs1, f.imm),
  lw: (c, f) => load(c, 'i64.load32_s', f.rd, f.rs1, f.imm),
  ld: (c, f) => load(c, 'i64.load', f.rd, f.rs1, f.imm),
  lbu: (c, f) => load(c, 'i64.load8_u', f.rd, f.rs1, f.imm),
  lhu: (c, f) => load(c, 'i64.load16_u', f.rd, f.rs1, f.imm),
  lwu: (c, f) => load(c, 'i64.load32_u', f.rd, f.rs1, f.imm),

  sb: (c, f) => store(c, 'i64.store8', f.rs1, f.rs2, f.imm),
  sh: (c, f) => store(c, 'i64.store16', f.rs1, f.rs2, f.imm),
  sw: (c, f) => store(c, 'i64.store32', f.rs1, f.rs2, f.imm),
  sd: (c, f) => store(c, 'i64.store', f.rs1, f.rs2, f.imm),

  addi: (c, f) => addImmediate(c, f.rd, f.rs1, f.imm),
  slti: (c, f) => setIf(c, f.rd, () => c.op('i64.lt_s', c.x(f.rs1), c.i64(f.imm))),
  sltiu: (c, f) => setLessUnsignedImmediate(c, f.rd, f.rs1, f.imm),
  xori: (c, f) => binaryImmediate(c, 'i64.xor', f.rd, f.rs1, f.imm),
  ori: (c, f) => binaryImmediate(c, 'i64.or', f.rd, f.rs1, f.imm),
  andi: (c, f) => binaryImmediate(c, 'i64.and', f.rd, f.rs1, f.imm),
  slli: (c, f) => binaryImmediate(c, 'i64.shl', f.rd, f.rs1, f.shamt),
  srli: (c, f) => binaryImmediate(c, 'i64.shr_u', f.rd, f.rs1, f.shamt),
  srai: (c, f) => binaryImmediate(c, 'i64.shr_s', f.rd, f.rs1, f.shamt),

  add: (c, f) => add(c, f.rd, f.rs1, f.rs2),
  sub: (c, f) => binary(c, 'i64.sub', f.rd, f.rs1, f.rs2),
  sll: (c, f) => binary(c, 'i64.shl', f.rd, f.rs1, f.rs2),
  slt: (c, f) => setIf(c, f.rd, () => c.op('i64.lt_s', c.x(f.rs1), c.x(f.rs2))),
  sltu: (c, f) => setLessUnsigned(c, f.rd, f.rs1, f.rs2),
  xor: (c, f) => binary(c, 'i64.xor', f.rd, f.rs1, f.rs2),
  srl: (c, f) => binary(c, 'i64.shr_u', f.rd, f.rs1, f.rs2),
  sra: (c, f) => binary(c, 'i64.shr_s', f.rd, f.rs1, f.rs2),
  or: (c, f) => binary(c, 'i64.or', f.rd, f.rs1, f.rs2),
  and: (c, f) => binary(c, 'i64.and', f.rd, f.rs1, f.rs2),

  addiw: (c, f) => addWordImmediate(c, f.rd, f.rs1, f.imm),
  slliw: (c, f) => {
    if (f.rd !== 0) c.setX(f.rd, c.op('i64.extend32_s', c.op('i64.shl', c.x(f.rs1), c.i64(f.shamt))));
  },
  srliw: (c, f) => shiftRightWordImmediate(c, f.rd, f.rs1, f.shamt),
  sraiw: (c, f) => {
    if (f.rd !== 0) c.setX(f.rd, c.op('i64.shr_s', c.op('i64.extend32_s', c.x(f.rs1)), c.i64(f.shamt)));
  },
  addw: (c, f) => word(c, 'i64.add', f.rd, f.rs1, f.rs2),
  subw: (c, f) => word(c, 'i64.sub', f.rd, f.rs1, f.rs2),
  sllw: (c, f) => {
    if (f.rd !== 0) c.setX(f.rd, c.op('i64.extend32_s', c.op('i64.shl', c.x(f.rs1), shiftAmount(c, f.rs2))));
  },
  srlw: (c, f) => word32(c, 'i32.shr_u', f.rd, f.rs1, f.rs2),
  sraw: (c, f) => {
    if (f.rd !== 0) c.setX(f.rd, c.op('i64.shr_s', c.op('i64.extend32_s', c.x(f.rs1)), shiftAmount(c, f.rs2)));
  },

  // Predecessor and successor sets only weaken a fence; the full one satisfies all.
  fence: (c) => void c.op('atomic.fence'),
  'fence.tso': (c) => void c.op('atomic.fence'),
  // Zihintpause: may do nothing.
  pause: () => undefined,
  ecall: (c) => c.builder.syscall(c.next),
  ebreak: (c) => c.builder.trap(TRAP.BREAKPOINT, c.pc),
};

export const zifenceiLifters: Lifters<typeof zifenceiRows, LiftContext> = {
  'fence.i': (c) => c.builder.resync(c.next, true),
};
