/**
 * What vCPUs of one memory have to tell each other when threads of the host run them at the same time. Those of one
 * thread share an engine and need none of it.
 */
import type { GuestMemory } from '../memory/guest-memory.ts';
import { VCPU_AREA } from '../memory/layout.ts';
import type { Sleep } from '../platform/types.ts';

export interface Peers {
  /** True when control is to go back to whoever called `run`; asked before guest code is entered. */
  readonly mustStop: boolean;
  /** What the guest said about its code. */
  readonly log: CodeLog;
  readonly sleep: Sleep;
  /** Makes a writable page a watched one. Nobody else runs meanwhile, and all look where their stores go afterwards. */
  watch(page: number): void;
  /** Makes a watched page writable again, and the others drop what they translated from it. False where it is none. */
  release(page: number): boolean;
  /** Nobody else runs from here on until `share`. */
  exclude(): void;
  share(): void;
}

/** Ranges that the log holds; who is further behind takes all code for changed. */
const ENTRIES = 1024;
const [LOCK, COUNT, FIRST] = [0, 1, 2] as const;

/**
 * Ranges of code that some vCPU made coherent with what it had written (IC IVAU). The others have to take notice at their own
 * next instruction that synchronizes them, which returns to the run loop: that is as long as they may take on a processor.
 */
export class CodeLog {
  readonly #words: Int32Array;

  /** `buffer`: what `createCodeLog` gave, in whichever thread. */
  constructor(buffer: SharedArrayBuffer) {
    this.#words = new Int32Array(buffer);
  }

  /** How many entries there ever were, modulo 2^32. */
  get count(): number {
    return Atomics.load(this.#words, COUNT);
  }

  append(start: number, end: number): void {
    const words = this.#words;
    while (Atomics.compareExchange(words, LOCK, 0, 1) !== 0);
    const count = words[COUNT] ?? 0;
    const at = FIRST + 2 * ((count >>> 0) % ENTRIES);
    Atomics.store(words, at, start | 0);
    Atomics.store(words, at + 1, end | 0);
    Atomics.store(words, COUNT, (count + 1) | 0);
    Atomics.store(words, LOCK, 0);
  }

  /** Tells all ranges that came after the first `seen`; returns how many there are now. `limit`: where all code ends. */
  read(seen: number, limit: number, tell: (start: number, end: number) => void): number {
    const { count } = this;
    const words = this.#words;
    const missed = (count - seen) | 0;
    const ranges: [number, number][] = [];
    for (let entry = seen; missed <= ENTRIES && entry !== count; entry = (entry + 1) | 0) {
      const at = FIRST + 2 * ((entry >>> 0) % ENTRIES);
      ranges.push([Atomics.load(words, at) >>> 0, Atomics.load(words, at + 1) >>> 0]);
    }
    // Some may have been overwritten while they were read.
    if (((this.count - seen) | 0) >= ENTRIES) tell(0, limit);
    else for (const [start, end] of ranges) tell(start, end);
    return count;
  }
}

export function createCodeLog(): SharedArrayBuffer {
  return new SharedArrayBuffer(4 * (FIRST + 2 * ENTRIES));
}

/** Tries before a thread that waits for the lock sleeps, and for how many milliseconds: it is held for nanoseconds. */
const SPINS = 200;
const NAP = 0.05;

/** The functions that atomic operations of 16 bytes import; see `ir/ops/more-atomic.ts`. */
export function pairImports(
  { memory, layout }: GuestMemory,
  peers: Peers | undefined,
): {
  readonly 'pair.lock': () => void;
  readonly 'pair.unlock': () => void;
} {
  if (peers === undefined) return { 'pair.lock': () => undefined, 'pair.unlock': () => undefined };
  const words = new Int32Array(memory.buffer);
  // Behind everything else in the last block of the vCPU area.
  const lock = (layout.vcpus + VCPU_AREA - 8) >>> 2;
  return {
    'pair.lock': () => {
      for (let tries = 0; Atomics.compareExchange(words, lock, 0, 1) !== 0; tries++)
        if (tries >= SPINS) peers.sleep(words, lock, 1, NAP);
    },
    'pair.unlock': () => {
      Atomics.store(words, lock, 0);
    },
  };
}
