/** Graphics for one guest: what all its processes may have together. */
import type { MessageSession } from '../../common/message-service.ts';
import type { Gpu } from '../gpu.ts';
import type { GpuStats } from '../stats.ts';
import type { GuestGraphics } from '../types.ts';
import { LONGEST_REQUEST, Refusal } from './protocol.ts';
import { GuestSession } from './session.ts';

export interface GuestLimits {
  /** Openers of the device at a time. */
  readonly sessions: number;
  /** Bytes of buffers. */
  readonly memory: number;
  /** Buffers, and kernels, of one opener. */
  readonly objects: number;
  /** Milliseconds of a launch. */
  readonly timeout: number;
}

export const GUEST_LIMITS: GuestLimits = {
  sessions: 16,
  memory: 256 << 20,
  objects: 256,
  timeout: 10_000,
};

/** What a guest may do through `/dev/hospes-gpu`. */
export class GuestGpu implements GuestGraphics {
  readonly longestRequest = LONGEST_REQUEST;
  readonly gpu: Gpu;
  readonly limits: GuestLimits;
  #sessions = 0;
  #memory = 0;

  constructor(gpu: Gpu, limits: GuestLimits = GUEST_LIMITS) {
    this.gpu = gpu;
    this.limits = limits;
  }

  open(): MessageSession | null {
    if (this.#sessions >= this.limits.sessions) return null;
    this.#sessions++;
    return new GuestSession(this);
  }

  /** A session has ended. */
  released(): void {
    this.#sessions--;
  }

  /** Bytes more, or less, that buffers take. */
  charge(bytes: number): void {
    if (bytes > this.limits.memory - this.#memory)
      throw new Refusal('ENOMEM', `the guest's buffers may take ${String(this.limits.memory)} bytes together`);
    this.#memory += bytes;
  }

  get memory(): number {
    return this.#memory;
  }

  counters(): GpuStats {
    return { ...this.gpu.stats, retries: { ...this.gpu.stats.retries } };
  }

  close(): Promise<void> {
    return this.gpu.close();
  }
}
