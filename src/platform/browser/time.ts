/** A browser's clock, timers and randomness. */
import type { Cancel } from '../types.ts';

declare const performance: { now(): number };
declare const crypto: { getRandomValues(bytes: Uint8Array): unknown };
declare function setTimeout(callback: () => void, milliseconds: number): number;
declare function clearTimeout(timer: number): void;

/** Nanoseconds since an arbitrary start. */
export function browserNow(): bigint {
  return BigInt(Math.round(performance.now() * 1e6));
}

export function setBrowserTimer(nanoseconds: bigint, callback: () => void): Cancel {
  const timer = setTimeout(callback, Math.ceil(Number(nanoseconds) / 1e6));
  return () => clearTimeout(timer);
}

export function browserRandom(bytes: Uint8Array): void {
  crypto.getRandomValues(bytes);
}
