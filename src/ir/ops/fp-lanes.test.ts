/** Vector floating-point rows against soft-float, lane by lane: results and flags in every environment. */
import { describe, expect, it } from 'vitest';
import { FpEnvironment } from '../../fp/environment.ts';
import { FP_ENV, ROUNDING } from '../../fp/fp-env.ts';
import { f16, f32, f64 } from '../../fp/format.ts';
import { compare } from '../../fp/compare.ts';
import { softOps } from '../../fp/soft-ops.ts';
import { randomOperands } from '../../fp/testing/operands.ts';
import { Random, randomFloat, randomInteger, testSeed } from '../../fp/testing/random.ts';
import { opList } from '../ops.ts';
import type { Op } from '../op.ts';
import { OpRunner } from '../testing/op-runner.ts';
import { join, split } from './lanes.ts';

/** What a row does in each lane. */
interface Model {
  readonly soft: string;
  /** Lane widths of operands and result. */
  readonly from: number;
  readonly to: number;
  readonly kind: 'float' | 'half' | 'integer';
  readonly count: number;
  readonly mask?: boolean;
  readonly odd?: boolean;
}

function model(name: string): Model {
  const [, shape = '', row = ''] = /^lanes\.(\w+)\.(\w+)$/.exec(name) ?? [];
  const bits = shape.includes('x4') ? 32 : 64;
  const type = bits === 32 ? 'f32' : 'f64';
  const count = 128 / bits;
  const [, fixed] = /^fixed_\w+_([su])$/.exec(row) ?? [];
  if (fixed) return { soft: `fp.i${bits}_${fixed}.fixed_f${bits}`, from: bits, to: bits, kind: 'float', count };
  const [, sign] = /^from_\w+_([su])$/.exec(row) ?? [];
  if (sign) return { soft: `fp.${type}.from_i${bits}_${sign}`, from: bits, to: bits, kind: 'integer', count };
  if (row === 'promote_low_f32x4') return { soft: 'fp.f64.promote_f32', from: 32, to: 64, kind: 'float', count };
  if (row === 'promote_low_f16x8') return { soft: 'fp.f32.promote_f16', from: 16, to: 32, kind: 'half', count };
  if (row === 'demote_f32x4_zero') return { soft: 'fp.f16.demote_f32', from: 32, to: 16, kind: 'float', count: 4 };
  if (row.startsWith('demote_f64x2'))
    return { soft: 'fp.f32.demote_f64', from: 64, to: 32, kind: 'float', count: 2, odd: row.endsWith('odd') };
  const mask = /^(eq|lt|le)/.test(row);
  return { soft: `fp.${type}.${row.replace(/_rm$/, '')}`, from: bits, to: bits, kind: 'float', count, mask };
}

function laneOperands(random: Random, { kind, from }: Model, arity: number): bigint[] {
  if (kind === 'half') return [randomFloat(random, f16)];
  if (kind === 'integer') return [randomInteger(random, from)];
  const type = from === 32 ? 'f32' : 'f64';
  return randomOperands(
    random,
    Array.from({ length: arity }, () => type),
  );
}

/** Lanes that are alike take the fast paths together; every third vector repeats one tame lane. */
function vectors(random: Random, m: Model, arity: number): bigint[] {
  const lanes = Array.from({ length: 128 / m.from }, () => laneOperands(random, m, arity));
  if (random.chance(3)) {
    const tame = (): bigint => {
      const format = m.from === 16 ? f16 : m.from === 32 ? f32 : f64;
      const field = BigInt(format.maxExponent + random.below(6) - 3) << format.fractionBits;
      return m.kind === 'integer' ? BigInt(random.below(1000)) : field | (random.bits(64) & format.fractionMask);
    };
    for (const lane of lanes) lane.forEach((_, index) => (lane[index] = tame()));
  }
  return Array.from({ length: arity }, (_, index) =>
    join(
      lanes.map((lane) => lane[index]!),
      m.from,
    ),
  );
}

function randomEnvironment(random: Random): number {
  if (random.chance(2)) return FP_ENV.INEXACT | (random.chance(2) ? 1 << FP_ENV.NAN_POLICY_SHIFT : 0);
  const flags = random.below(64);
  const rounding = random.chance(2) ? 0 : random.below(5) << FP_ENV.ROUNDING_SHIFT;
  const policy = random.below(2) << FP_ENV.NAN_POLICY_SHIFT;
  const flush = random.chance(3) ? FP_ENV.FLUSH_INPUTS | FP_ENV.FLUSH_OUTPUTS : 0;
  return flags | rounding | policy | flush | (random.chance(2) ? FP_ENV.TININESS_BEFORE_ROUNDING : 0);
}

function expected(op: Op, m: Model, imm: number, operands: readonly bigint[], word: number) {
  const soft = softOps.find(({ name }) => name === m.soft)!;
  const env = new FpEnvironment(word);
  if (op.immediate === 'index') env.rounding = imm & 7;
  if (m.odd) env.rounding = ROUNDING.TO_ODD;
  const scale = m.soft.includes('.fixed_') ? BigInt(imm >> 8) : null;
  const lanes = operands.map((vector) => split(vector, m.from));
  const results = Array.from({ length: m.count }, (_, at) => {
    const [a = 0n, b = 0n, c = 0n] = lanes.map((lane) => lane[at]!);
    const result = soft.run(a, scale ?? b, c, env);
    return m.mask ? -result : result;
  });
  return { result: join(results, m.to), word: word | env.flags };
}

const immediates = (op: Op): readonly number[] => {
  if (op.immediate !== 'index') return [0];
  return op.name.includes('.fixed_') ? [0, 1, 2, 3, 4, 0x101, 0x501, 0x2001] : [0, 1, 2, 3, 4];
};

const rows = opList.filter((op) => op.name.startsWith('lanes.'));
const runner = new OpRunner(rows.flatMap((op) => immediates(op).map((imm) => [op, imm] as const)));
const seed = testSeed();
const cases = Number(process.env['HOSPES_VECTOR_CASES'] ?? 1200);

describe('vector floating-point rows against soft-float', () => {
  it.each(rows.map(({ name }) => name))('%s', (name) => {
    const op = rows.find((row) => row.name === name)!;
    const m = model(name);
    const random = new Random(seed);
    for (const imm of immediates(op))
      for (let i = 0; i < cases / immediates(op).length; i++) {
        const operands = vectors(random, m, op.params.length);
        const word = randomEnvironment(random);
        const wanted = expected(op, m, imm, operands, word);
        const got = runner.run(op, imm, operands, word);
        if (got.result === wanted.result && got.env === wanted.word) continue;
        const hex = (value: bigint | number): string => value.toString(16);
        const given = `${name} imm ${imm} (${operands.map(hex).join(', ')}) in environment ${hex(word)}`;
        const values = `got ${hex(got.result)} with ${hex(got.env)}, expected ${hex(wanted.result)} with ${hex(wanted.word)}`;
        throw new Error(`${given}: ${values}; HOSPES_SEED=${seed}`);
      }
  });

  it('are all there', () => {
    expect(rows.length).toBeGreaterThan(60);
  });
});

describe('scalar fixed point', () => {
  const fixed = opList.filter((op) => /^fp\.i\d+_[su]\.fixed_f\d+$/.test(op.name));
  const scales = [1, 7, 32, 64];
  const scaled = fixed.flatMap((op) => scales.map((bits) => [op, ROUNDING.TOWARD_ZERO | (bits << 8)] as const));
  const scalars = new OpRunner(scaled);
  it.each(fixed.map(({ name }) => name))('%s', (name) => {
    const random = new Random(seed);
    const soft = softOps.find((row) => row.name === name)!;
    for (const [op, imm] of scaled.filter(([row]) => row.name === name))
      for (let i = 0; i < cases / 4; i++) {
        const a = randomFloat(random, op.params[0] === 'f32' ? f32 : f64);
        const word = randomEnvironment(random);
        const env = new FpEnvironment(word);
        env.rounding = ROUNDING.TOWARD_ZERO;
        const result = BigInt.asUintN(op.result === 'i32' ? 32 : 64, soft.run(a, BigInt(imm >> 8), 0n, env));
        expect(
          scalars.run(op, imm, [a], word),
          `${name} ${imm} ${a.toString(16)} ${word}; HOSPES_SEED=${seed}`,
        ).toEqual({
          result,
          env: word | env.flags,
        });
      }
  });
});

describe('comparisons for condition flags', () => {
  const list = opList.filter((op) => /^fp\.f\d+\.(compare|holds)_/.test(op.name));
  const comparisons = new OpRunner(list.map((op) => [op, 0] as const));
  const holds: Readonly<Record<string, (sign: number | null) => boolean>> = {
    eq: (sign) => sign === 0,
    ne: (sign) => sign !== 0,
    lt: (sign) => sign === -1,
    le: (sign) => sign !== null && sign <= 0,
    gt: (sign) => sign === 1,
    ge: (sign) => sign !== null && sign >= 0,
  };
  it.each(list.map(({ name }) => name))('%s', (name) => {
    const op = list.find((row) => row.name === name)!;
    const random = new Random(seed);
    const format = op.params[0] === 'f32' ? f32 : f64;
    const [, kind = '', which = ''] = /(compare|holds)_(\w+)$/.exec(name)!;
    for (let i = 0; i < cases; i++) {
      const a = randomFloat(random, format);
      const b = random.chance(3) ? a : randomFloat(random, format);
      const word = randomEnvironment(random);
      const env = new FpEnvironment(word);
      const sign = compare(format, a, b, which === 'signaling' ? 'signaling' : 'quiet', env);
      const bits = sign === null ? 3 : sign < 0 ? 8 : sign === 0 ? 6 : 2;
      const wanted =
        kind === 'compare'
          ? { result: BigInt((bits << 28) >>> 0), env: word | env.flags }
          : { result: holds[which]!(sign) ? 1n : 0n, env: word };
      expect(comparisons.run(op, 0, [a, b], word), `${a} ${b} ${word}; HOSPES_SEED=${seed}`).toEqual(wanted);
    }
  });
});
