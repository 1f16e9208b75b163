import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { runtimeFunctions } from '../../ir/runtime-functions.ts';
import { findOp, opList, ops } from '../../ir/ops.ts';
import type { Op } from '../../ir/op.ts';
import { valueSize, type ValueType } from '../../ir/types.ts';
import { FunctionBody, ModuleBuilder } from './encoder.ts';
import { findInstruction } from './opcodes.ts';
import { RuntimeLibrary, RUNTIME_MODULE } from './runtime-library.ts';
import { assembleOp, assembleTemplate, ownTemplate, templateCalls, type TemplateContext } from './template.ts';

/** Where a test function finds its operands, leaves its result, and addresses memory. */
const OPERANDS = 0;
const RESULT = 64;
const VCPU = 128;
const CELL = 256;

/** A module with one function for each op: operands come from memory, the result goes there, so that bits are exact. */
class Harness {
  readonly memory = new WebAssembly.Memory({ initial: 1 });
  readonly #view = new DataView(this.memory.buffer);
  readonly #run: Record<string, () => void>;

  constructor(list: readonly Op[]) {
    const builder = new ModuleBuilder();
    builder.importMemory('env', 'memory', { min: 0 });
    const library = new RuntimeLibrary(builder, runtimeFunctions);
    for (const op of list) defineTest(builder, library, op);
    library.defineFunctions();
    const imports: Record<string, () => bigint> = {};
    for (const [name, row] of Object.entries(runtimeFunctions)) if (row.kind === 'import') imports[name] = () => 77n;
    const module = new WebAssembly.Module(builder.build());
    const instance = new WebAssembly.Instance(module, { env: { memory: this.memory }, [RUNTIME_MODULE]: imports });
    this.#run = instance.exports as Record<string, () => void>;
  }

  run(op: Op, operands: readonly bigint[]): bigint {
    operands.forEach((bits, index) => this.write(OPERANDS + 16 * index, 'v128', bits));
    this.#run[op.name]!();
    return op.result === null ? 0n : this.read(RESULT, op.result);
  }

  write(at: number, type: ValueType, bits: bigint): void {
    for (let i = 0; i < valueSize[type]; i++) this.#view.setUint8(at + i, Number((bits >> BigInt(8 * i)) & 0xffn));
  }

  read(at: number, type: ValueType): bigint {
    let bits = 0n;
    for (let i = valueSize[type] - 1; i >= 0; i--) bits = (bits << 8n) | BigInt(this.#view.getUint8(at + i));
    return bits;
  }
}

function defineTest(builder: ModuleBuilder, library: RuntimeLibrary, op: Op): void {
  const ref = builder.declareFunction(op.name, [], []);
  const body = new FunctionBody([]);
  const touchesMemory = op.immediate === 'offset';
  if (op.result !== null) body.i32Const(RESULT);
  assembleOp(body, op, {
    operand(index) {
      if (touchesMemory && index === 0) {
        body.i32Const(CELL);
        return;
      }
      body.i32Const(OPERANDS + 16 * index);
      body.load(`${op.params[index]!}.load`);
    },
    vcpu: () => body.i32Const(VCPU),
    imm: 1,
    lanes: [0x1716151413121110n, 0x0706050403020100n],
    runtimeFunction: (name) => library.use(name),
    scratch: (_, type) => body.local(type),
  });
  if (op.result !== null) body.store(`${op.result}.store`);
  builder.defineFunction(ref, body);
  builder.exportFunction(op.name, ref);
}

const M64 = (1n << 64n) - 1n;
const edges: Record<ValueType, readonly bigint[]> = {
  i32: [
    0n,
    1n,
    2n,
    31n,
    32n,
    0x7fn,
    0x80n,
    0xffn,
    0x7fffn,
    0x8000n,
    0x7fffffffn,
    0x80000000n,
    0xffffffffn,
    0xff00ff00n,
  ],
  i64: [0n, 1n, 63n, 64n, 0x80n, 0x7fffffffn, 0x80000000n, 0xffffffffn, 1n << 32n, (1n << 63n) - 1n, 1n << 63n, M64],
  f32: [
    ...[0n, 1n, 0x007fffffn, 0x00800000n, 0x3f000000n, 0x3f800000n, 0x3fc00000n, 0x40200000n, 0x4b000001n, 0x7f7fffffn],
    ...[0x7f800000n, 0x7f800001n, 0x7fc00000n, 0x4effffffn, 0x4f000000n, 0x4f800000n, 0x5f000000n, 0x5f800000n],
  ].flatMap((bits) => [bits, bits | (1n << 31n)]),
  f64: [
    ...[0n, 1n, 0x000fffffffffffffn, 0x0010000000000000n, 0x3fe0000000000000n, 0x3ff0000000000000n],
    ...[0x3ff8000000000000n, 0x4004000000000000n, 0x4330000000000001n, 0x7fefffffffffffffn, 0x7ff0000000000000n],
    ...[0x7ff0000000000001n, 0x7ff8000000000000n, 0x41dfffffffc00000n, 0x41e0000000000000n, 0x43e0000000000000n],
    ...[0x43f0000000000000n, 0x47efffffe0000000n, 0x47effffff0000000n, 0x36a0000000000000n],
  ].flatMap((bits) => [bits, bits | (1n << 63n)]),
  v128: [0n, 1n, (1n << 128n) - 1n, 1n << 127n, M64],
};

function bitsOf(type: ValueType): fc.Arbitrary<bigint> {
  const any = fc.bigInt({ min: 0n, max: (1n << BigInt(8 * valueSize[type])) - 1n });
  return fc.oneof(fc.constantFrom(...edges[type]), any);
}

function isNaNBits(type: ValueType | null, bits: bigint): boolean {
  if (type === 'f32') return (bits & 0x7fffffffn) > 0x7f800000n;
  return type === 'f64' && (bits & (M64 >> 1n)) > 0x7ff0000000000000n;
}

/** Operations that keep NaN payloads; every other float result may be any NaN. */
const exactOnNaN = /\.(abs|neg|copysign|select|reinterpret_\w+)$/;

function expectSame(op: Op, operands: readonly bigint[], actual: bigint): void {
  const [a = 0n, b = 0n, c = 0n] = operands;
  const expected = op.fold!(a, b, c);
  if (isNaNBits(op.result, expected) && !exactOnNaN.test(op.name)) {
    expect(isNaNBits(op.result, actual), op.name).toBe(true);
  } else {
    expect(actual, `${op.name} of ${operands.map((bits) => `0x${bits.toString(16)}`).join()}`).toBe(expected);
  }
}

function combinations(types: readonly ValueType[]): bigint[][] {
  return types.reduce<bigint[][]>(
    (lists, type) => lists.flatMap((list) => edges[type].map((bits) => [...list, bits])),
    [[]],
  );
}

const foldable = opList.filter((op) => op.fold !== undefined);
let harness: Harness;
beforeAll(() => {
  harness = new Harness(opList);
});

describe('folders agree with execution', () => {
  it('exist for every pure scalar row', () => {
    const lacking = opList.filter(
      ({ name, effect, params, result, fold }) =>
        effect === 'pure' && !name.startsWith('fp.') && fold === undefined && ![...params, result].includes('v128'),
    );
    expect(lacking.map(({ name }) => name)).toEqual([]);
    expect(foldable.length).toBeGreaterThan(150);
  });

  it.each(foldable.map(({ name }) => name))('%s', (name) => {
    const op: Op = findOp(name)!;
    for (const operands of combinations(op.params)) expectSame(op, operands, harness.run(op, operands));
    fc.assert(
      fc.property(fc.tuple(...op.params.map(bitsOf)), (operands) => {
        expectSame(op, operands, harness.run(op, operands));
        if (op.commutative === true) {
          const [a = 0n, b = 0n] = operands;
          expectSame(op, operands, harness.run(op, [b, a]));
        }
      }),
      { numRuns: 100 },
    );
  });
});

describe('rows', () => {
  it('without template have the signature and width of their instruction', () => {
    for (const op of opList) {
      const instruction = findInstruction(op.name);
      if (op.wasm !== undefined || instruction === undefined) continue;
      const params = op.immediate === 'offset' ? ['i32', ...op.params.slice(1)] : [...op.params];
      expect(params, op.name).toEqual(instruction.params);
      expect(op.result === null ? [] : [op.result], op.name).toEqual(instruction.results);
      expect(op.width ?? 0, op.name).toBe(instruction.access);
      const immediate = { memarg: 'offset', lane: 'lane', lanes: 'shuffle' }[instruction.immediates[0] as 'lane'];
      expect(op.immediate, op.name).toBe(immediate);
    }
  });

  it('have distinct codes, a summary, and a name that is no mistake', () => {
    expect(new Set(opList.map(({ code }) => code)).size).toBe(opList.length);
    opList.forEach((op, index) => {
      expect(op.code).toBe(index);
      expect(op.summary, op.name).toMatch(/\S/);
    });
    expect(findOp('i64.add')).toBe(ops['i64.add']);
    expect(findOp('constructor')).toBeUndefined();
  });

  it('call only runtime functions that there are', () => {
    for (const op of opList) {
      for (const name of templateCalls(op.wasm ?? ownTemplate(op)))
        expect(runtimeFunctions, op.name).toHaveProperty([name]);
    }
  });

  it('that take inputs give what the engine supplies', () => {
    expect(harness.run(ops['input.time'], [])).toBe(77n);
    expect(harness.run(ops['input.instructions'], [])).toBe(77n);
  });

  it('shuffle with their lanes', () => {
    const a = 0x0f0e0d0c0b0a09080706050403020100n;
    const b = 0x1f1e1d1c1b1a19181716151413121110n;
    expect(harness.run(ops['i8x16.shuffle'], [a, b])).toBe(0x07060504030201001716151413121110n);
    expect(harness.run(ops['i32x4.extract_lane'], [a])).toBe(0x07060504n);
  });
});

describe('atomic minimum and maximum', () => {
  const models: Record<string, (a: bigint, b: bigint, bits: number) => bigint> = {
    min_s: (a, b, bits) => (BigInt.asIntN(bits, a) < BigInt.asIntN(bits, b) ? a : b),
    max_s: (a, b, bits) => (BigInt.asIntN(bits, a) > BigInt.asIntN(bits, b) ? a : b),
    min_u: (a, b) => (a < b ? a : b),
    max_u: (a, b) => (a > b ? a : b),
  };
  it.each(['i32', 'i64'] as const)('of %s give the old value and keep the right one', (type) => {
    for (const [suffix, model] of Object.entries(models)) {
      const op: Op = findOp(`${type}.atomic.rmw.${suffix}`)!;
      for (const [old = 0n, value = 0n] of combinations([type, type])) {
        harness.write(CELL, type, old);
        expect(harness.run(op, [0n, value])).toBe(old);
        expect(harness.read(CELL, type)).toBe(model(old, value, 8 * valueSize[type]));
      }
    }
  });
});

describe('templates', () => {
  function context(body: FunctionBody, more: Partial<TemplateContext> = {}): TemplateContext {
    return {
      operand: (index) => body.localGet(index),
      vcpu: () => body.i32Const(0),
      imm: { push: () => body.i32Const(9) },
      runtimeFunction: (name) => {
        throw new Error(name);
      },
      scratch: (_, type) => body.local(type),
      ...more,
    };
  }

  function run(template: string, ...operands: readonly bigint[]): bigint {
    const builder = new ModuleBuilder();
    builder.memory({ min: 1 });
    const params = operands.map(() => 'i64' as const);
    const ref = builder.declareFunction('f', params, ['i64']);
    const body = new FunctionBody(params);
    assembleTemplate(body, template, context(body));
    builder.defineFunction(ref, body);
    builder.exportFunction('f', ref);
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(builder.build()));
    return (exports.f as (...values: readonly bigint[]) => bigint)(...operands);
  }

  it('take immediates of every kind that the grammar allows', () => {
    expect(run('i32.const 8 $0 i64.store offset=8 align=1 i32.const 8 i64.load8_u offset=8', 0x1234n)).toBe(0x34n);
    expect(run('f32.const 0x3f800000 f64.promote_f32 i64.trunc_sat_f64_s')).toBe(1n);
    expect(run('f64.const 0x4000000000000000 i64.trunc_sat_f64_s')).toBe(2n);
    expect(run('v128.const 5 6 i64x2.extract_lane 1')).toBe(6n);
    const lanes = '8 9 10 11 12 13 14 15 0 1 2 3 4 5 6 7';
    expect(run(`v128.const 5 6 v128.const 0 0 i8x16.shuffle ${lanes} i64x2.extract_lane 0`)).toBe(6n);
    expect(run('atomic.fence $imm i64.extend_i32_u')).toBe(9n);
    expect(run('$vcpu i32.const 1 i32.const 2 memory.fill i64.const -3')).toBe(-3n);
    expect(run('block:i64 $0 ~x:i64 @x i64.eqz br_if 0 drop i64.const 4 end', 0n)).toBe(0n);
    expect(run('$0 i64.eqz if i64.const 1 =y:i64 else i64.const 2 =y:i64 end @y', 3n)).toBe(2n);
  });

  it('are refused where they make no sense', () => {
    const bad = ['frob', '@x', '=x', '$x', 'i32.const', 'i32.const x', 'block:foo', 'call 1', '$0 =x:i64 $0 =x:i32'];
    for (const template of bad) expect(() => run(template, 0n), template).toThrow('is not understood');
    const body = new FunctionBody(['v128']);
    expect(() => assembleTemplate(body, '$0 i8x16.extract_lane_s $imm', context(body))).toThrow('known at emission');
    expect(() => assembleTemplate(body, '$0 $0 i8x16.shuffle $imm', context(body))).toThrow('needs its lanes');
    expect(() => ownTemplate({ name: 'i32.frob', params: [] })).toThrow('names no instruction');
  });
});
