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

const inputFunctions: Readonly<Record<string, RuntimeFunction>> = {
  'input.time': {
    kind: 'import',
    params: ['i32'],
    results: ['i64'],
    summary: 'Monotonic time in nanoseconds, for the vCPU at a host offset.',
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
  ...inputFunctions,
  ...laneFunctions,
  ...fpFunctions,
  ...vectorFunctions,
  ...byLaneFunctions,
  ...cryptoFunctions,
};
