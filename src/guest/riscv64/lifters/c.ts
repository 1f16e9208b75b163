/** The C extension: each row is the base instruction that chapter 28 expands it to. */
import { TRAP } from '../../../ir/block.ts';
import type { Lifters } from '../../pattern/notation.ts';
import type { cRows } from '../rows/c.ts';
import type { LiftContext } from './context.ts';
import { loadDouble, storeDouble } from './float.ts';
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
  move,
  store,
  word,
} from './integer.ts';

const ZERO = 0;
const RA = 1;
const SP = 2;

export const cLifters: Lifters<typeof cRows, LiftContext> = {
  'c.addi4spn': (c, f) => addImmediate(c, f.rd, SP, f.nzuimm),
  'c.fld': (c, f) => loadDouble(c, f.rd, f.rs1, f.uimm),
  'c.lw': (c, f) => load(c, 'i64.load32_s', f.rd, f.rs1, f.uimm),
  'c.ld': (c, f) => load(c, 'i64.load', f.rd, f.rs1, f.uimm),
  'c.fsd': (c, f) => storeDouble(c, f.rs1, f.rs2, f.uimm),
  'c.sw': (c, f) => store(c, 'i64.store32', f.rs1, f.rs2, f.uimm),
  'c.sd': (c, f) => store(c, 'i64.store', f.rs1, f.rs2, f.uimm),

  'c.nop': () => undefined,
  'c.addi': (c, f) => addImmediate(c, f.rd, f.rd, f.imm),
  'c.addiw': (c, f) => addWordImmediate(c, f.rd, f.rd, f.imm),
  'c.li': (c, f) => constant(c, f.rd, f.imm),
  'c.addi16sp': (c, f) => addImmediate(c, SP, SP, f.nzimm),
  'c.lui': (c, f) => constant(c, f.rd, f.nzimm),
  'c.srli': (c, f) => binaryImmediate(c, 'i64.shr_u', f.rd, f.rd, f.uimm),
  'c.srai': (c, f) => binaryImmediate(c, 'i64.shr_s', f.rd, f.rd, f.uimm),
  'c.andi': (c, f) => binaryImmediate(c, 'i64.and', f.rd, f.rd, f.imm),
  'c.sub': (c, f) => binary(c, 'i64.sub', f.rd, f.rd, f.rs2),
  'c.xor': (c, f) => binary(c, 'i64.xor', f.rd, f.rd, f.rs2),
  'c.or': (c, f) => binary(c, 'i64.or', f.rd, f.rd, f.rs2),
  'c.and': (c, f) => binary(c, 'i64.and', f.rd, f.rd, f.rs2),
  'c.subw': (c, f) => word(c, 'i64.sub', f.rd, f.rd, f.rs2),
  'c.addw': (c, f) => word(c, 'i64.add', f.rd, f.rd, f.rs2),
  'c.j': (c, f) => jumpAndLink(c, ZERO, f.imm),
  'c.beqz': (c, f) => branchEqual(c, f.rs1, ZERO, f.imm),
  'c.bnez': (c, f) => branch(c, 'i64.ne', f.rs1, ZERO, f.imm),

  'c.slli': (c, f) => binaryImmediate(c, 'i64.shl', f.rd, f.rd, f.uimm),
  'c.fldsp': (c, f) => loadDouble(c, f.rd, SP, f.uimm),
  'c.lwsp': (c, f) => load(c, 'i64.load32_s', f.rd, SP, f.uimm),
  'c.ldsp': (c, f) => load(c, 'i64.load', f.rd, SP, f.uimm),
  'c.jr': (c, f) => jumpRegister(c, ZERO, f.rs1, 0),
  'c.mv': (c, f) => move(c, f.rd, f.rs2),
  'c.ebreak': (c) => c.builder.trap(TRAP.BREAKPOINT, c.pc),
  'c.jalr': (c, f) => jumpRegister(c, RA, f.rs1, 0),
  'c.add': (c, f) => add(c, f.rd, f.rd, f.rs2),
  'c.fsdsp': (c, f) => storeDouble(c, SP, f.rs2, f.uimm),
  'c.swsp': (c, f) => store(c, 'i64.store32', SP, f.rs2, f.uimm),
  'c.sdsp': (c, f) => store(c, 'i64.store', SP, f.rs2, f.uimm),
};
