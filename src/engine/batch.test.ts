import { expect, it } from 'vitest';
import { riscv64 } from '../guest/riscv64/index.ts';
import { memoryLayout } from '../memory/layout.ts';
import { compileBatch, type Batch, type BatchTask, type CodeKnowledge } from './batch.ts';

const CODE = 0x10000;
const NOP = 0x00000013;
const RET = 0x00008067;
/** addi a0, a0, 1 */
const INCREMENT = 0x00150513;

/** Code at CODE of which all was executed, and none of it often. */
function knowledgeOf(words: readonly number[], more: Partial<CodeKnowledge> = {}): CodeKnowledge {
  const bytes = new Uint8Array(Uint32Array.from(words).buffer);
  const readU8 = (at: number): number => bytes[at - CODE] ?? -1;
  return {
    source: { readU8, readU16: (at) => (readU8(at + 1) < 0 ? -1 : readU8(at) | (readU8(at + 1) << 8)) },
    isKnown: (pc) => readU8(pc) >= 0,
    isFunction: () => false,
    arrivals: () => 0,
    isWarm: () => false,
    targetsOf: () => [],
    isCompiled: () => false,
    entriesOf: () => [],
    guardsEntries: () => true,
    speculationOf: () => 'speculates',
    generationOf: () => 0,
    ...more,
  };
}

/** What becomes of such code. */
function compiled(knowledge: CodeKnowledge, more: Partial<BatchTask> = {}): Batch {
  const task: BatchTask = {
    ...{ pc: CODE, start: CODE, isEntered: true, id: 0, precise: false, size: 'large' },
    target: { model: 'strict', fusesMultiplyAdd: false },
    layout: memoryLayout(1 << 26),
    ...more,
  };
  const batch = compileBatch(riscv64, task, knowledge);
  if (batch === null || batch === 'too-large') return expect.unreachable('it is compiled');
  expect(WebAssembly.validate(batch.wasm.slice())).toBe(true);
  return batch;
}

it('compiles a function whose branches nest thousands deep', () => {
  // beq a1, a2, 8: each block is reached by way of all before it.
  const depth = 3000;
  const words = [...Array.from({ length: depth }, () => [INCREMENT, 0x00c58463]).flat(), RET, RET];
  const { regions } = compiled(knowledgeOf(words));
  expect(regions.map(({ guestInstructions }) => guestInstructions)).toEqual([2 * depth + 2]);
});

it('leaves a function to which another one jumps at its end, unless it is small', () => {
  // addi a0, a0, 1; j 8; ret
  const words = (size: number): number[] => [INCREMENT, 0x0080006f, RET, ...new Array<number>(size).fill(NOP), RET];
  const other = CODE + 12;
  const regionOf = (size: number, isFunction: boolean) =>
    compiled(knowledgeOf(words(size), { isFunction: (pc) => isFunction && pc === other })).regions[0];
  expect(regionOf(60, false)).toMatchObject({ guestInstructions: 63, exits: [] });
  expect(regionOf(60, true)).toMatchObject({ guestInstructions: 2, exits: [other] });
  expect(regionOf(8, true)).toMatchObject({ guestInstructions: 11, exits: [] });
});

it('joins code to the function that it goes on in, and to no other', () => {
  // At CODE a function of 21 instructions; behind it code that jumps to its second one, which nothing is known to lead to.
  const back = CODE + 21 * 4;
  // j -80
  const words = [...new Array<number>(20).fill(INCREMENT), RET, INCREMENT, 0xfb1ff06f, INCREMENT, RET];
  const joined = compiled(knowledgeOf(words), { pc: back });
  expect(joined.regions).toMatchObject([{ pc: CODE, entries: [CODE, back], guestInstructions: 23 }]);
  const apart = compiled(knowledgeOf(words), { pc: back + 8 });
  expect(apart.regions).toMatchObject([{ pc: back + 8, entries: [back + 8], guestInstructions: 2 }]);
});

it('enters a function in its middle only where control comes from elsewhere', () => {
  // beqz a0, 8; ret; addi a0, a0, 1; ret
  const words = [0x00050463, RET, INCREMENT, RET];
  const entriesOf = (isEntered: boolean) =>
    compiled(knowledgeOf(words), { pc: CODE + 8, isEntered }).regions[0]?.entries;
  expect(entriesOf(true)).toEqual([CODE, CODE + 8]);
  expect(entriesOf(false)).toEqual([CODE]);
});
