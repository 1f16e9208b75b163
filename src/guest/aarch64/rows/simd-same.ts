/** Advanced SIMD: three registers of one type, three of different types, and products by an element (C4.1.96). */
import { group } from './group.ts';

interface Arranged {
  readonly Q: number;
  readonly size: number;
}
/** Lanes of 64 bits come in pairs only. */
const anyLane = ({ Q, size }: Arranged): boolean => size !== 3 || Q === 1;
const upTo32 = ({ size }: { size: number }): boolean => size !== 3;
const only16And32 = ({ size }: { size: number }): boolean => size === 1 || size === 2;
const only8 = ({ size }: { size: number }): boolean => size === 0;
const only64 = ({ size }: { size: number }): boolean => size === 3;
const only8And64 = ({ size }: { size: number }): boolean => size === 0 || size === 3;
const floatLane = ({ Q, sz }: { Q: number; sz: number }): boolean => sz === 0 || Q === 1;

const VVV = ' <Vd.T>, <Vn.T>, <Vm.T>';

export const threeSame = group(
  '0 Q . 01110 size 1 Rm ..... 1 Rn Rd',
  {
    'sqadd (vector)': '0 00001',
    'sqsub (vector)': '0 00101',
    'cmgt (vector, register)': '0 00110',
    'cmge (vector, register)': '0 00111',
    'sshl (vector)': '0 01000',
    'sqshl (vector, register)': '0 01001',
    'srshl (vector)': '0 01010',
    'sqrshl (vector)': '0 01011',
    'add (vector)': '0 10000',
    'cmtst (vector)': '0 10001',
    'addp (vector)': '0 10111',
    'uqadd (vector)': '1 00001',
    'uqsub (vector)': '1 00101',
    'cmhi (vector, register)': '1 00110',
    'cmhs (vector, register)': '1 00111',
    'ushl (vector)': '1 01000',
    'uqshl (vector, register)': '1 01001',
    'urshl (vector)': '1 01010',
    'uqrshl (vector)': '1 01011',
    'sub (vector)': '1 10000',
    'cmeq (vector, register)': '1 10001',
  },
  VVV,
  anyLane,
);

export const threeSameTo32 = group(
  '0 Q . 01110 size 1 Rm ..... 1 Rn Rd',
  {
    shadd: '0 00000',
    srhadd: '0 00010',
    shsub: '0 00100',
    smax: '0 01100',
    smin: '0 01101',
    sabd: '0 01110',
    saba: '0 01111',
    'mla (vector)': '0 10010',
    'mul (vector)': '0 10011',
    smaxp: '0 10100',
    sminp: '0 10101',
    uhadd: '1 00000',
    urhadd: '1 00010',
    uhsub: '1 00100',
    umax: '1 01100',
    umin: '1 01101',
    uabd: '1 01110',
    uaba: '1 01111',
    'mls (vector)': '1 10010',
    umaxp: '1 10100',
    uminp: '1 10101',
  },
  VVV,
  upTo32,
);

export const threeSamePolynomial = group('0 Q . 01110 size 1 Rm ..... 1 Rn Rd', { pmul: '1 10011' }, VVV, only8);

export const threeSameHigh = group(
  '0 Q . 01110 size 1 Rm ..... 1 Rn Rd',
  { 'sqdmulh (vector)': '0 10110', 'sqrdmulh (vector)': '1 10110' },
  VVV,
  only16And32,
);

/** FEAT_RDM. */
export const threeSameExtra = group(
  '0 Q . 01110 size 0 Rm ...... Rn Rd',
  { 'sqrdmlah (vector)': '1 100001', 'sqrdmlsh (vector)': '1 100011' },
  VVV,
  only16And32,
);

/** FEAT_DotProd. */
export const dotProduct = group(
  '0 Q . 01110100 Rm 100101 Rn Rd',
  { 'sdot (vector)': '0', 'udot (vector)': '1' },
  ' <Vd.S>, <Vn.B>, <Vm.B>',
);

export const logical = group(
  '0 Q . 01110 .. 1 Rm 000111 Rn Rd',
  {
    'and (vector)': '0 00',
    'bic (vector, register)': '0 01',
    'orr (vector, register)': '0 10',
    'orn (vector)': '0 11',
    'eor (vector)': '1 00',
    bsl: '1 01',
    bit: '1 10',
    bif: '1 11',
  },
  ' <Vd.B>, <Vn.B>, <Vm.B>',
);

const FFF = ' <Vd.F>, <Vn.F>, <Vm.F>';
/** The upper bit of size is part of the opcode. */
export const floatSame = group(
  '0 Q . 01110 . sz 1 Rm ..... 1 Rn Rd',
  {
    'fmaxnm (vector)': '0 0 11000',
    'fmla (vector)': '0 0 11001',
    'fadd (vector)': '0 0 11010',
    'fmulx (vector)': '0 0 11011',
    'fcmeq (vector, register)': '0 0 11100',
    'fmax (vector)': '0 0 11110',
    'frecps (vector)': '0 0 11111',
    'fminnm (vector)': '0 1 11000',
    'fmls (vector)': '0 1 11001',
    'fsub (vector)': '0 1 11010',
    'fmin (vector)': '0 1 11110',
    'frsqrts (vector)': '0 1 11111',
    'fmaxnmp (vector)': '1 0 11000',
    'faddp (vector)': '1 0 11010',
    'fmul (vector)': '1 0 11011',
    'fcmge (vector, register)': '1 0 11100',
    'facge (vector)': '1 0 11101',
    'fmaxp (vector)': '1 0 11110',
    'fdiv (vector)': '1 0 11111',
    'fminnmp (vector)': '1 1 11000',
    'fabd (vector)': '1 1 11010',
    'fcmgt (vector, register)': '1 1 11100',
    'facgt (vector)': '1 1 11101',
    'fminp (vector)': '1 1 11110',
  },
  FFF,
  floatLane,
);

export const long = group(
  '0 Q . 01110 size 1 Rm .... 00 Rn Rd',
  {
    saddl: '0 0000',
    ssubl: '0 0010',
    sabal: '0 0101',
    sabdl: '0 0111',
    'smlal (vector)': '0 1000',
    'smlsl (vector)': '0 1010',
    'smull (vector)': '0 1100',
    uaddl: '1 0000',
    usubl: '1 0010',
    uabal: '1 0101',
    uabdl: '1 0111',
    'umlal (vector)': '1 1000',
    'umlsl (vector)': '1 1010',
    'umull (vector)': '1 1100',
  },
  '<2> <Vd.Tw>, <Vn.T>, <Vm.T>',
  upTo32,
);

export const wide = group(
  '0 Q . 01110 size 1 Rm .... 00 Rn Rd',
  { saddw: '0 0001', ssubw: '0 0011', uaddw: '1 0001', usubw: '1 0011' },
  '<2> <Vd.Tw>, <Vn.Tw>, <Vm.T>',
  upTo32,
);

export const highNarrow = group(
  '0 Q . 01110 size 1 Rm .... 00 Rn Rd',
  { addhn: '0 0100', subhn: '0 0110', raddhn: '1 0100', rsubhn: '1 0110' },
  '<2> <Vd.T>, <Vn.Tw>, <Vm.Tw>',
  upTo32,
);

export const doublingLong = group(
  '0 Q 001110 size 1 Rm .... 00 Rn Rd',
  { 'sqdmlal (vector)': '1001', 'sqdmlsl (vector)': '1011', 'sqdmull (vector)': '1101' },
  '<2> <Vd.Tw>, <Vn.T>, <Vm.T>',
  only16And32,
);

/** The 64-bit form belongs to FEAT_PMULL. */
export const polynomialLong = group(
  '0 Q 001110 size 1 Rm 111000 Rn Rd',
  { pmull: '' },
  '<2> <Vd.Tw>, <Vn.T>, <Vm.T>',
  only8And64,
);

/** The element's register has four bits where lanes are halfwords: M (bit 20) is the low bit of the index. */
export const byElement = group(
  '0 Q . 01111 size L Rm .... H 0 Rn Rd',
  {
    'mul (by element)': '0 1000',
    'sqdmulh (by element)': '0 1100',
    'sqrdmulh (by element)': '0 1101',
    'mla (by element)': '1 0000',
    'mls (by element)': '1 0100',
    'sqrdmlah (by element)': '1 1101',
    'sqrdmlsh (by element)': '1 1111',
  },
  ' <Vd.T>, <Vn.T>, <Vm.Ts[i]>',
  only16And32,
);

export const byElementLong = group(
  '0 Q . 01111 size L Rm .... H 0 Rn Rd',
  {
    'smlal (by element)': '0 0010',
    'sqdmlal (by element)': '0 0011',
    'smlsl (by element)': '0 0110',
    'sqdmlsl (by element)': '0 0111',
    'smull (by element)': '0 1010',
    'sqdmull (by element)': '0 1011',
    'umlal (by element)': '1 0010',
    'umlsl (by element)': '1 0110',
    'umull (by element)': '1 1010',
  },
  '<2> <Vd.Tw>, <Vn.T>, <Vm.Ts[i]>',
  only16And32,
);

export const dotByElement = group(
  '0 Q . 0111110 L Rm 1110 H 0 Rn Rd',
  { 'sdot (by element)': '0', 'udot (by element)': '1' },
  ' <Vd.S>, <Vn.B>, <Vm.4B[i]>',
);

const floatElement = ({ Q, sz, L }: { Q: number; sz: number; L: number }): boolean => sz === 0 || (Q === 1 && L === 0);
export const floatByElement = group(
  '0 Q . 011111 sz L Rm .... H 0 Rn Rd',
  {
    'fmla (by element)': '0 0001',
    'fmls (by element)': '0 0101',
    'fmul (by element)': '0 1001',
    'fmulx (by element)': '1 1001',
  },
  ' <Vd.F>, <Vn.F>, <Vm.Fs[i]>',
  floatElement,
);

// Scalar forms.

const SSS = ' <Vd>, <Vn>, <Vm>';

export const scalarSame = group(
  '01 . 11110 size 1 Rm ..... 1 Rn Rd',
  {
    'sqadd (scalar)': '0 00001',
    'sqsub (scalar)': '0 00101',
    'sqshl (scalar, register)': '0 01001',
    'sqrshl (scalar)': '0 01011',
    'uqadd (scalar)': '1 00001',
    'uqsub (scalar)': '1 00101',
    'uqshl (scalar, register)': '1 01001',
    'uqrshl (scalar)': '1 01011',
  },
  SSS,
);

export const scalarSame64 = group(
  '01 . 11110 size 1 Rm ..... 1 Rn Rd',
  {
    'cmgt (scalar, register)': '0 00110',
    'cmge (scalar, register)': '0 00111',
    'sshl (scalar)': '0 01000',
    'srshl (scalar)': '0 01010',
    'add (scalar)': '0 10000',
    'cmtst (scalar)': '0 10001',
    'cmhi (scalar, register)': '1 00110',
    'cmhs (scalar, register)': '1 00111',
    'ushl (scalar)': '1 01000',
    'urshl (scalar)': '1 01010',
    'sub (scalar)': '1 10000',
    'cmeq (scalar, register)': '1 10001',
  },
  SSS,
  only64,
);

export const scalarSameHigh = group(
  '01 . 11110 size 1 Rm ..... 1 Rn Rd',
  { 'sqdmulh (scalar)': '0 10110', 'sqrdmulh (scalar)': '1 10110' },
  SSS,
  only16And32,
);

export const scalarSameExtra = group(
  '01 . 11110 size 0 Rm ...... Rn Rd',
  { 'sqrdmlah (scalar)': '1 100001', 'sqrdmlsh (scalar)': '1 100011' },
  SSS,
  only16And32,
);

export const scalarFloatSame = group(
  '01 . 11110 . sz 1 Rm ..... 1 Rn Rd',
  {
    'fmulx (scalar)': '0 0 11011',
    'fcmeq (scalar, register)': '0 0 11100',
    'frecps (scalar)': '0 0 11111',
    'frsqrts (scalar)': '0 1 11111',
    'fcmge (scalar, register)': '1 0 11100',
    'facge (scalar)': '1 0 11101',
    'fabd (scalar)': '1 1 11010',
    'fcmgt (scalar, register)': '1 1 11100',
    'facgt (scalar)': '1 1 11101',
  },
  ' <Fd>, <Fn>, <Fm>',
);

export const scalarDoublingLong = group(
  '01011110 size 1 Rm .... 00 Rn Rd',
  { 'sqdmlal (scalar)': '1001', 'sqdmlsl (scalar)': '1011', 'sqdmull (scalar)': '1101' },
  ' <2Vd>, <Vn>, <Vm>',
  only16And32,
);

export const scalarByElement = group(
  '01 . 11111 size L Rm .... H 0 Rn Rd',
  {
    'sqdmulh (scalar, by element)': '0 1100',
    'sqrdmulh (scalar, by element)': '0 1101',
    'sqrdmlah (scalar, by element)': '1 1101',
    'sqrdmlsh (scalar, by element)': '1 1111',
  },
  ' <Vd>, <Vn>, <Vm.Ts[i]>',
  only16And32,
);

export const scalarByElementLong = group(
  '01011111 size L Rm .... H 0 Rn Rd',
  {
    'sqdmlal (scalar, by element)': '0011',
    'sqdmlsl (scalar, by element)': '0111',
    'sqdmull (scalar, by element)': '1011',
  },
  ' <2Vd>, <Vn>, <Vm.Ts[i]>',
  only16And32,
);

export const scalarFloatByElement = group(
  '01 . 111111 sz L Rm .... H 0 Rn Rd',
  {
    'fmla (scalar, by element)': '0 0001',
    'fmls (scalar, by element)': '0 0101',
    'fmul (scalar, by element)': '0 1001',
    'fmulx (scalar, by element)': '1 1001',
  },
  ' <Fd>, <Fn>, <Vm.Fs[i]>',
  ({ sz, L }) => sz === 0 || L === 0,
);
