/** The operations of the extended format that emitted code hands over, numbered for the boundary. */
import { assert } from '../../common/assert.ts';
import { ROUNDING } from '../fp-env.ts';
import { add, div, exponentOf, mul, roundToIntegral, scale, significandOf, sqrt, sub } from './arithmetic.ts';
import { examine, relation } from './compare.ts';
import { fromBcd, fromInteger, toBcd, toF32, toF64, toInteger } from './convert.ts';
import { CONDITIONS, STATUS, type ExtendedEnvironment } from './environment.ts';
import { decodeExtended, INDEFINITE, SIGN, withSign, type Extended } from './format.ts';
import { noteDenormals, specialResult } from './nan.ts';
import { remainder } from './remainder.ts';
import { arcTangentOf, exponential, logarithm, logarithmPlusOne, trigonometric } from './transcendental.ts';

/** A register as it crosses the boundary: its encoding, and whether it is empty. */
export interface Register extends Extended {
  readonly isEmpty: boolean;
}

/** Operations that give no value in the format; on a stack fault they give what they give for the default NaN. */
const OTHER_RESULTS = /^(to_[fi]|relation)/;

export interface ExtendedOperation {
  /** Name of the operation table's row, without `fp.f80.`. */
  readonly name: string;
  /** Operands that are registers and must not be empty; the others are plain 64 bits in the first significand. */
  readonly registers: 0 | 1 | 2;
  /** Gives a value in the format, or 64 bits of another type. */
  readonly run: (a: Register, b: Register, env: ExtendedEnvironment, immediate: number) => Extended | bigint;
}

type Run = ExtendedOperation['run'];
type Entry = readonly [name: string, registers: 0 | 1 | 2, run: Run];

const of = (run: (a: Extended, env: ExtendedEnvironment) => Extended | bigint): Run => {
  return (a, _b, env) => run(a, env);
};
const bits = (run: (bits: bigint, env: ExtendedEnvironment) => Extended): Run => {
  return (a, _b, env) => run(a.significand, env);
};

const rounding = (immediate: number, env: ExtendedEnvironment): number =>
  immediate === ROUNDING.DYNAMIC ? env.fp.rounding : immediate;

/** Constants of fldl2t, fldl2e, fldpi, fldlg2, fldln2 with further bits below the significand's last (SDM volume 2). */
const constants: readonly (readonly [significand: bigint, exponent: number, roundsUpNearest: boolean])[] = [
  [0xd49a784bcd1b8afen, 0x4000, false],
  [0xb8aa3b295c17f0bbn, 0x3fff, true],
  [0xc90fdaa22168c234n, 0x4000, true],
  [0x9a209a84fbcff798n, 0x3ffd, true],
  [0xb17217f7d1cf79abn, 0x3ffe, true],
];

/** The constants are not exact: rounding control decides, without raising inexact. */
const constant: Run = (_a, _b, env, index) => {
  const [truncated = 0n, high = 0, roundsUp = false] = constants[index] ?? [];
  const mode = env.fp.rounding;
  const up = mode === ROUNDING.UP || (mode === ROUNDING.NEAREST_EVEN && roundsUp);
  return { significand: up ? truncated + 1n : truncated, high };
};

/** The register to be filled first, then the value, of a register perhaps; the value, unless there is a stack fault. */
const fresh: Run = (old, value, env) => {
  if (old.isEmpty && !value.isEmpty) return value;
  env.stackFault(!value.isEmpty);
  return INDEFINITE;
};

/** As `fresh`, of a value of another format: its flags come up where there is no stack fault. */
const freshFloat: Run = (old, value, env) => {
  if (!old.isEmpty) return fresh(old, value, env, 0);
  const x = decodeExtended(value);
  const special = specialResult(env, x);
  if (special !== null) return special;
  noteDenormals(env, x);
  return { significand: value.significand, high: value.high };
};

const examination: Run = (a, _b, env) => {
  env.setConditions(examine(a, a.isEmpty), CONDITIONS);
  return 0n;
};

const entries: readonly Entry[] = [
  ['add', 2, add],
  ['sub', 2, sub],
  ['mul', 2, mul],
  ['div', 2, div],
  ['scale', 2, scale],
  ['remainder', 2, (a, b, env) => remainder(a, b, false, env)],
  ['remainder_nearest', 2, (a, b, env) => remainder(a, b, true, env)],
  ['logarithm', 2, logarithm],
  ['logarithm_plus_one', 2, logarithmPlusOne],
  ['arc_tangent', 2, arcTangentOf],
  ['relation', 2, (a, b, env, signaling) => BigInt(relation(a, b, signaling === 1, env))],
  ['sqrt', 1, of(sqrt)],
  ['round', 1, of(roundToIntegral)],
  ['exponent', 1, of(exponentOf)],
  ['significand', 1, of(significandOf)],
  ['exponential', 1, of(exponential)],
  ['sine', 1, of((a, env) => trigonometric(a, 'sine', env))],
  ['cosine', 1, of((a, env) => trigonometric(a, 'cosine', env))],
  ['tangent', 1, of((a, env) => trigonometric(a, 'tangent', env))],
  ['to_f32', 1, of(toF32)],
  ['to_f64', 1, of(toF64)],
  ['to_i16', 1, (a, _b, env, mode) => toInteger(a, 16, rounding(mode, env), env)],
  ['to_i32', 1, (a, _b, env, mode) => toInteger(a, 32, rounding(mode, env), env)],
  ['to_i64', 1, (a, _b, env, mode) => toInteger(a, 64, rounding(mode, env), env)],
  ['to_bcd', 1, of(toBcd)],
  ['used', 1, (a) => a],
  ['choose', 2, (a, b, _env, which) => (which === 0 ? a : b)],
  ['abs', 1, of((a) => withSign(a, false))],
  ['neg', 1, of((a) => withSign(a, (a.high & SIGN) === 0))],
  ['fresh', 0, fresh],
  ['fresh_float', 0, freshFloat],
  ['examine', 0, examination],
  ['constant', 0, constant],
  ['from_i64', 0, bits((value, env) => fromInteger(BigInt.asIntN(64, value), env))],
  ['from_bcd', 0, of(fromBcd)],
];

export const extendedOperations: readonly ExtendedOperation[] = entries.map(([name, registers, run]) => ({
  name,
  registers,
  run,
}));

/** Number of an operation at the boundary. */
export function extendedOpcode(name: string): number {
  const index = extendedOperations.findIndex((op) => op.name === name);
  assert(index >= 0, `no operation of the extended format is called ${name}`);
  return index;
}

/** Runs an operation. An empty operand register reads as the default NaN and is a stack fault. */
export function runExtended(
  operation: ExtendedOperation,
  a: Register,
  b: Register,
  env: ExtendedEnvironment,
  immediate: number,
): Extended | bigint {
  const { name } = operation;
  if (name !== 'choose') env.setConditions(0, STATUS.C1);
  const isFault = (operation.registers > 0 && a.isEmpty) || (operation.registers > 1 && b.isEmpty);
  if (!isFault) return operation.run(a, b, env, immediate);
  env.stackFault(false);
  if (/^(remainder|sine|cosine|tangent)/.test(name)) env.setConditions(0, STATUS.C2);
  if (!OTHER_RESULTS.test(name)) return INDEFINITE;
  const nan: Register = { ...INDEFINITE, isEmpty: false };
  const control = env.fp.flags;
  const result = operation.run(nan, nan, env, immediate);
  env.fp.flags = control;
  return result;
}
