/**
 * How much time may go into compiling: some at once, so that a short hot loop is compiled when it is found, and a share of
 * the time that has passed since, so that a program with much code and little repetition is not slower than it
 * would be interpreted. Code that has to wait asks again, the hottest most often.
 */

/** Nanoseconds that may be spent without having been earned. */
const FREE = 60_000_000n;
/** One part in so many of the time spent running may be spent compiling. */
const SHARE = 3n;

export class CompileBudget {
  readonly #clock: () => bigint;
  readonly #start: bigint;
  #spent = 0n;
  /** Times that compiling had to wait. */
  refusals = 0;

  /** `clock`: monotonic, in nanoseconds. */
  constructor(clock: () => bigint) {
    this.#clock = clock;
    this.#start = clock();
  }

  /** Nanoseconds spent compiling. */
  get spent(): bigint {
    return this.#spent;
  }

  /** True when there is time for another compilation. */
  allows(): boolean {
    const running = this.#clock() - this.#start - this.#spent;
    if (this.#spent < FREE + running / SHARE) return true;
    this.refusals++;
    return false;
  }

  /** Runs a compilation and charges for it. */
  charge<T>(compilation: () => T): T {
    const begun = this.#clock();
    try {
      return compilation();
    } finally {
      this.#spent += this.#clock() - begun;
    }
  }
}
