import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { Vcpu } from '../../src/engine/vcpu.ts';
import { riscv64, riscv64Rows } from '../../src/guest/riscv64/index.ts';
import { GuestMemory } from '../../src/memory/guest-memory.ts';
import { runInHospes } from './hospes.mjs';
import { digest, EXPECTED_SEEDS, sampleProgram, TIERS } from './sample.mjs';

const expected = JSON.parse(readFileSync(new URL('expected.json', import.meta.url), 'utf8')) as Record<string, string>;
const runs = EXPECTED_SEEDS.flatMap((seed) => TIERS.map((tier) => ({ seed, tier })));

// Where this fails, `npm run fuzz -- --seed N` finds the instruction; where the decode rows changed, the programs did
// too: `npm run fuzz -- --write-expectations`.
describe.each(runs)('8,000 random riscv64 instructions, seed $seed, tier $tier', ({ seed, tier }) => {
  const program = sampleProgram(riscv64Rows, seed, tier);
  it.each(['strict', 'range'] as const)('leave the same registers and memory as in the reference, %s', (model) => {
    const run = runInHospes({ Vcpu, GuestMemory, guest: riscv64 }, program, model, tier);
    expect(run.stopped).toBeNull();
    expect(digest(run.data)).toBe(expected[`${seed}/${tier}`]);
    // The comparison says nothing about a tier that did not run.
    if (tier === 1) expect(run.compiled).toBeGreaterThan(run.instructions / 2);
    else expect(run.compiled).toBe(0);
  });
});
