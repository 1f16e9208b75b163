/** What memory rows do with the bytes they load, for the reference evaluator: read from their systematic names. */
import { assert, defined } from '../common/assert.ts';
import type { Op } from './op.ts';
import { findOp } from './ops.ts';
import { valueSize } from './types.ts';

/** The value of a load row from the bytes in memory. */
export function extendLoad(op: Op, bits: bigint): bigint {
  const lanes = /^v128\.load(\d+)x(\d+)_([su])$/.exec(op.name);
  if (lanes !== null) return widenLanes(bits, Number(lanes[1]), lanes[3] === 's');
  const splat = /^v128\.load(\d+)_splat$/.exec(op.name);
  if (splat !== null) return repeat(bits, Number(splat[1]));
  if (!op.name.endsWith('_s')) return bits;
  const size = 8 * valueSize[defined(op.result, 'a load gives a value')];
  return BigInt.asUintN(size, BigInt.asIntN(8 * defined(op.width, 'a load has a width'), bits));
}

function widenLanes(bits: bigint, laneBits: number, signed: boolean): bigint {
  let result = 0n;
  for (let at = 0; at < 64; at += laneBits) {
    const lane = BigInt.asUintN(laneBits, bits >> BigInt(at));
    const wide = signed ? BigInt.asUintN(2 * laneBits, BigInt.asIntN(laneBits, lane)) : lane;
    result |= wide << BigInt(2 * at);
  }
  return result;
}

function repeat(bits: bigint, laneBits: number): bigint {
  let result = 0n;
  for (let at = 0; at < 128; at += laneBits) result |= bits << BigInt(at);
  return result;
}

/** What an atomic row stores, given the old bytes; null for nothing. */
export function evaluateAtomic(op: Op, old: bigint, values: readonly bigint[]): bigint | null {
  const [, type = '', name = ''] = /^(i32|i64|v128)\.atomic\.(?:rmw\d*\.)?(\w+)$/.exec(op.name) ?? [];
  const [value, replacement] = values;
  if (value === undefined) return null;
  const action = name.replace(/^(add|sub|and|or|xor|xchg|cmpxchg)_u$/, '$1').replace(/^store\d+$/, 'store');
  if (action === 'store' || action === 'xchg') return value;
  if (action === 'cmpxchg') {
    const expected = BigInt.asUintN(8 * defined(op.width, 'an atomic has a width'), value);
    return old === expected ? defined(replacement, 'cmpxchg has a replacement') : null;
  }
  const row = findOp(`${type}.${action}`);
  assert(row?.fold !== undefined, `${op.name} combines by an integer row`);
  // Extremes of narrow values compare them as the signedness of their name says.
  const width = 8 * defined(op.width, 'an atomic has a width');
  const size = 8 * valueSize[defined(op.result, 'a read-modify-write gives a value')];
  const extend = (bits: bigint): bigint =>
    BigInt.asUintN(size, action.endsWith('_s') ? BigInt.asIntN(width, bits) : bits);
  const isExtreme = /^(min|max)_/.test(action);
  return isExtreme ? row.fold(extend(old), extend(BigInt.asUintN(width, value)), 0n) : row.fold(old, value, 0n);
}
