import { randomFillSync } from 'node:crypto';

/** Fills `bytes` with cryptographically strong random bytes. */
export function nodeRandom(bytes: Uint8Array): void {
  randomFillSync(bytes);
}
