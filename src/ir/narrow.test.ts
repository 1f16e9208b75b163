import { describe, expect, it } from 'vitest';
import type { Block } from './block.ts';
import { BlockBuilder, type Value } from './builder.ts';
import { analyzeNarrow, NarrowTracker } from './narrow.ts';
import { formRegion } from './region.ts';
import { StateLayout } from './state.ts';

const layout = new StateLayout([
  { name: 'a', type: 'i64' },
  { name: 'b', type: 'i64' },
]);
/** The same slots of a guest whose 32-bit results are extended with zeros. */
const zeroLayout = new StateLayout(layout.slots, 'zero');
const A = layout.slot('a');
const B = layout.slot('b');

function block(pc: number, build: (b: BlockBuilder) => void): Block {
  const builder = new BlockBuilder(layout, pc, 0);
  builder.instruction(pc, 4);
  build(builder);
  return builder.finish();
}

describe('NarrowTracker', () => {
  const cases: Record<string, [boolean, (b: BlockBuilder, a: Value) => Value]> = {
    'a sign extension': [true, (b, a) => b.op('i64.extend32_s', a)],
    'a zero extension': [false, (b, a) => b.op('i64.and', a, b.i64(0xffffffff))],
    'a word shifted right': [true, (b, a) => b.op('i64.shr_u', b.op('i64.and', a, b.i64(0xffffffff)), b.i64(7))],
    'a word shifted by nothing': [false, (b, a) => b.op('i64.shr_u', b.op('i64.and', a, b.i64(0xffffffff)), b.i64(0))],
    'the or of two words': [true, (b, a) => b.op('i64.or', b.op('i64.extend32_s', a), b.op('i64.shr_u', a, b.i64(40)))],
    'the or of a word and anything': [false, (b, a) => b.op('i64.or', b.op('i64.extend32_s', a), a)],
    'a comparison': [true, (b, a) => b.op('i64.extend_i32_u', b.op('i64.eqz', a))],
    'a small constant': [true, (b) => b.i64(-5)],
    'a large constant': [false, (b) => b.i64(0x80000000)],
    'a sum': [false, (b, a) => b.op('i64.add', b.op('i64.extend32_s', a), b.i64(1))],
    'a value that is not known': [false, (_b, a) => a],
  };

  const zeroCases: typeof cases = {
    'a sign extension': [false, (b, a) => b.op('i64.extend32_s', a)],
    'a zero extension': [true, (b, a) => b.op('i64.extend_i32_u', b.op('i32.wrap_i64', a))],
    'a word by its mask': [true, (b, a) => b.op('i64.and', a, b.i64(0xffffffff))],
    'a large constant': [true, (b) => b.i64(0xffffffff)],
    'a negative constant': [false, (b) => b.i64(-5)],
    'a word shifted right': [true, (b, a) => b.op('i64.shr_s', b.op('i64.and', a, b.i64(0xffffffff)), b.i64(7))],
    'the upper half': [true, (b, a) => b.op('i64.shr_u', a, b.i64(32))],
    'more than the upper half': [false, (b, a) => b.op('i64.shr_u', a, b.i64(31))],
    'the or of a word and anything': [false, (b, a) => b.op('i64.or', b.op('i64.and', a, b.i64(0xffffffff)), a)],
    'the and of a word and anything': [true, (b, a) => b.op('i64.and', b.op('i64.and', a, b.i64(0xffffffff)), a)],
    'a sum': [false, (b, a) => b.op('i64.add', b.op('i64.and', a, b.i64(0xffffffff)), b.i64(1))],
  };

  const all = [
    ...Object.entries(cases).map(([name, one]) => ({ name, one, by: layout })),
    ...Object.entries(zeroCases).map(([name, one]) => ({ name, one, by: zeroLayout })),
  ];

  it.each(all)('$name, extended by $by.extension', ({ one: [expected, build], by }) => {
    let value: Value | undefined;
    const built = block(0, (b) => {
      value = build(b, b.get(A));
      b.set(B, value);
      b.jump(4);
    });
    const tracker = new NarrowTracker(by, 0n);
    for (const inst of built.instructions) if (inst.kind === 'get' || inst.kind === 'set') tracker.slot(inst);
    expect(tracker.isNarrow(value!)).toBe(expected);
    expect(tracker.slots).toBe(expected ? 2n : 0n);
  });
});

describe('analyzeNarrow', () => {
  it('keeps a slot narrow around a loop only where every way in has it narrow', () => {
    const entry = block(0, (b) => {
      b.set(A, b.i64(0));
      b.jump(8);
    });
    const loop = block(8, (b) => {
      b.set(A, b.op('i64.extend32_s', b.op('i64.add', b.get(A), b.i64(1))));
      b.set(B, b.op('i64.extend32_s', b.op('i64.add', b.get(B), b.i64(1))));
      b.branch(b.op('i64.eqz', b.get(B)), 12, 8);
    });
    const region = formRegion([entry, loop], () => [], []);
    const { entry: narrow, exit } = analyzeNarrow(region, [0, 1], new Set());
    expect(narrow).toEqual([0n, 1n]);
    expect(exit).toEqual([1n, 3n]);
    expect(analyzeNarrow(region, [0, 1], new Set([1])).entry).toEqual([0n, 0n]);
  });
});
