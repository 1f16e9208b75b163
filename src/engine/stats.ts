/** Counters of the engine. They only grow, but for what is live; vCPUs of several memories may share them, to count a whole run. */

export interface TranslatorStats {
  /** Blocks translated to micro-ops for tier 0, retranslations included; guest instructions and micro-ops in them. */
  blocks: number;
  guestInstructions: number;
  microOps: number;
  /** Of the blocks, those whose micro-ops were there already: from another address space, or another run. */
  keptBlocks: number;
  /** Nanoseconds that it took. */
  translateTime: number;
  /** Times that one block was linked to another, which it goes on to without a look-up from then on. */
  links: number;
  /** Blocks forgotten one by one, because their code was changed. */
  invalidatedBlocks: number;
  /** Times that all blocks were forgotten. */
  flushes: number;
}

export interface RegionStats {
  /** WebAssembly modules compiled, and the regions in them, recompilations included; guest instructions in these. */
  modules: number;
  regions: number;
  regionInstructions: number;
  /** Bytes of all modules. */
  moduleBytes: number;
  /** Of the modules, those that were compiled before: in another address space, or another run. */
  cachedModules: number;
  /** Of these, those that came with native code of an earlier run. */
  nativeModules: number;
  /** Nanoseconds that the guest waited for compilations, and the longest it waited for one. */
  compileTime: number;
  longestCompile: number;
  /** Nanoseconds that went, before anything was compiled or loaded, into finding out what the host can do, and protecting pages. */
  prepareTime: number;
  /**
   * Compilations in another thread, while the guest went on, and their nanoseconds; of them, those whose code was another by
   * then. Times that this thread broke.
   */
  backgroundModules: number;
  backgroundTime: number;
  staleModules: number;
  backgroundFailures: number;
  /** Loops and functions that were found to be worth compiling. */
  hotspots: number;
  /** Times that compiling was put off, because too much time had gone into it. */
  compileRefusals: number;
  /**
   * Of the modules and regions, those that can be entered now, in all address spaces; and those that cannot any more: because
   * newer code took their place, because there was too much code, because guest code changed or its surroundings did, or
   * because their program ended. Bytes of the live ones, and most of that at any time.
   */
  liveModules: number;
  liveRegions: number;
  liveBytes: number;
  peakBytes: number;
  replacedModules: number;
  replacedRegions: number;
  evictedModules: number;
  evictedRegions: number;
  invalidatedModules: number;
  invalidatedRegions: number;
  releasedModules: number;
  releasedRegions: number;
  /** Times that all regions of an address space went at once. */
  drops: number;
}

/** Why guest code returned to the run loop: each of `runs` is counted in one of the others. */
export interface RunExitStats {
  /** Times that guest code was let run. */
  runs: number;
  /** The slice of instructions was used up. */
  budgetExits: number;
  /** Direct branches to where they had not gone before. */
  unlinkedBranches: number;
  /** Indirect jumps that the jump cache did not know. */
  jumpCacheMisses: number;
  /** Loops and functions that were reached so often that they are to be compiled, or were put off. */
  hotCounters: number;
  /** Execution came to where a region begins, or left one for where none does, and the region cache did not know. */
  regionLookups: number;
  /** Execution left regions often for one place that none holds. */
  strayExits: number;
  syscallExits: number;
  /** Instructions that change the mode, or tell that code was changed. */
  resyncs: number;
  /** Instructions that raised a trap, or had to be run again in a careful form. */
  trapExits: number;
  /** Memory faults, first touches of pages included. */
  faultExits: number;
}

export interface ExecutionStats extends RunExitStats {
  /** Guest instructions retired in tier 0. */
  interpretedInstructions: number;
  /** Guest instructions retired in compiled regions. */
  compiledInstructions: number;
}

export interface EngineStats extends TranslatorStats, RegionStats, ExecutionStats {}

/** Counters at zero. */
export function createEngineStats(): EngineStats {
  return {
    blocks: 0,
    guestInstructions: 0,
    microOps: 0,
    keptBlocks: 0,
    translateTime: 0,
    links: 0,
    invalidatedBlocks: 0,
    flushes: 0,
    modules: 0,
    regions: 0,
    regionInstructions: 0,
    moduleBytes: 0,
    cachedModules: 0,
    nativeModules: 0,
    compileTime: 0,
    longestCompile: 0,
    prepareTime: 0,
    backgroundModules: 0,
    backgroundTime: 0,
    staleModules: 0,
    backgroundFailures: 0,
    hotspots: 0,
    compileRefusals: 0,
    liveModules: 0,
    liveRegions: 0,
    liveBytes: 0,
    peakBytes: 0,
    replacedModules: 0,
    replacedRegions: 0,
    evictedModules: 0,
    evictedRegions: 0,
    invalidatedModules: 0,
    invalidatedRegions: 0,
    releasedModules: 0,
    releasedRegions: 0,
    drops: 0,
    interpretedInstructions: 0,
    compiledInstructions: 0,
    runs: 0,
    budgetExits: 0,
    unlinkedBranches: 0,
    jumpCacheMisses: 0,
    hotCounters: 0,
    regionLookups: 0,
    strayExits: 0,
    syscallExits: 0,
    resyncs: 0,
    trapExits: 0,
    faultExits: 0,
  };
}
