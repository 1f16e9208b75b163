// @ts-check
/** The programs of fuzz.test.ts: a fixed few, whose results under the reference emulator are in expected.json. */
import { createHash } from 'node:crypto';
import { layOut } from './program.mjs';
import { Random } from './random.mjs';
import { SequenceGenerator } from './sequence.mjs';

export const EXPECTED_SEEDS = [1, 2, 3, 4];
export const TIERS = /** @type {const} */ ([0, 1]);
const SEQUENCES = 250;
const LENGTH = 32;
/** Passes through each body where the program is meant for tier 1. */
const PASSES = 6;
/** The reference gets these wrong, see exceptions.mjs. */
const unreliable = new Set(['ctzw']);
/** fence.i drops compiled code; csr writes of frm leave the mode that code is compiled for. */
const notCompiled = /^(fence\.i|csr.*)$/;

/**
 * @param {import('./program.mjs').Encoder & { rows: readonly import('./sequence.mjs').Row[] }} rows
 * @param {number} seed
 * @param {0 | 1} tier
 */
export function sampleProgram(rows, seed, tier) {
  const usable = rows.rows.filter(({ name }) => !unreliable.has(name) && (tier === 0 || !notCompiled.test(name)));
  const generator = new SequenceGenerator(new Random(seed), usable);
  const sequences = Array.from({ length: SEQUENCES }, () => generator.next(LENGTH, tier === 1));
  return layOut(
    rows,
    sequences.map((sequence) => ({ sequence, limit: Infinity })),
    tier === 1 ? PASSES : 1,
  );
}

/** @param {Uint8Array} data */
export const digest = (data) => createHash('sha256').update(data).digest('hex');
