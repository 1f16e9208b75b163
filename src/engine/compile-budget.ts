/**
 * How much time may go into compiling: some at once, so that a short hot loop is compiled when it is found, and later a share
 * of the time that passes, so that a program with much code and little repetition is not slower than it
 * would be interpreted: most programs end before they have run for long. Code that has to wait asks again, the hottest most often.
 */

import type { RegionStats } from './stats.ts';

type CompileStats = Pick<RegionStats, 'compileTime' | 'longestCompile' | 'prepareTime' | 'compileRefusals'>;

/** Nanoseconds that may be spent without having been earned. */
const FREE = 40_000_000n;
/** Nanoseconds from which on time spent running earns anything. */
const EARNS_FROM = 500_000_000n;
/** One part in so many of it may be spent compiling. */
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
    const running = this.#clock() - this.#start - this.#spent - EARNS_FROM;
    if (this.#spent < FREE + (running > 0n ? running / SHARE : 0n)) return true;
    this.#stats.compileRefusals++;
    return false;
  }

  /** Runs a compilation and charges for it. */
  charge<T>(compilation: () => T): T {
    const begun = this.#clock();
    try {
      return compilation();
    } finally {
      const took = this.#clock() - begun;
      this.#spent += took;
      this.#stats.compileTime += Number(took);
      this.#stats.longestCompile = Math.max(this.#stats.longestCompile, Number(took));
    }
  }

  /** Runs what has to be done before the first compilation, and charges nothing for it: it is not done again. */
  prepare(preparation: () => void): void {
    const begun = this.#clock();
    preparation();
    this.#stats.prepareTime += Number(this.#clock() - begun);
  }
}
