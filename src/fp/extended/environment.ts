/**
 * The environment of extended arithmetic: one word in the vCPU head, the status word in its low half (without the
 * stack's top), the control word in its upper half, both as the x87 has them (Intel SDM volume 1, 8.1.3 and 8.1.5), but
 * the control word with the bits of its initial value inverted, so that a word of 0 is the initial environment.
 */
import { FpEnvironment } from '../environment.ts';
import { FP_ENV, NAN_POLICY, ROUNDING } from '../fp-env.ts';
import type { FloatFormat } from '../format.ts';
import { f80, f80Double, f80Single } from './format.ts';

export const STATUS = {
  INVALID: 1 << 0,
  DENORMAL: 1 << 1,
  DIVIDE_BY_ZERO: 1 << 2,
  OVERFLOW: 1 << 3,
  UNDERFLOW: 1 << 4,
  INEXACT: 1 << 5,
  STACK_FAULT: 1 << 6,
  SUMMARY: 1 << 7,
  C0: 1 << 8,
  C1: 1 << 9,
  C2: 1 << 10,
  C3: 1 << 14,
  BUSY: 1 << 15,
} as const;

export const CONDITIONS = STATUS.C0 | STATUS.C1 | STATUS.C2 | STATUS.C3;

export const CONTROL = {
  MASKS: 0x3f,
  PRECISION_SHIFT: 8,
  ROUNDING_SHIFT: 10,
  /** After `fninit`. */
  INITIAL: 0x37f,
} as const;

/** Status flags by environment flag. */
const flagBits = [
  [FP_ENV.INVALID, STATUS.INVALID],
  [FP_ENV.INPUT_DENORMAL, STATUS.DENORMAL],
  [FP_ENV.DIVIDE_BY_ZERO, STATUS.DIVIDE_BY_ZERO],
  [FP_ENV.OVERFLOW, STATUS.OVERFLOW],
  [FP_ENV.UNDERFLOW, STATUS.UNDERFLOW],
  [FP_ENV.INEXACT, STATUS.INEXACT],
] as const;

const roundingModes = [ROUNDING.NEAREST_EVEN, ROUNDING.DOWN, ROUNDING.UP, ROUNDING.TOWARD_ZERO] as const;

export class ExtendedEnvironment {
  /** The status word so far. */
  status: number;
  readonly control: number;
  /** For the functions of the general formats; its flags are taken over by `finish`. */
  readonly fp = new FpEnvironment(NAN_POLICY.FIRST_OPERAND << FP_ENV.NAN_POLICY_SHIFT);

  constructor(word: number) {
    this.status = word & 0xffff;
    this.control = (word >>> 16) ^ CONTROL.INITIAL;
    this.fp.rounding = roundingModes[(this.control >> CONTROL.ROUNDING_SHIFT) & 3] ?? ROUNDING.NEAREST_EVEN;
  }

  /** Format that precision control rounds results to; the reserved value counts as extended. */
  get format(): FloatFormat {
    const precision = (this.control >> CONTROL.PRECISION_SHIFT) & 3;
    return precision === 0 ? f80Single : precision === 2 ? f80Double : f80;
  }

  raise(flags: number): void {
    this.status |= flags;
  }

  /** Condition code bits in `mask` become those in `values`. */
  setConditions(values: number, mask: number): void {
    this.status = (this.status & ~mask) | values;
  }

  /** An operand register was empty, or one to be filled was not: invalid, C1 telling which (SDM volume 1, 8.5.1.1). */
  stackFault(isOverflow: boolean): void {
    this.raise(STATUS.INVALID | STATUS.STACK_FAULT);
    this.setConditions(isOverflow ? STATUS.C1 : 0, STATUS.C1);
  }

  /** Takes over the flags of `fp`, and C1 from its last rounding. The summary bit follows the unmasked flags. */
  finish(): number {
    for (const [neutral, flag] of flagBits) if ((this.fp.flags & neutral) !== 0) this.status |= flag;
    if (this.fp.roundedUp) this.status |= STATUS.C1;
    return this.toWord();
  }

  toWord(): number {
    const unmasked = this.status & CONTROL.MASKS & ~this.control;
    const summary = unmasked === 0 ? 0 : STATUS.SUMMARY | STATUS.BUSY;
    return (this.status & ~(STATUS.SUMMARY | STATUS.BUSY)) | summary | ((this.control ^ CONTROL.INITIAL) << 16);
  }
}
