/** Pieces of template text for vectors of floats: shapes, lane constants, and tests of all lanes at once. */
import { FP_ENV } from '../fp-env.ts';
import { floatText, type FloatText, type FloatType } from './text.ts';

export interface VectorShape {
  readonly shape: 'f32x4' | 'f64x2';
  readonly lanes: 4 | 2;
  /** The integer shape of the same lanes. */
  readonly bits: 'i32x4' | 'i64x2';
  readonly F: FloatText;
}

export const vectorShapes: Readonly<Record<FloatType, VectorShape>> = {
  f32: { shape: 'f32x4', lanes: 4, bits: 'i32x4', F: floatText.f32 },
  f64: { shape: 'f64x2', lanes: 2, bits: 'i64x2', F: floatText.f64 },
};

/** A vector constant with `bits` in every lane. */
export function splatConst(S: VectorShape, bits: bigint): string {
  const lane = BigInt.asUintN(S.F.format.width, bits);
  const half = S.lanes === 4 ? (lane << 32n) | lane : lane;
  return `v128.const ${String(half)} ${String(half)}`;
}

/** A vector constant with a power of two in every lane. */
export function splatPower(S: VectorShape, exponent: number, sign: 1 | -1 = 1): string {
  const { format } = S.F;
  const magnitude = BigInt(exponent + format.maxExponent) << format.fractionBits;
  return splatConst(S, sign < 0 ? magnitude | format.signBit : magnitude);
}

/** Pushes the mask of lanes that are denormal. */
export function denormalLanes(S: VectorShape, value: string): string {
  const { shape, F } = S;
  return `${value} ${shape}.abs ${splatPower(S, F.format.minExponent)} ${shape}.lt
    ${value} v128.const 0 0 ${shape}.ne v128.and`;
}

/** Pushes the mask of lanes that are no NaN. */
export function orderedLanes(S: VectorShape, value: string): string {
  return `${value} ${value} ${S.shape}.eq`;
}

/** Pushes the mask of lanes that are finite. */
export function finiteLanes(S: VectorShape, value: string): string {
  return `${value} ${S.shape}.abs ${splatConst(S, S.F.format.infinity)} ${S.shape}.lt`;
}

/** Pushes the mask of lanes that are zeros. */
export function zeroLanes(S: VectorShape, value: string): string {
  return `${value} v128.const 0 0 ${S.shape}.eq`;
}

/** Pushes the mask of lanes that are finite and above the least normal binade. */
export function ordinaryLanes(S: VectorShape, value: string): string {
  const least = splatPower(S, S.F.format.minExponent + 1);
  return `${value} ${S.shape}.abs ${least} ${S.shape}.ge ${finiteLanes(S, value)} v128.and`;
}

/** Pushes the mask of lanes that are signalling NaNs. */
export function signalingLanes(S: VectorShape, value: string): string {
  const { F, shape, bits } = S;
  return `${value} ${value} ${shape}.ne
    ${value} ${splatConst(S, F.format.quietBit)} v128.and v128.const 0 0 ${bits}.eq v128.and`;
}

/** Pushes the vector with denormal lanes replaced by zeros of their sign. */
export function flushedLanes(S: VectorShape, value: string): string {
  const magnitude = splatConst(S, ~S.F.format.signBit);
  return `${value} ${denormalLanes(S, value)} ${magnitude} v128.and v128.andnot`;
}

/** Text that assigns the flushed vector to scratch local `name` where the environment says so, else the vector. */
export function takenLanes(S: VectorShape, name: string, value: string, vcpu: string): string {
  return `${vcpu} i32.load offset=0 i32.const ${String(FP_ENV.FLUSH_INPUTS)} i32.and if:v128
    ${flushedLanes(S, value)} else ${value} end =${name}:v128`;
}

/** Pushes a vector whose lane `i` is the float that `lane(i)` pushes. */
export function buildLanes(S: VectorShape, lane: (index: number) => string): string {
  const rest = Array.from({ length: S.lanes - 1 }, (_, index) => {
    const at = index + 1;
    return `${lane(at)} ${S.shape}.replace_lane ${String(at)}`;
  });
  return [`${lane(0)} ${S.shape}.splat`, ...rest].join(' ');
}
