/** What a guest's process for graphics and its owner say to each other. */
import type { GpuStats } from '../stats.ts';

export type ToProcess =
  | { readonly kind: 'ask'; readonly session: number; readonly number: number; readonly request: Uint8Array }
  | { readonly kind: 'close'; readonly session: number };

export interface FromProcess {
  /** Of the question. */
  readonly number: number;
  readonly reply: Uint8Array;
  /** Of the process since its start. */
  readonly counters: GpuStats;
}
