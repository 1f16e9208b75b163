/**
 * Which regions speculate on the floating-point environment and on results that raise nothing (see `SETTLED`). All do at
 * first. One that keeps finding the environment not settled is compiled without, and tells when that has changed. One whose
 * results keep failing is compiled to let tiny ones pass, and denormal operands, if these raise nothing any more, else without
 * for good.
 */
import { SETTLED } from '../fp/fp-env.ts';
import type { SpeculationState } from '../host/wasm/region/emitter.ts';

/** Exits of one region because the environment was not settled, and because of a result. */
const MAX_UNSETTLED = 100;
const MAX_RESULTS = 1_000;
/** Times that a region may start over. */
const MAX_TURNS = 3;

/** Flags that have to be raised. */
const RAISED = {
  speculates: 0,
  'speculates on tiny results': SETTLED.TINY,
  'speculates on denormals': SETTLED.DENORMAL,
} as const;

/** What lets more pass, if there is something. */
function moreThan(state: keyof typeof RAISED, environment: number): SpeculationState {
  const isRaised = (flags: number): boolean => (environment & flags) === flags;
  if (state !== 'speculates on denormals' && isRaised(SETTLED.DENORMAL)) return 'speculates on denormals';
  return state === 'speculates' && isRaised(SETTLED.TINY) ? 'speculates on tiny results' : 'gave up';
}

interface Entry {
  state: SpeculationState;
  unsettled: number;
  results: number;
  turns: number;
}

export class Speculation {
  readonly #entries = new Map<number, Entry>();

  /** What the code of the region at `pc` is to be: speculative, or plain and reporting a settled environment, or plain. */
  of(pc: number): SpeculationState {
    return this.#entries.get(pc)?.state ?? 'speculates';
  }

  /**
   * Takes note of a report of the region at `pc`, with the environment word as it was then. True when the region should be
   * compiled again.
   */
  note(pc: number, environment: number): boolean {
    const entry = this.#entries.get(pc) ?? { state: 'speculates', unsettled: 0, results: 0, turns: 0 };
    this.#entries.set(pc, entry);
    const isSettled = (environment & SETTLED.MASK) === SETTLED.VALUE;
    switch (entry.state) {
      case 'gave up':
        return true;
      case 'waits':
        if (!isSettled) return true;
        entry.state = ++entry.turns < MAX_TURNS ? 'speculates' : 'gave up';
        entry.unsettled = 0;
        return true;
      case 'speculates':
      case 'speculates on tiny results':
      case 'speculates on denormals': {
        const before = entry.state;
        const isExpected = isSettled && (environment & RAISED[before]) === RAISED[before];
        if (isExpected) entry.results++;
        else entry.unsettled++;
        if (entry.results > MAX_RESULTS) {
          entry.state = moreThan(before, environment);
          entry.results = 0;
        } else if (entry.unsettled > MAX_UNSETTLED) {
          entry.state = 'waits';
        }
        return entry.state !== before;
      }
    }
  }

  /** Regions that are not simply to speculate. */
  states(): (readonly [pc: number, state: SpeculationState])[] {
    return [...this.#entries].flatMap(([pc, { state }]) => (state === 'speculates' ? [] : [[pc, state] as const]));
  }

  /** What is known of the region at `pc` from another time. */
  restore(pc: number, state: SpeculationState): void {
    if (state !== 'speculates') this.#entries.set(pc, { state, unsettled: 0, results: 0, turns: 0 });
  }

  forget(pc: number): void {
    this.#entries.delete(pc);
  }

  clear(): void {
    this.#entries.clear();
  }
}
