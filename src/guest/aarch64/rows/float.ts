/**
 * Scalar floating point (Arm ARM C4.1.96). `sz` is the low bit of ftype, whose high bit is set in half-precision forms:
 * of those the conversions alone exist without FEAT_FP16.
 */
import { group } from './group.ts';

const oneSource = group(
  '000111100 sz 1 ...... 10000 Rn Rd',
  {
    'fmov (register)': '000000',
    'fabs (scalar)': '000001',
    'fneg (scalar)': '000010',
    'fsqrt (scalar)': '000011',
    'frintn (scalar)': '001000',
    'frintp (scalar)': '001001',
    'frintm (scalar)': '001010',
    'frintz (scalar)': '001011',
    'frinta (scalar)': '001100',
    'frintx (scalar)': '001110',
    'frinti (scalar)': '001111',
  },
  ' <Fd>, <Fn>',
);

const singleToDouble = group('00011110 .. 10001 .. 10000 Rn Rd', { 'fcvt (single to double)': '00 01' }, ' <Dd>, <Sn>');
const singleToHalf = group('00011110 .. 10001 .. 10000 Rn Rd', { 'fcvt (single to half)': '00 11' }, ' <Hd>, <Sn>');
const doubleToSingle = group('00011110 .. 10001 .. 10000 Rn Rd', { 'fcvt (double to single)': '01 00' }, ' <Sd>, <Dn>');
const doubleToHalf = group('00011110 .. 10001 .. 10000 Rn Rd', { 'fcvt (double to half)': '01 11' }, ' <Hd>, <Dn>');
const halfToSingle = group('00011110 .. 10001 .. 10000 Rn Rd', { 'fcvt (half to single)': '11 00' }, ' <Sd>, <Hn>');
const halfToDouble = group('00011110 .. 10001 .. 10000 Rn Rd', { 'fcvt (half to double)': '11 01' }, ' <Dd>, <Hn>');

const twoSources = group(
  '000111100 sz 1 Rm .... 10 Rn Rd',
  {
    'fmul (scalar)': '0000',
    'fdiv (scalar)': '0001',
    'fadd (scalar)': '0010',
    'fsub (scalar)': '0011',
    'fmax (scalar)': '0100',
    'fmin (scalar)': '0101',
    'fmaxnm (scalar)': '0110',
    'fminnm (scalar)': '0111',
    fnmul: '1000',
  },
  ' <Fd>, <Fn>, <Fm>',
);

const threeSources = group(
  '000111110 sz . Rm . Ra Rn Rd',
  { fmadd: '0 0', fmsub: '0 1', fnmadd: '1 0', fnmsub: '1 1' },
  ' <Fd>, <Fn>, <Fm>, <Fa>',
);

const compare = group('000111100 sz 1 Rm 001000 Rn .....', { fcmp: '00000', fcmpe: '10000' }, ' <Fn>, <Fm>');
const compareZero = {
  rows: {
    'fcmp (zero)': '000111100 sz 1 ..... 001000 Rn 01000',
    'fcmpe (zero)': '000111100 sz 1 ..... 001000 Rn 11000',
  },
  syntax: { 'fcmp (zero)': 'fcmp <Fn>, #0.0', 'fcmpe (zero)': 'fcmpe <Fn>, #0.0' },
} as const;

const conditionalCompare = group(
  '000111100 sz 1 Rm cond 01 Rn . nzcv',
  { fccmp: '0', fccmpe: '1' },
  ' <Fn>, <Fm>, <nzcv>, <cond>',
);
const select = group('000111100 sz 1 Rm cond 11 Rn Rd', { fcsel: '' }, ' <Fd>, <Fn>, <Fm>, <cond>');
const immediate = group('000111100 sz 1 imm8 10000000 Rd', { 'fmov (scalar, immediate)': '' }, ' <Fd>, <fpimm>');

const toInteger = group(
  'sf 00111100 sz 1 ..... 000000 Rn Rd',
  {
    'fcvtns (scalar, integer)': '00000',
    'fcvtnu (scalar, integer)': '00001',
    'fcvtas (scalar, integer)': '00100',
    'fcvtau (scalar, integer)': '00101',
    'fcvtps (scalar, integer)': '01000',
    'fcvtpu (scalar, integer)': '01001',
    'fcvtms (scalar, integer)': '10000',
    'fcvtmu (scalar, integer)': '10001',
    'fcvtzs (scalar, integer)': '11000',
    'fcvtzu (scalar, integer)': '11001',
  },
  ' <Rd>, <Fn>',
);
const fromInteger = group(
  'sf 00111100 sz 1 ..... 000000 Rn Rd',
  { 'scvtf (scalar, integer)': '00010', 'ucvtf (scalar, integer)': '00011' },
  ' <Fd>, <Rn>',
);

const moves = {
  rows: {
    'fmov (single to general)': '0001111000100110000000 Rn Rd',
    'fmov (general to single)': '0001111000100111000000 Rn Rd',
    'fmov (double to general)': '1001111001100110000000 Rn Rd',
    'fmov (general to double)': '1001111001100111000000 Rn Rd',
    'fmov (top half to general)': '1001111010101110000000 Rn Rd',
    'fmov (general to top half)': '1001111010101111000000 Rn Rd',
  },
  syntax: {
    'fmov (single to general)': 'fmov <Wd>, <Sn>',
    'fmov (general to single)': 'fmov <Sd>, <Wn>',
    'fmov (double to general)': 'fmov <Xd>, <Dn>',
    'fmov (general to double)': 'fmov <Dd>, <Xn>',
    'fmov (top half to general)': 'fmov <Xd>, <Vn.D[1]>',
    'fmov (general to top half)': 'fmov <Vd.D[1]>, <Xn>',
  },
} as const;

/** A W register has no more than 32 bits for a fraction. */
const scaleFits = ({ sf, scale }: { sf: number; scale: number }): boolean => sf === 1 || scale >= 32;

const toFixed = group(
  'sf 00111100 sz 0 ..... scale Rn Rd',
  { 'fcvtzs (scalar, fixed-point)': '11000', 'fcvtzu (scalar, fixed-point)': '11001' },
  ' <Rd>, <Fn>, <fbits>',
  scaleFits,
);
const fromFixed = group(
  'sf 00111100 sz 0 ..... scale Rn Rd',
  { 'scvtf (scalar, fixed-point)': '00010', 'ucvtf (scalar, fixed-point)': '00011' },
  ' <Fd>, <Rn>, <fbits>',
  scaleFits,
);

export const floatRows = {
  ...oneSource.rows,
  ...singleToDouble.rows,
  ...singleToHalf.rows,
  ...doubleToSingle.rows,
  ...doubleToHalf.rows,
  ...halfToSingle.rows,
  ...halfToDouble.rows,
  ...twoSources.rows,
  ...threeSources.rows,
  ...compare.rows,
  ...compareZero.rows,
  ...conditionalCompare.rows,
  ...select.rows,
  ...immediate.rows,
  ...toInteger.rows,
  ...fromInteger.rows,
  ...moves.rows,
  ...toFixed.rows,
  ...fromFixed.rows,
} as const;

export const floatSyntax = {
  ...oneSource.syntax,
  ...singleToDouble.syntax,
  ...singleToHalf.syntax,
  ...doubleToSingle.syntax,
  ...doubleToHalf.syntax,
  ...halfToSingle.syntax,
  ...halfToDouble.syntax,
  ...twoSources.syntax,
  ...threeSources.syntax,
  ...compare.syntax,
  ...compareZero.syntax,
  ...conditionalCompare.syntax,
  ...select.syntax,
  ...immediate.syntax,
  ...toInteger.syntax,
  ...fromInteger.syntax,
  ...moves.syntax,
  ...toFixed.syntax,
  ...fromFixed.syntax,
} satisfies Record<keyof typeof floatRows, string>;

export const floatConditions = { ...toFixed.conditions, ...fromFixed.conditions };
