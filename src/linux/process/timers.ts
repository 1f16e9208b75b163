/** Timers of a process: setitimer(2), timer_create(2), and the clockwork behind timerfd_create(2). */
import type { Cancel, Platform } from '../../platform/types.ts';

export interface IntervalTimerSetting {
  /** Nanoseconds until it expires; 0: not armed. */
  readonly value: bigint;
  /** Nanoseconds between further expirations; 0: none. */
  readonly interval: bigint;
  /** Nanoseconds since it was to expire first, where that is past: it has expired that much more often. */
  readonly overdue?: bigint;
}

/** Something that expires, once or again and again. */
export class RealTimer {
  readonly #platform: Pick<Platform, 'clock' | 'setTimer'>;
  readonly #expire: (expirations: bigint) => void;
  #cancel: Cancel | null = null;
  #deadline = 0n;
  #interval = 0n;

  /** `expire` is told how often the timer expired since it was told last. */
  constructor(platform: Pick<Platform, 'clock' | 'setTimer'>, expire: (expirations: bigint) => void) {
    this.#platform = platform;
    this.#expire = expire;
  }

  get armed(): boolean {
    return this.#cancel !== null;
  }

  get setting(): IntervalTimerSetting {
    if (this.#cancel === null) return { value: 0n, interval: this.#interval };
    const left = this.#deadline - this.#platform.clock.monotonic();
    // An armed timer never reports zero: it would look disarmed.
    return { value: left > 1000n ? left : 1000n, interval: this.#interval };
  }

  set({ value, interval, overdue = 0n }: IntervalTimerSetting): void {
    this.cancel();
    this.#interval = interval;
    if (value > 0n) this.#arm(this.#platform.clock.monotonic() + value - overdue);
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
      let expirations = 1n;
      if (this.#interval > 0n) {
        const late = this.#platform.clock.monotonic() - this.#deadline;
        expirations += late > 0n ? late / this.#interval : 0n;
        this.#arm(this.#deadline + expirations * this.#interval);
      }
      this.#expire(expirations);
    });
  }
}

/** Counts the time that a process or thread runs, and is looked at after each turn. */
export class CpuTimer {
  readonly #cpuTime: () => bigint;
  readonly #expire: (expirations: bigint) => void;
  #deadline: bigint | null = null;
  #interval = 0n;

  /** `expire` is told how often the timer expired since it was told last. */
  constructor(cpuTime: () => bigint, expire: (expirations: bigint) => void) {
    this.#cpuTime = cpuTime;
    this.#expire = expire;
  }

  get armed(): boolean {
    return this.#deadline !== null;
  }

  get setting(): IntervalTimerSetting {
    if (this.#deadline === null) return { value: 0n, interval: this.#interval };
    const left = this.#deadline - this.#cpuTime();
    return { value: left > 1000n ? left : 1000n, interval: this.#interval };
  }

  set({ value, interval, overdue = 0n }: IntervalTimerSetting): void {
    this.#interval = interval;
    this.#deadline = value > 0n ? this.#cpuTime() + value - overdue : null;
  }

  cancel(): void {
    this.#deadline = null;
  }

  check(): void {
    if (this.#deadline === null) return;
    const late = this.#cpuTime() - this.#deadline;
    if (late < 0n) return;
    const expirations = this.#interval > 0n ? 1n + late / this.#interval : 1n;
    this.#deadline = this.#interval > 0n ? this.#deadline + expirations * this.#interval : null;
    this.#expire(expirations);
  }
}
