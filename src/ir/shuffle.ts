/** The 16 lane selectors of a shuffle, held by an instruction as two 64-bit halves with lane 0 lowest. */
import type { Inst } from './block.ts';

export function shuffleLanes(inst: Inst): number[] {
  const low = (BigInt(inst.hi >>> 0) << 32n) | BigInt(inst.lo >>> 0);
  const bits = (BigInt.asUintN(64, inst.wide) << 64n) | low;
  return Array.from({ length: 16 }, (_, lane) => Number((bits >> BigInt(8 * lane)) & 0xffn));
}

/** The two halves (low, high) of 16 lane selectors. */
export function packLanes(lanes: readonly number[]): [bigint, bigint] {
  const half = (part: readonly number[]): bigint =>
    part.reduce((bits, lane, index) => bits | (BigInt(lane) << BigInt(8 * index)), 0n);
  return [half(lanes.slice(0, 8)), half(lanes.slice(8))];
}
