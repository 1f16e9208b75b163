/** The bit-manipulation extensions Zba, Zbb and Zbs (chapter 30). */

export const zbaRows = {
  'add.uw': '0000100 rs2 rs1 000 rd 0111011',
  sh1add: '0010000 rs2 rs1 010 rd 0110011',
  sh2add: '0010000 rs2 rs1 100 rd 0110011',
  sh3add: '0010000 rs2 rs1 110 rd 0110011',
  'sh1add.uw': '0010000 rs2 rs1 010 rd 0111011',
  'sh2add.uw': '0010000 rs2 rs1 100 rd 0111011',
  'sh3add.uw': '0010000 rs2 rs1 110 rd 0111011',
  'slli.uw': '000010 shamt[5:0] rs1 001 rd 0011011',
} as const;

export const zbbRows = {
  andn: '0100000 rs2 rs1 111 rd 0110011',
  orn: '0100000 rs2 rs1 110 rd 0110011',
  xnor: '0100000 rs2 rs1 100 rd 0110011',
  clz: '0110000 00000 rs1 001 rd 0010011',
  clzw: '0110000 00000 rs1 001 rd 0011011',
  ctz: '0110000 00001 rs1 001 rd 0010011',
  ctzw: '0110000 00001 rs1 001 rd 0011011',
  cpop: '0110000 00010 rs1 001 rd 0010011',
  cpopw: '0110000 00010 rs1 001 rd 0011011',
  max: '0000101 rs2 rs1 110 rd 0110011',
  maxu: '0000101 rs2 rs1 111 rd 0110011',
  min: '0000101 rs2 rs1 100 rd 0110011',
  minu: '0000101 rs2 rs1 101 rd 0110011',
  'sext.b': '0110000 00100 rs1 001 rd 0010011',
  'sext.h': '0110000 00101 rs1 001 rd 0010011',
  'zext.h': '0000100 00000 rs1 100 rd 0111011',
  rol: '0110000 rs2 rs1 001 rd 0110011',
  rolw: '0110000 rs2 rs1 001 rd 0111011',
  ror: '0110000 rs2 rs1 101 rd 0110011',
  rori: '011000 shamt[5:0] rs1 101 rd 0010011',
  roriw: '0110000 shamt[4:0] rs1 101 rd 0011011',
  rorw: '0110000 rs2 rs1 101 rd 0111011',
  'orc.b': '001010000111 rs1 101 rd 0010011',
  rev8: '011010111000 rs1 101 rd 0010011',
} as const;

export const zbsRows = {
  bclr: '0100100 rs2 rs1 001 rd 0110011',
  bclri: '010010 shamt[5:0] rs1 001 rd 0010011',
  bext: '0100100 rs2 rs1 101 rd 0110011',
  bexti: '010010 shamt[5:0] rs1 101 rd 0010011',
  binv: '0110100 rs2 rs1 001 rd 0110011',
  binvi: '011010 shamt[5:0] rs1 001 rd 0010011',
  bset: '0010100 rs2 rs1 001 rd 0110011',
  bseti: '001010 shamt[5:0] rs1 001 rd 0010011',
} as const;
