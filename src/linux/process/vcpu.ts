/** What the Linux personality needs of a virtual CPU; the engine's `Vcpu` is one. */
import type { Exit } from '../../engine/exit.ts';
import type { Slot, StateLayout } from '../../ir/state.ts';
import type { GuestMemory } from '../../memory/guest-memory.ts';
import type { LinuxAbi } from '../abi/abi.ts';

export interface VcpuLike {
  readonly guest: { readonly name: string; readonly state: StateLayout };
  pc: number;
  /** Floating-point environment word, see `FP_ENV`. */
  fpEnv: number;
  /** Guest instructions retired so far. */
  readonly instructions: number;
  getU64(slot: Slot): bigint;
  setU64(slot: Slot, value: bigint): void;
  /** Signed 64-bit value as a number; exact up to 2^53. */
  getI64(slot: Slot): number;
  setI64(slot: Slot, value: number): void;
  /** The slot's first `length` bytes themselves. */
  slotBytes(slot: Slot, length: number): Uint8Array;
  /** Derives the mode from guest state; after a change of state that decides it. */
  syncMode(): void;
  /** Runs at most `budget` guest instructions, roughly. */
  run(budget: number): Exit | Elsewhere;
  /** Makes it stop soon, wherever it runs. */
  interrupt(): void;
  /** Whether other threads of the host are to run it from now on, and whether they will; absent where none can. */
  setBeside?(isBeside: boolean): boolean;
  /** It ran elsewhere and has come back: `run` says with what, and nothing happens to its state before. */
  readonly hasExit?: boolean;
  /** Its thread has ended: it comes back at once, and with nothing. */
  recall?(): void;
  /** Whether memory faults are to leave the state before the instruction, because the guest may handle them. */
  setPreciseFaults(precise: boolean): void;
  /** Drops translations of code in [start, end). */
  invalidateCode(start: number, end: number): void;
  /** Makes translations those of the code in [start, end) as it is now. */
  synchronizeCode(start: number, end: number): void;
  /** The program in memory has ended. */
  release(): void;
  /** Tells which program is in memory. */
  setProgram(name: string): void;
  /** Another vCPU over the same memory; `index` (1 and up) says which of its blocks it takes. */
  createSibling(index: number): VcpuLike;
  /** Takes over the state of a vCPU of the same guest, over this memory or another. */
  copyState(from: VcpuLike): void;
}

/** `away`: another thread of the host runs it, until `Beside` takes it back. `crowded`: all of them are busy. */
export interface Elsewhere {
  readonly kind: 'away' | 'crowded';
}

/** The host's threads that run vCPUs beside the kernel. */
export interface Beside {
  /** How many there may be. */
  readonly count: number;
  /** Whether some vCPU is away. */
  readonly areRunning: boolean;
  /** Takes back vCPUs that stopped, and tells each. */
  collect(returned: (vcpu: VcpuLike) => void): void;
  /** Waits until there may be something to take back, without the event loop. Whether there is. */
  wait(milliseconds: number): boolean;
  /** Has `wake` called when there may be something to take back; false when there is by now. */
  announce(wake: () => void): boolean;
  silence(): void;
}

/** vCPUs of one memory at most: what the engine has room for. */
export const MAX_THREADS = 512;

/** A guest that programs can be for: its Linux, and how to make a virtual CPU for it. */
export interface Personality {
  readonly abi: LinuxAbi;
  readonly createVcpu: (memory: GuestMemory) => VcpuLike;
}
