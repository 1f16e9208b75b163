import { expect, it } from 'vitest';
import { riscv64 } from '../guest/riscv64/index.ts';
import { memoryLayout } from '../memory/layout.ts';
import { compileBatch, type CodeKnowledge } from './batch.ts';

const CODE = 0x10000;

/** Code at CODE of which all was executed, and none of it often. */
function knowledgeOf(words: readonly number[]): CodeKnowledge {
  const bytes = new Uint8Array(Uint32Array.from(words).buffer);
  const readU8 = (at: number): number => bytes[at - CODE] ?? -1;
  return {
    source: { readU8, readU16: (at) => (readU8(at + 1) < 0 ? -1 : readU8(at) | (readU8(at + 1) << 8)) },
    isKnown: (pc) => readU8(pc) >= 0,
    arrivals: () => 0,
    isWarm: () => false,
    targetsOf: () => [],
    isCompiled: () => false,
    entriesOf: () => [],
    guardsEntries: () => true,
    speculationOf: () => 'speculates',
    generationOf: () => 0,
    numberOf: () => 0,
  };
}

it('compiles a function whose branches nest thousands deep', () => {
  // addi a0, a0, 1; beq a1, a2, 8: each block is reached by way of all before it.
  const depth = 3000;
  const words = [...Array.from({ length: depth }, () => [0x00150513, 0x00c58463]).flat(), 0x00008067, 0x00008067];
  const target = { model: 'strict', fusesMultiplyAdd: false } as const;
  const task = {
    pc: CODE,
    start: CODE,
    id: 0,
    target,
    precise: false,
    size: 'large',
    layout: memoryLayout(1 << 26),
  } as const;
  const batch = compileBatch(riscv64, task, knowledgeOf(words));
  if (batch === null || batch === 'too-large') return expect.unreachable('it is compiled');
  expect(batch.regions.map(({ guestInstructions }) => guestInstructions)).toEqual([2 * depth + 2]);
  expect(WebAssembly.validate(batch.wasm.slice())).toBe(true);
});
