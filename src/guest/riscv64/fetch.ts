/** Fetching instructions of 16 and 32 bits. */
import type { CodeSource } from '../guest.ts';

export interface Fetched {
  /** 16 bits, or 32 as an unsigned integer. */
  readonly encoding: number;
  readonly length: 2 | 4;
}

/**
 * The instruction at `pc`, or null where it is not wholly fetchable. A parcel that ends in 11 starts a longer one
 * (section 1.5); encodings beyond 32 bits are reserved and come out as the 32 bits at their start.
 */
export function fetch(source: CodeSource, pc: number): Fetched | null {
  const low = source.readU16(pc);
  if (low < 0) return null;
  if ((low & 3) !== 3) return { encoding: low, length: 2 };
  const high = source.readU16(pc + 2);
  return high < 0 ? null : { encoding: ((high << 16) | low) >>> 0, length: 4 };
}
