/** What happens to guest code while it runs, for somebody who watches: traces and tools. */

/** Why compiled regions were forgotten. */
export type DropReason =
  /** Guest code that they were made from was changed, unmapped or protected. */
  | 'code-changed'
  /** The guest got or lost a handler for memory faults, which takes other code. */
  | 'fault-handling'
  /** The guest executed code that it can write, so that compiled stores have to look where they go. */
  | 'watched-code'
  /** The host's page protection cannot be relied on any more. */
  | 'protection-lost'
  /** They were compiled anew with more knowledge. */
  | 'replaced'
  /** There was more code than the limits allow. */
  | 'evicted'
  /** The process ended, or executes another program. */
  | 'program-ended';

interface Timed {
  /** Nanoseconds, by the sink's own clock. */
  readonly time: number;
}

/** A module was compiled, or taken from the code cache: the region at `pc`, and regions of the functions that it calls. */
export interface CompileEvent extends Timed {
  readonly kind: 'compile';
  /** Nanoseconds that the guest waited for it: from lifting to the instance, in one piece unless it went on in between. */
  readonly duration: number;
  readonly pc: number;
  /** Regions in the module; 0 when the code turned out to be for tier 0 alone. */
  readonly regions: number;
  readonly instructions: number;
  /** Size of the WebAssembly module in bytes. */
  readonly bytes: number;
  /** True when the WebAssembly was there already: from another address space, or another run. */
  readonly isCached: boolean;
}

/** A compiled region can be entered from now on: its code changes from tier 0 to tier 1. */
export interface RegionEvent extends Timed {
  readonly kind: 'region';
  readonly pc: number;
  /** Pcs at which it can be entered, its own first. */
  readonly entries: readonly number[];
  readonly instructions: number;
  /** How often it was compiled before, with less knowledge. */
  readonly generation: number;
}

/** Compiled regions were forgotten: their code goes back to tier 0. */
export interface DropEvent extends Timed {
  readonly kind: 'drop';
  readonly regions: number;
  /** Modules of which no region is left. */
  readonly modules: number;
  readonly reason: DropReason;
}

/** Tier 0 forgot its translations of blocks with a byte in [start, end). */
export interface InvalidateEvent extends Timed {
  readonly kind: 'invalidate';
  readonly start: number;
  readonly end: number;
  readonly blocks: number;
}

/** Tier 0 forgot all translations: `heap-full` when there was no room for more. */
export interface FlushEvent extends Timed {
  readonly kind: 'flush';
  readonly blocks: number;
  readonly reason: 'heap-full' | DropReason;
}

export type EngineEvent = CompileEvent | RegionEvent | DropEvent | InvalidateEvent | FlushEvent;

/** Takes events as they happen; the guest waits meanwhile. */
export interface EngineEventSink {
  /** Nanoseconds since some start. */
  now(): number;
  emit(event: EngineEvent): void;
}
