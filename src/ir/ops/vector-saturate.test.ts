/** Saturating rows against the definition: the exact result, limited to the range, and the flag where that changed it. */
import { describe, it } from 'vitest';
import { FP_ENV } from '../../fp/fp-env.ts';
import { Random, testSeed } from '../../fp/testing/random.ts';
import { opList } from '../ops.ts';
import type { Op } from '../op.ts';
import { OpRunner } from '../testing/op-runner.ts';
import { join, shapes, split, type Shape, type ShapeName } from './lanes.ts';
import { shiftByLane } from './lane-integer.ts';

interface Model {
  /** Exact values of the result's lanes, from operands as unsigned lanes of `from`. */
  readonly exact: (shape: Shape, operands: readonly bigint[]) => readonly bigint[];
  readonly result: (shape: Shape) => { bits: number; signed: boolean };
}

const S = (bits: number, value: bigint): bigint => BigInt.asIntN(bits, value);

type Lane = (bits: number, a: bigint, b: bigint, c: bigint) => bigint;

function lanes(signed: boolean, lane: Lane): Model {
  return {
    exact: ({ bits }, [a = 0n, b = 0n, c = 0n]) => {
      const [x, y, z] = [split(a, bits), split(b, bits), split(c, bits)];
      return x.map((value, at) => lane(bits, value, y[at] ?? 0n, z[at] ?? 0n));
    },
    result: ({ bits }) => ({ bits, signed }),
  };
}

/** The second operand is one count for all lanes. */
function counted(signed: boolean, lane: Lane): Model {
  return {
    exact: ({ bits }, [a = 0n, count = 0n]) => split(a, bits).map((value) => lane(bits, value, count, 0n)),
    result: ({ bits }) => ({ bits, signed }),
  };
}

const round = (bits: number): bigint => 1n << BigInt(bits - 1);
const models: Readonly<Record<string, Model>> = {
  add_s: lanes(true, (n, a, b) => S(n, a) + S(n, b)),
  add_u: lanes(false, (_, a, b) => a + b),
  sub_s: lanes(true, (n, a, b) => S(n, a) - S(n, b)),
  sub_u: lanes(false, (_, a, b) => a - b),
  add_su: lanes(true, (n, a, b) => S(n, a) + b),
  add_us: lanes(false, (n, a, b) => a + S(n, b)),
  abs: lanes(true, (n, a) => (S(n, a) < 0n ? -S(n, a) : S(n, a))),
  neg: lanes(true, (n, a) => -S(n, a)),
  shl_s: counted(true, (n, a, count) => S(n, a) << count),
  shl_u: counted(false, (_, a, count) => a << count),
  shl_su: counted(false, (n, a, count) => S(n, a) << count),
  shift_s: lanes(true, (n, a, b) => shiftByLane(S(n, a), b, false)),
  shift_u: lanes(false, (_, a, b) => shiftByLane(a, b, false)),
  shift_round_s: lanes(true, (n, a, b) => shiftByLane(S(n, a), b, true)),
  shift_round_u: lanes(false, (_, a, b) => shiftByLane(a, b, true)),
  mul2_high: lanes(true, (n, a, b) => (2n * S(n, a) * S(n, b)) >> BigInt(n)),
  mul2_high_round: lanes(true, (n, a, b) => (2n * S(n, a) * S(n, b) + round(n)) >> BigInt(n)),
  add_mul2_high_round: lanes(
    true,
    (n, a, b, c) => ((S(n, a) << BigInt(n)) + 2n * S(n, b) * S(n, c) + round(n)) >> BigInt(n),
  ),
  sub_mul2_high_round: lanes(
    true,
    (n, a, b, c) => ((S(n, a) << BigInt(n)) - 2n * S(n, b) * S(n, c) + round(n)) >> BigInt(n),
  ),
};

/** Rows that change the width name the other shape. */
function widthModel(name: string): Model | undefined {
  const [, to = '', kind = '', from = '', end = ''] =
    /^(\w+)\.(narrow|extmul2_low|extmul2_high)_(\w+x\d+)(?:_(\w+))?$/.exec(name) ?? [];
  const source = shapes[from as ShapeName] as Shape | undefined;
  if (source === undefined) return undefined;
  const { bits } = source;
  if (kind === 'narrow')
    return {
      exact: (_, [a = 0n]) => split(a, bits).map((value) => (end === 'u' ? value : S(bits, value))),
      result: () => ({ bits: bits / 2, signed: end === 's' }),
    };
  const first = kind.endsWith('low') ? 0 : source.count / 2;
  return {
    exact: (_, [a = 0n, b = 0n]) => {
      const [x, y] = [split(a, bits), split(b, bits)];
      const half = x.slice(first, first + source.count / 2);
      return half.map((value, at) => 2n * S(bits, value) * S(bits, y[first + at]!));
    },
    result: () => ({ bits: shapes[to as ShapeName].bits, signed: true }),
  };
}

function expected(op: Op, operands: readonly bigint[]): { result: bigint; saturated: boolean } {
  const name = op.name.replace(/^sat\./, '');
  const [shapeName = '', row = ''] = name.split('.');
  const model = models[row] ?? widthModel(name);
  if (model === undefined) throw new Error(`${op.name} has no model`);
  const shape = shapes[shapeName as ShapeName];
  const { bits, signed } = model.result(shape);
  const [low, high] = signed
    ? [-(1n << BigInt(bits - 1)), (1n << BigInt(bits - 1)) - 1n]
    : [0n, (1n << BigInt(bits)) - 1n];
  const exact = model.exact(shape, operands);
  const limited = exact.map((value) => (value < low ? low : value > high ? high : value));
  return { result: join(limited, bits), saturated: limited.some((value, at) => value !== exact[at]) };
}

/** Lanes near the limits of some width, so that about half of the vectors saturate. */
function randomVector(random: Random): bigint {
  if (random.chance(5)) return random.bits(64) | (random.bits(64) << 64n);
  const bits = random.pick([8, 16, 32, 64]);
  const quiet = random.chance(3);
  return join(
    Array.from({ length: 128 / bits }, () => {
      if (quiet) return BigInt(random.below(9) - 4);
      const edge = random.pick([0n, 1n << BigInt(bits - 1), 1n << BigInt(bits / 2 - 1), 1n << BigInt(bits / 2)]);
      return random.chance(2) ? edge + BigInt(random.below(5) - 2) : random.bits(bits);
    }),
    bits,
  );
}

const seed = testSeed();
const cases = Number(process.env['HOSPES_VECTOR_CASES'] ?? 1500);
const rows = opList.filter(({ name }) => name.startsWith('sat.'));
const runner = new OpRunner(rows.map((op) => [op, 0] as const));

describe('saturating rows', () => {
  it.each(rows.map(({ name }) => name))('%s', (name) => {
    const op = rows.find((row) => row.name === name)!;
    const random = new Random(seed);
    const lane = shapes[/i\d+x\d+/.exec(name)![0] as ShapeName].bits;
    for (let i = 0; i < cases; i++) {
      const operands = op.params.map((type) => (type === 'i32' ? BigInt(random.below(lane)) : randomVector(random)));
      const env = random.chance(2) ? 0 : FP_ENV.INEXACT;
      const wanted = expected(op, operands);
      const got = runner.run(op, 0, operands, env);
      const wantedEnv = wanted.saturated ? env | FP_ENV.SATURATED : env;
      if (got.result === wanted.result && got.env === wantedEnv) continue;
      const given = operands.map((bits) => bits.toString(16)).join(', ');
      const values = `got ${got.result.toString(16)} ${got.env}, expected ${wanted.result.toString(16)} ${wantedEnv}`;
      throw new Error(`${name}(${given}): ${values}; HOSPES_SEED=${seed}`);
    }
  });
});
