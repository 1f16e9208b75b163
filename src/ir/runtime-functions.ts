/**
 * Functions that templates call with `call:name`. A row with a body becomes a function of the emitted module, its text
 * in the grammar of `ir/op.ts` where `$0`, `$1` ... are parameters; an import is supplied by the engine. No vCPU is
 * known inside: a function that needs it takes its host offset as a parameter.
 */
import { fpFunctions } from '../fp/runtime-functions.ts';
import { byLaneFunctions } from '../fp/wasm/by-lane.ts';
import { cryptoFunctions } from './crypto-functions.ts';
import type { ValueType } from './types.ts';
import { vectorFunctions } from './vector-functions.ts';
import { laneFunctions } from './lane-functions.ts';

interface RuntimeFunctionBase {
  readonly params: readonly ValueType[];
  readonly results: readonly ValueType[];
  readonly summary: string;
}

export type RuntimeFunction = RuntimeFunctionBase &
  ({ readonly kind: 'template'; readonly body: string } | { readonly kind: 'import' });

const HOLES = [0x1111111111111111n, 0x2222222222222222n, 0x4444444444444444n, 0x8888888888888888n].map((mask) =>
  String(BigInt.asIntN(64, mask)),
);

/**
 * Low half of the carry-less product of the scratch locals `x` and `y`: integer products of operands with one bit in
 * four, whose carries stay in the three bits between: only the topmost bit is a sum of 16, and its carry is lost.
 */
function carryLess(): string {
  const parts = (name: string): string =>
    HOLES.map((mask, k) => `@${name} i64.const ${mask} i64.and =${name}${String(k)}:i64`).join(' ');
  const sums = HOLES.map((mask, k) => {
    const products = [0, 1, 2, 3].map((i) => `@x${String(i)} @y${String((k - i + 4) % 4)} i64.mul`);
    return `${products.join(' ')} i64.xor i64.xor i64.xor i64.const ${mask} i64.and`;
  });
  return `${parts('x')} ${parts('y')} ${sums.join(' ')} i64.or i64.or i64.or`;
}

/** Reverses the bits of the i64 on the stack. */
function reversed(): string {
  const swap = (mask: string, by: number): string =>
    `~v:i64 i64.const ${String(by)} i64.shr_u i64.const ${mask} i64.and
     @v i64.const ${mask} i64.and i64.const ${String(by)} i64.shl i64.or`;
  const bytes = `${swap('0x00ff00ff00ff00ff', 8)} ${swap('0x0000ffff0000ffff', 16)} i64.const 32 i64.rotl`;
  return `${swap('0x5555555555555555', 1)} ${swap('0x3333333333333333', 2)} ${swap('0x0f0f0f0f0f0f0f0f', 4)} ${bytes}`;
}

const integerFunctions: Readonly<Record<string, RuntimeFunction>> = {
  clmul: {
    kind: 'template',
    params: ['i64', 'i64'],
    results: ['i64'],
    body: `$0 =x:i64 $1 =y:i64 ${carryLess()}`,
    summary: 'Low half of the carry-less product.',
  },
  clmulh: {
    kind: 'template',
    params: ['i64', 'i64'],
    results: ['i64'],
    // Of reversed operands, the low half is the reversed product from bit 63 on.
    body: `$0 ${reversed()} =x:i64 $1 ${reversed()} =y:i64 ${carryLess()} ${reversed()} i64.const 1 i64.shr_u`,
    summary: 'Upper half of the carry-less product.',
  },
};

/** The bits of scratch local m from the lowest on; `take` moves one bit and shifts on. */
function eachBit(take: string): string {
  return `$1 =m:i64 i64.const 1 =b:i64
    block
      loop
        @m i64.eqz br_if 1
        ${take}
        @b i64.const 1 i64.shl =b
        @m @m i64.const 1 i64.sub i64.and =m
        br 0
      end
    end
    @r`;
}

/** Magnitudes of a signed dividend (h, l) and divisor d. */
const MAGNITUDES = `$0 =h:i64 $1 =l:i64 $2 =d:i64
  $0 i64.const 0 i64.lt_s if
    i64.const 0 $0 i64.sub $1 i64.const 0 i64.ne i64.extend_i32_u i64.sub =h
    i64.const 0 $1 i64.sub =l
  end
  $2 i64.const 0 i64.lt_s if i64.const 0 $2 i64.sub =d end`;

const wideFunctions: Readonly<Record<string, RuntimeFunction>> = {
  div_wide_u: {
    kind: 'template',
    params: ['i64', 'i64', 'i64'],
    results: ['i64'],
    // One bit of the quotient a round; the remainder may have a 65th bit before it is reduced.
    body: `$0 =h:i64 $1 =l:i64 i32.const 64 =n:i32
      $0 i64.eqz if:i64
        $2 i64.eqz if:i64 i64.const 0 else $1 $2 i64.div_u end
      else
        $0 $2 i64.ge_u if:i64 i64.const 0 else
          loop
            @h =t:i64
            @h i64.const 1 i64.shl @l i64.const 63 i64.shr_u i64.or =h
            @l i64.const 1 i64.shl =l
            @t i64.const 0 i64.lt_s @h $2 i64.ge_u i32.or if
              @h $2 i64.sub =h
              @l i64.const 1 i64.or =l
            end
            @n i32.const 1 i32.sub ~n br_if 0
          end
          @l
        end
      end`,
    summary: 'Unsigned quotient of 128 by 64 bits; 0 where it does not fit.',
  },
  div_wide_s: {
    kind: 'template',
    params: ['i64', 'i64', 'i64'],
    results: ['i64'],
    body: `${MAGNITUDES} @h @l @d call:div_wide_u =q:i64
      i64.const 0 @q i64.sub @q $0 $2 i64.xor i64.const 0 i64.lt_s select`,
    summary: 'Signed quotient of 128 by 64 bits.',
  },
  div_wide_s_overflows: {
    kind: 'template',
    params: ['i64', 'i64', 'i64'],
    results: ['i32'],
    // The magnitude may be 2^63 where the quotient is negative.
    body: `${MAGNITUDES}
      @h @d i64.ge_u if:i32 i32.const 1 else
        @h @l @d call:div_wide_u
        i64.const 0x7fffffffffffffff $0 $2 i64.xor i64.const 63 i64.shr_u i64.add i64.gt_u
      end`,
    summary: 'Whether the divisor is 0 or the signed quotient of 128 by 64 bits does not fit.',
  },
  pdep: {
    kind: 'template',
    params: ['i64', 'i64'],
    results: ['i64'],
    body: `i64.const 0 =r:i64 ${eachBit('$0 @b i64.and i64.const 0 i64.ne if @m i64.const 0 @m i64.sub i64.and @r i64.or =r end')}`,
    summary: 'Scatters low bits to the places of a mask.',
  },
  pext: {
    kind: 'template',
    params: ['i64', 'i64'],
    results: ['i64'],
    body: `i64.const 0 =r:i64 ${eachBit('$0 @m i64.const 0 @m i64.sub i64.and i64.and i64.const 0 i64.ne if @r @b i64.or =r end')}`,
    summary: 'Gathers the bits at the places of a mask.',
  },
};

const inputFunctions: Readonly<Record<string, RuntimeFunction>> = {
  'pair.lock': {
    kind: 'import',
    params: [],
    results: [],
    summary: 'Begins an atomic operation of 16 bytes.',
  },
  'pair.unlock': {
    kind: 'import',
    params: [],
    results: [],
    summary: 'Ends an atomic operation of 16 bytes.',
  },
  'input.time': {
    kind: 'import',
    params: ['i32'],
    results: ['i64'],
    summary: 'Monotonic time in nanoseconds, for the vCPU at a host offset.',
  },
  'input.random': {
    kind: 'import',
    params: ['i32'],
    results: ['i64'],
    summary: '64 random bits, for the vCPU at a host offset.',
  },
  'input.instructions': {
    kind: 'import',
    params: ['i32'],
    results: ['i64'],
    summary: 'Guest instructions retired by the vCPU at a host offset.',
  },
};

export const runtimeFunctions: Readonly<Record<string, RuntimeFunction>> = {
  ...integerFunctions,
  ...wideFunctions,
  ...inputFunctions,
  ...laneFunctions,
  ...fpFunctions,
  ...vectorFunctions,
  ...byLaneFunctions,
  ...cryptoFunctions,
};
