import { describe, expect, it } from 'vitest';
import { HotspotDetector, READY } from './hotspots.ts';
import { createEngineStats } from './stats.ts';

const THRESHOLD = 12_000;
const SECOND = 1_000_000_000n;

/** A detector fed as tier 0 does it, at a time that can be set. */
class Trace {
  now = 0n;
  readonly stats = createEngineStats();
  readonly detector: HotspotDetector;
  readonly #counters = new Map<number, number>();
  /** What was found hot, in order. */
  readonly hot: number[] = [];
  /** What happens to that. */
  outcome: (pc: number) => 'settle' | 'postpone' = () => 'settle';
  readonly #compiled = new Set<number>();

  /** With no threshold, the detector's own. */
  constructor(threshold?: number) {
    this.detector = new HotspotDetector(() => this.now, this.stats, threshold);
  }

  arrive(pc: number, times = 1): void {
    for (let time = 0; time < times && !this.#compiled.has(pc); time++) {
      const count = (this.#counters.get(pc) ?? 0) + 1;
      this.#counters.set(pc, count % this.detector.granule);
      if (count < this.detector.granule || !this.detector.note(pc, count)) continue;
      this.hot.push(pc);
      const outcome = this.outcome(pc);
      this.detector[outcome](pc);
      if (outcome === 'settle') this.#compiled.add(pc);
    }
  }
}

describe('hotspots', () => {
  it('a steady loop is hot exactly once, at the threshold', () => {
    const trace = new Trace(THRESHOLD);
    trace.arrive(100, THRESHOLD - 1);
    expect(trace.hot).toEqual([]);
    trace.arrive(100, 1);
    expect(trace.hot).toEqual([100]);
    trace.arrive(100, 10 * THRESHOLD);
    expect(trace.hot).toEqual([100]);
    expect(trace.stats.hotspots).toBe(1);
  });

  it('nothing is hot before one loop, or all code, was arrived at often enough for it to pay to get ready', () => {
    const one = new Trace();
    one.arrive(100, READY.ONE - 1);
    expect(one.hot).toEqual([]);
    one.arrive(100, 1);
    expect(one.hot).toEqual([100]);
    one.arrive(200, one.detector.usual);
    expect(one.hot).toEqual([100, 200]);

    const all = new Trace();
    const { granule, usual } = all.detector;
    const locations = READY.ALL / usual / 2;
    for (let pc = 0; pc < locations; pc++) all.arrive(pc, 2 * usual - granule);
    expect(all.hot).toEqual([]);
    for (let pc = 0; pc < locations; pc++) all.arrive(pc, granule);
    expect(all.hot).toEqual([locations - 1]);
  });

  it('what is kept is worth loading where code is hot by itself, and everywhere once it pays to get ready', () => {
    const trace = new Trace();
    const { granule, usual } = trace.detector;
    trace.arrive(100, usual - granule);
    expect(trace.detector.isWorthLoading(100)).toBe(false);
    trace.arrive(100, granule);
    expect([100, 200].map((pc) => trace.detector.isWorthLoading(pc))).toEqual([true, false]);
    trace.arrive(300, READY.ONE);
    expect(trace.detector.isReady).toBe(true);
    expect(trace.detector.isWorthLoading(200)).toBe(true);
  });

  it('a burst fades', () => {
    const trace = new Trace(THRESHOLD);
    for (let burst = 0; burst < 20; burst++) {
      trace.arrive(100, THRESHOLD / 2);
      trace.now += 10n * SECOND;
    }
    expect(trace.hot).toEqual([]);
    // The same at once is hot.
    trace.arrive(100, THRESHOLD);
    expect(trace.hot).toEqual([100]);
  });

  it('what is reached slowly but steadily is hot where that pays', () => {
    const rate = (arrivals: number): number[] => {
      const trace = new Trace(THRESHOLD);
      for (let second = 0; second < 100; second++) {
        trace.arrive(100, arrivals);
        trace.now += SECOND;
      }
      return trace.hot;
    };
    expect(rate(1_000)).toEqual([]);
    expect(rate(6_000)).toEqual([100]);
  });

  it('a flood of code that runs once compiles nothing, and is not remembered', () => {
    const trace = new Trace(THRESHOLD);
    for (let round = 0; round < 3; round++) for (let pc = 0; pc < 50_000; pc++) trace.arrive(pc, 2);
    expect(trace.hot).toEqual([]);
    // A few reports each, but long ago.
    for (let pc = 0; pc < 20_000; pc++) {
      trace.arrive(pc, trace.detector.granule);
      trace.now += SECOND / 100n;
    }
    expect(trace.hot).toEqual([]);
    expect(trace.detector.countOf(0)).toBe(0);
  });

  it('asks for more while hot code waits, the hottest asking first', () => {
    const trace = new Trace(THRESHOLD);
    trace.outcome = () => 'postpone';
    for (let pc = 0; pc < 16; pc++) trace.arrive(pc, THRESHOLD * 2);
    expect(trace.detector.waiting).toBe(16);
    expect(trace.detector.threshold).toBe(2 * THRESHOLD);
    const asked = trace.hot.length;
    trace.arrive(100, THRESHOLD);
    expect(trace.hot).toHaveLength(asked);
    trace.arrive(100, THRESHOLD);
    expect(trace.hot.slice(asked)).toEqual([100]);
    expect(trace.stats.hotspots).toBe(17);
    trace.outcome = () => 'settle';
    for (let pc = 0; pc < 16; pc++) trace.arrive(pc, THRESHOLD * 3);
    expect(trace.detector.waiting).toBe(1);
    // Code that had to wait was one hotspot all the time.
    expect(trace.stats.hotspots).toBe(17);
  });

  it('does not ask for more because of code that waited, and does not run any more', () => {
    const trace = new Trace(THRESHOLD);
    trace.outcome = () => 'postpone';
    for (let pc = 0; pc < 16; pc++) trace.arrive(pc, THRESHOLD * 2);
    trace.now += 30n * SECOND;
    trace.arrive(100, THRESHOLD);
    expect(trace.hot.at(-1)).toBe(100);
    expect(trace.detector.waiting).toBe(1);
  });

  it('asks for more where compiling is slow, but for the first time', () => {
    const trace = new Trace(THRESHOLD);
    Object.assign(trace.stats, { modules: 10, regionInstructions: 1000 });
    Object.assign(trace.stats, { compileTime: 400_000_000, longestCompile: 300_000_000 });
    expect(trace.detector.threshold).toBe(THRESHOLD);
    trace.stats.compileTime += 130_000_000;
    expect(trace.detector.threshold).toBe(2 * THRESHOLD);
    trace.stats.compileTime *= 100;
    expect(trace.detector.threshold).toBe(4 * THRESHOLD);
  });

  it('where all is to be compiled, nothing is asked for', () => {
    const trace = new Trace(2);
    trace.outcome = () => 'postpone';
    for (let pc = 0; pc < 100; pc++) trace.arrive(pc, 2);
    expect(trace.hot).toHaveLength(100);
    expect(trace.detector.threshold).toBe(2);
  });

  it('is overdue when interpreting it took as long as compiling it would', () => {
    const trace = new Trace(THRESHOLD);
    trace.outcome = () => 'postpone';
    trace.arrive(100, 600_000);
    expect(trace.detector.isOverdue(100)).toBe(false);
    trace.now += 60n * SECOND;
    trace.arrive(100, 700_000);
    expect(trace.detector.isOverdue(100)).toBe(true);
    expect(trace.detector.isOverdue(200)).toBe(false);
    // Where compiling was seen to be dearer.
    Object.assign(trace.stats, { modules: 20, compileTime: 20 * 80e6 });
    expect(trace.detector.isOverdue(100)).toBe(false);
    trace.arrive(100, 3_000_000);
    expect(trace.detector.isOverdue(100)).toBe(true);
    trace.detector.settle(100);
    expect(trace.detector.isOverdue(100)).toBe(false);
  });
});
