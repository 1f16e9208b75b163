/** Fields of RISC-V instruction formats (unprivileged manual 20240411, sections 2.2, 2.3 and 28.2). */
import type { FieldDeclarations } from '../../pattern/notation.ts';

export const fields = {
  rd: { width: 5 },
  rs1: { width: 5 },
  rs2: { width: 5 },
  rs3: { width: 5 },
  rm: { width: 3 },
  // Comes out in place: the immediate of `lui a0, 0x12345` is 0x12345000.
  imm: { signed: true },
  shamt: {},
  csr: { width: 12 },
  uimm: { width: 5 },
  aq: { width: 1 },
  rl: { width: 1 },
  fm: { width: 4 },
  pred: { width: 4 },
  succ: { width: 4 },
  // The three-bit register fields of the compressed formats name x8..x15 and f8..f15.
  "rd'": { width: 3, bias: 8 },
  "rs1'": { width: 3, bias: 8 },
  "rs2'": { width: 3, bias: 8 },
  nzimm: { signed: true, exclude: [0] },
  nzuimm: { exclude: [0] },
} satisfies FieldDeclarations;
