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

/** One bit of b a round: takes its lowest set bit and adds a, shifted there, without carries. */
function carryLess(shifted: string): string {
  return `$1 =b:i64
    block
      loop
        @b i64.eqz br_if 1
        @r ${shifted} i64.xor =r
        @b @b i64.const 1 i64.sub i64.and =b
        br 0
      end
    end
    @r`;
}

const integerFunctions: Readonly<Record<string, RuntimeFunction>> = {
  clmul: {
    kind: 'template',
    params: ['i64', 'i64'],
    results: ['i64'],
    body: `i64.const 0 =r:i64 ${carryLess('$0 @b i64.ctz i64.shl')}`,
    summary: 'Low half of the carry-less product.',
  },
  clmulh: {
    kind: 'template',
    params: ['i64', 'i64'],
    results: ['i64'],
    // a >> (64 - n) in two steps, because a shift by 64 is one by 0.
    body: `i64.const 0 =r:i64 ${carryLess('$0 i64.const 1 i64.shr_u i64.const 63 @b i64.ctz i64.sub i64.shr_u')}`,
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
