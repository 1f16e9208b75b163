/** NaN results of extended arithmetic (Intel SDM volume 1, table 4-7, x87 column), and denormal operands. */
import { FP_ENV } from '../fp-env.ts';
import type { ExtendedEnvironment } from './environment.ts';
import { INDEFINITE, LEADING, SIGN, type Extended, type Operand } from './format.ts';

const isNaN = ({ kind }: Operand): boolean => kind === 'quiet' || kind === 'signaling';

export function quieted({ significand, high }: Extended): Extended {
  return { significand: significand | (LEADING >> 1n), high };
}

/** Raises invalid and gives the default NaN. */
export function invalidOperation(env: ExtendedEnvironment): Extended {
  env.fp.raise(FP_ENV.INVALID);
  return INDEFINITE;
}

/** Of two NaNs the greater significand, a tie going to the positive one; a quiet one before a signalling one. */
function preferred(a: Operand, b: Operand): Operand {
  if (a.kind !== b.kind) return a.kind === 'quiet' ? a : b;
  if (a.encoding.significand !== b.encoding.significand) return a.encoding.significand > b.encoding.significand ? a : b;
  return (a.encoding.high & SIGN) === 0 ? a : b;
}

/** The result where an operand is a NaN or unsupported, else null. */
export function specialResult(env: ExtendedEnvironment, ...operands: readonly Operand[]): Extended | null {
  if (operands.some(({ kind }) => kind === 'unsupported')) return invalidOperation(env);
  if (operands.some(({ kind }) => kind === 'signaling')) env.fp.raise(FP_ENV.INVALID);
  const nans = operands.filter(isNaN);
  const [first, second] = nans;
  if (first === undefined) return null;
  return quieted((second === undefined ? first : preferred(first, second)).encoding);
}

/** Notes denormal operands, unless the operation turned out invalid or a division by zero. */
export function noteDenormals(env: ExtendedEnvironment, ...operands: readonly Operand[]): void {
  if ((env.fp.flags & (FP_ENV.INVALID | FP_ENV.DIVIDE_BY_ZERO)) !== 0) return;
  if (operands.some(({ isDenormal }) => isDenormal)) env.fp.raise(FP_ENV.INPUT_DENORMAL);
}
