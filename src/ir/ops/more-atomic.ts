/**
 * Atomic rows that WebAssembly has no instruction for: extremes of narrow values, and 16 bytes. The latter take a lock
 * where threads of the host share the memory, so that they are indivisible among each other, and store in one piece; a
 * narrower store of another thread in between is lost.
 */
import type { OpRow } from '../op.ts';
import { named } from './rows.ts';

/** Compare and exchange until no other thread came between. */
function extreme(bits: 8 | 16, name: 'min' | 'max', sign: 's' | 'u'): OpRow {
  const extend = sign === 's' ? `i32.extend${String(bits)}_s` : `i32.const ${String(2 ** bits - 1)} i32.and`;
  const compare = `${name === 'min' ? 'lt' : 'gt'}_${sign}`;
  return {
    params: ['i64', 'i32'],
    result: 'i32',
    effect: 'atomic',
    immediate: 'offset',
    width: bits / 8,
    summary: `Keeps the ${name === 'min' ? 'smaller' : 'greater'}, ${sign === 's' ? '' : 'un'}signed. Zero-extends the old value.`,
    wasm: `$0 =p:i32 $1 ${extend} =v:i32 @p i32.atomic.load${String(bits)}_u =o:i32
      loop:i32
        @p @o @o @v @o ${extend} @v i32.${compare} select i32.const ${String(2 ** bits - 1)} i32.and
        i32.atomic.rmw${String(bits)}.cmpxchg_u ~n:i32
        @o i32.ne =again:i32 @n =o @again br_if 0 @o
      end`,
  };
}

const compareExchange: OpRow = {
  params: ['i64', 'v128', 'v128'],
  result: 'v128',
  effect: 'atomic',
  immediate: 'offset',
  width: 16,
  summary: 'Stores the third operand if memory holds the second; gives what memory held.',
  wasm: `$0 =p:i32 $1 =e:v128 $2 =n:v128 call:pair.lock @p v128.load ~o:v128 @e i8x16.eq i8x16.all_true
    if @p @n v128.store end call:pair.unlock @o`,
};

export const moreAtomicRows = {
  ...named('i32.atomic.rmw8.min_s', extreme(8, 'min', 's')),
  ...named('i32.atomic.rmw8.min_u', extreme(8, 'min', 'u')),
  ...named('i32.atomic.rmw8.max_s', extreme(8, 'max', 's')),
  ...named('i32.atomic.rmw8.max_u', extreme(8, 'max', 'u')),
  ...named('i32.atomic.rmw16.min_s', extreme(16, 'min', 's')),
  ...named('i32.atomic.rmw16.min_u', extreme(16, 'min', 'u')),
  ...named('i32.atomic.rmw16.max_s', extreme(16, 'max', 's')),
  ...named('i32.atomic.rmw16.max_u', extreme(16, 'max', 'u')),
  ...named('v128.atomic.cmpxchg', compareExchange),
};
