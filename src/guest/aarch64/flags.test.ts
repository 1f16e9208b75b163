import { describe, expect, it } from 'vitest';
import { BlockBuilder } from '../../ir/builder.ts';
import { evaluateBlock, type EvaluationMachine } from '../../ir/evaluate.ts';
import type { Slot } from '../../ir/state.ts';
import { holds } from './flags.ts';
import { aarch64Rows, type RowName } from './index.ts';
import { liftBlock } from './lift.ts';
import { flagsA, flagsB, flagsKind, flagsKindOf, nzcvOf, state } from './state.ts';

const PC = 0x1000;

/** Slots, and nothing else: the instructions here do not touch memory. */
class Slots implements EvaluationMachine {
  readonly values = new Map<string, bigint>();

  readSlot(slot: Slot): bigint {
    return this.values.get(slot.name) ?? 0n;
  }
  writeSlot(slot: Slot, bits: bigint): void {
    this.values.set(slot.name, bits);
  }
  load(): never {
    throw new Error('no memory');
  }
  store(): never {
    throw new Error('no memory');
  }
  operation(): never {
    throw new Error('only operations that fold');
  }
}

function run(words: readonly number[], slots: Slots): void {
  const read = (pc: number): number => {
    const word = words[(pc - PC) >> 2];
    return word === undefined ? -1 : (word >>> ((pc & 2) * 8)) & 0xffff;
  };
  const block = liftBlock({ readU16: read, readU8: (pc) => read(pc & ~1) }, PC, 0, words.length);
  evaluateBlock(block, slots);
}

const word = (name: RowName, values: Record<string, number>): number => aarch64Rows.encode(name, values);
const readFlags = word('mrs', { register: 0x5a10, Rt: 2 });
const setBit = (cond: number): number => word('csinc', { sf: 1, Rm: 31, cond: cond ^ 1, Rn: 31, Rd: 3 });

/** Instructions that set the flags, from x0 and x1 and the flags before. */
const setters: Readonly<Record<string, number>> = Object.fromEntries(
  [0, 1].flatMap((sf): [string, number][] => {
    const shifted = { sf, shift: 0, Rm: 1, imm6: 0, Rn: 0, Rd: 31 };
    const conditional = { sf, Rm: 1, Rn: 0, cond: 10, nzcv: 0b0101 };
    const width = sf === 1 ? 'x' : 'w';
    return [
      [`subs ${width}`, word('subs (shifted register)', shifted)],
      [`adds ${width}`, word('adds (shifted register)', shifted)],
      [`ands ${width}`, word('ands (shifted register)', shifted)],
      [`subs ${width} with its operand`, word('subs (shifted register)', { ...shifted, Rd: 0 })],
      [`adds ${width} immediate`, word('adds (immediate)', { sf, sh: 0, imm12: 1, Rn: 0, Rd: 31 })],
      [`adds ${width} of 0`, word('adds (immediate)', { sf, sh: 0, imm12: 0, Rn: 0, Rd: 31 })],
      [`adcs ${width}`, word('adcs', { sf, Rm: 1, Rn: 0, Rd: 31 })],
      [`sbcs ${width}`, word('sbcs', { sf, Rm: 1, Rn: 0, Rd: 31 })],
      [`ccmp ${width}`, word('ccmp (register)', conditional)],
      [`ccmn ${width}`, word('ccmn (register)', conditional)],
      [`msr from ${width}`, word('msr', { register: 0x5a10, Rt: sf })],
    ];
  }),
);

const M = (1n << 64n) - 1n;
const values = [0n, 1n, 0x7fffffffn, 0x80000000n, 0xffffffffn, M >> 1n, 1n << 63n, M];

function slotsFor(x0: bigint, x1: bigint, before: number): Slots {
  const slots = new Slots();
  slots.values.set('x0', x0);
  slots.values.set('x1', x1);
  slots.values.set('flags_kind', BigInt.asUintN(32, BigInt(flagsKindOf(before))));
  return slots;
}

/** What a kernel or debugger reads from the slots. */
const shown = (slots: Slots): number =>
  nzcvOf(slots.readSlot(flagsA), slots.readSlot(flagsB), Number(slots.readSlot(flagsKind)));

describe.each(Object.entries(setters))('flags of %s', (_, setter) => {
  it('are the same in the slots, read in the same block and in the next one, for every condition', () => {
    for (const x0 of values)
      for (const x1 of values)
        for (const before of [0x20000000, 0x90000000]) {
          const slots = slotsFor(x0, x1, before);
          run([setter], slots);
          const nzcv = shown(slots);
          const same = slotsFor(x0, x1, before);
          run([setter, readFlags], same);
          expect(Number(same.values.get('x2'))).toBe(nzcv);
          run([readFlags], slots);
          expect(Number(slots.values.get('x2'))).toBe(nzcv);
          for (let cond = 0; cond < 14; cond++) {
            const fused = slotsFor(x0, x1, before);
            run([setter, setBit(cond)], fused);
            run([setBit(cond)], slots);
            const wanted = holds(nzcv >>> 28, cond) ? 1n : 0n;
            expect([fused.values.get('x3'), slots.values.get('x3')], `condition ${cond}`).toEqual([wanted, wanted]);
          }
        }
  });
});

it('a state keeps its flags when they are stored by value', () => {
  for (let nzcv = 0; nzcv < 16; nzcv++) expect(nzcvOf(1n, 2n, flagsKindOf(nzcv * 2 ** 28))).toBe(nzcv * 2 ** 28);
  expect(state.slot('flags_kind').offset).toBe(flagsA.offset + 16);
  expect(new BlockBuilder(state, 0, 0).layout).toBe(state);
});
