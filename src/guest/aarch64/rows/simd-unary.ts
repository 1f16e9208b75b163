/** Advanced SIMD: two registers, across lanes, pairwise scalars, shifts by an immediate (Arm ARM C4.1.96). */
import { group } from './group.ts';

interface Arranged {
  readonly Q: number;
  readonly size: number;
}
const anyLane = ({ Q, size }: Arranged): boolean => size !== 3 || Q === 1;
const upTo32 = ({ size }: { size: number }): boolean => size !== 3;
const only8 = ({ size }: { size: number }): boolean => size === 0;
const only64 = ({ size }: { size: number }): boolean => size === 3;
const floatLane = ({ Q, sz }: { Q: number; sz: number }): boolean => sz === 0 || Q === 1;

const VV = ' <Vd.T>, <Vn.T>';

export const unary = group(
  '0 Q . 01110 size 10000 ..... 10 Rn Rd',
  {
    'suqadd (vector)': '0 00011',
    'sqabs (vector)': '0 00111',
    'abs (vector)': '0 01011',
    'usqadd (vector)': '1 00011',
    'sqneg (vector)': '1 00111',
    'neg (vector)': '1 01011',
  },
  VV,
  anyLane,
);

export const unaryZero = group(
  '0 Q . 01110 size 10000 ..... 10 Rn Rd',
  {
    'cmgt (vector, zero)': '0 01000',
    'cmeq (vector, zero)': '0 01001',
    'cmlt (vector)': '0 01010',
    'cmge (vector, zero)': '1 01000',
    'cmle (vector)': '1 01001',
  },
  ' <Vd.T>, <Vn.T>, #0',
  anyLane,
);

export const unaryTo32 = group(
  '0 Q . 01110 size 10000 ..... 10 Rn Rd',
  { rev64: '0 00000', 'cls (vector)': '0 00100', 'clz (vector)': '1 00100' },
  VV,
  upTo32,
);

export const unary8 = group(
  '0 Q . 01110 size 10000 ..... 10 Rn Rd',
  { 'rev16 (vector)': '0 00001', cnt: '0 00101' },
  VV,
  only8,
);

export const unaryTo16 = group(
  '0 Q . 01110 size 10000 ..... 10 Rn Rd',
  { 'rev32 (vector)': '1 00000' },
  VV,
  ({ size }) => size < 2,
);

export const bitwise = group(
  '0 Q . 01110 .. 1000000101 10 Rn Rd',
  { not: '1 00', 'rbit (vector)': '1 01' },
  ' <Vd.B>, <Vn.B>',
);

export const pairwiseLong = group(
  '0 Q . 01110 size 10000 ..... 10 Rn Rd',
  { saddlp: '0 00010', sadalp: '0 00110', uaddlp: '1 00010', uadalp: '1 00110' },
  ' <Vd.Tp>, <Vn.T>',
  upTo32,
);

export const narrow = group(
  '0 Q . 01110 size 10000 ..... 10 Rn Rd',
  { xtn: '0 10010', 'sqxtn (vector)': '0 10100', 'sqxtun (vector)': '1 10010', 'uqxtn (vector)': '1 10100' },
  '<2> <Vd.T>, <Vn.Tw>',
  upTo32,
);

export const shiftLong = group(
  '0 Q . 01110 size 10000 ..... 10 Rn Rd',
  { shll: '1 10011' },
  '<2> <Vd.Tw>, <Vn.T>, <lanebits>',
  upTo32,
);

const FF = ' <Vd.F>, <Vn.F>';
export const floatUnary = group(
  '0 Q . 01110 . sz 10000 ..... 10 Rn Rd',
  {
    'frintn (vector)': '0 0 11000',
    'frintm (vector)': '0 0 11001',
    'fcvtns (vector)': '0 0 11010',
    'fcvtms (vector)': '0 0 11011',
    'fcvtas (vector)': '0 0 11100',
    'scvtf (vector, integer)': '0 0 11101',
    'fabs (vector)': '0 1 01111',
    'frintp (vector)': '0 1 11000',
    'frintz (vector)': '0 1 11001',
    'fcvtps (vector)': '0 1 11010',
    'fcvtzs (vector, integer)': '0 1 11011',
    'frecpe (vector)': '0 1 11101',
    'frinta (vector)': '1 0 11000',
    'frintx (vector)': '1 0 11001',
    'fcvtnu (vector)': '1 0 11010',
    'fcvtmu (vector)': '1 0 11011',
    'fcvtau (vector)': '1 0 11100',
    'ucvtf (vector, integer)': '1 0 11101',
    'fneg (vector)': '1 1 01111',
    'frinti (vector)': '1 1 11001',
    'fcvtpu (vector)': '1 1 11010',
    'fcvtzu (vector, integer)': '1 1 11011',
    'frsqrte (vector)': '1 1 11101',
    'fsqrt (vector)': '1 1 11111',
  },
  FF,
  floatLane,
);

export const floatZero = group(
  '0 Q . 01110 1 sz 10000 ..... 10 Rn Rd',
  {
    'fcmgt (vector, zero)': '0 01100',
    'fcmeq (vector, zero)': '0 01101',
    'fcmlt (vector)': '0 01110',
    'fcmge (vector, zero)': '1 01100',
    'fcmle (vector)': '1 01101',
  },
  ' <Vd.F>, <Vn.F>, #0.0',
  floatLane,
);

export const estimates = group(
  '0 Q . 011101 . 10000 11100 10 Rn Rd',
  { urecpe: '0 0', ursqrte: '1 0' },
  ' <Vd.S>, <Vn.S>',
);

/** `sz` says which pair of precisions: 0 half and single, 1 single and double. */
export const floatNarrow = group('0 Q 0011100 sz 10000 ..... 10 Rn Rd', { fcvtn: '10110' }, '<2> <Vd.Fn>, <Vn.Fw>');
export const floatLong = group('0 Q 0011100 sz 10000 ..... 10 Rn Rd', { fcvtl: '10111' }, '<2> <Vd.Fw>, <Vn.Fn>');
export const floatNarrowOdd = group(
  '0 Q 1011100 sz 10000 ..... 10 Rn Rd',
  { 'fcvtxn (vector)': '10110' },
  '<2> <Vd.Fn>, <Vn.Fw>',
  ({ sz }) => sz === 1,
);

/** Two lanes of 32 bits are too few for a reduction. */
const reducible = ({ Q, size }: Arranged): boolean => size < 2 || (size === 2 && Q === 1);

export const across = group(
  '0 Q . 01110 size 11000 ..... 10 Rn Rd',
  { smaxv: '0 01010', sminv: '0 11010', addv: '0 11011', umaxv: '1 01010', uminv: '1 11010' },
  ' <Vd>, <Vn.T>',
  reducible,
);
export const acrossLong = group(
  '0 Q . 01110 size 11000 ..... 10 Rn Rd',
  { saddlv: '0 00011', uaddlv: '1 00011' },
  ' <2Vd>, <Vn.T>',
  reducible,
);
export const floatAcross = group(
  '01101110 .. 11000 ..... 10 Rn Rd',
  { fmaxnmv: '00 01100', fmaxv: '00 01111', fminnmv: '10 01100', fminv: '10 01111' },
  ' <Sd>, <Vn.4S>',
);

export const scalarPairwise = group('0101111011 11000 11011 10 Rn Rd', { 'addp (scalar)': '' }, ' <Dd>, <Vn.2D>');
export const scalarFloatPairwise = group(
  '01111110 . sz 11000 ..... 10 Rn Rd',
  {
    'fmaxnmp (scalar)': '0 01100',
    'faddp (scalar)': '0 01101',
    'fmaxp (scalar)': '0 01111',
    'fminnmp (scalar)': '1 01100',
    'fminp (scalar)': '1 01111',
  },
  ' <Fd>, <Vn.2F>',
);

export const scalarUnary = group(
  '01 . 11110 size 10000 ..... 10 Rn Rd',
  {
    'suqadd (scalar)': '0 00011',
    'sqabs (scalar)': '0 00111',
    'usqadd (scalar)': '1 00011',
    'sqneg (scalar)': '1 00111',
  },
  ' <Vd>, <Vn>',
);
export const scalarUnary64 = group(
  '01 . 11110 size 10000 ..... 10 Rn Rd',
  { 'abs (scalar)': '0 01011', 'neg (scalar)': '1 01011' },
  ' <Vd>, <Vn>',
  only64,
);
export const scalarZero = group(
  '01 . 11110 size 10000 ..... 10 Rn Rd',
  {
    'cmgt (scalar, zero)': '0 01000',
    'cmeq (scalar, zero)': '0 01001',
    'cmlt (scalar)': '0 01010',
    'cmge (scalar, zero)': '1 01000',
    'cmle (scalar)': '1 01001',
  },
  ' <Vd>, <Vn>, #0',
  only64,
);
export const scalarNarrow = group(
  '01 . 11110 size 10000 ..... 10 Rn Rd',
  { 'sqxtn (scalar)': '0 10100', 'sqxtun (scalar)': '1 10010', 'uqxtn (scalar)': '1 10100' },
  ' <Vd>, <2Vn>',
  upTo32,
);
export const scalarFloatUnary = group(
  '01 . 11110 . sz 10000 ..... 10 Rn Rd',
  {
    'fcvtns (scalar)': '0 0 11010',
    'fcvtms (scalar)': '0 0 11011',
    'fcvtas (scalar)': '0 0 11100',
    'scvtf (scalar)': '0 0 11101',
    'fcvtps (scalar)': '0 1 11010',
    'fcvtzs (scalar)': '0 1 11011',
    'frecpe (scalar)': '0 1 11101',
    frecpx: '0 1 11111',
    'fcvtnu (scalar)': '1 0 11010',
    'fcvtmu (scalar)': '1 0 11011',
    'fcvtau (scalar)': '1 0 11100',
    'ucvtf (scalar)': '1 0 11101',
    'fcvtpu (scalar)': '1 1 11010',
    'fcvtzu (scalar)': '1 1 11011',
    'frsqrte (scalar)': '1 1 11101',
  },
  ' <Fd>, <Fn>',
);
export const scalarFloatZero = group(
  '01 . 111101 sz 10000 ..... 10 Rn Rd',
  {
    'fcmgt (scalar, zero)': '0 01100',
    'fcmeq (scalar, zero)': '0 01101',
    'fcmlt (scalar)': '0 01110',
    'fcmge (scalar, zero)': '1 01100',
    'fcmle (scalar)': '1 01101',
  },
  ' <Fd>, <Fn>, #0.0',
);
export const scalarNarrowOdd = group('0111111001 10000 10110 10 Rn Rd', { 'fcvtxn (scalar)': '' }, ' <Sd>, <Dn>');

// Shifts: the highest bit of immh gives the lane's width, immh:immb that and the count.

const shiftable = ({ Q, immh }: { Q: number; immh: number }): boolean => immh < 8 || Q === 1;
const below64 = ({ immh }: { immh: number }): boolean => immh < 8;
/** Single and double precision; 001x would be half. */
const fractional = ({ Q, immh }: { Q: number; immh: number }): boolean =>
  (immh >= 4 && immh < 8) || (immh >= 8 && Q === 1);

export const shiftRight = group(
  '0 Q . 011110 immh≠0 immb ..... 1 Rn Rd',
  {
    'sshr (vector)': '0 00000',
    'ssra (vector)': '0 00010',
    'srshr (vector)': '0 00100',
    'srsra (vector)': '0 00110',
    'ushr (vector)': '1 00000',
    'usra (vector)': '1 00010',
    'urshr (vector)': '1 00100',
    'ursra (vector)': '1 00110',
    'sri (vector)': '1 01000',
  },
  ' <Vd.Ti>, <Vn.Ti>, <right>',
  shiftable,
);
export const shiftLeft = group(
  '0 Q . 011110 immh≠0 immb ..... 1 Rn Rd',
  {
    'shl (vector)': '0 01010',
    'sqshl (vector, immediate)': '0 01110',
    'sli (vector)': '1 01010',
    'sqshlu (vector)': '1 01100',
    'uqshl (vector, immediate)': '1 01110',
  },
  ' <Vd.Ti>, <Vn.Ti>, <left>',
  shiftable,
);
export const shiftNarrow = group(
  '0 Q . 011110 immh≠0 immb ..... 1 Rn Rd',
  {
    shrn: '0 10000',
    rshrn: '0 10001',
    'sqshrn (vector)': '0 10010',
    'sqrshrn (vector)': '0 10011',
    'sqshrun (vector)': '1 10000',
    'sqrshrun (vector)': '1 10001',
    'uqshrn (vector)': '1 10010',
    'uqrshrn (vector)': '1 10011',
  },
  '<2> <Vd.Ti>, <Vn.Tiw>, <right>',
  below64,
);
export const shiftLongImmediate = group(
  '0 Q . 011110 immh≠0 immb ..... 1 Rn Rd',
  { sshll: '0 10100', ushll: '1 10100' },
  '<2> <Vd.Tiw>, <Vn.Ti>, <left>',
  below64,
);
export const fixedPoint = group(
  '0 Q . 011110 immh≠0 immb ..... 1 Rn Rd',
  {
    'scvtf (vector, fixed-point)': '0 11100',
    'fcvtzs (vector, fixed-point)': '0 11111',
    'ucvtf (vector, fixed-point)': '1 11100',
    'fcvtzu (vector, fixed-point)': '1 11111',
  },
  ' <Vd.Ti>, <Vn.Ti>, <right>',
  fractional,
);

const wholeRegister = ({ immh }: { immh: number }): boolean => immh >= 8;
export const scalarShiftRight = group(
  '01 . 111110 immh≠0 immb ..... 1 Rn Rd',
  {
    'sshr (scalar)': '0 00000',
    'ssra (scalar)': '0 00010',
    'srshr (scalar)': '0 00100',
    'srsra (scalar)': '0 00110',
    'ushr (scalar)': '1 00000',
    'usra (scalar)': '1 00010',
    'urshr (scalar)': '1 00100',
    'ursra (scalar)': '1 00110',
    'sri (scalar)': '1 01000',
  },
  ' <Vid>, <Vin>, <right>',
  wholeRegister,
);
export const scalarShiftLeft = group(
  '01 . 111110 immh≠0 immb ..... 1 Rn Rd',
  { 'shl (scalar)': '0 01010', 'sli (scalar)': '1 01010' },
  ' <Vid>, <Vin>, <left>',
  wholeRegister,
);
export const scalarShiftLeftSaturating = group(
  '01 . 111110 immh≠0 immb ..... 1 Rn Rd',
  {
    'sqshl (scalar, immediate)': '0 01110',
    'sqshlu (scalar)': '1 01100',
    'uqshl (scalar, immediate)': '1 01110',
  },
  ' <Vid>, <Vin>, <left>',
);
export const scalarShiftNarrow = group(
  '01 . 111110 immh≠0 immb ..... 1 Rn Rd',
  {
    'sqshrn (scalar)': '0 10010',
    'sqrshrn (scalar)': '0 10011',
    'sqshrun (scalar)': '1 10000',
    'sqrshrun (scalar)': '1 10001',
    'uqshrn (scalar)': '1 10010',
    'uqrshrn (scalar)': '1 10011',
  },
  ' <Vid>, <2Vin>, <right>',
  below64,
);
export const scalarFixedPoint = group(
  '01 . 111110 immh≠0 immb ..... 1 Rn Rd',
  {
    'scvtf (scalar, fixed-point of a register)': '0 11100',
    'fcvtzs (scalar, fixed-point of a register)': '0 11111',
    'ucvtf (scalar, fixed-point of a register)': '1 11100',
    'fcvtzu (scalar, fixed-point of a register)': '1 11111',
  },
  ' <Vid>, <Vin>, <right>',
  ({ immh }) => immh >= 4,
);
