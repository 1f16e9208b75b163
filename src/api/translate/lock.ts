/** A lock in a shared memory, for a few microseconds at a time. */

const FREE = 0;
const HELD = 1;
/** Held, and others sleep. */
const AWAITED = 2;
/** Looks at a lock that is held before going to sleep. */
const SPINS = 100;

export class Lock {
  readonly #words: Int32Array;
  readonly #index: number;

  /** The lock is the word at an index, 0 at first. */
  constructor(words: Int32Array, index: number) {
    this.#words = words;
    this.#index = index;
  }

  /** Does something while no other thread does anything under this lock. A thread that is terminated meanwhile keeps it. */
  hold<T>(work: () => T): T {
    this.#take();
    try {
      return work();
    } finally {
      this.#give();
    }
  }

  #take(): void {
    for (let spin = 0; spin < SPINS; spin++)
      if (Atomics.compareExchange(this.#words, this.#index, FREE, HELD) === FREE) return;
    while (Atomics.exchange(this.#words, this.#index, AWAITED) !== FREE) {
      try {
        // eslint-disable-next-line hospes/no-clock-or-randomness -- no guest runs meanwhile: there is nothing to replay
        Atomics.wait(this.#words, this.#index, AWAITED);
      } catch (error) {
        // The main thread of a page may not sleep: it looks again.
        if (!(error instanceof TypeError)) throw error;
      }
    }
  }

  #give(): void {
    if (Atomics.exchange(this.#words, this.#index, FREE) === AWAITED) Atomics.notify(this.#words, this.#index, 1);
  }
}
