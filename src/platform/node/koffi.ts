/** The optional dependency koffi, which calls functions of the host's C library. */
import { createRequire } from 'node:module';

export type NativeFunction = (...args: readonly unknown[]) => unknown;

/** koffi, as far as it is used here. */
export interface Koffi {
  load(path: string | null): { func(prototype: string): NativeFunction };
  /** `errno` after the last call. */
  errno(): number;
  /** The memory at an address, for as long as it is there. */
  view(pointer: unknown, length: number): ArrayBuffer;
}

/** Throws where it is not installed or does not work. Only a require fails in a way that can be caught here and now. */
export function loadKoffi(): Koffi {
  return createRequire(import.meta.url)('koffi') as Koffi;
}
