/**
 * How the thread that has the kernel (the *main* one) and those that run guest code beside it talk: words in shared
 * memory for what happens often, messages for the rest.
 *
 * A guest thread sleeps at GO until the main one has said which vCPU is to run and adds to GO. It runs until guest code
 * needs the kernel, or STOP is set, which it looks at whenever it returns to its run loop; then it says why in REASON and is
 * `STOPPED`. In between it may ask for something that only the main thread does (`CALLING`), and sleeps at ANSWER. A thread
 * that is not `RUNNING` touches no guest memory. Each change of state rings the bell: a word that all of them add to and at
 * which the main thread sleeps, in its event loop mostly (then ASLEEP is 1, and whoever takes that away sends a message).
 */
import type { MemoryLayout } from '../../memory/layout.ts';
import type { GuestKey } from '../background-messages.ts';
import type { EngineStats } from '../stats.ts';
import type { VcpuMemoryModel } from '../vcpu.ts';

/** Indices of 32-bit words of a thread's control block. */
export const WORD = {
  /** Counts what the thread is told to do. */
  GO: 0,
  STATE: 1,
  /** Not 0 when control is to come back. */
  STOP: 2,
  /** Counts answers to calls. */
  ANSWER: 3,
  /** What is called for, with what, and what came of it. */
  CALL: 4,
  ARGUMENT: 5,
  RESULT: 6,
  /** 1 from a call for exclusion to its end. */
  ALONE: 7,
  REASON: 8,
  /** Number of the memory and of the vCPU in it, and whether faults are to be precise. */
  MEMORY: 9,
  INDEX: 10,
  PRECISE: 11,
} as const;

/** Indices of 64-bit floating-point numbers, from `NUMBERS_AT` on. */
export const NUMBER = { PC: 0, MODE: 1, BUDGET: 2, EXECUTED: 3, COMPILED: 4, INTERPRETED: 5, TOTAL: 6 } as const;
export const NUMBERS_AT = 64;
export const CONTROL_SIZE = NUMBERS_AT + 8 * 8;

export const STATE = { STOPPED: 0, RUNNING: 1, CALLING: 2 } as const;
/** A trap and a failure are told by a message that is there before. */
export const REASON = { NOTHING: 0, SYSCALL: 1, INTERRUPT: 2, BUDGET: 3, TRAP: 4, FAILED: 5 } as const;
/** What only the main thread does; ARGUMENT is a page's number. See `Peers`. */
export const CALL = { WATCH: 1, RELEASE: 2, EXCLUDE: 3 } as const;

/** Indices of the words of the bell. */
export const BELL = { COUNT: 0, ASLEEP: 1 } as const;
export const BELL_SIZE = 8;

/** What the main thread tells by messages, before GO; `memory` is a number that it gave. */
export type Command =
  | OpenCommand
  /** The program in the memory has ended. The thread answers with `ClosedReply`. */
  | { readonly kind: 'close'; readonly memory: number }
  | { readonly kind: 'invalidate'; readonly memory: number; readonly start: number; readonly end: number }
  | { readonly kind: 'synchronize'; readonly memory: number; readonly start: number; readonly end: number }
  | { readonly kind: 'watched'; readonly memory: number }
  | { readonly kind: 'protection-lost'; readonly memory: number };

export interface OpenCommand {
  readonly kind: 'open';
  readonly memory: number;
  readonly guest: GuestKey;
  readonly shared: WebAssembly.Memory;
  readonly layout: MemoryLayout;
  /** The host enforces the permissions. */
  readonly isProtected: boolean;
  readonly model: VcpuMemoryModel;
  readonly tier: 0 | 1;
  /** Tier 0, for the model that it is for. */
  readonly interpreter: WebAssembly.Module;
  readonly interpreted: 'strict' | 'range';
  /** Of the `CodeLog`. */
  readonly log: SharedArrayBuffer;
  readonly isWatched: boolean;
}

export interface ClosedReply {
  readonly kind: 'closed';
  readonly stats: EngineStats;
}
