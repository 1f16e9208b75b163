import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Block } from '../block.ts';
import { BlockBuilder, type Value } from '../builder.ts';
import { evaluateBlock } from '../evaluate.ts';
import { findOp, opList, type OpName } from '../ops.ts';
import { parseBlock } from '../parse.ts';
import { printBlock } from '../print.ts';
import { randomBlock, testLayout, TestMachine } from '../testing/random-block.ts';
import type { ValueType } from '../types.ts';
import { verifyBlock } from '../verify.ts';
import { algebraRule } from './algebra.ts';
import { optimizeBlock, passes } from './optimize.ts';

/** Everything that can be observed of running a block. */
function observe(block: Block, slots: Readonly<Record<string, bigint>> = {}, seesLoads = true): unknown {
  const machine = new TestMachine();
  for (const [name, bits] of Object.entries(slots)) machine.slots.set(name, bits);
  const outcome = evaluateBlock(block, machine);
  return {
    outcome,
    slots: [...machine.slots],
    log: machine.log.filter((event) => seesLoads || !event.startsWith('load')),
  };
}

describe('random blocks', () => {
  it('are sound, and the same after printing and parsing', () => {
    fc.assert(
      fc.property(randomBlock, (block) => {
        expect(verifyBlock(block)).toEqual([]);
        const text = printBlock(block);
        const parsed = parseBlock(text, testLayout);
        expect(printBlock(parsed)).toBe(text);
        expect(verifyBlock(parsed)).toEqual([]);
        expect(observe(parsed)).toEqual(observe(block));
      }),
      { numRuns: 300 },
    );
  });

  it.each([...Object.entries(passes), ['all', optimizeBlock] as const])(
    'mean the same after %s, which leaves its input alone',
    (name, pass) => {
      const seesLoads = name !== 'forward-stores';
      fc.assert(
        fc.property(randomBlock, (block) => {
          const text = printBlock(block);
          const result = pass(block);
          expect(verifyBlock(result), printBlock(result)).toEqual([]);
          expect(verifyBlock(block)).toEqual([]);
          expect(printBlock(block)).toBe(text);
          expect(observe(result, {}, seesLoads)).toEqual(observe(block, {}, seesLoads));
        }),
        { numRuns: 1000 },
      );
    },
  );

  it('do not grow by optimization, and it gains something on most', () => {
    let smaller = 0;
    for (const block of fc.sample(randomBlock, { numRuns: 200, seed: 7 })) {
      const { length } = optimizeBlock(block).instructions;
      expect(length).toBeLessThanOrEqual(block.instructions.length + 4);
      if (length < block.instructions.length) smaller++;
    }
    expect(smaller).toBeGreaterThan(150);
  });
});

/** Builds one value; each test builds it anew, because values belong to a block. */
type Expression = (builder: BlockBuilder) => Value;

const slotOf: Record<ValueType, readonly string[]> = {
  i64: ['x1', 'x2'],
  i32: ['w1'],
  f32: ['s1'],
  f64: ['d1'],
  v128: ['q1'],
};
const constants = [0n, 1n, 16n, 32n, 64n, 0x7fffffffn, 0x80000000n, 0xffffffffn, (1n << 64n) - 1n, 1n << 63n];

/** The second one equals some constants, so that strict and weak comparisons differ. */
const states = [{}, { x1: 64n, x2: 64n, w1: 64n }];

function leaves(type: ValueType): Expression[] {
  const gets = slotOf[type].map((name): Expression => {
    return (b) => b.get(testLayout.slot(name));
  });
  if (type !== 'i64' && type !== 'i32') return gets;
  const numbers = constants.map((bits): Expression => {
    return (b) => (type === 'i64' ? b.i64Bits(bits) : b.i32(Number(bits & 0xffffffffn)));
  });
  return [...gets, ...numbers];
}

/** Operations under an operation: those that some rule looks for, over few operands. */
function inner(type: ValueType): Expression[] {
  return opList
    .filter(({ result, name }) => result === type && /^[if](32|64)\./.test(name))
    .filter(({ effect, immediate }) => (effect === 'pure' && immediate === undefined) || effect === 'load')
    .flatMap((op): Expression[] => {
      const name = op.name as OpName;
      if (op.effect === 'load') return [0x1000, 0x1010].map((at) => (b) => b.op(name, b.i64(at)));
      const operands = op.params.map(leaves);
      const build = (offset: number): Expression => {
        return (b) => {
          const [x, y, z] = operands.map((list, index) => list[(offset * index) % list.length]!(b));
          return b.op(name, x, y, z);
        };
      };
      // 6 is the constant 64 for i64, 5 for i32.
      return [build(1), build(5), build(6), build(0)];
    });
}

describe('every simplification', () => {
  const outers = opList.filter(({ name }) => algebraRule(name) !== undefined);

  function check(build: Expression): void {
    const builder = new BlockBuilder(testLayout, 0x10000, 0);
    builder.instruction(0x10000, 4);
    const value = build(builder);
    builder.opImm(`${value.type!}.store`, 0, builder.i64(0x1000), value);
    builder.jump(0x10004);
    const block = builder.finish();
    const result = optimizeBlock(block);
    // Printing is for failures only: thousands of blocks pass here.
    const same = states.every((slots) => isDeepStrictEqual(observe(result, slots), observe(block, slots)));
    if (same && verifyBlock(result).length === 0) return;
    expect.fail(`${printBlock(block)}became\n${printBlock(result)}`);
  }

  it.each(outers.map(({ name }) => name as OpName))('of %s keeps its value', (name) => {
    const { params } = findOp(name)!;
    const [first = 'i32', second, third] = params;
    // Of a select the interesting operand is the condition.
    const firsts = third === undefined ? [...leaves(first), ...inner(first)] : leaves(first).slice(0, 3);
    const seconds = second === undefined ? [null] : leaves(second).slice(0, third === undefined ? undefined : 3);
    const thirds = third === undefined ? [null] : [...leaves(third), ...inner(third)];
    for (const x of firsts) {
      for (const y of seconds) for (const z of thirds) check((b) => b.op(name, x(b), y?.(b), z?.(b)));
    }
    if (second === first) check((b) => ((same) => b.op(name, same, same, third && b.i32(3)))(leaves(first)[0]!(b)));
  });

  it('keeps a set that a trap shows', () => {
    const text = `block 0x10000 mode 0 end 0x10008
  at 0x10000 length 4
    v0 = i64.const 5
    set x1, v0
  at 0x10004 length 4
    v1 = get w1
    trap_if v1, breakpoint
    v2 = i64.const 6
    set x1, v2
    jump 0x10008
`;
    const block = parseBlock(text, testLayout);
    expect(verifyBlock(block)).toEqual([]);
    expect(printBlock(passes.forward(block))).toBe(text);
  });

  it('of addresses keeps them', () => {
    for (const part of constants) {
      for (const displacement of [0, 8, 0x7fffffff, -0x80000000]) {
        const address: Expression = (b) => b.op('i64.add', b.get(testLayout.slot('x1')), b.i64Bits(part));
        check((b) => b.opImm('i64.load', displacement, address(b)));
      }
    }
  });
});
