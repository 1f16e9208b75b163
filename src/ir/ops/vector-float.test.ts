/** The vector rows under the environment against soft-float, lane by lane: results and flags. */
import { describe, expect, it } from 'vitest';
import { compare } from '../../fp/compare.ts';
import { convert, fromInteger, roundToIntegral, roundToIntegralExact, toInteger } from '../../fp/convert.ts';
import { FpEnvironment } from '../../fp/environment.ts';
import { FP_ENV, ROUNDING } from '../../fp/fp-env.ts';
import { f32, f64, unpack, type FloatFormat } from '../../fp/format.ts';
import { createFpImports } from '../../fp/imports.ts';
import { softOps } from '../../fp/soft-ops.ts';
import { Random, nearFloat, randomFloat, randomInteger, testSeed } from '../../fp/testing/random.ts';
import { FunctionBody, ModuleBuilder } from '../../host/wasm/encoder.ts';
import { RuntimeLibrary, RUNTIME_MODULE } from '../../host/wasm/runtime-library.ts';
import { assembleOp } from '../../host/wasm/template.ts';
import type { Op } from '../op.ts';
import { findOp, type OpName } from '../ops.ts';
import { runtimeFunctions } from '../runtime-functions.ts';
import { valueSize, type ValueType } from '../types.ts';
import { lanesOf, vectorOf } from './vector-integer.ts';

const RESULT = 64;
const VCPU = 128;

type LaneModel = (lanes: bigint[], env: FpEnvironment, imm: number) => bigint;

interface Case {
  readonly name: OpName;
  readonly immediates: readonly number[];
  /** Format of the operand lanes, and how many of them count. */
  readonly from: FloatFormat | 'i32';
  readonly lanes: number;
  readonly resultBits: number;
  readonly model: LaneModel;
}

const isNaN = (F: FloatFormat, bits: bigint): boolean => (bits & ~F.signBit) > F.infinity;
const isDenormal = (F: FloatFormat, bits: bigint): boolean =>
  (bits & F.infinity) === 0n && (bits & F.fractionMask) !== 0n;
const flushed = (F: FloatFormat, bits: bigint, env: FpEnvironment): bigint =>
  env.flushInputs && isDenormal(F, bits) ? bits & F.signBit : bits;

/** Runs the model, noting denormal operands where nothing of higher priority came up. */
function noting(F: FloatFormat, model: LaneModel): LaneModel {
  return (lanes, env, imm) => {
    const before = env.flags;
    env.flags = 0;
    const result = model(lanes, env, imm);
    const prior = (env.flags & (FP_ENV.INVALID | FP_ENV.DIVIDE_BY_ZERO)) !== 0 || lanes.some((lane) => isNaN(F, lane));
    if (!prior && !env.flushInputs && lanes.some((lane) => isDenormal(F, lane))) env.raise(FP_ENV.INPUT_DENORMAL);
    env.flags |= before;
    return result;
  };
}

function arithmetic(F: FloatFormat, name: string): LaneModel {
  const soft = softOps.find((op) => op.name === `fp.${F.name}.${name}`)!;
  return noting(F, ([a = 0n, b = 0n, c = 0n], env) => soft.run(a, b, c, env));
}

const mode = (env: FpEnvironment, imm: number): number => ((imm & 7) === ROUNDING.DYNAMIC ? env.rounding : imm & 7);

function inMode<T>(env: FpEnvironment, imm: number, run: () => T): T {
  const saved = env.rounding;
  env.rounding = mode(env, imm);
  const result = run();
  env.rounding = saved;
  return result;
}

function toIntegerOrMin(F: FloatFormat, bits: 32 | 64): LaneModel {
  return ([a = 0n], env, imm) =>
    inMode(env, imm, () => {
      const before = env.flags;
      env.flags = 0;
      const result = toInteger(F, a, { signed: true, bits }, env);
      const invalid = (env.flags & FP_ENV.INVALID) !== 0;
      env.flags |= before;
      return invalid ? 1n << BigInt(bits - 1) : BigInt.asUintN(bits, result);
    });
}

function extremum(F: FloatFormat, sign: number): LaneModel {
  return noting(F, ([a = 0n, b = 0n], env) =>
    compare(F, a, b, 'signaling', env) === sign ? flushed(F, a, env) : flushed(F, b, env),
  );
}

function relationOf(F: FloatFormat, a: bigint, b: bigint, signaling: boolean, env: FpEnvironment): number {
  const order = compare(F, a, b, signaling ? 'signaling' : 'quiet', env);
  return order === null ? 8 : order < 0 ? 1 : order === 0 ? 2 : 4;
}

function casesOf(F: FloatFormat): Case[] {
  const shape = F === f32 ? 'f32x4' : 'f64x2';
  const T = F === f32 ? 'f32' : 'f64';
  const base = { from: F, lanes: 128 / F.width, resultBits: F.width, immediates: [0] } as const;
  const all = (1n << BigInt(F.width)) - 1n;
  const scalar = { from: F, lanes: 1, immediates: [0, 1, 2, 3, 7] } as const;
  return [
    ...(['add', 'sub', 'mul', 'div', 'sqrt', 'fma'] as const).map((name): Case => ({
      ...base,
      name: `fp.${shape}.${name}`,
      model: arithmetic(F, name),
    })),
    { ...base, name: `fp.${shape}.min_or_second`, model: extremum(F, -1) },
    { ...base, name: `fp.${shape}.max_or_second`, model: extremum(F, 1) },
    {
      ...base,
      name: `fp.${shape}.compare`,
      immediates: [0, 1, 2, 3, 4, 8, 15, 17, 19, 22, 26, 31],
      model: noting(F, ([a = 0n, b = 0n], env, imm) =>
        (relationOf(F, a, b, (imm & 16) !== 0, env) & imm) === 0 ? 0n : all,
      ),
    },
    {
      ...base,
      name: `fp.${shape}.round`,
      immediates: [0, 1, 2, 3, 4, 7, 8, 11, 15],
      model: ([a = 0n], env, imm) =>
        inMode(env, imm, () => ((imm & 8) === 0 ? roundToIntegralExact(F, a, env) : roundToIntegral(F, a, env))),
    },
    {
      ...base,
      name: `fp.i32x4.from_${shape}_or_min`,
      resultBits: 32,
      immediates: [0, 1, 2, 3, 7],
      model: toIntegerOrMin(F, 32),
    },
    { ...scalar, name: `fp.i32.from_${T}_or_min`, resultBits: 32, model: toIntegerOrMin(F, 32) },
    { ...scalar, name: `fp.i64.from_${T}_or_min`, resultBits: 64, model: toIntegerOrMin(F, 64) },
    {
      ...scalar,
      name: `fp.${T}.relation`,
      immediates: [0, 1],
      resultBits: 32,
      model: noting(F, ([a = 0n, b = 0n], env, imm) => BigInt(relationOf(F, a, b, imm === 1, env))),
    },
  ];
}

const cases: readonly Case[] = [
  ...casesOf(f32),
  ...casesOf(f64),
  {
    name: 'fp.f32x4.from_i32x4',
    immediates: [0],
    from: 'i32',
    lanes: 4,
    resultBits: 32,
    model: ([a = 0n], env) => fromInteger(f32, BigInt.asIntN(32, a), env),
  },
  {
    name: 'fp.f64x2.promote_low_f32x4',
    immediates: [0],
    from: f32,
    lanes: 2,
    resultBits: 64,
    model: noting(f32, ([a = 0n], env) => convert(f32, f64, a, env)),
  },
  {
    name: 'fp.f32x4.demote_f64x2_zero',
    immediates: [0],
    from: f64,
    lanes: 2,
    resultBits: 32,
    model: noting(f64, ([a = 0n], env) => convert(f64, f32, a, env)),
  },
];

/** One function for each row and immediate: operands and result in memory. */
class Harness {
  readonly memory = new WebAssembly.Memory({ initial: 1 });
  readonly view = new DataView(this.memory.buffer);
  readonly #run: Record<string, () => void>;

  constructor() {
    const builder = new ModuleBuilder();
    builder.importMemory('env', 'memory', { min: 0 });
    const library = new RuntimeLibrary(builder, runtimeFunctions);
    for (const { name, immediates } of cases)
      for (const imm of immediates) this.#define(builder, library, findOp(name)!, imm);
    library.defineFunctions();
    const imports: Record<string, () => bigint> = {};
    for (const [name, row] of Object.entries(runtimeFunctions)) if (row.kind === 'import') imports[name] = () => 0n;
    const instance = new WebAssembly.Instance(new WebAssembly.Module(builder.build()), {
      env: { memory: this.memory },
      [RUNTIME_MODULE]: { ...imports, ...createFpImports(() => this.view) },
    });
    this.#run = instance.exports as Record<string, () => void>;
  }

  run(name: string, imm: number): void {
    this.#run[`${name} ${imm}`]!();
  }

  write(at: number, bits: bigint): void {
    this.view.setBigUint64(at, BigInt.asUintN(64, bits), true);
    this.view.setBigUint64(at + 8, bits >> 64n, true);
  }

  read(at: number, type: ValueType): bigint {
    const [low, high] = [this.view.getBigUint64(at, true), this.view.getBigUint64(at + 8, true)];
    return BigInt.asUintN(8 * valueSize[type], (high << 64n) | low);
  }

  #define(builder: ModuleBuilder, library: RuntimeLibrary, op: Op, imm: number): void {
    const ref = builder.declareFunction(`${op.name} ${imm}`, [], []);
    const body = new FunctionBody([]);
    body.i32Const(RESULT);
    assembleOp(body, op, {
      operand: (index) => {
        body.i32Const(16 * index);
        body.load(`${op.params[index]!}.load` as 'i32.load');
      },
      vcpu: () => body.i32Const(VCPU),
      imm,
      runtimeFunction: (name) => library.use(name),
      scratch: (_, type) => body.local(type),
    });
    body.store(`${op.result!}.store` as 'i32.store');
    builder.defineFunction(ref, body);
    builder.exportFunction(`${op.name} ${imm}`, ref);
  }
}

/** Half the environments are those that the fast paths are for. NaN propagation is that of the guests with vectors. */
function randomEnvironment(random: Random): number {
  const flags = random.chance(3) ? random.below(64) : random.below(2);
  const policy = 2 << FP_ENV.NAN_POLICY_SHIFT;
  if (random.chance(2)) return flags | policy;
  const flushing = random.chance(2) ? random.u32() & (FP_ENV.FLUSH_INPUTS | FP_ENV.FLUSH_OUTPUTS) : 0;
  return flags | policy | flushing | (random.below(4) << FP_ENV.ROUNDING_SHIFT);
}

function randomVector(random: Random, from: FloatFormat | 'i32', tame: boolean, other: bigint | null): bigint {
  const bits = from === 'i32' ? 32 : from.width;
  const near = other === null ? null : lanesOf(other, bits);
  const lanes = Array.from({ length: 128 / bits }, (_, lane) => {
    if (from === 'i32') return randomInteger(random, 32);
    if (near !== null && random.chance(3)) return nearFloat(random, from, near[lane]!);
    const value = randomFloat(random, from);
    const isTame = unpack(from, value, new FpEnvironment()).kind === 'finite' && !isDenormal(from, value);
    return tame && !isTame ? 0n : value;
  });
  return vectorOf(lanes, bits);
}

const harness = new Harness();
const seed = testSeed();
const count = Number(process.env['HOSPES_FP_CASES'] ?? 2000);
const hex = (value: bigint): string => `0x${value.toString(16)}`;

function check({ name, from, lanes, resultBits, model }: Case, imm: number): void {
  const random = new Random(seed);
  const op: Op = findOp(name)!;
  const bits = from === 'i32' ? 32 : from.width;
  for (let done = 0; done < count; done++) {
    const tame = random.chance(2);
    const operands: bigint[] = [];
    for (const _ of op.params) operands.push(randomVector(random, from, tame, operands[0] ?? null));
    const word = randomEnvironment(random);
    operands.forEach((vector, index) => harness.write(16 * index, vector));
    harness.view.setInt32(VCPU, word, true);
    harness.run(name, imm);
    const env = new FpEnvironment(word);
    const split = operands.map((vector) => lanesOf(vector, bits));
    const results = Array.from({ length: lanes }, (_, lane) =>
      model(
        split.map((list) => list[lane]!),
        env,
        imm,
      ),
    );
    const wanted = `${hex(vectorOf(results, resultBits))} with ${hex(BigInt(word | env.flags))}`;
    const got = `${hex(harness.read(RESULT, op.result!))} with ${hex(BigInt(harness.view.getInt32(VCPU, true)))}`;
    if (wanted === got) continue;
    const given = `${name} imm ${imm} (${operands.map(hex).join(', ')}) in environment ${hex(BigInt(word))}`;
    throw new Error(`${given}: got ${got}, expected ${wanted}; HOSPES_SEED=${seed}`);
  }
}

describe('vector floating-point rows against soft-float', () => {
  it.each(cases)('$name', { timeout: 600_000 }, (row) => {
    for (const imm of row.immediates) check(row, imm);
  });

  it('have a case each', () => {
    expect(new Set(cases.map(({ name }) => name)).size).toBe(cases.length);
  });
});
