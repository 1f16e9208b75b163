import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { Vcpu } from '../../src/engine/vcpu.ts';
import { riscv64, riscv64Rows } from '../../src/guest/riscv64/index.ts';
import { GuestMemory } from '../../src/memory/guest-memory.ts';
import { runInHospes } from './hospes.mjs';
import { digest, EXPECTED_SEEDS, sampleProgram } from './sample.mjs';

const expected = JSON.parse(readFileSync(new URL('expected.json', import.meta.url), 'utf8')) as Record<string, string>;

// Where this fails, `npm run fuzz -- --rows ... --seed ...` finds the instruction; where the decode rows changed, the
// programs did too: `npm run fuzz -- --write-expectations`.
describe.each(EXPECTED_SEEDS)('8,000 random riscv64 instructions, seed %i', (seed) => {
  const program = sampleProgram(riscv64Rows, seed);
  it.each(['strict', 'range'] as const)('leave the same registers and memory as in the reference, %s', (model) => {
    const { data, stopped } = runInHospes({ Vcpu, GuestMemory, guest: riscv64 }, program, model);
    expect(stopped).toBeNull();
    expect(digest(data)).toBe(expected[String(seed)]);
  });
});
