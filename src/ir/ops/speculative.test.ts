/**
 * The speculative form of every row that has one, against its checked form: where it does not leave, they are the same, flags
 * included; where it leaves, it has changed nothing.
 */
import { describe, expect, it } from 'vitest';
import { f32, f64 } from '../../fp/format.ts';
import { FP_ENV, SETTLED } from '../../fp/fp-env.ts';
import { createFpImports } from '../../fp/imports.ts';
import { nearFloat, Random, randomFloat, randomInteger, testSeed } from '../../fp/testing/random.ts';
import { FunctionBody, ModuleBuilder, type FunctionRef } from '../../host/wasm/encoder.ts';
import { RuntimeLibrary, RUNTIME_MODULE } from '../../host/wasm/runtime-library.ts';
import { assembleTemplate, type TemplateContext } from '../../host/wasm/template.ts';
import { enableRelaxedSimd } from '../../platform/node/relaxed-simd.ts';
import type { Op } from '../op.ts';
import { opList } from '../ops.ts';
import { runtimeFunctions } from '../runtime-functions.ts';
import { valueSize, type ValueType } from '../types.ts';
import { vectorOf } from './vector-integer.ts';

enableRelaxedSimd();

const RESULT = 64;
const VCPU = 128;
const FORMS = ['checked', 'speculative', 'speculativeTiny', 'speculativeDenormal'] as const;
type Form = (typeof FORMS)[number];

const rows: readonly Op[] = opList.filter(({ speculative }) => speculative !== undefined);
/** Rounding modes; of rows that know it, the environment's; of relations, each alone and some together. */
function immediatesOf({ name, immediate }: Op): readonly number[] {
  if (immediate === undefined) return [0];
  if (/relation|compare/.test(name)) return name.includes('relation') ? [0, 1] : [0, 1, 2, 4, 5, 7, 8, 13, 18];
  return name.endsWith('_or_min') ? [0, 1, 2, 3, 7] : [0, 1, 2, 3, 4];
}

/** A function for each row, immediate and form: 1 if it left, else the result is in memory. */
class Harness {
  readonly #memory = new WebAssembly.Memory({ initial: 1 });
  readonly view = new DataView(this.#memory.buffer);
  readonly #run: Record<string, () => number>;

  constructor() {
    const builder = new ModuleBuilder();
    builder.importMemory('env', 'memory', { min: 0 });
    const library = new RuntimeLibrary(builder, runtimeFunctions);
    for (const op of rows)
      for (const imm of immediatesOf(op)) for (const form of FORMS) define(builder, library, op, imm, form);
    library.defineFunctions();
    const imports: Record<string, () => bigint> = {};
    for (const [name, row] of Object.entries(runtimeFunctions)) if (row.kind === 'import') imports[name] = () => 0n;
    const instance = new WebAssembly.Instance(new WebAssembly.Module(builder.build()), {
      env: { memory: this.#memory },
      [RUNTIME_MODULE]: { ...imports, ...createFpImports(() => this.view) },
    });
    this.#run = instance.exports as Record<string, () => number>;
  }

  /** The result, null where the form left, and the environment afterwards. */
  run({ name, result }: Op, imm: number, form: Form, operands: readonly bigint[], environment: number) {
    for (const [index, bits] of operands.entries()) {
      this.view.setBigUint64(16 * index, BigInt.asUintN(64, bits), true);
      this.view.setBigUint64(16 * index + 8, bits >> 64n, true);
    }
    this.view.setInt32(VCPU, environment, true);
    const left = this.#run[`${name} ${imm} ${form}`]!();
    const low = this.view.getBigUint64(RESULT, true) | (this.view.getBigUint64(RESULT + 8, true) << 64n);
    const value = BigInt.asUintN(8 * valueSize[result!], low);
    return { value: left === 1 ? null : value, environment: this.view.getInt32(VCPU, true) };
  }
}

function define(builder: ModuleBuilder, library: RuntimeLibrary, op: Op, imm: number, form: Form): void {
  const name = `${op.name} ${imm} ${form}`;
  const ref: FunctionRef = builder.declareFunction(name, [], ['i32']);
  const body = new FunctionBody([]);
  const result = body.local(op.result!);
  const context: TemplateContext = {
    operand: (index) => {
      body.i32Const(16 * index);
      body.load(`${op.params[index]!}.load` as 'i32.load');
    },
    vcpu: () => body.i32Const(VCPU),
    leave: () => {
      body.if();
      body.i32Const(1);
      body.return();
      body.end();
    },
    imm,
    runtimeFunction: (called) => library.use(called),
    scratch: (_, type) => body.local(type),
  };
  if (form === 'checked') {
    assembleTemplate(body, op.wasm!, context);
  } else {
    const takesDenormals = form === 'speculativeDenormal';
    const texts = takesDenormals ? [] : (op.speculativeOperands ?? []);
    for (const text of texts) assembleTemplate(body, text, context);
    const tiny = form === 'speculative' ? undefined : op.speculativeTiny;
    assembleTemplate(body, (takesDenormals ? op.speculativeDenormal : undefined) ?? tiny ?? op.speculative!, context);
  }
  body.localSet(result);
  body.i32Const(RESULT);
  body.localGet(result);
  body.store(`${op.result!}.store` as 'i32.store');
  body.i32Const(0);
  builder.defineFunction(ref, body);
  builder.exportFunction(name, ref);
}

function randomBits(random: Random, type: ValueType, lane: typeof f32, other: bigint | undefined): bigint {
  const float = (F: typeof f32, near: bigint | undefined): bigint =>
    near !== undefined && random.chance(3) ? nearFloat(random, F, near) : randomFloat(random, F);
  switch (type) {
    case 'f32':
      return float(f32, other);
    case 'f64':
      return float(f64, other);
    case 'v128':
      return vectorOf(
        Array.from({ length: 128 / lane.width }, () => float(lane, undefined)),
        lane.width,
      );
    default:
      return BigInt.asUintN(type === 'i32' ? 32 : 64, randomInteger(random, type === 'i32' ? 32 : 64));
  }
}

const seed = testSeed();
const count = Number(process.env['HOSPES_FP_CASES'] ?? 2000);
const harness = new Harness();
const hex = (value: bigint | null): string => (value === null ? 'nothing' : `0x${value.toString(16)}`);

/** NaN policies, tininess, and flags that may be there besides. */
function settled(random: Random, form: Form): number {
  const other = random.u32() & (FP_ENV.FLAGS_MASK | FP_ENV.NAN_POLICY_MASK | FP_ENV.TININESS_BEFORE_ROUNDING);
  const policy = (other & FP_ENV.NAN_POLICY_MASK) >> FP_ENV.NAN_POLICY_SHIFT;
  const known = policy === 3 ? other & ~FP_ENV.NAN_POLICY_MASK : other;
  const raised = form === 'speculativeDenormal' ? SETTLED.DENORMAL : form === 'speculativeTiny' ? SETTLED.TINY : 0;
  return known | SETTLED.VALUE | raised;
}

/** How often the form gave a result. */
function check(op: Op, imm: number, form: Form): number {
  const random = new Random(seed);
  let stayed = 0;
  for (let done = 0; done < count; done++) {
    const lane = op.name.includes('f32x4') ? f32 : f64;
    const operands: bigint[] = [];
    for (const type of op.params) operands.push(randomBits(random, type, lane, operands[0]));
    const environment = settled(random, form);
    const speculative = harness.run(op, imm, form, operands, environment);
    if (speculative.value === null && speculative.environment === environment) continue;
    stayed++;
    const checked = harness.run(op, imm, 'checked', operands, environment);
    if (checked.value === speculative.value && checked.environment === speculative.environment) continue;
    const given = `${op.name} imm ${imm} (${operands.map(hex).join(', ')}) in environment ${hex(BigInt(environment))}`;
    throw new Error(
      `${form} ${given}: ${hex(speculative.value)}, checked ${hex(checked.value)} with ${hex(BigInt(checked.environment))}; HOSPES_SEED=${seed}`,
    );
  }
  return stayed;
}

describe('the speculative form', () => {
  it.each(rows.map((op) => [op.name, op] as const))(
    'of %s gives what the checked one does',
    { timeout: 600_000 },
    (_, op) => {
      let stayed = 0;
      for (const imm of immediatesOf(op)) for (const form of FORMS.slice(1)) stayed += check(op, imm, form);
      expect(stayed).toBeGreaterThan(0);
    },
  );
});
