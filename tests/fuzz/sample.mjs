// @ts-check
/** The programs of fuzz.test.ts: a fixed few, whose results under the reference emulator are in expected.json. */
import { createHash } from 'node:crypto';
import { Random } from './random.mjs';

export const EXPECTED_SEEDS = [1, 2];
export const TIERS = /** @type {const} */ ([0, 1]);
const SEQUENCES = 250;
const LENGTH = 32;
/** Passes through each body where the program is meant for tier 1. */
const PASSES = 6;
/**
 * @param {{ fuzz: import('./guests.mjs').FuzzGuest, rows: import('./guests.mjs').GuestRows }} guest
 * @param {number} seed
 * @param {0 | 1} tier
 * @param {number} [count]  sequences
 */
export function sampleProgram({ fuzz, rows }, seed, tier, count = SEQUENCES) {
  const usable = rows.rows.filter(({ name }) => !fuzz.notSampled(name, tier));
  const generator = fuzz.generator(new Random(seed), usable, rows.classes);
  const sequences = Array.from({ length: count }, () => generator.next(LENGTH, tier === 1));
  return fuzz.layOut(
    rows,
    sequences.map((sequence) => ({ sequence, limit: Infinity })),
    tier === 1 ? PASSES : 1,
  );
}

/** @param {Uint8Array} data */
export const digest = (data) => createHash('sha256').update(data).digest('hex');
