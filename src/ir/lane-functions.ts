/** Runtime functions of vector rows: what takes a scalar sequence for each lane, or is too long to repeat. */
import { FP_ENV } from './vcpu-layout.ts';
import type { RuntimeFunction } from './runtime-functions.ts';
import { buildLanes, laneText, shapes, splatConst, type Shape } from './ops/lanes.ts';

type Functions = Readonly<Record<string, RuntimeFunction>>;

const scalar = (body: string, summary: string, vcpu = false): RuntimeFunction => ({
  kind: 'template',
  params: vcpu ? ['i64', 'i32', 'i32', 'i32'] : ['i64', 'i32'],
  results: ['i64'],
  body,
  summary,
});

/** `$0` is a lane's value extended to 64 bits, `$1` the signed count. Bits above the lane's width mean nothing. */
function laneShift(sign: 's' | 'u', round: boolean): RuntimeFunction {
  const shift = `i64.shr_${sign}`;
  const far = sign === 's' && !round ? `$0 i64.const 63 i64.shr_s` : 'i64.const 0';
  const right = round
    ? `$0 @m i64.const 1 i64.sub ${shift} ~t:i64 i64.const 1 ${shift} @t i64.const 1 i64.and i64.add`
    : `$0 @m ${shift}`;
  const body = `
    $1 i32.const 0 i32.ge_s if
      $1 i32.const 63 i32.gt_s if i64.const 0 return end
      $0 $1 i64.extend_i32_u i64.shl return
    end
    i32.const 0 $1 i32.sub i64.extend_i32_u ~m:i64 i64.const ${round ? '64' : '63'} i64.gt_u if ${far} return end
    ${right}`;
  return scalar(body, `a lane shifted by a signed count, ${round ? 'rounded, ' : ''}${sign}`);
}

/** Raises SATURATED in the vCPU block whose offset `vcpu` pushes. */
export function raiseSaturated(vcpu: string): string {
  return `${vcpu} ${vcpu} i32.load offset=0 i32.const ${String(FP_ENV.SATURATED)} i32.or i32.store offset=0`;
}

/** `$2` is 64 less the lane's width, `$3` the vCPU block: left shifts saturate. Done at the top of the register. */
function laneShiftSaturating(sign: 's' | 'u', round: boolean): RuntimeFunction {
  const shift = `i64.shr_${sign}`;
  const limit = sign === 's' ? '@x i64.const 63 i64.shr_s i64.const 0x7fffffffffffffff i64.xor' : 'i64.const -1';
  const body = `
    $1 i32.const 0 i32.lt_s if $0 $1 call:lane.shift${round ? '_round' : ''}_${sign} return end
    $0 i64.eqz if i64.const 0 return end
    $0 $2 i64.extend_i32_u i64.shl =x:i64
    $1 i32.const 63 i32.le_s if
      @x $1 i64.extend_i32_u i64.shl ~r:i64 $1 i64.extend_i32_u ${shift} @x i64.eq if
        @r $2 i64.extend_i32_u ${shift} return
      end
    end
    ${raiseSaturated('$3')}
    ${limit} $2 i64.extend_i32_u ${shift}`;
  return scalar(body, `a lane shifted by a signed count, saturating, ${sign}`, true);
}

function vectorShift(shape: Shape, sign: 's' | 'u', round: boolean, saturating: boolean): [string, RuntimeFunction] {
  const kind = `shift${round ? '_round' : ''}${saturating ? '_sat' : ''}_${sign}`;
  const bytes = shape.bits / 8;
  const more = saturating ? `i32.const ${String(64 - shape.bits)} $2` : '';
  const body = buildLanes(shape, (lane) => {
    const count = `$1 i8x16.extract_lane_s ${String(lane * bytes)}`;
    return `${laneText(shape, '$0', lane, sign === 's')} ${count} ${more} call:lane.${kind}`;
  });
  const params = saturating ? (['v128', 'v128', 'i32'] as const) : (['v128', 'v128'] as const);
  return [`${shape.name}.${kind}`, { kind: 'template', params, results: ['v128'], body, summary: `lanes: ${kind}` }];
}

const signs = ['s', 'u'] as const;
const rounds = [false, true] as const;

const shiftFunctions: Functions = Object.fromEntries(
  signs.flatMap((sign) =>
    rounds.flatMap((round): [string, RuntimeFunction][] => [
      [`lane.shift${round ? '_round' : ''}_${sign}`, laneShift(sign, round)],
      [`lane.shift${round ? '_round' : ''}_sat_${sign}`, laneShiftSaturating(sign, round)],
      ...Object.values(shapes).flatMap((shape) => [
        vectorShift(shape, sign, round, false),
        vectorShift(shape, sign, round, true),
      ]),
    ]),
  ),
);

/** Leading zeros of nibbles in a table; then halves are joined: the count of the lower one matters where the upper is 0. */
function vectorLeadingZeros(): [string, RuntimeFunction][] {
  const unary = (name: string, body: string): [string, RuntimeFunction] => [
    name,
    { kind: 'template', params: ['v128'], results: ['v128'], body, summary: 'leading zero bits of each lane' },
  ];
  const table = 'v128.const 0x0101010102020304 0';
  const bytes = `
    ${table} $0 ${splatConst(8, 15n)} v128.and i8x16.swizzle
    ${table} $0 i32.const 4 i8x16.shr_u ~u:v128 i8x16.swizzle ~n:v128 i8x16.add
    @n @u v128.const 0 0 i8x16.eq v128.bitselect`;
  // Of a wider lane: the count of its upper half, and that of the lower one where the upper half is 0.
  const wider = (t: string, half: string, bits: number): string => `
    $0 call:${half}.clz ~c:v128 i32.const ${String(bits / 2)} ${t}.shr_u ~h:v128
    @c ${splatConst(bits, (1n << BigInt(bits / 2)) - 1n)} v128.and ${t}.add
    @h @h ${splatConst(bits, BigInt(bits / 2))} ${t}.eq v128.bitselect`;
  return [
    unary('i8x16.clz', bytes),
    unary('i16x8.clz', wider('i16x8', 'i8x16', 16)),
    unary('i32x4.clz', wider('i32x4', 'i16x8', 32)),
  ];
}

/** As `fp/estimate.ts`, on the nine leading bits of `$0`. */
const estimates: Functions = {
  'lane.recip_estimate': {
    kind: 'template',
    params: ['i32'],
    results: ['i32'],
    summary: 'reciprocal estimate of a fraction',
    body: `$0 i32.const 0 i32.ge_s if i32.const -1 return end
      i32.const 0x80000 $0 i32.const 23 i32.shr_u i32.const 1 i32.shl i32.const 1 i32.add i32.div_u
      i32.const 1 i32.add i32.const 1 i32.shr_u i32.const 23 i32.shl`,
  },
  'lane.rsqrt_estimate': {
    kind: 'template',
    params: ['i32'],
    results: ['i32'],
    summary: 'reciprocal square root estimate of a fraction',
    body: `$0 i32.const 30 i32.shr_u i32.eqz if i32.const -1 return end
      $0 i32.const 23 i32.shr_u ~a:i32 i32.const 256 i32.lt_u if
        @a i32.const 1 i32.shl i32.const 1 i32.add =a
      else
        @a i32.const -2 i32.and i32.const 1 i32.shl i32.const 2 i32.add =a
      end
      i32.const 513 =b:i32
      block
        loop
          @a @b i32.mul @b i32.mul i32.const 0x10000000 i32.ge_u br_if 1
          @b i32.const 1 i32.add =b
          br 0
        end
      end
      @b i32.const 1 i32.shr_u i32.const 23 i32.shl`,
  },
};

export const laneFunctions: Functions = {
  ...estimates,
  ...shiftFunctions,
  ...Object.fromEntries(vectorLeadingZeros()),
};
