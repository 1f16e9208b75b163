/** The operation table: what every IR operation is called, takes, gives and means. Nothing else says it. */
import type { Op, OpRow } from './op.ts';
import { atomicRows } from './ops/atomic.ts';
import { checksumRows } from './ops/checksum.ts';
import { floatRows } from './ops/float.ts';
import { fpRows } from './ops/fp.ts';
import { inputRows } from './ops/input.ts';
import { integerRows } from './ops/integer.ts';
import { memoryRows } from './ops/memory.ts';
import { moreAtomicRows } from './ops/more-atomic.ts';
import { simdRows } from './ops/simd.ts';
import { wideRows } from './ops/wide.ts';
import { vectorFloatRows } from './ops/vector-float.ts';
import { vectorIntegerRows } from './ops/vector-integer.ts';

const rows = {
  ...integerRows,
  ...floatRows,
  ...memoryRows,
  ...atomicRows,
  ...fpRows,
  ...inputRows,
  ...simdRows,
  ...checksumRows,
  ...wideRows,
  ...vectorFloatRows,
  ...vectorIntegerRows,
  ...checksumRows,
  ...moreAtomicRows,
};

export type OpName = keyof typeof rows;

/** All operations, by code. Codes are dense and mean nothing outside one process. */
export const opList: readonly Op[] = Object.entries<OpRow>(rows).map(([name, row], code) => ({ ...row, name, code }));

export const ops = Object.fromEntries(opList.map((op) => [op.name, op])) as Readonly<Record<OpName, Op>>;

/** The operation called `name`, if there is one. */
export function findOp(name: string): Op | undefined {
  return Object.hasOwn(ops, name) ? ops[name as OpName] : undefined;
}
