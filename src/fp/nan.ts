/** NaN results: the default NaN and propagation, by the environment's policy. */
import { FP_ENV, NAN_POLICY } from './fp-env.ts';
import type { FpEnvironment } from './environment.ts';
import { isNaN, signed, type FloatFormat, type Unpacked } from './format.ts';

/** The NaN that an invalid operation gives. x86's "real indefinite" is negative. */
export function defaultNaN(format: FloatFormat, env: FpEnvironment): bigint {
  return signed(format, env.nanPolicy === NAN_POLICY.FIRST_OPERAND, format.infinity | format.quietBit);
}

/** Raises invalid and gives the default NaN. */
export function invalid(format: FloatFormat, env: FpEnvironment): bigint {
  env.raise(FP_ENV.INVALID);
  return defaultNaN(format, env);
}

/** The operand whose NaN the policy propagates; `operands` are in the policy's order of preference. */
function chooseNaN(operands: readonly Unpacked[], env: FpEnvironment): Unpacked | undefined {
  const signaling = operands.find((operand) => operand.kind === 'signaling');
  if (signaling !== undefined) env.raise(FP_ENV.INVALID);
  if (env.nanPolicy === NAN_POLICY.SIGNALING_FIRST && signaling !== undefined) return signaling;
  return operands.find(isNaN);
}

/** The NaN result of an operation that has a NaN among `operands`, or null where there is none. */
export function propagateNaN(format: FloatFormat, env: FpEnvironment, ...operands: Unpacked[]): bigint | null {
  const chosen = chooseNaN(operands, env);
  if (chosen === undefined) return null;
  return env.nanPolicy === NAN_POLICY.CANONICAL ? defaultNaN(format, env) : chosen.bits | format.quietBit;
}

/** A NaN carried to another format: the payload keeps its leading bits. */
export function convertNaN(from: FloatFormat, to: FloatFormat, operand: Unpacked, env: FpEnvironment): bigint {
  if (operand.kind === 'signaling') env.raise(FP_ENV.INVALID);
  if (env.nanPolicy === NAN_POLICY.CANONICAL) return defaultNaN(to, env);
  const fraction = operand.bits & from.fractionMask;
  const shift = to.fractionBits - from.fractionBits;
  const payload = shift >= 0n ? fraction << shift : fraction >> -shift;
  return signed(to, operand.negative, to.infinity | to.quietBit | payload);
}
