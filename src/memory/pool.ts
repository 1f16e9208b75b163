/**
 * Memories of processes that ended, to be used again: reserving 4 GiB takes milliseconds, and the host gives a dropped
 * memory back only when it collects garbage.
 */
import type { AddressSpace } from './address-space.ts';
import { GuestMemory } from './guest-memory.ts';

/** Memories kept at most. Their touched pages stay resident. */
const KEPT = 32;
/** A memory with more touched pages than this (64 MiB) is dropped: zeroing it costs more than a fresh one. */
const MAX_TOUCHED = 1 << 14;

export class MemoryPool {
  readonly #size: number | undefined;
  readonly #areas: number;
  readonly #free: GuestMemory[] = [];

  /** `size`: bytes of linear memory, and `areas`, as `GuestMemory.create` takes them. */
  constructor(size?: number, areas = 0) {
    this.#size = size;
    this.#areas = areas;
  }

  /** Memories that wait for a new owner. */
  get free(): number {
    return this.#free.length;
  }

  /** A memory whose guest addresses read as zero and grant nothing. */
  take(): GuestMemory {
    return this.#free.pop() ?? GuestMemory.create(this.#size, this.#areas);
  }

  /** Takes back the memory of an address space that is over. */
  give(space: AddressSpace): void {
    space.unmapAll();
    if (this.#free.length < KEPT && space.pages.scrub(MAX_TOUCHED)) this.#free.push(space.memory);
    else space.memory.onDropped?.();
  }

  /** Gives up the memory of an address space that is over, where no other will be wanted. */
  drop(space: AddressSpace): void {
    space.unmapAll();
    space.memory.onDropped?.();
  }

  /** Gives up all memories that wait. */
  clear(): void {
    for (const memory of this.#free.splice(0)) memory.onDropped?.();
  }
}
