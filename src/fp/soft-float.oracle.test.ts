/** Soft-float against processors: SSE natively, riscv64 under qemu. Both C programs are in `testing/`. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { FpEnvironment } from './environment.ts';
import { FP_ENV, NAN_POLICY, ROUNDING } from './fp-env.ts';
import { classify, convert, f16, f32, f64 } from './soft-float.ts';
import { softOps, type SoftFunction } from './soft-ops.ts';
import { randomOperands, type OperandType } from './testing/operands.ts';
import { Random, randomFloat, testSeed } from './testing/random.ts';

/** An operation of an oracle: its number there, its operands, and what soft-float makes of them. */
interface Operation {
  readonly name: string;
  readonly code: number;
  readonly operands: (random: Random) => bigint[];
  readonly width: number;
  readonly run: SoftFunction;
  /** x86 gives its "integer indefinite" where soft-float saturates: only the flags agree. */
  readonly skipInvalid?: boolean;
  /** F16C does not follow MXCSR's FTZ and DAZ. */
  readonly neverFlushes?: boolean;
}

type Format = 'f32' | 'f64';
const formats = ['f64', 'f32'] as const;
const resultWidth = (name: string): number => {
  const type = /^fp\.(i32|i64)/.exec(name)?.[1];
  if (type !== undefined) return type === 'i32' ? 32 : 64;
  return /\.(eq|lt|le)$/.test(name) ? 1 : name.startsWith('fp.f32') ? 32 : 64;
};

/** The operation that soft-float knows by a row's name. */
function known(name: string, code: number, extra: Partial<Operation> = {}): Operation {
  const soft = softOps.find((op) => op.name === name)!;
  const source =
    /from_(i32|i64|f32|f64)/.exec(name)?.[1] ?? (/_(f32|f64)$/.exec(name) ?? /^fp\.(f32|f64)/.exec(name))![1];
  const types = Array.from({ length: soft.arity }, () => source as OperandType);
  return {
    name,
    code,
    operands: (random) => randomOperands(random, types),
    width: resultWidth(name),
    run: soft.run,
    ...extra,
  };
}

const binary = (format: Format, names: string, first: number, base: number): Operation[] =>
  names.split(' ').map((name, index) => known(`fp.${format}.${name}`, base + first + index));

/** In the order of the cases in `oracle-x64.c`. */
function x64Operations(format: Format, base: number): Operation[] {
  return [
    ...binary(format, 'add sub mul div sqrt fma round_exact', 0, base),
    known(`fp.i32_s.from_${format}`, base + 7, { skipInvalid: true }),
    known(`fp.i64_s.from_${format}`, base + 8, { skipInvalid: true }),
    known(`fp.${format}.from_i64_s`, base + 9),
    known(`fp.${format}.from_i32_s`, base + 10),
    known(`fp.${format}.eq`, base + 11),
    // COMIS a, b: "above" is b < a.
    ...['lt', 'le'].map((name, index) => {
      const less = known(`fp.${format}.${name}`, base + 12 + index);
      const run: SoftFunction = (a, b, c, env) => less.run(b, a, c, env);
      return { ...less, run };
    }),
  ];
}

const x64: readonly Operation[] = [
  ...formats.flatMap((format, index) => x64Operations(format, 32 * index)),
  known('fp.f32.demote_f64', 64),
  known('fp.f64.promote_f32', 65),
  {
    name: 'f16 from f32',
    code: 66,
    operands: (random) => [
      random.chance(2)
        ? randomFloat(random, f32)
        : convert(f16, f32, randomFloat(random, f16), new FpEnvironment()) + 1n,
    ],
    width: 16,
    run: (a, _b, _c, env) => convert(f32, f16, a, env),
    neverFlushes: true,
  },
  {
    name: 'f32 from f16',
    code: 67,
    operands: (random) => [randomFloat(random, f16)],
    width: 32,
    run: (a, _b, _c, env) => convert(f16, f32, a, env),
    neverFlushes: true,
  },
];

/** In the order of the cases in `oracle-riscv64.c`. */
function riscv64Operations(format: Format, base: number): Operation[] {
  const integers = ['i32_s', 'i32_u', 'i64_s', 'i64_u'];
  const F = format === 'f64' ? f64 : f32;
  const classification: Operation = {
    name: `${format} class`,
    code: base + 11,
    operands: (random) => randomOperands(random, [format]),
    width: 64,
    run: (a) => BigInt(classify(F, a)),
  };
  return [
    ...binary(format, 'add sub mul div sqrt fma min_number max_number eq lt le', 0, base),
    classification,
    ...integers.map((integer, index) => known(`fp.${integer}.from_${format}`, base + 12 + index)),
    ...integers.map((integer, index) => known(`fp.${format}.from_${integer}`, base + 16 + index)),
  ];
}

const riscv64: readonly Operation[] = [
  ...formats.flatMap((format, index) => riscv64Operations(format, 32 * index)),
  known('fp.f32.demote_f64', 64),
  known('fp.f64.promote_f32', 65),
];

/** MXCSR (Intel SDM volume 1, 10.2.3): rounding by its encoding, flags by bit. The denormal flag is not modelled. */
const mxcsrRounding = [ROUNDING.NEAREST_EVEN, ROUNDING.DOWN, ROUNDING.UP, ROUNDING.TOWARD_ZERO];
const MXCSR = { FLAGS: 0x3d, DAZ: 1 << 6, MASKS: 0x1f80, ROUNDING_SHIFT: 13, FTZ: 1 << 15 } as const;
const mxcsrFlags = [
  [1 << 0, FP_ENV.INVALID],
  [1 << 2, FP_ENV.DIVIDE_BY_ZERO],
  [1 << 3, FP_ENV.OVERFLOW],
  [1 << 4, FP_ENV.UNDERFLOW],
  [1 << 5, FP_ENV.INEXACT],
] as const;

/** How an oracle's control and status word says the environment. */
interface Target {
  readonly randomWord: (random: Random, operation: Operation) => number;
  readonly environment: (word: number) => FpEnvironment;
  readonly flags: (word: number) => number;
}

const x64Target: Target = {
  randomWord: (random, operation) => {
    const flush = operation.neverFlushes === true || !random.chance(4) ? 0 : random.u32() & (MXCSR.DAZ | MXCSR.FTZ);
    return MXCSR.MASKS | (random.below(4) << MXCSR.ROUNDING_SHIFT) | flush;
  },
  environment: (word) => {
    const env = new FpEnvironment();
    env.rounding = mxcsrRounding[(word >> MXCSR.ROUNDING_SHIFT) & 3]!;
    env.nanPolicy = NAN_POLICY.FIRST_OPERAND;
    env.flushInputs = (word & MXCSR.DAZ) !== 0;
    env.flushOutputs = (word & MXCSR.FTZ) !== 0;
    return env;
  },
  flags: (word) => mxcsrFlags.reduce((flags, [bit, flag]) => ((word & bit) === 0 ? flags : flags | flag), 0),
};

/** fcsr (RISC-V unprivileged ISA, 11.2): its flags have the order of the neutral ones. */
const riscv64Target: Target = {
  randomWord: (random) => random.below(5) << 5,
  environment: (word) => {
    const env = new FpEnvironment();
    env.rounding = word >> 5;
    return env;
  },
  flags: (word) => word & 0x1f,
};

const REQUEST_SIZE = 32;
const REPLY_SIZE = 16;
const directory = mkdtempSync(join(tmpdir(), 'hospes-fp-'));
afterAll(() => {
  rmSync(directory, { recursive: true });
});

/** Compiles an oracle; gives the command that runs it, or why there is none. */
function build(source: string, compiler: string, options: string[], runner: string[]): string[] | string {
  const program = join(directory, source);
  const path = fileURLToPath(new URL(`testing/${source}.c`, import.meta.url));
  const compiled = spawnSync(compiler, ['-O1', ...options, '-o', program, path], { encoding: 'utf8' });
  if (compiled.error !== undefined) return `${compiler} is absent`;
  if (compiled.status !== 0) throw new Error(compiled.stderr);
  const trial = spawnSync(runner[0] ?? program, [...runner.slice(1), ...(runner.length > 0 ? [program] : [])], {
    input: '',
  });
  if (trial.error !== undefined) return `${runner[0]} is absent`;
  if (trial.status !== 0) return 'the processor lacks FMA or SSE4.1';
  return [...runner, program];
}

const hex = (value: bigint): string => `0x${value.toString(16)}`;

/** Runs `count` random cases of an operation on the oracle and on soft-float; gives the first difference. */
function firstDifference(command: string[], operation: Operation, target: Target, count: number, seed: number): string {
  const random = new Random(seed);
  const input = Buffer.alloc(count * REQUEST_SIZE);
  const cases = Array.from({ length: count }, (_, index) => {
    const word = target.randomWord(random, operation);
    const operands = operation.operands(random);
    input.writeUInt32LE(operation.code, index * REQUEST_SIZE);
    input.writeUInt32LE(word, index * REQUEST_SIZE + 4);
    operands.forEach((bits, operand) => input.writeBigUInt64LE(bits, index * REQUEST_SIZE + 8 + 8 * operand));
    return { word, operands };
  });
  const { stdout } = spawnSync(command[0]!, command.slice(1), { input, maxBuffer: 2 * count * REPLY_SIZE });
  expect(stdout.length).toBe(count * REPLY_SIZE);
  for (const [index, { word, operands }] of cases.entries()) {
    const env = target.environment(word);
    const [a = 0n, b = 0n, c = 0n] = operands;
    const wanted = BigInt.asUintN(operation.width, stdout.readBigUInt64LE(index * REPLY_SIZE));
    const wantedFlags = target.flags(stdout.readUInt32LE(index * REPLY_SIZE + 8));
    const got = BigInt.asUintN(operation.width, operation.run(a, b, c, env));
    const flags = env.flags & ~FP_ENV.INPUT_DENORMAL;
    const comparable = operation.skipInvalid !== true || (flags & FP_ENV.INVALID) === 0;
    if (flags === wantedFlags && (got === wanted || !comparable)) continue;
    const given = `${operation.name}(${operands.map(hex).join(', ')}) with control word ${hex(BigInt(word))}`;
    return `${given}: ${hex(got)} flags ${flags}, the processor says ${hex(wanted)} flags ${wantedFlags}; HOSPES_SEED=${seed}`;
  }
  return '';
}

const seed = testSeed();
const cases = Number(process.env['HOSPES_FP_CASES'] ?? 8000);

function suite(name: string, command: string[] | string, operations: readonly Operation[], target: Target): void {
  describe(name, () => {
    for (const operation of operations)
      it(operation.name, { timeout: 600_000 }, (context) => {
        if (typeof command === 'string') context.skip(command);
        else expect(firstDifference(command, operation, target, cases, seed)).toBe('');
      });
  });
}

const native = process.arch === 'x64' ? build('oracle-x64', 'gcc', [], []) : 'the host is no x64';
const emulated = build('oracle-riscv64', 'riscv64-linux-gnu-gcc', ['-static'], ['qemu-riscv64-static']);
suite('soft-float against the SSE unit', native, x64, x64Target);
suite('soft-float against riscv64', emulated, riscv64, riscv64Target);
