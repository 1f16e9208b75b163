/**
 * Which pages hold code that stays as it is long enough to be compiled. A change takes the modules of its page along. A page
 * that did so often is left to tier 0 for a while, twice as long each time: a guest that keeps writing code on a page costs
 * a few compilations, and loses nothing on its other pages.
 */

/** Drops of a page that cost it nothing: what happens while a program starts. */
const FREE_DROPS = 4;
/** Nanoseconds for which a page is left alone after the next drop, and at most. */
const FIRST_WAIT = 20_000_000n;
const LAST_WAIT = 10_240_000_000n;

interface PageRecord {
  drops: number;
  /** When code on the page may be compiled again. */
  until: bigint;
}

export class CodeStability {
  readonly #clock: () => bigint;
  readonly #pages = new Map<number, PageRecord>();

  /** `clock`: monotonic time in nanoseconds. */
  constructor(clock: () => bigint) {
    this.#clock = clock;
  }

  /** Code on `page` changed that was compiled. */
  noteDrop(page: number): void {
    const drops = (this.#pages.get(page)?.drops ?? 0) + 1;
    this.#pages.set(page, { drops, until: this.#clock() + waitAfter(drops) });
  }

  /** The pages whose code is not to be compiled now. */
  unstablePages(): ReadonlySet<number> {
    const unstable = new Set<number>();
    if (this.#pages.size === 0) return unstable;
    const now = this.#clock();
    for (const [page, { until }] of this.#pages) if (now < until) unstable.add(page);
    return unstable;
  }
}

function waitAfter(drops: number): bigint {
  if (drops <= FREE_DROPS) return 0n;
  const wait = FIRST_WAIT << BigInt(drops - FREE_DROPS - 1);
  return wait < LAST_WAIT ? wait : LAST_WAIT;
}
