/** Where indirect jumps go: targets by the pc of the jump, counted when a region leaves by it. */

/** Targets a jump may have inside a region; one with more is left to the region cache. */
const MAX_TARGETS = 256;
/** How far a target may lie from its jump: a switch stays in its function, a linkage stub leads elsewhere. */
const MAX_DISTANCE = 1 << 16;

/** Targets that make a switch of a jump that was not counted yet. */
const SWITCH_TARGETS = 4;

interface Site {
  readonly targets: Set<number>;
  /** Targets found since the region was compiled last. */
  fresh: number;
  count: number;
  /** Count at which to compile again if there is anything new. */
  next: number;
}

export class JumpProfile {
  readonly #sites = new Map<number, Site>();
  /** Targets of switches. */
  readonly #cases = new Set<number>();
  readonly #first: number;
  readonly #staysInFunction: (site: number, target: number) => boolean;

  /**
   * `first`: jumps to count before their targets are worth a compilation; `staysInFunction`: whether a jump is known to lead
   * to the middle of the function that it is in.
   */
  constructor(first = 500, staysInFunction: (site: number, target: number) => boolean = () => false) {
    this.#first = first;
    this.#staysInFunction = staysInFunction;
  }

  /**
   * Counts a jump. True when the region that holds it should be compiled again with the new targets, which takes at least
   * `enough` jumps.
   */
  note(site: number, target: number, enough = 0): boolean {
    const found = this.learn(site, target);
    found.count++;
    if (found.count < Math.max(found.next, enough)) return false;
    found.next = found.count * 8;
    if (found.fresh === 0 || this.targetsOf(site).length === 0) return false;
    found.fresh = 0;
    return true;
  }

  /** Takes note of a target without counting the jump. */
  learn(site: number, target: number): Site {
    let found = this.#sites.get(site);
    if (found === undefined) {
      found = { targets: new Set(), fresh: 0, count: 0, next: this.#first };
      this.#sites.set(site, found);
    }
    if (!found.targets.has(target) && found.targets.size < MAX_TARGETS) {
      found.targets.add(target);
      found.fresh++;
      if (this.#staysInFunction(site, target)) this.#cases.add(target);
      if (found.targets.size === SWITCH_TARGETS) for (const known of found.targets) this.#cases.add(known);
      else if (found.targets.size > SWITCH_TARGETS) this.#cases.add(target);
    }
    return found;
  }

  /**
   * Targets of the jump that belong into its region. A jump that always went to one place far away has none, nor has one of
   * which all that is known are a few targets that were learnt: only many of them make it a switch, or that they stay in the
   * function, or are the cases of another one, as where each case of an interpreter jumps to the next one by itself.
   */
  targetsOf(site: number): readonly number[] {
    const found = this.#sites.get(site);
    if (found === undefined) return [];
    const isSure = found.count > 0 || found.targets.size >= SWITCH_TARGETS;
    return [...found.targets].filter(
      (target) => Math.abs(target - site) <= MAX_DISTANCE && (isSure || this.#cases.has(target)),
    );
  }

  /** All jumps that have targets which belong into their regions. */
  switches(): (readonly [site: number, targets: readonly number[]])[] {
    return [...this.#sites.keys()].flatMap((site) => {
      const targets = this.targetsOf(site);
      return targets.length === 0 ? [] : [[site, targets] as const];
    });
  }

  /** Takes over what was known of a jump at another time. */
  restore(site: number, targets: readonly number[]): void {
    const known = this.#sites.get(site);
    this.#sites.set(site, {
      // Some may have been learnt already.
      targets: new Set([...targets, ...(known?.targets ?? [])]),
      ...{ fresh: known?.fresh ?? 0, count: Math.max(known?.count ?? 0, 1), next: this.#first * 8 },
    });
  }

  /** Forgets jumps whose code changed. */
  forget(isGone: (site: number) => boolean): void {
    for (const site of this.#sites.keys()) if (isGone(site)) this.#sites.delete(site);
    for (const target of this.#cases) if (isGone(target)) this.#cases.delete(target);
  }

  clear(): void {
    this.#sites.clear();
    this.#cases.clear();
  }
}
