/** The lift function of every instruction. */
import type { Operand } from '../operands.ts';
import type { Mnemonic } from '../tables.ts';
import { arithmeticLifters } from './arithmetic.ts';
import type { LiftContext } from './context.ts';
import { controlLifters } from './control.ts';
import { moveLifters } from './move.ts';

export type Lifter = (c: LiftContext, operands: readonly Operand[]) => void;

export const lifters: Readonly<Record<Mnemonic, Lifter>> = {
  ...arithmeticLifters,
  ...moveLifters,
  ...controlLifters,
};
