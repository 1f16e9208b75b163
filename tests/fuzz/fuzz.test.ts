import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { Vcpu } from '../../src/engine/vcpu.ts';
import { GuestMemory } from '../../src/memory/guest-memory.ts';
import { nodePageProtection } from '../../src/platform/node/page-protection.ts';
import { enableRelaxedSimd } from '../../src/platform/node/relaxed-simd.ts';
import { fuzzGuests, loadGuest } from './guests.mjs';
import { runInHospes } from './hospes.mjs';
import { digest, EXPECTED_SEEDS, sampleProgram, TIERS } from './sample.mjs';

const expected = JSON.parse(readFileSync(new URL('expected.json', import.meta.url), 'utf8')) as Record<string, string>;
const modules: Readonly<Record<string, () => Promise<unknown>>> = {
  aarch64: () => import('../../src/guest/aarch64/index.ts'),
  riscv64: () => import('../../src/guest/riscv64/index.ts'),
};
const MODELS = ['strict', 'range', 'host'] as const;
/** Compiling takes long: unless all is to run (HOSPES_FULL_SIZE=1), each model has one of the programs. */
const compiledModels = (seed: number): readonly (typeof MODELS)[number][] => {
  if (process.env['HOSPES_FULL_SIZE'] === '1') return MODELS;
  return seed === EXPECTED_SEEDS[0] ? ['strict', 'host'] : ['range'];
};
const runs = Object.keys(fuzzGuests).flatMap((name) =>
  EXPECTED_SEEDS.flatMap((seed) => TIERS.map((tier) => ({ name, seed, tier }))),
);

// Where this fails, `npm run fuzz -- --guest NAME --seed N` finds the instruction; where the decode rows changed, the
// programs did too: `npm run fuzz -- --write-expectations`.
describe.each(runs)('8,000 random $name instructions, seed $seed, tier $tier', async ({ name, seed, tier }) => {
  const parts = await loadGuest(name, modules[name]!);
  const program = sampleProgram(parts, seed, tier);
  it.each(tier === 0 ? MODELS : compiledModels(seed))(
    'leave the same registers and memory as in the reference, %s',
    (model) => {
      // Where the host has no page protection, `host` is strict.
      const pageProtection = () => nodePageProtection().protection;
      const run = runInHospes(
        { Vcpu, GuestMemory, guest: parts.guest, pageProtection, enableWasmFeatures: enableRelaxedSimd },
        program,
        model,
        tier,
      );
      expect(run.stopped).toBeNull();
      expect(digest(run.data)).toBe(expected[`${name}/${seed}/${tier}`]);
      // The comparison says nothing about a tier that did not run.
      // Results that raise flags leave compiled code, which random numbers do often.
      if (tier === 1) expect(run.compiled).toBeGreaterThan(run.instructions * 0.4);
      else expect(run.compiled).toBe(0);
    },
  );
});

describe.each(Object.keys(fuzzGuests))('8,000 random %s instructions with room for two modules', async (name) => {
  const parts = await loadGuest(name, modules[name]!);
  const program = sampleProgram(parts, EXPECTED_SEEDS[0]!, 1);
  it.each(compiledModels(EXPECTED_SEEDS[0]!))('one at a time, leave the same, %s', (model) => {
    const pageProtection = () => nodePageProtection().protection;
    const run = runInHospes(
      { Vcpu, GuestMemory, guest: parts.guest, pageProtection, enableWasmFeatures: enableRelaxedSimd },
      program,
      model,
      1,
      { budget: 1, codeLimits: { bytes: 1 << 28, modules: 2 } },
    );
    expect(run.stopped).toBeNull();
    expect(digest(run.data)).toBe(expected[`${name}/${EXPECTED_SEEDS[0]!}/1`]);
    expect(run.compiled).toBeGreaterThan(0);
    expect(run.evicted).toBeGreaterThan(100);
  });
});
