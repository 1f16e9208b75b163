import { describe, expect, it } from 'vitest';
import { riscv64 } from '../guest/riscv64/index.ts';
import { Lowering } from '../host/interpreter/lower.ts';
import { microOpSet } from '../host/interpreter/instance.ts';
import { KeptBlocks } from './kept-blocks.ts';
import { Reader } from './module-codec.ts';

const CODE = 0x1000;
/** Bytes of the memory that guest code is in, and where blocks are put in another. */
const SIZE = 1 << 13;
const HEAP = 0x400;

/** addi a0, a0, 1; then one of: beq a0, a1, 8; j 16; jal 16; ret */
const ENDS = { branch: 0x00b50463, jump: 0x0100006f, call: 0x010000ef, return: 0x00008067 } as const;

class Blocks {
  readonly memory = new Uint8Array(SIZE);
  readonly words = new Int32Array(SIZE / 4);
  readonly #lowering = new Lowering(microOpSet());

  constructor(end: number, pc = CODE) {
    new Uint32Array(this.memory.buffer, pc, 2).set([0x00150513, end]);
  }

  /** Translates the block at a pc to host offset `ip`, as a copy that starts there; adds it to `kept`, if given. */
  translate(pc: number, ip: number, kept?: KeptBlocks): { readonly words: number[]; readonly deltas: number[] } {
    const { memory } = this;
    const readU8 = (at: number): number => memory[at] ?? -1;
    const source = { readU8, readU16: (at: number) => readU8(at) | (readU8(at + 1) << 8) };
    const block = riscv64.liftBlock(source, pc, 0, 64);
    const count = this.#lowering.lower(block, this.words, ip, 0);
    kept?.add(block, 0, memory, this.words, ip, count, this.#lowering);
    const origins = new Uint16Array(count);
    this.#lowering.copyOrigins(origins, 0);
    return { words: [...this.words.slice(ip >>> 2, (ip >>> 2) + count * 4)], deltas: [...origins] };
  }
}

/** What `kept` gives for a pc, put at host offset `ip`; null where it has nothing. */
function taken(kept: KeptBlocks, memory: Uint8Array, pc: number, ip: number) {
  const index = kept.find(pc, 0, memory);
  if (index < 0) return null;
  const words = new Int32Array(SIZE / 4);
  const deltas = new Uint16Array(64);
  kept.copy(index, words, ip, deltas, 3);
  const { count, ...block } = kept.at(index);
  return {
    block,
    words: [...words.slice(ip >>> 2, (ip >>> 2) + count * 4)],
    deltas: [...deltas.slice(3, 3 + count)],
  };
}

describe('kept blocks', () => {
  it.each(Object.entries(ENDS))('are the same where they are put as translated there, at a %s', (name, end) => {
    const blocks = new Blocks(end);
    const kept = new KeptBlocks();
    blocks.translate(CODE, HEAP, kept);
    const other = blocks.translate(CODE, HEAP + 0x340);
    expect(taken(kept, blocks.memory, CODE, HEAP + 0x340)).toEqual({
      block: { pc: CODE, endPc: CODE + 8, guestInstructions: 2, callee: name === 'call' ? CODE + 20 : null },
      ...other,
    });
    const read = KeptBlocks.read(new Reader(kept.serialize()));
    expect(taken(read, blocks.memory, CODE, HEAP + 0x340)).toEqual(taken(kept, blocks.memory, CODE, HEAP + 0x340));
  });

  it('are forgotten when their code is another, and kept anew', () => {
    const blocks = new Blocks(ENDS.jump);
    const kept = new KeptBlocks();
    blocks.translate(CODE, HEAP, kept);
    blocks.memory[CODE + 6] = 0x20;
    expect(taken(kept, blocks.memory, CODE, HEAP)).toBeNull();
    expect(kept.size).toBe(0);
    const { words } = blocks.translate(CODE, HEAP, kept);
    expect(taken(kept, blocks.memory, CODE, HEAP)?.words).toEqual(words);
    expect(KeptBlocks.read(new Reader(kept.serialize())).size).toBe(1);
  });

  it('leave out an instruction that may go on where there was no code', () => {
    const pc = SIZE - 2;
    const blocks = new Blocks(ENDS.jump);
    // The first half of an addi.
    blocks.memory.set([0x13, 0x05], pc);
    const kept = new KeptBlocks();
    blocks.translate(pc, HEAP, kept);
    expect(kept.size).toBe(0);
  });

  it('are to be stored when there are many new ones', () => {
    const kept = new KeptBlocks();
    const blocks = new Blocks(ENDS.return);
    for (let pc = CODE; pc < CODE + 4 * 100; pc += 4) {
      new Uint32Array(blocks.memory.buffer, pc, 1)[0] = ENDS.return;
      blocks.translate(pc, HEAP, kept);
    }
    expect([kept.size, kept.guestInstructions, kept.isDirty]).toEqual([100, 100, true]);
    const bytes = kept.serialize();
    expect(kept.isDirty).toBe(false);
    const read = KeptBlocks.read(new Reader(bytes));
    expect([read.size, read.isDirty]).toEqual([100, false]);
    for (let length = 0; length < bytes.length; length += 7)
      expect(() => KeptBlocks.read(new Reader(bytes.slice(0, length)))).toThrow(RangeError);
  });
});
