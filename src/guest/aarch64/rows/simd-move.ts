/** Advanced SIMD: copies, permutations, tables, modified immediates, AES and SHA (Arm ARM C4.1.96). */
import { group } from './group.ts';

/** The lowest bit of imm5 that is set gives the lane's width; below it nothing, above it the index. */
const someLane = ({ imm5 }: { imm5: number }): boolean => (imm5 & 15) !== 0;
const laneOf = ({ Q, imm5 }: { Q: number; imm5: number }): boolean =>
  (imm5 & 15) !== 0 && ((imm5 & 7) !== 0 || Q === 1);

export const dupElement = group(
  '0 Q 001110000 imm5 000001 Rn Rd',
  { 'dup (element)': '' },
  ' <Vd.Te>, <Vn.Te[i]>',
  laneOf,
);
export const dupScalar = group('01011110000 imm5 000001 Rn Rd', { 'dup (scalar)': '' }, ' <Ved>, <Vn.Te[i]>', someLane);
export const dupGeneral = group('0 Q 001110000 imm5 000011 Rn Rd', { 'dup (general)': '' }, ' <Vd.Te>, <Ren>', laneOf);
export const smov = group(
  '0 Q 001110000 imm5 001011 Rn Rd',
  { smov: '' },
  ' <RdQ>, <Vn.Te[i]>',
  ({ Q, imm5 }) => (imm5 & (Q === 1 ? 7 : 3)) !== 0,
);
export const umov = group('0 Q 001110000 imm5 001111 Rn Rd', { umov: '' }, ' <RdQ>, <Vn.Te[i]>', ({ Q, imm5 }) =>
  Q === 1 ? (imm5 & 15) === 8 : (imm5 & 7) !== 0,
);
export const insGeneral = group(
  '01001110000 imm5 000111 Rn Rd',
  { 'ins (general)': '' },
  ' <Vd.Te[i]>, <Ren>',
  someLane,
);
export const insElement = group(
  '01101110000 imm5 0 imm4 1 Rn Rd',
  { 'ins (element)': '' },
  ' <Vd.Te[i]>, <Vn.Te[j]>',
  someLane,
);

export const permute = group(
  '0 Q 001110 size 0 Rm 0 ... 10 Rn Rd',
  { uzp1: '001', trn1: '010', zip1: '011', uzp2: '101', trn2: '110', zip2: '111' },
  ' <Vd.T>, <Vn.T>, <Vm.T>',
  ({ Q, size }) => size !== 3 || Q === 1,
);
export const extract = group(
  '0 Q 101110000 Rm 0 imm4 0 Rn Rd',
  { ext: '' },
  ' <Vd.B>, <Vn.B>, <Vm.B>, <imm4>',
  ({ Q, imm4 }) => Q === 1 || imm4 < 8,
);
export const lookUp = group('0 Q 001110000 Rm 0 len . 00 Rn Rd', { tbl: '0', tbx: '1' }, ' <Vd.B>, <{Vn.16B}>, <Vm.B>');

export const immediate32 = group(
  '0 Q . 0111100000 imm8[7:5] 0 shift . 01 imm8[4:0] Rd',
  {
    'movi (32-bit)': '0 0',
    'orr (vector, immediate, 32-bit)': '0 1',
    'mvni (32-bit)': '1 0',
    'bic (vector, immediate, 32-bit)': '1 1',
  },
  ' <Vd.S>, <imm8x><, lsl>',
);
export const immediate16 = group(
  '0 Q . 0111100000 imm8[7:5] 10 sh . 01 imm8[4:0] Rd',
  {
    'movi (16-bit)': '0 0',
    'orr (vector, immediate, 16-bit)': '0 1',
    'mvni (16-bit)': '1 0',
    'bic (vector, immediate, 16-bit)': '1 1',
  },
  ' <Vd.H>, <imm8x><, lslh>',
);
export const immediateOnes = group(
  '0 Q . 0111100000 imm8[7:5] 110 sh 01 imm8[4:0] Rd',
  { 'movi (32-bit, ones)': '0', 'mvni (32-bit, ones)': '1' },
  ' <Vd.S>, <imm8x><, msl>',
);
export const immediate8 = group(
  '0 Q 00111100000 imm8[7:5] 111001 imm8[4:0] Rd',
  { 'movi (8-bit)': '' },
  ' <Vd.B>, <imm8x>',
);
export const immediate64 = group(
  '0110111100000 imm8[7:5] 111001 imm8[4:0] Rd',
  { 'movi (64-bit)': '' },
  ' <Vd.2D>, <imm64>',
);
export const immediateScalar = group(
  '0010111100000 imm8[7:5] 111001 imm8[4:0] Rd',
  { 'movi (scalar)': '' },
  ' <Dd>, <imm64>',
);
export const immediateSingle = group(
  '0 Q 00111100000 imm8[7:5] 111101 imm8[4:0] Rd',
  { 'fmov (vector, immediate, single)': '' },
  ' <Vd.S>, <fpimm>',
);
export const immediateDouble = group(
  '0110111100000 imm8[7:5] 111101 imm8[4:0] Rd',
  { 'fmov (vector, immediate, double)': '' },
  ' <Vd.2D>, <fpimm>',
);

/** FEAT_AES. */
export const aes = group(
  '010011100010100 ..... 10 Rn Rd',
  { aese: '00100', aesd: '00101', aesmc: '00110', aesimc: '00111' },
  ' <Vd.16B>, <Vn.16B>',
);

/** FEAT_SHA1 and FEAT_SHA256. */
export const shaRounds = group(
  '01011110000 Rm 0 ... 00 Rn Rd',
  { sha1c: '000', sha1p: '001', sha1m: '010' },
  ' <Qd>, <Sn>, <Vm.4S>',
);
export const sha256Rounds = group(
  '01011110000 Rm 0 ... 00 Rn Rd',
  { sha256h: '100', sha256h2: '101' },
  ' <Qd>, <Qn>, <Vm.4S>',
);
export const shaSchedule = group(
  '01011110000 Rm 0 ... 00 Rn Rd',
  { sha1su0: '011', sha256su1: '110' },
  ' <Vd.4S>, <Vn.4S>, <Vm.4S>',
);
export const shaScheduleTwo = group(
  '010111100010100 ..... 10 Rn Rd',
  { sha1su1: '00001', sha256su0: '00010' },
  ' <Vd.4S>, <Vn.4S>',
);
export const shaHash = group('010111100010100 00000 10 Rn Rd', { sha1h: '' }, ' <Sd>, <Sn>');
