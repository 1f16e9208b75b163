/** Rows of the x87, of the vector state and of AVX, by group and together. */
import { avxFloatRows, avxIntegerRows, avxMoveRows, avxRows, fmaRows } from './avx.ts';
import { cryptoRows } from './crypto.ts';
import { fxStateRows } from './fx-state.ts';
import { x87Rows } from './x87.ts';

export const vectorGroups = {
  x87: x87Rows,
  'fx-state': fxStateRows,
  'avx-float': avxFloatRows,
  'avx-integer': avxIntegerRows,
  'avx-move': avxMoveRows,
  avx: avxRows,
  fma: fmaRows,
  crypto: cryptoRows,
} as const;

export const vectorRows = {
  ...x87Rows,
  ...fxStateRows,
  ...avxFloatRows,
  ...avxIntegerRows,
  ...avxMoveRows,
  ...avxRows,
  ...fmaRows,
  ...cryptoRows,
} as const;
