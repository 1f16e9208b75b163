/**
 * Which loops and functions are worth compiling. Tier 0 counts taken back-edges and calls, and reports each location after
 * some; here they add up, and fade with time: what ran often once, long ago, is not hot. More is asked for while hot code
 * waits to be compiled, because there was no time for it, and where compiling takes longer than usual. Nothing is hot before
 * the program has run for about as long as it takes to get ready for compiling at all: many programs end before that. Until
 * then, what an earlier run compiled is loaded only for what is hot already: the host's compiler takes its time for that too.
 */
import type { RegionStats } from './stats.ts';

/** Reports of one location until it is hot, as long as nothing waits. */
const REPORTS = 4;
/** Nanoseconds after which a count is worth half. */
const HALF_LIFE = 5_000_000_000;
/** Nanoseconds from one look for waiting locations that have faded to the next. */
const LOOK = 1_000_000_000n;
/** Waiting locations that make the threshold twice what it is, and how often they count at most. */
const WAITING = 16;
const MAX_WAITING = 3 * WAITING;
/** What compiling usually takes, in nanoseconds: a module, and a guest instruction in it. */
const MODULE_COST = 1_500_000;
const INSTRUCTION_COST = 100_000;
/** How much dearer than usual it is taken for at most, and modules before that says anything. */
const MAX_COST = 4;
const MIN_MODULES = 8;
/** Arrivals that show of a loop that control will come to it again soon. */
export const GOES_ROUND = 32;
/** A threshold below this asks for all to be compiled, at once. */
export const EAGER_THRESHOLD = 16;
/** Arrivals at a loop or function that make it hot, and at one, or at all together, before which nothing is. */
export const COMPILE_THRESHOLD = 12_000;
export const READY = { ONE: 36 * COMPILE_THRESHOLD, ALL: 400 * COMPILE_THRESHOLD } as const;
/** Locations to remember; more only while all of them are close to being hot. */
const LOCATIONS = 4096;

/** What an arrival in tier 0 takes, with the code until the next one, and compiling a module before that was measured. */
const ARRIVAL_COST = 20;
const FIRST_MODULE_COST = 25_000_000;

interface Location {
  count: number;
  /** All arrivals that were reported, faded or not. */
  total: number;
  /** When that was so. */
  at: bigint;
}

type CompileFigures = Pick<
  RegionStats,
  'modules' | 'cachedModules' | 'regionInstructions' | 'compileTime' | 'longestCompile' | 'hotspots'
>;

export class HotspotDetector {
  /** Arrivals that tier 0 is to count before it reports a location. */
  readonly granule: number;
  readonly #base: number;
  readonly #clock: () => bigint;
  readonly #stats: CompileFigures;
  readonly #locations = new Map<number, Location>();
  readonly #waiting = new Set<number>();
  /** When it was looked for waiting locations that have faded. */
  #looked = 0n;
  /** All arrivals that were reported, until it is ready: then it stays so. */
  #arrivals = 0;
  #isReady: boolean;
  /** Locations that it takes to look for those that have faded. */
  #crowd = LOCATIONS;

  /**
   * `clock`: monotonic time in nanoseconds; `threshold`: arrivals that make a location hot where nothing waits, from the
   * first on.
   */
  constructor(clock: () => bigint, stats: CompileFigures, threshold?: number) {
    this.#base = threshold ?? COMPILE_THRESHOLD;
    this.#isReady = threshold !== undefined;
    this.granule = this.#base < EAGER_THRESHOLD ? this.#base : Math.ceil(this.#base / REPORTS);
    this.#clock = clock;
    this.#stats = stats;
  }

  /** Arrivals that make a location hot where nothing waits. */
  get usual(): number {
    return this.#base;
  }

  /** Arrivals that make a location hot now. */
  get threshold(): number {
    if (this.#base < EAGER_THRESHOLD) return this.#base;
    return this.#base * (1 + Math.min(this.#waiting.size, MAX_WAITING) / WAITING) * this.#cost();
  }

  /** True once the program has run for long enough that many more loads and compilations pay. */
  get isReady(): boolean {
    return this.#isReady;
  }

  /** Whether code that was compiled in an earlier run is worth loading for a location that was reported. */
  isWorthLoading(pc: number): boolean {
    return this.#isReady || this.countOf(pc) >= this.#base;
  }

  /** Hot locations that are not compiled yet. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /** Arrivals at a location that were reported, as far as they have not faded. */
  countOf(pc: number): number {
    const location = this.#locations.get(pc);
    return location === undefined ? 0 : fade(location, this.#clock());
  }

  /** Locations that were reported, and their arrivals as far as they have not faded. */
  *counts(): Generator<readonly [pc: number, count: number]> {
    const now = this.#clock();
    for (const [pc, location] of this.#locations) yield [pc, fade(location, now)];
  }

  /** Takes a report: `arrivals` more at a location. True where it is hot, until `settle` or `postpone` is told about it. */
  note(pc: number, arrivals: number): boolean {
    const now = this.#clock();
    let location = this.#locations.get(pc);
    if (location === undefined) {
      this.#forgetFaded(now);
      this.#locations.set(pc, (location = { count: 0, total: 0, at: now }));
    }
    location.count = fade(location, now) + arrivals;
    location.total += arrivals;
    location.at = now;
    this.#stopWaiting(now);
    if (!this.#getReady(location, arrivals) || location.count < this.threshold) return false;
    if (!this.#waiting.has(pc)) this.#stats.hotspots++;
    return true;
  }

  /** A hot location could not be compiled yet: it asks again, the sooner the hotter it is. */
  postpone(pc: number): void {
    const location = this.#locations.get(pc);
    if (location === undefined) return;
    location.count /= 2;
    this.#waiting.add(pc);
  }

  /**
   * True for a location where tier 0 has spent as much time as compiling takes: waiting longer may cost any amount, compiling
   * it now at most as much again.
   */
  isOverdue(pc: number): boolean {
    const { modules, cachedModules, compileTime } = this.#stats;
    const compiled = modules - cachedModules;
    const cost = compiled < MIN_MODULES ? FIRST_MODULE_COST : compileTime / compiled;
    return (this.#locations.get(pc)?.total ?? 0) * ARRIVAL_COST >= cost;
  }

  /** A location was compiled, or never will be: it counts from nothing if it is reported again. */
  settle(pc: number): void {
    this.#locations.delete(pc);
    this.#waiting.delete(pc);
  }

  /** Guest code changed: counts say nothing any more. */
  clear(): void {
    this.#locations.clear();
    this.#waiting.clear();
  }

  #getReady({ total }: Location, arrivals: number): boolean {
    this.#arrivals += arrivals;
    this.#isReady ||= total >= READY.ONE || this.#arrivals >= READY.ALL;
    return this.#isReady;
  }

  /** How much dearer than usual compiling was so far; the first time does not count, for all that is done only once. */
  #cost(): number {
    const { modules, cachedModules, regionInstructions, compileTime, longestCompile } = this.#stats;
    const compiled = modules - cachedModules;
    if (compiled < MIN_MODULES) return 1;
    const usual = compiled * MODULE_COST + regionInstructions * INSTRUCTION_COST;
    return Math.min(Math.max((compileTime - longestCompile) / usual, 1), MAX_COST);
  }

  /** Locations that do not run any more wait for nothing. */
  #stopWaiting(now: bigint): void {
    if (this.#waiting.size === 0 || now - this.#looked < LOOK) return;
    this.#looked = now;
    for (const pc of this.#waiting) if (this.countOf(pc) < this.granule) this.#waiting.delete(pc);
  }

  #forgetFaded(now: bigint): void {
    if (this.#locations.size < this.#crowd) return;
    for (const [pc, location] of this.#locations) if (fade(location, now) < this.granule / 2) this.settle(pc);
    // Looked for again only when there are twice as many, so that it costs little for each.
    this.#crowd = Math.max(LOCATIONS, this.#locations.size * 2);
  }
}

function fade({ count, at }: Location, now: bigint): number {
  return count * 2 ** (-Number(now - at) / HALF_LIFE);
}
