/**
 * How much time may go into compiling: some at once, so that a short hot loop is compiled when it is found, and a share of
 * the time that has passed since, so that a program with much code and little repetition is not slower than it
 * would be interpreted. Code that has to wait asks again, the hottest most often.
 */

import type { RegionStats } from './stats.ts';

type CompileStats = Pick<RegionStats, 'compileTime' | 'longestCompile' | 'compileRefusals'>;

/** Nanoseconds that may be spent without having been earned. */
const FREE = 40_000_000n;
/** One part in so many of the time spent running may be spent compiling. */
const SHARE = 6n;

export class CompileBudget {
  readonly #clock: () => bigint;
  readonly #start: bigint;
  readonly #stats: CompileStats;
  #spent = 0n;

  /** `clock`: monotonic, in nanoseconds. */
  constructor(clock: () => bigint, stats: CompileStats) {
    this.#clock = clock;
    this.#stats = stats;
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
    this.#stats.compileRefusals++;
    return false;
  }

  /** Runs a compilation and charges for it. */
  charge<T>(compilation: () => T): T {
    const begun = this.#clock();
    try {
      return this.time(compilation);
    } finally {
      this.#spent += this.#clock() - begun;
    }
  }

  /** Runs what belongs to compiling, and counts its time in the statistics alone. */
  time<T>(preparation: () => T): T {
    const begun = this.#clock();
    try {
      return preparation();
    } finally {
      const took = this.#clock() - begun;
      this.#stats.compileTime += Number(took);
      this.#stats.longestCompile = Math.max(this.#stats.longestCompile, Number(took));
    }
  }
}
