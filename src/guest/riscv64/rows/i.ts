/** RV64I, Zifencei and Zicsr: chapter 35, "RV32/64G Instruction Set Listings". */

export const iRows = {
  lui: 'imm[31:12] rd 0110111',
  auipc: 'imm[31:12] rd 0010111',
  jal: 'imm[20|10:1|11|19:12] rd 1101111',
  jalr: 'imm[11:0] rs1 000 rd 1100111',

  beq: 'imm[12|10:5] rs2 rs1 000 imm[4:1|11] 1100011',
  bne: 'imm[12|10:5] rs2 rs1 001 imm[4:1|11] 1100011',
  blt: 'imm[12|10:5] rs2 rs1 100 imm[4:1|11] 1100011',
  bge: 'imm[12|10:5] rs2 rs1 101 imm[4:1|11] 1100011',
  bltu: 'imm[12|10:5] rs2 rs1 110 imm[4:1|11] 1100011',
  bgeu: 'imm[12|10:5] rs2 rs1 111 imm[4:1|11] 1100011',

  lb: 'imm[11:0] rs1 000 rd 0000011',
  lh: 'imm[11:0] rs1 001 rd 0000011',
  lw: 'imm[11:0] rs1 010 rd 0000011',
  ld: 'imm[11:0] rs1 011 rd 0000011',
  lbu: 'imm[11:0] rs1 100 rd 0000011',
  lhu: 'imm[11:0] rs1 101 rd 0000011',
  lwu: 'imm[11:0] rs1 110 rd 0000011',

  sb: 'imm[11:5] rs2 rs1 000 imm[4:0] 0100011',
  sh: 'imm[11:5] rs2 rs1 001 imm[4:0] 0100011',
  sw: 'imm[11:5] rs2 rs1 010 imm[4:0] 0100011',
  sd: 'imm[11:5] rs2 rs1 011 imm[4:0] 0100011',

  addi: 'imm[11:0] rs1 000 rd 0010011',
  slti: 'imm[11:0] rs1 010 rd 0010011',
  sltiu: 'imm[11:0] rs1 011 rd 0010011',
  xori: 'imm[11:0] rs1 100 rd 0010011',
  ori: 'imm[11:0] rs1 110 rd 0010011',
  andi: 'imm[11:0] rs1 111 rd 0010011',
  slli: '000000 shamt[5:0] rs1 001 rd 0010011',
  srli: '000000 shamt[5:0] rs1 101 rd 0010011',
  srai: '010000 shamt[5:0] rs1 101 rd 0010011',

  add: '0000000 rs2 rs1 000 rd 0110011',
  sub: '0100000 rs2 rs1 000 rd 0110011',
  sll: '0000000 rs2 rs1 001 rd 0110011',
  slt: '0000000 rs2 rs1 010 rd 0110011',
  sltu: '0000000 rs2 rs1 011 rd 0110011',
  xor: '0000000 rs2 rs1 100 rd 0110011',
  srl: '0000000 rs2 rs1 101 rd 0110011',
  sra: '0100000 rs2 rs1 101 rd 0110011',
  or: '0000000 rs2 rs1 110 rd 0110011',
  and: '0000000 rs2 rs1 111 rd 0110011',

  addiw: 'imm[11:0] rs1 000 rd 0011011',
  slliw: '0000000 shamt[4:0] rs1 001 rd 0011011',
  srliw: '0000000 shamt[4:0] rs1 101 rd 0011011',
  sraiw: '0100000 shamt[4:0] rs1 101 rd 0011011',
  addw: '0000000 rs2 rs1 000 rd 0111011',
  subw: '0100000 rs2 rs1 000 rd 0111011',
  sllw: '0000000 rs2 rs1 001 rd 0111011',
  srlw: '0000000 rs2 rs1 101 rd 0111011',
  sraw: '0100000 rs2 rs1 101 rd 0111011',

  // Reserved fence configurations are plain fences, section 2.7; rs1 and rd of a fence are to be ignored.
  fence: 'fm pred succ rs1 000 rd 0001111',
  'fence.tso': '1000 0011 0011 rs1 000 rd 0001111',
  pause: '0000 0001 0000 00000 000 00000 0001111',
  ecall: '000000000000 00000 000 00000 1110011',
  ebreak: '000000000001 00000 000 00000 1110011',
} as const;

/** Zifencei; its immediate, rs1 and rd are reserved and to be ignored. */
export const zifenceiRows = {
  'fence.i': 'imm[11:0] rs1 001 rd 0001111',
} as const;

export const zicsrRows = {
  csrrw: 'csr rs1 001 rd 1110011',
  csrrs: 'csr rs1 010 rd 1110011',
  csrrc: 'csr rs1 011 rd 1110011',
  csrrwi: 'csr uimm 101 rd 1110011',
  csrrsi: 'csr uimm 110 rd 1110011',
  csrrci: 'csr uimm 111 rd 1110011',
} as const;
