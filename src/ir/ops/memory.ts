/**
 * Plain guest memory rows: little-endian, any alignment. Operand 0 is a guest virtual address (i64), to which the
 * immediate displacement is added modulo 2^64; operand 1 of a store is its value.
 */
import type { OpRow } from '../op.ts';
import type { ValueType } from '../types.ts';
import { named } from './rows.ts';

function load(result: ValueType, width: number, summary: string): OpRow {
  return { params: ['i64'], result, effect: 'load', summary, immediate: 'offset', width };
}

function store(value: ValueType, width: number): OpRow {
  const summary = `Stores the low ${String(width)} bytes.`;
  return { params: ['i64', value], result: null, effect: 'store', summary, immediate: 'offset', width };
}

const scalarLoads = {
  ...named('i32.load', load('i32', 4, 'Loads 4 bytes.')),
  ...named('i64.load', load('i64', 8, 'Loads 8 bytes.')),
  ...named('f32.load', load('f32', 4, 'Loads 4 bytes.')),
  ...named('f64.load', load('f64', 8, 'Loads 8 bytes.')),
  ...named('i32.load8_s', load('i32', 1, 'Loads 1 byte, sign-extended.')),
  ...named('i32.load8_u', load('i32', 1, 'Loads 1 byte, zero-extended.')),
  ...named('i32.load16_s', load('i32', 2, 'Loads 2 bytes, sign-extended.')),
  ...named('i32.load16_u', load('i32', 2, 'Loads 2 bytes, zero-extended.')),
  ...named('i64.load8_s', load('i64', 1, 'Loads 1 byte, sign-extended.')),
  ...named('i64.load8_u', load('i64', 1, 'Loads 1 byte, zero-extended.')),
  ...named('i64.load16_s', load('i64', 2, 'Loads 2 bytes, sign-extended.')),
  ...named('i64.load16_u', load('i64', 2, 'Loads 2 bytes, zero-extended.')),
  ...named('i64.load32_s', load('i64', 4, 'Loads 4 bytes, sign-extended.')),
  ...named('i64.load32_u', load('i64', 4, 'Loads 4 bytes, zero-extended.')),
};

const vectorLoads = {
  ...named('v128.load', load('v128', 16, 'Loads 16 bytes.')),
  ...named(
    'v128.load8x8_s v128.load16x4_s v128.load32x2_s',
    load('v128', 8, 'Loads 8 bytes and sign-extends each lane to twice its width.'),
  ),
  ...named(
    'v128.load8x8_u v128.load16x4_u v128.load32x2_u',
    load('v128', 8, 'Loads 8 bytes and zero-extends each lane to twice its width.'),
  ),
  ...named('v128.load8_splat', load('v128', 1, 'Loads 1 byte into every lane.')),
  ...named('v128.load16_splat', load('v128', 2, 'Loads 2 bytes into every lane.')),
  ...named('v128.load32_splat', load('v128', 4, 'Loads 4 bytes into every lane.')),
  ...named('v128.load64_splat', load('v128', 8, 'Loads 8 bytes into every lane.')),
  ...named('v128.load32_zero', load('v128', 4, 'Loads 4 bytes into lane 0; the others are 0.')),
  ...named('v128.load64_zero', load('v128', 8, 'Loads 8 bytes into lane 0; the other is 0.')),
};

const stores = {
  ...named('i32.store', store('i32', 4)),
  ...named('i64.store', store('i64', 8)),
  ...named('f32.store', store('f32', 4)),
  ...named('f64.store', store('f64', 8)),
  ...named('i32.store8', store('i32', 1)),
  ...named('i32.store16', store('i32', 2)),
  ...named('i64.store8', store('i64', 1)),
  ...named('i64.store16', store('i64', 2)),
  ...named('i64.store32', store('i64', 4)),
  ...named('v128.store', store('v128', 16)),
};

export const memoryRows = { ...scalarLoads, ...vectorLoads, ...stores };
