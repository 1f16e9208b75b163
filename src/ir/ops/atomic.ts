/**
 * Atomic rows: sequentially consistent, naturally aligned (WebAssembly traps otherwise; a guest that reports
 * misalignment itself checks first). Operand 0 is the guest virtual address, the immediate a displacement.
 * Read-modify-write rows give the old value.
 */
import type { OpRow } from '../op.ts';
import type { ValueType } from '../types.ts';
import { named, prefixed } from './rows.ts';

type IntegerType = 'i32' | 'i64';

function atomic(values: readonly ValueType[], result: ValueType | null, width: number, summary: string): OpRow {
  return { params: ['i64', ...values], result, effect: 'atomic', summary, immediate: 'offset', width };
}

/** WebAssembly has no atomic minimum: compare and exchange until no other thread came between. */
function extremeLoop(type: IntegerType, compare: string): string {
  return `$0 =p:i32 $1 =v:${type} @p ${type}.atomic.load =o:${type}
    loop:${type}
      @p @o @o @v @o @v ${type}.${compare} select ${type}.atomic.rmw.cmpxchg ~n:${type}
      @o ${type}.ne =again:i32 @n =o @again br_if 0 @o
    end`;
}

function rowsOf(type: IntegerType) {
  const width = type === 'i32' ? 4 : 8;
  const rmw = (summary: string): OpRow => atomic([type], type, width, summary);
  const extreme = (summary: string, compare: string): OpRow => ({ ...rmw(summary), wasm: extremeLoop(type, compare) });
  return prefixed(`${type}.atomic`, {
    load: atomic([], type, width, 'Atomic load.'),
    store: atomic([type], null, width, 'Atomic store.'),
    ...prefixed('rmw', {
      add: rmw('Adds.'),
      sub: rmw('Subtracts.'),
      and: rmw('Bitwise and.'),
      or: rmw('Bitwise or.'),
      xor: rmw('Bitwise exclusive or.'),
      xchg: rmw('Exchanges.'),
      cmpxchg: atomic([type, type], type, width, 'Stores the third operand if memory holds the second.'),
      min_s: extreme('Keeps the smaller, signed.', 'lt_s'),
      min_u: extreme('Keeps the smaller, unsigned.', 'lt_u'),
      max_s: extreme('Keeps the greater, signed.', 'gt_s'),
      max_u: extreme('Keeps the greater, unsigned.', 'gt_u'),
    }),
  });
}

function narrowRows<Bits extends '8' | '16'>(bits: Bits) {
  const width = Number(bits) / 8;
  const rmw = (summary: string): OpRow => atomic(['i32'], 'i32', width, `${summary} Zero-extends the old value.`);
  return {
    ...named(`i32.atomic.load${bits}_u`, atomic([], 'i32', width, 'Atomic load, zero-extended.')),
    ...named(`i32.atomic.store${bits}`, atomic(['i32'], null, width, 'Atomic store of the low bits.')),
    ...prefixed(`i32.atomic.rmw${bits}`, {
      add_u: rmw('Adds.'),
      sub_u: rmw('Subtracts.'),
      and_u: rmw('Bitwise and.'),
      or_u: rmw('Bitwise or.'),
      xor_u: rmw('Bitwise exclusive or.'),
      xchg_u: rmw('Exchanges.'),
      // Cleared upper bits make it irrelevant whether an engine compares them.
      cmpxchg_u: {
        ...atomic(['i32', 'i32'], 'i32', width, 'Stores the third operand if memory holds the low bits of the second.'),
        wasm: `$0 $1 i32.const ${String(2 ** Number(bits) - 1)} i32.and $2 i32.atomic.rmw${bits}.cmpxchg_u`,
      },
    }),
  };
}

const fence: OpRow = { params: [], result: null, effect: 'fence', summary: 'Orders all memory accesses.' };

export const atomicRows = {
  ...rowsOf('i32'),
  ...rowsOf('i64'),
  ...narrowRows('8'),
  ...narrowRows('16'),
  ...named('atomic.fence', fence),
};
