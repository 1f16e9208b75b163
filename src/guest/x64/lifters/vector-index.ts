/** The lift functions of the x87, of the vector state and of AVX. */
import { avxLifters, vexForms } from './avx.ts';
import { cryptoLifters } from './crypto.ts';
import { fmaLifters } from './fma.ts';
import { fxStateLifters } from './fx-state.ts';
import { sseFloatLifters } from './sse-float.ts';
import { sseIntegerLifters } from './sse-integer.ts';
import { sseMoveLifters } from './sse-move.ts';
import { stringMatchLifters } from './string-match.ts';
import { x87Lifters } from './x87.ts';
import { x87StateLifters } from './x87-state.ts';

export const vectorLifters = {
  ...x87Lifters,
  ...x87StateLifters,
  ...fxStateLifters,
  ...vexForms({ ...sseFloatLifters, ...sseIntegerLifters, ...sseMoveLifters, ...stringMatchLifters }),
  ...avxLifters,
  ...fmaLifters,
  ...cryptoLifters,
};
