/** The decode table of x64 and the names of its instructions. */
import { vectorGroups, vectorRows } from './rows/vector-groups.ts';
import { arithmeticRows } from './rows/arithmetic.ts';
import { bitRows } from './rows/bits.ts';
import { controlRows } from './rows/control.ts';
import { moveRows } from './rows/move.ts';
import { sseFloatRows } from './rows/sse-float.ts';
import { sseIntegerRows } from './rows/sse-integer.ts';
import { sseMoveRows } from './rows/sse-move.ts';
import { multiplyRows } from './rows/multiply.ts';
import { segmentRows } from './rows/segment.ts';
import { stringRows } from './rows/string.ts';
import { systemRows } from './rows/system.ts';
import { DecodeTable } from './table.ts';

/** Rows by group, for documentation and tests that go by it. */
export const groups = {
  ...vectorGroups,
  arithmetic: arithmeticRows,
  bits: bitRows,
  control: controlRows,
  'sse-float': sseFloatRows,
  'sse-integer': sseIntegerRows,
  'sse-move': sseMoveRows,
  move: moveRows,
  multiply: multiplyRows,
  segment: segmentRows,
  string: stringRows,
  system: systemRows,
} as const;

const rows = {
  ...vectorRows,
  ...arithmeticRows,
  ...moveRows,
  ...controlRows,
  ...sseFloatRows,
  ...sseIntegerRows,
  ...sseMoveRows,
  ...bitRows,
  ...multiplyRows,
  ...segmentRows,
  ...stringRows,
  ...systemRows,
} as const;

/** The mnemonic of every instruction of the guest. */
export type Mnemonic = keyof typeof rows;

export const table = new DecodeTable<Mnemonic>(rows);
