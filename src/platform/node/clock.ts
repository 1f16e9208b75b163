import type { Cancel, Clock } from '../types.ts';

/** Drift against the host's wall clock beyond which it was set, not merely truncated to milliseconds. */
const TOLERANCE = 2_000_000n;
const TRIES = 4;
const LONGEST_TIMEOUT = 2 ** 31 - 1;

function isOff(drift: bigint): boolean {
  return drift < -TOLERANCE || drift > TOLERANCE;
}

function wallClock(): bigint {
  return BigInt(Date.now()) * 1_000_000n;
}

/** The wall clock with the resolution of the monotonic one: `Date.now` alone counts milliseconds. */
export class NodeClock implements Clock {
  #offset = 0n;

  realtime(): bigint {
    let now = this.monotonic() + this.#offset;
    let drift = now - wallClock();
    // The host may have done something else between one clock and the other: then they agree the next time.
    for (let tries = 1; tries < TRIES && isOff(drift); tries++) {
      now = this.monotonic() + this.#offset;
      drift = now - wallClock();
    }
    if (!isOff(drift)) return now;
    this.#offset -= drift;
    return now - drift;
  }

  monotonic(): bigint {
    return process.hrtime.bigint();
  }
}

/**
 * A timer of any length; setTimeout counts milliseconds and overflows after 24 days. No time at all is one turn of the
 * event loop: setTimeout would make a millisecond of it.
 */
export function setNodeTimer(nanoseconds: bigint, callback: () => void): Cancel {
  if (nanoseconds <= 0n) {
    const immediate = setImmediate(callback);
    return () => clearImmediate(immediate);
  }
  const deadline = process.hrtime.bigint() + nanoseconds;
  let timeout: NodeJS.Timeout | undefined;
  const arm = (): void => {
    const left = Number((deadline - process.hrtime.bigint() + 999_999n) / 1_000_000n);
    if (left <= 0 && timeout !== undefined) return callback();
    timeout = setTimeout(arm, Math.min(Math.max(left, 0), LONGEST_TIMEOUT));
  };
  arm();
  return () => clearTimeout(timeout);
}
