/** ITIMER_REAL of setitimer(2) and alarm(2). */
import type { Cancel, Platform } from '../../platform/types.ts';

export interface IntervalTimerSetting {
  /** Nanoseconds until it expires; 0: not armed. */
  readonly value: bigint;
  /** Nanoseconds between further expirations; 0: none. */
  readonly interval: bigint;
}

export class RealTimer {
  readonly #platform: Pick<Platform, 'clock' | 'setTimer'>;
  readonly #expire: () => void;
  #cancel: Cancel | null = null;
  #deadline = 0n;
  #interval = 0n;

  constructor(platform: Pick<Platform, 'clock' | 'setTimer'>, expire: () => void) {
    this.#platform = platform;
    this.#expire = expire;
  }

  get setting(): IntervalTimerSetting {
    if (this.#cancel === null) return { value: 0n, interval: this.#interval };
    const left = this.#deadline - this.#platform.clock.monotonic();
    // An armed timer never reports zero: it would look disarmed.
    return { value: left > 1000n ? left : 1000n, interval: this.#interval };
  }

  set({ value, interval }: IntervalTimerSetting): void {
    this.cancel();
    this.#interval = interval;
    if (value > 0n) this.#arm(this.#platform.clock.monotonic() + value);
  }

  cancel(): void {
    this.#cancel?.();
    this.#cancel = null;
  }

  #arm(deadline: bigint): void {
    const now = this.#platform.clock.monotonic();
    this.#deadline = deadline;
    this.#cancel = this.#platform.setTimer(deadline > now ? deadline - now : 0n, () => {
      this.#cancel = null;
      if (this.#interval > 0n) this.#arm(this.#nextDeadline());
      this.#expire();
    });
  }

  /** The next multiple of the interval that lies ahead: expirations that were missed count once. */
  #nextDeadline(): bigint {
    const late = this.#platform.clock.monotonic() - this.#deadline;
    return this.#deadline + (late / this.#interval + 1n) * this.#interval;
  }
}
