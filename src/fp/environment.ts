import { FP_ENV } from './fp-env.ts';

/** The floating-point environment as fields: what soft-float reads (modes) and accumulates (`flags`). */
export class FpEnvironment {
  /** A `ROUNDING` value other than `DYNAMIC`. */
  rounding: number;
  /** Sticky exception flags, `FP_ENV` bits. */
  flags: number;
  /** Whether the last rounding made the magnitude greater (the x87's C1). */
  roundedUp = false;
  /** A `NAN_POLICY` value. */
  nanPolicy: number;
  flushInputs: boolean;
  flushOutputs: boolean;
  tininessBeforeRounding: boolean;
  alternativeHalf: boolean;

  /** From the neutral environment word. */
  constructor(word = 0) {
    this.rounding = (word & FP_ENV.ROUNDING_MASK) >> FP_ENV.ROUNDING_SHIFT;
    this.flags = word & FP_ENV.FLAGS_MASK;
    this.nanPolicy = (word & FP_ENV.NAN_POLICY_MASK) >> FP_ENV.NAN_POLICY_SHIFT;
    this.flushInputs = (word & FP_ENV.FLUSH_INPUTS) !== 0;
    this.flushOutputs = (word & FP_ENV.FLUSH_OUTPUTS) !== 0;
    this.tininessBeforeRounding = (word & FP_ENV.TININESS_BEFORE_ROUNDING) !== 0;
    this.alternativeHalf = (word & FP_ENV.ALTERNATIVE_HALF) !== 0;
  }

  raise(flags: number): void {
    this.flags |= flags;
  }

  /** The neutral environment word. */
  toWord(): number {
    return (
      this.flags |
      (this.rounding << FP_ENV.ROUNDING_SHIFT) |
      (this.nanPolicy << FP_ENV.NAN_POLICY_SHIFT) |
      (this.flushOutputs ? FP_ENV.FLUSH_OUTPUTS : 0) |
      (this.flushInputs ? FP_ENV.FLUSH_INPUTS : 0) |
      (this.tininessBeforeRounding ? FP_ENV.TININESS_BEFORE_ROUNDING : 0) |
      (this.alternativeHalf ? FP_ENV.ALTERNATIVE_HALF : 0)
    );
  }
}
