/**
 * Operand syntax of every row, in assembler order. Words stand for operands, all else is itself:
 *
 *   rd rs1 rs2       x registers              fd fs1 fs2 fs3   f registers in fields rd, rs1, rs2, rs3
 *   imm uimm shamt   the field, in decimal    upper            bits 31..12 of the field, in hexadecimal
 *   target           pc plus the immediate    csr              a register name or number
 *   rm               `, ` and the rounding mode, nothing where it is dynamic
 *   pred succ        letters of a fence set   sp               itself
 *   hint             the immediate, nothing where it is 0
 */
import type { RowName } from './tables.ts';

type Words<Text extends string> = Text extends `${infer Word} ${infer Rest}` ? Word | Words<Rest> : Text;

function all<Names extends string>(syntax: string, names: Names): Record<Words<Names>, string> {
  return Object.fromEntries(names.split(' ').map((name) => [name, syntax])) as Record<Words<Names>, string>;
}

const integer = {
  ...all('rd, upper', 'lui auipc'),
  ...all('rd, target', 'jal'),
  ...all('rd, imm(rs1)', 'jalr lb lh lw ld lbu lhu lwu'),
  ...all('rs1, rs2, target', 'beq bne blt bge bltu bgeu'),
  ...all('rs2, imm(rs1)', 'sb sh sw sd'),
  ...all('rd, rs1, imm', 'addi slti sltiu xori ori andi addiw'),
  ...all('rd, rs1, shamt', 'slli srli srai slliw srliw sraiw'),
  ...all('rd, rs1, rs2', 'add sub sll slt sltu xor srl sra or and addw subw sllw srlw sraw'),
  ...all('rd, rs1, rs2', 'mul mulh mulhsu mulhu div divu rem remu mulw divw divuw remw remuw'),
  ...all('pred, succ', 'fence'),
  ...all('', 'fence.tso pause ecall ebreak fence.i'),
  ...all('rd, csr, rs1', 'csrrw csrrs csrrc'),
  ...all('rd, csr, uimm', 'csrrwi csrrsi csrrci'),
};

const atomic = {
  ...all('rd, (rs1)', 'lr.w lr.d'),
  ...all('rd, rs2, (rs1)', 'sc.w sc.d amoswap.w amoadd.w amoxor.w amoand.w amoor.w amoswap.d amoadd.d'),
  ...all('rd, rs2, (rs1)', 'amoxor.d amoand.d amoor.d amomin.w amomax.w amominu.w amomaxu.w amomin.d'),
  ...all('rd, rs2, (rs1)', 'amomax.d amominu.d amomaxu.d'),
};

const float = {
  ...all('fd, imm(rs1)', 'flw fld'),
  ...all('fs2, imm(rs1)', 'fsw fsd'),
  ...all('fd, fs1, fs2, fs3rm', 'fmadd.s fmsub.s fnmsub.s fnmadd.s fmadd.d fmsub.d fnmsub.d fnmadd.d'),
  ...all('fd, fs1, fs2rm', 'fadd.s fsub.s fmul.s fdiv.s fadd.d fsub.d fmul.d fdiv.d'),
  ...all('fd, fs1rm', 'fsqrt.s fsqrt.d fcvt.s.d fcvt.d.s'),
  ...all('fd, fs1, fs2', 'fsgnj.s fsgnjn.s fsgnjx.s fmin.s fmax.s fsgnj.d fsgnjn.d fsgnjx.d fmin.d fmax.d'),
  ...all('rd, fs1, fs2', 'feq.s flt.s fle.s feq.d flt.d fle.d'),
  ...all('rd, fs1', 'fclass.s fclass.d fmv.x.w fmv.x.d'),
  ...all('rd, fs1rm', 'fcvt.w.s fcvt.wu.s fcvt.l.s fcvt.lu.s fcvt.w.d fcvt.wu.d fcvt.l.d fcvt.lu.d'),
  ...all('fd, rs1rm', 'fcvt.s.w fcvt.s.wu fcvt.s.l fcvt.s.lu fcvt.d.w fcvt.d.wu fcvt.d.l fcvt.d.lu'),
  ...all('fd, rs1', 'fmv.w.x fmv.d.x'),
};

const bits = {
  ...all('rd, rs1, rs2', 'add.uw sh1add sh2add sh3add sh1add.uw sh2add.uw sh3add.uw andn orn xnor'),
  ...all('rd, rs1, rs2', 'max maxu min minu rol rolw ror rorw bclr bext binv bset'),
  ...all('rd, rs1, shamt', 'slli.uw rori roriw bclri bexti binvi bseti'),
  ...all('rd, rs1', 'clz clzw ctz ctzw cpop cpopw sext.b sext.h zext.h orc.b rev8'),
};

const compressed = {
  ...all('rd, sp, nzuimm', 'c.addi4spn'),
  ...all('rd, uimm(rs1)', 'c.lw c.ld'),
  ...all('rs2, uimm(rs1)', 'c.sw c.sd'),
  ...all('fd, uimm(rs1)', 'c.fld'),
  ...all('fs2, uimm(rs1)', 'c.fsd'),
  ...all('hint', 'c.nop'),
  ...all('rd, imm', 'c.addi c.addiw c.li c.andi'),
  ...all('sp, nzimm', 'c.addi16sp'),
  ...all('rd, nzupper', 'c.lui'),
  ...all('rd, uimm', 'c.srli c.srai c.slli'),
  ...all('rd, rs2', 'c.sub c.xor c.or c.and c.subw c.addw c.mv c.add'),
  ...all('target', 'c.j'),
  ...all('rs1, target', 'c.beqz c.bnez'),
  ...all('fd, uimm(sp)', 'c.fldsp'),
  ...all('rd, uimm(sp)', 'c.lwsp c.ldsp'),
  ...all('rs1', 'c.jr c.jalr'),
  ...all('', 'c.ebreak'),
  ...all('fs2, uimm(sp)', 'c.fsdsp'),
  ...all('rs2, uimm(sp)', 'c.swsp c.sdsp'),
};

export const syntax: Readonly<Record<RowName, string>> = { ...integer, ...atomic, ...float, ...bits, ...compressed };
