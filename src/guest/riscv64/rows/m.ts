/** The M extension. */

export const mRows = {
  mul: '0000001 rs2 rs1 000 rd 0110011',
  mulh: '0000001 rs2 rs1 001 rd 0110011',
  mulhsu: '0000001 rs2 rs1 010 rd 0110011',
  mulhu: '0000001 rs2 rs1 011 rd 0110011',
  div: '0000001 rs2 rs1 100 rd 0110011',
  divu: '0000001 rs2 rs1 101 rd 0110011',
  rem: '0000001 rs2 rs1 110 rd 0110011',
  remu: '0000001 rs2 rs1 111 rd 0110011',
  mulw: '0000001 rs2 rs1 000 rd 0111011',
  divw: '0000001 rs2 rs1 100 rd 0111011',
  divuw: '0000001 rs2 rs1 101 rd 0111011',
  remw: '0000001 rs2 rs1 110 rd 0111011',
  remuw: '0000001 rs2 rs1 111 rd 0111011',
} as const;
