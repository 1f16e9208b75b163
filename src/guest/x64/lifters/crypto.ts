/** Carry-less multiplication. */
import { binaryImmediate, laneOf } from './vector.ts';

/** Bits 0 and 4 of the immediate choose the halves (SDM vol. 2, PCLMULQDQ). */
const pclmulqdq = binaryImmediate((c, a, b, immediate) => {
  const x = laneOf(c, 'i64x2', a, immediate & 1);
  const y = laneOf(c, 'i64x2', b, (immediate >> 4) & 1);
  const low = c.op('v128.from_i64', c.op('i64.clmul', x, y));
  return c.builder.opImm('i64x2.replace_lane', 1, low, c.op('i64.clmulh', x, y));
});

export const cryptoLifters = { pclmulqdq, vpclmulqdq: pclmulqdq };
