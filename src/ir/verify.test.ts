import { describe, expect, it } from 'vitest';
import { Inst, type Block, type Terminator, type TrapCode } from './block.ts';
import { BlockBuilder } from './builder.ts';
import { ops } from './ops.ts';
import { StateLayout } from './state.ts';
import type { ValueType } from './types.ts';
import { verifyBlock } from './verify.ts';

const layout = new StateLayout([
  { name: 'x1', type: 'i64' },
  { name: 'w1', type: 'i32' },
]);
const x1 = layout.slot('x1');
const jump: Terminator = { kind: 'jump', target: 0x1004, hint: 'jump', returnPc: null };

function marker(pc = 0x1000, length = 4): Inst {
  return new Inst('instruction', null, null, null, null, null, pc, length);
}

function constant(type: ValueType | null, lo = 0, hi = 0): Inst {
  return new Inst('const', null, type, null, null, null, lo, hi);
}

function get(): Inst {
  return new Inst('get', null, 'i64', null, null, null, x1.offset, 0);
}

function set(value: Inst | null): Inst {
  return new Inst('set', null, null, value, null, null, x1.offset, 0);
}

function op(name: keyof typeof ops, operands: readonly Inst[], lo = 0, hi = 0, wide = 0n): Inst {
  const [a = null, b = null, c = null] = operands;
  return new Inst('op', ops[name], ops[name].result, a, b, c, lo, hi, wide);
}

function trapIf(condition: Inst, code = 1): Inst {
  return new Inst('trap_if', null, null, condition, null, null, code, 0);
}

function problems(instructions: readonly Inst[], terminator = jump, more: Partial<Block> = {}): string[] {
  const guestInstructions = instructions.filter(({ kind }) => kind === 'instruction').length;
  const base = { pc: 0x1000, mode: 0, endPc: 0x1008, layout, instructions, terminator, guestInstructions };
  return verifyBlock({ ...base, ...more });
}

describe('the verifier', () => {
  it('has nothing to say about what the builder gives', () => {
    const builder = new BlockBuilder(layout, 0xfffff000, 1);
    builder.instruction(0xfffff000, 2);
    const base = builder.get(x1);
    const loaded = builder.opImm('i64.load', 8, base);
    builder.trapIf(builder.op('i64.eqz', loaded), 1);
    builder.set(x1, loaded);
    builder.indirect(loaded, 'jump');
    expect(verifyBlock(builder.finish())).toEqual([]);
  });

  const v = constant('i64', 5);
  const cases: readonly [string, () => string[]][] = [
    ['uses a value that is not defined before it', () => ((x) => problems([marker(), set(x), x]))(get())],
    ['uses an instruction that gives no value', () => ((m) => problems([m, set(m)]))(marker())],
    ['occurs twice', () => ((x) => problems([x, x]))(get())],
    ['has no type', () => problems([constant(null)])],
    ['has more bits than its type', () => problems([constant('i32', 1, -1)])],
    ['has an immediate beyond 32 bits', () => problems([constant('i64', 2 ** 31)])],
    ['names no slot (offset 4)', () => problems([new Inst('get', null, 'i64', null, null, null, 4, 0)])],
    ['has i32 for slot x1 of type i64', () => ((x) => problems([x, set(x)]))(constant('i32'))],
    ['must have one operand and no result', () => problems([set(null)])],
    ['needs an i32 condition', () => ((x) => problems([marker(), x, trapIf(x)]))(get())],
    ['has the unknown trap code 99', () => ((x) => problems([marker(), x, trapIf(x, 99)]))(constant('i32'))],
    [
      'comes after its guest instruction changed state or memory',
      () => {
        const condition = constant('i32');
        const value = get();
        return problems([marker(), condition, value, set(value), trapIf(condition)]);
      },
    ],
    ['belongs to no guest instruction', () => ((x) => problems([x, trapIf(x)]))(constant('i32'))],
    ['belongs to no guest instruction', () => ((x) => problems([x, op('i64.load', [x])]))(get())],
    ['has no row', () => problems([new Inst('op', null, 'i64', null, null, null, 0, 0)])],
    ['takes i64 as operand 1, not nothing', () => ((x) => problems([x, op('i64.add', [x])]))(get())],
    ['takes nothing as operand 1, not i64', () => ((x) => problems([x, op('i64.eqz', [x, x])]))(get())],
    ['gives i64, not i32', () => problems([new Inst('op', ops['input.time'], 'i32', null, null, null, 0, 0)])],
    ['takes no immediate', () => ((x) => problems([x, op('i64.clz', [x], 3)]))(get())],
    ['has an immediate of more than 32 bits', () => ((x) => problems([x, op('i64.load', [x], 0, 1)]))(get())],
    ['has no lane 2', () => ((x) => problems([x, op('i64x2.extract_lane', [x], 2)]))(constant('v128'))],
    ['selects a lane over 31', () => ((x) => problems([x, op('i8x16.shuffle', [x, x], 0x20)]))(constant('v128'))],
    ['lies outside the block', () => problems([marker(0x1006)])],
    ['lies outside the block', () => problems([marker(0xff0)])],
    ['counts 9 guest instructions but marks 1', () => problems([marker()], jump, { guestInstructions: 9 })],
    ['counts 1 uses but has 0', () => (set(v), problems([v]))],
    ['goes to -1, which is no address', () => problems([], { ...jump, target: -1 })],
    ['goes to 0.5, which is no address', () => problems([], { kind: 'syscall', next: 0.5 })],
    ['needs an i64 target', () => ((x) => problems([x], { ...jump, kind: 'indirect', target: x }))(constant('i32'))],
    [
      'terminator (branch) needs an i32 condition',
      () => ((x) => problems([x], { kind: 'branch', condition: x, taken: 0, fallthrough: 0 }))(get()),
    ],
    [
      'terminator (trap) has the unknown trap code 77',
      () => problems([], { kind: 'trap', trap: 77 as TrapCode, pc: 0, detail: 0 }),
    ],
    [
      'terminator (trap) comes after its guest instruction changed',
      () => ((x) => problems([marker(), x, set(x)], { kind: 'trap', trap: 1, pc: 0, detail: 0 }))(get()),
    ],
  ];
  it.each(cases)('says that something %s', (sentence, build) => {
    expect(build().some((problem) => problem.includes(sentence))).toBe(true);
  });

  it('says in one sentence what and where', () => {
    const x = get();
    expect(problems([marker(), x, op('i64.add', [x, constant('i64')])])).toEqual([
      'instruction 2 (i64.add) uses a value that is not defined before it.',
    ]);
  });
});
