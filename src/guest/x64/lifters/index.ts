/** The lift function of every instruction. */
import type { Operand } from '../operands.ts';
import type { Mnemonic } from '../tables.ts';
import { vectorLifters } from './vector-index.ts';
import { arithmeticLifters } from './arithmetic.ts';
import { bitLifters } from './bits.ts';
import type { LiftContext } from './context.ts';
import { controlLifters } from './control.ts';
import { moveLifters } from './move.ts';
import { sseFloatLifters } from './sse-float.ts';
import { sseIntegerLifters } from './sse-integer.ts';
import { sseMoveLifters } from './sse-move.ts';
import { stringMatchLifters } from './string-match.ts';
import { multiplyLifters } from './multiply.ts';
import { segmentLifters } from './segment.ts';
import { shiftLifters } from './shifts.ts';
import { stringLifters } from './string.ts';
import { systemLifters } from './system.ts';

export type Lifter = (c: LiftContext, operands: readonly Operand[]) => void;

export const lifters: Readonly<Record<Mnemonic, Lifter>> = {
  ...arithmeticLifters,
  ...bitLifters,
  ...moveLifters,
  ...multiplyLifters,
  ...segmentLifters,
  ...shiftLifters,
  ...stringLifters,
  ...systemLifters,
  ...controlLifters,
  ...sseFloatLifters,
  ...sseIntegerLifters,
  ...sseMoveLifters,
  ...stringMatchLifters,
  ...vectorLifters,
};
