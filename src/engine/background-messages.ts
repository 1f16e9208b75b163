/** What the thread that runs the guest and the one that compiles tell each other. All of it can be cloned between threads. */
import type { Batch, BatchTask } from './batch.ts';
import type { SpeculationState } from '../host/wasm/region/emitter.ts';

/** Which guest's code is to be compiled: an architecture, and the kind of processor where there are several. */
export interface GuestKey {
  readonly name: string;
  readonly cpu: string;
}

/** Pages and executed pcs are told once; the rest is what is known at the time. */
export interface CompileRequest {
  readonly kind: 'compile';
  readonly id: number;
  /** The address space. */
  readonly session: number;
  readonly guest: GuestKey;
  readonly memorySize: number;
  /** Of the layout. */
  readonly areas: number;
  readonly task: Omit<BatchTask, 'layout'>;
  /** What was told of this session before does not hold. */
  readonly isNew: boolean;
  /** Numbers of guest pages to forget, and then of those that may be compiled, with their bytes one after the other. */
  readonly gone: Uint32Array;
  readonly pages: Uint32Array;
  readonly bytes: Uint8Array;
  /** Pcs of blocks that tier 0 executed. */
  readonly known: Uint32Array;
  /** Pcs where a region can be entered. */
  readonly compiled: Uint32Array;
  /** Pairs of a pc and how often tier 0 came to it; and from how often on a function is warm. */
  readonly heat: Uint32Array;
  readonly warmFrom: number;
  /** Pcs where functions begin. */
  readonly functions: Uint32Array;
  readonly jumps: readonly (readonly [site: number, targets: readonly number[]])[];
  /** By the pc of a region; regions of which nothing special is known are missing. */
  readonly entries: readonly (readonly [pc: number, entries: readonly number[]])[];
  readonly unguarded: readonly number[];
  readonly speculation: readonly (readonly [pc: number, state: SpeculationState])[];
  readonly generations: readonly (readonly [pc: number, generation: number])[];
}

/** An address space is gone. */
export interface CloseRequest {
  readonly kind: 'close';
  readonly session: number;
}

export type BackgroundRequest = CompileRequest | CloseRequest;

export interface CompileReply {
  readonly id: number;
  /** Nanoseconds that it took. */
  readonly took: number;
  /** Null where nothing could be compiled. */
  readonly result: CompiledBatch | null;
  /** What went wrong inside of the compiler. */
  readonly error: string | null;
}

export interface CompiledBatch {
  readonly batch: Batch;
  readonly module: WebAssembly.Module;
  /** The guest's code that it was made from: the batch's ranges without the pages that were absent. */
  readonly code: Uint8Array;
  /** Pages of the ranges where there was no code to be compiled. */
  readonly absent: readonly number[];
}
