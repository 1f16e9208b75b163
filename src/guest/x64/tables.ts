/** The decode table of x64 and the names of its instructions. */
import { arithmeticRows } from './rows/arithmetic.ts';
import { bitRows } from './rows/bits.ts';
import { controlRows } from './rows/control.ts';
import { moveRows } from './rows/move.ts';
import { sseFloatRows } from './rows/sse-float.ts';
import { sseIntegerRows } from './rows/sse-integer.ts';
import { sseMoveRows } from './rows/sse-move.ts';
import { multiplyRows } from './rows/multiply.ts';
import { stringRows } from './rows/string.ts';
import { systemRows } from './rows/system.ts';
import { DecodeTable } from './table.ts';

/** Rows by group, for documentation and tests that go by it. */
export const groups = {
  arithmetic: arithmeticRows,
  bits: bitRows,
  control: controlRows,
  'sse-float': sseFloatRows,
  'sse-integer': sseIntegerRows,
  'sse-move': sseMoveRows,
  move: moveRows,
  multiply: multiplyRows,
  string: stringRows,
  system: systemRows,
} as const;

const rows = {
  ...arithmeticRows,
  ...moveRows,
  ...controlRows,
  ...sseFloatRows,
  ...sseIntegerRows,
  ...sseMoveRows,
  ...bitRows,
  ...multiplyRows,
  ...stringRows,
  ...systemRows,
} as const;

/** The mnemonic of every instruction of the guest. */
export type Mnemonic = keyof typeof rows;

export const table = new DecodeTable<Mnemonic>(rows);
