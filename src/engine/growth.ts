/** When it pays to compile a region once more: with code that it lacks, or to be entered at another place. */
import { JUMP_SAMPLE } from '../host/dispatcher.ts';
import { COMPILE_THRESHOLD, EAGER_THRESHOLD } from './hotspots.ts';
import type { CompiledRegion, Regions } from './regions.ts';

/**
 * For each guest instruction of a region, arrivals from tier 0 in its middle, and jumps out of it to unknown targets, that
 * make compiling it again pay: that takes some 100 us an instruction, and saves some 0.3 or 1 us each time.
 */
const WORTH_ARRIVALS = 300;
const WORTH_JUMPS = 100;
/** Guest instructions from which on a host's engine takes most of a second to optimise a region. */
const LARGE_REGION = 500;

export class GrowthPolicy {
  readonly #regions: Pick<Regions, 'holding' | 'around'>;
  /** How often, for what is usual, something has to happen before it is compiled; 0 where all is to be at once. */
  readonly #patience: number;
  /** Arrivals at places inside of regions where tier 0 executes them, by pc. */
  readonly #arrivals = new Map<number, number>();

  /** @param threshold  arrivals at a loop or function after which it is compiled */
  constructor(regions: Pick<Regions, 'holding' | 'around'>, threshold: number) {
    this.#regions = regions;
    this.#patience = threshold < EAGER_THRESHOLD ? 0 : threshold / COMPILE_THRESHOLD;
  }

  /**
   * Whether control came to `pc`, `arrivals` more times now, often enough for the code of a region to be compiled once more
   * only to enter it there.
   */
  isWorth(pc: number, arrivals: number, region: CompiledRegion): boolean {
    // What a function's region lacks, it gets all at once.
    const place = region.blocks.has(pc) ? pc : region.pc;
    const all = (this.#arrivals.get(place) ?? 0) + arrivals;
    const isWorth = all >= region.guestInstructions * WORTH_ARRIVALS * this.#patience;
    this.#arrivals.set(place, isWorth ? 0 : all);
    return isWorth;
  }

  /** Samples of a jump to unknown targets after which its region should have them. */
  samplesWorth({ guestInstructions }: CompiledRegion): number {
    return (guestInstructions * WORTH_JUMPS * this.#patience) / JUMP_SAMPLE;
  }

  /** The region that `pc` belongs to: one that has it, or a large one that should. */
  ownerOf(pc: number): CompiledRegion | undefined {
    const holding = this.#regions.holding(pc);
    // Where all is compiled at once, nothing is large.
    if (holding !== undefined || this.#patience === 0) return holding;
    const around = this.#regions.around(pc);
    return around !== undefined && this.isLarge(around) ? around : undefined;
  }

  /** True for a region of which there should be no second copy that only begins elsewhere. */
  isLarge({ guestInstructions }: CompiledRegion): boolean {
    return this.#patience > 0 && guestInstructions > LARGE_REGION;
  }

  clear(): void {
    this.#arrivals.clear();
  }
}
