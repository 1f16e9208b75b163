/** The rows' WebAssembly against soft-float: results and flags of every row, in every environment. */
import { describe, expect, it } from 'vitest';
import { FpEnvironment } from '../../fp/environment.ts';
import { FP_ENV } from '../../fp/fp-env.ts';
import { f32, f64, type FloatFormat } from '../../fp/format.ts';
import { createFpImports } from '../../fp/imports.ts';
import { classify } from '../../fp/soft-float.ts';
import { softOps, type SoftFunction } from '../../fp/soft-ops.ts';
import { randomOperands, type OperandType } from '../../fp/testing/operands.ts';
import { Random, testSeed } from '../../fp/testing/random.ts';
import { FunctionBody, ModuleBuilder } from '../../host/wasm/encoder.ts';
import { RuntimeLibrary, RUNTIME_MODULE } from '../../host/wasm/runtime-library.ts';
import { assembleOp } from '../../host/wasm/template.ts';
import { opList } from '../ops.ts';
import type { Op } from '../op.ts';
import { runtimeFunctions } from '../runtime-functions.ts';
import { valueSize, type ValueType } from '../types.ts';

/** The vCPU block, and records of a test: operands, environment before and after, result. */
const VCPU = 64;
const RECORDS = 4096;
const RECORD_SIZE = 48;
const RECORD = { OPERANDS: 0, ENV: 24, ENV_AFTER: 28, RESULT: 32 } as const;
const BATCH = 1000;

/** The scalar rows that soft-float has an operation for; `vector-float.test.ts` has the others. */
const fpOps = opList.filter(
  (op) =>
    op.name.startsWith('fp.') &&
    !op.name.startsWith('fp.f80.') &&
    ![...op.params, op.result].includes('v128') &&
    !/_or_min$|\.relation$|_second$|\.(compare|holds)_\w+$/.test(op.name),
);
const immediates = (op: Op): readonly number[] => (op.immediate === 'index' ? [0, 1, 2, 3, 4] : [0]);
const functionName = (op: Op, imm: number): string => `${op.name} ${imm}`;

class Harness {
  readonly memory = new WebAssembly.Memory({ initial: 2 });
  readonly view = new DataView(this.memory.buffer);
  readonly #run: Record<string, (count: number) => void>;
  softCalls = 0;

  constructor(list: readonly Op[]) {
    const builder = new ModuleBuilder();
    builder.importMemory('env', 'memory', { min: 0 });
    const library = new RuntimeLibrary(builder, runtimeFunctions);
    for (const op of list) for (const imm of immediates(op)) defineLoop(builder, library, op, imm);
    library.defineFunctions();
    const imports: Record<string, () => bigint> = {};
    for (const [name, row] of Object.entries(runtimeFunctions)) if (row.kind === 'import') imports[name] = () => 0n;
    const view = (): DataView => {
      this.softCalls++;
      return this.view;
    };
    const instance = new WebAssembly.Instance(new WebAssembly.Module(builder.build()), {
      env: { memory: this.memory },
      [RUNTIME_MODULE]: { ...imports, ...createFpImports(view) },
    });
    this.#run = instance.exports as Record<string, (count: number) => void>;
  }

  run(op: Op, imm: number, count: number): void {
    this.#run[functionName(op, imm)]!(count);
  }

  read(at: number, type: ValueType): bigint {
    return valueSize[type] === 4 ? BigInt(this.view.getUint32(at, true)) : this.view.getBigUint64(at, true);
  }
}

/** A function that runs one op on `count` records. */
function defineLoop(builder: ModuleBuilder, library: RuntimeLibrary, op: Op, imm: number): void {
  const ref = builder.declareFunction(functionName(op, imm), ['i32'], []);
  const body = new FunctionBody(['i32']);
  const record = body.local('i32');
  const load = (offset: number, type: ValueType): void => {
    body.localGet(record);
    body.load(`${type}.load` as 'i32.load', offset);
  };
  body.i32Const(RECORDS);
  body.localSet(record);
  body.loop();
  body.i32Const(VCPU);
  load(RECORD.ENV, 'i32');
  body.store('i32.store');
  if (op.result !== null) body.localGet(record);
  assembleOp(body, op, {
    operand: (index) => load(RECORD.OPERANDS + 8 * index, op.params[index]!),
    vcpu: () => body.i32Const(VCPU),
    imm,
    runtimeFunction: (name) => library.use(name),
    scratch: (_, type) => body.local(type),
  });
  if (op.result !== null) body.store(`${op.result}.store` as 'i32.store', RECORD.RESULT);
  body.localGet(record);
  body.i32Const(VCPU);
  body.load('i32.load');
  body.store('i32.store', RECORD.ENV_AFTER);
  body.localGet(record);
  body.i32Const(RECORD_SIZE);
  body.emit('i32.add');
  body.localSet(record);
  body.localGet(0);
  body.i32Const(1);
  body.emit('i32.sub');
  body.localTee(0);
  body.brIf(0);
  body.end();
  builder.defineFunction(ref, body);
  builder.exportFunction(functionName(op, imm), ref);
}

/** Half the environments are those that the fast paths are for. */
function randomEnvironment(random: Random): number {
  const flags = random.chance(3) ? random.below(64) : random.below(2);
  if (random.chance(2)) return flags;
  const rounding = random.below(5) << FP_ENV.ROUNDING_SHIFT;
  const policy = random.below(3) << FP_ENV.NAN_POLICY_SHIFT;
  const { FLUSH_INPUTS, FLUSH_OUTPUTS, TININESS_BEFORE_ROUNDING, ALTERNATIVE_HALF } = FP_ENV;
  const modes = FLUSH_INPUTS | FLUSH_OUTPUTS | TININESS_BEFORE_ROUNDING | ALTERNATIVE_HALF;
  return flags | rounding | policy | (random.chance(2) ? random.u32() & modes : 0);
}

const formatOf = (type: ValueType): FloatFormat => (type === 'f32' ? f32 : f64);

/** What a row must give: the soft operation of its name, and rows that have none. */
function expectation(op: Op, imm: number, operands: readonly bigint[], word: number): { result: bigint; word: number } {
  const [a = 0n, b = 0n, c = 0n] = operands;
  if (op.name.endsWith('.classify')) return { result: BigInt(classify(formatOf(op.params[0]!), a)), word };
  if (op.name === 'fp.env.get') return { result: BigInt(word), word };
  if (op.name === 'fp.env.set') return { result: 0n, word: Number(BigInt.asIntN(32, a)) };
  if (op.name === 'fp.env.raise') return { result: 0n, word: word | Number(BigInt.asIntN(32, a)) };
  const soft = softOps.find((entry) => entry.name === op.name.replace(/_(rm|dn)$/, ''))!;
  const env = new FpEnvironment(word);
  if (op.immediate === 'index') env.rounding = imm;
  const result = BigInt.asUintN(8 * valueSize[op.result!], soft.run(a, b, c, env));
  const noted = op.name.endsWith('_dn') && notesDenormal(op, operands, word, soft.run) ? FP_ENV.INPUT_DENORMAL : 0;
  return { result, word: word | env.flags | noted };
}

function isDenormal(format: FloatFormat, bits: bigint): boolean {
  return (bits & format.infinity) === 0n && (bits & format.fractionMask) !== 0n;
}

/** Intel SDM volume 1, table 4-11: NaN operands, invalid operations and division by zero come before. */
function notesDenormal(op: Op, operands: readonly bigint[], word: number, run: SoftFunction): boolean {
  const format = formatOf(op.params[0]!);
  if ((word & FP_ENV.FLUSH_INPUTS) !== 0 || !operands.some((bits) => isDenormal(format, bits))) return false;
  if (operands.some((bits) => (bits & ~format.signBit) > format.infinity)) return false;
  const fresh = new FpEnvironment(word & ~FP_ENV.FLAGS_MASK);
  const [a = 0n, b = 0n, c = 0n] = operands;
  run(a, b, c, fresh);
  return (fresh.flags & (FP_ENV.INVALID | FP_ENV.DIVIDE_BY_ZERO)) === 0;
}

const hex = (value: bigint): string => `0x${value.toString(16)}`;

/** Runs `count` random records of a row and throws at the first that differs. */
function check(harness: Harness, op: Op, imm: number, count: number, seed: number): void {
  const random = new Random(seed);
  for (let done = 0; done < count; done += BATCH) {
    const cases = Array.from({ length: Math.min(BATCH, count - done) }, (_, index) => {
      const operands = randomOperands(random, op.params as readonly OperandType[]);
      const word = randomEnvironment(random);
      const record = RECORDS + RECORD_SIZE * index;
      operands.forEach((bits, operand) => harness.view.setBigUint64(record + 8 * operand, bits, true));
      harness.view.setInt32(record + RECORD.ENV, word, true);
      return { operands, word, record };
    });
    harness.run(op, imm, cases.length);
    for (const { operands, word, record } of cases) {
      const expected = expectation(op, imm, operands, word);
      const result = op.result === null ? 0n : harness.read(record + RECORD.RESULT, op.result);
      const after = harness.view.getInt32(record + RECORD.ENV_AFTER, true);
      if (result === expected.result && after === expected.word) continue;
      const given = `${op.name} imm ${imm} (${operands.map(hex).join(', ')}) in environment ${hex(BigInt(word))}`;
      const got = `${hex(result)} with ${hex(BigInt(after))}`;
      const wanted = `${hex(expected.result)} with ${hex(BigInt(expected.word))}`;
      throw new Error(`${given}: got ${got}, expected ${wanted}; HOSPES_SEED=${seed}`);
    }
  }
}

const harness = new Harness(fpOps);
const seed = testSeed();
/** Raise for a long run: HOSPES_FP_CASES=1000000 npx vitest run src/ir/ops/fp.test.ts */
const cases = Number(process.env['HOSPES_FP_CASES'] ?? 6000);

describe('floating-point rows against soft-float', () => {
  for (const op of fpOps)
    it(op.name, { timeout: 600_000 }, () => {
      for (const imm of immediates(op)) check(harness, op, imm, op.immediate === 'index' ? cases / 3 : cases, seed);
    });

  it('has a row for each soft operation', () => {
    const names = new Set(fpOps.map((op) => op.name));
    expect(softOps.filter((op) => !names.has(op.name))).toEqual([]);
  });
});
