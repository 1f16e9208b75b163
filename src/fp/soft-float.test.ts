import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FP_ENV, NAN_POLICY, ROUNDING } from './fp-env.ts';
import * as soft from './soft-float.ts';
import { FpEnvironment, f16, f32, f64, type FloatFormat } from './soft-float.ts';
import { Random, nearFloat, randomFloat, testSeed } from './testing/random.ts';

const view = new DataView(new ArrayBuffer(8));

function toNumber(format: FloatFormat, bits: bigint): number {
  if (format === f64) view.setBigUint64(0, bits);
  else view.setUint32(0, Number(bits));
  return format === f64 ? view.getFloat64(0) : view.getFloat32(0);
}

/** The encoding of a double that the format holds; NaN is canonical. */
function fromNumber(format: FloatFormat, value: number): bigint {
  if (Number.isNaN(value)) return format.infinity | format.quietBit;
  if (format === f64) view.setFloat64(0, value);
  else view.setFloat32(0, value);
  return format === f64 ? view.getBigUint64(0) : BigInt(view.getUint32(0));
}

function environment(fields: Partial<FpEnvironment> = {}): FpEnvironment {
  return Object.assign(new FpEnvironment(), fields);
}

type Binary = (format: FloatFormat, a: bigint, b: bigint, env: FpEnvironment) => bigint;

const hostBinary: readonly [string, Binary, (a: number, b: number) => number][] = [
  ['add', soft.add, (a, b) => a + b],
  ['sub', soft.sub, (a, b) => a - b],
  ['mul', soft.mul, (a, b) => a * b],
  ['div', soft.div, (a, b) => a / b],
];

const seed = testSeed();
const cases = Number(process.env['HOSPES_FP_CASES'] ?? 15_000);

/** Runs `body` on random pairs; it gives a message where something is wrong. */
function forPairs(format: FloatFormat, body: (a: bigint, b: bigint) => string | null): void {
  const random = new Random(seed);
  for (let i = 0; i < cases; i++) {
    const a = randomFloat(random, format);
    const message = body(a, random.chance(3) ? nearFloat(random, format, a) : randomFloat(random, format));
    if (message !== null) throw new Error(`${message}; HOSPES_SEED=${seed}`);
  }
}

/** The host's doubles round to nearest-even; of f32 operands, rounding its result to f32 is innocuous. */
describe('soft-float against the doubles of the host', () => {
  const env = environment();
  const differs = (what: string, format: FloatFormat, got: bigint, value: number, ...operands: bigint[]) =>
    got === fromNumber(format, value) ? null : `${format.name} ${what}(${operands.join()}) = ${got}, not ${value}`;

  for (const format of [f64, f32]) {
    for (const [name, run, host] of hostBinary)
      it(`${format.name} ${name}`, () => {
        forPairs(format, (a, b) =>
          differs(name, format, run(format, a, b, env), host(toNumber(format, a), toNumber(format, b)), a, b),
        );
      });
    it(`${format.name} sqrt`, () => {
      forPairs(format, (a) => differs('sqrt', format, soft.sqrt(format, a, env), Math.sqrt(toNumber(format, a)), a));
    });
    it(`${format.name} to integral, toward zero, down and up`, () => {
      const modes = [
        [ROUNDING.TOWARD_ZERO, Math.trunc],
        [ROUNDING.DOWN, Math.floor],
        [ROUNDING.UP, Math.ceil],
      ] as const;
      for (const [rounding, host] of modes)
        forPairs(format, (a) => {
          const got = soft.roundToIntegral(format, a, environment({ rounding }));
          return differs('roundToIntegral', format, got, host(toNumber(format, a)), a);
        });
    });
    it(`${format.name} comparison`, () => {
      forPairs(format, (a, b) => {
        const [x, y] = [toNumber(format, a), toNumber(format, b)];
        const wanted = x < y ? -1 : x > y ? 1 : x === y ? 0 : null;
        return soft.compare(format, a, b, 'quiet', env) === wanted ? null : `compare(${a}, ${b}) is not ${wanted}`;
      });
    });
  }

  it('f32 from f64', () => {
    forPairs(f64, (a) => differs('convert', f32, soft.convert(f64, f32, a, env), Math.fround(toNumber(f64, a)), a));
  });
});

/** All f16 results are those of f64, rounded once more: it has more than twice the bits and two. */
describe('half precision', () => {
  for (const [name, run] of hostBinary)
    it(name, () => {
      forPairs(f16, (a, b) => {
        const wide = (bits: bigint): bigint => soft.convert(f16, f64, bits, environment());
        const wanted = soft.convert(f64, f16, run(f64, wide(a), wide(b), environment()), environment());
        const got = run(f16, a, b, environment());
        return got === wanted ? null : `f16 ${name}(${a}, ${b}) = ${got}, not ${wanted}`;
      });
    });

  it('widens and narrows every number to itself', () => {
    for (let bits = 0n; bits <= f16.infinity; bits++) {
      const env = environment();
      expect(soft.convert(f32, f16, soft.convert(f16, f32, bits, env), env)).toBe(bits);
      expect(env.flags).toBe(0);
    }
  });
});

describe('directed rounding', () => {
  for (const format of [f32, f64])
    it(`${format.name}: down and up enclose the nearest, and agree exactly where inexact is not raised`, () => {
      for (const [name, run] of hostBinary)
        forPairs(format, (a, b) => {
          const down = environment({ rounding: ROUNDING.DOWN });
          const low = toNumber(format, run(format, a, b, down));
          const high = toNumber(format, run(format, a, b, environment({ rounding: ROUNDING.UP })));
          const nearest = toNumber(format, run(format, a, b, environment()));
          if (Number.isNaN(nearest)) return Number.isNaN(low) && Number.isNaN(high) ? null : `${name} ${a} ${b}`;
          const exact = (down.flags & FP_ENV.INEXACT) === 0;
          const ordered = low <= nearest && nearest <= high && (low === high) === exact;
          return ordered ? null : `${name}(${a}, ${b}): ${low}, ${nearest}, ${high}`;
        });
    });
});

describe('Arm', () => {
  const arm = (fields: Partial<FpEnvironment> = {}): FpEnvironment =>
    environment({ nanPolicy: NAN_POLICY.SIGNALING_FIRST, tininessBeforeRounding: true, ...fields });
  const quiet = 0x7fc00001n;
  const signaling = 0x7f800002n;
  const one = 0x3f800000n;

  it('prefers a signalling NaN to a quiet one, and quiets it', () => {
    const env = arm();
    expect(soft.add(f32, quiet, signaling, env)).toBe(0x7fc00002n);
    expect(env.flags).toBe(FP_ENV.INVALID);
  });

  it('prefers the addend of a fused operation', () => {
    expect(soft.fma(f32, quiet, one, 0x7fc00003n, arm())).toBe(0x7fc00003n);
    expect(soft.fma(f32, signaling, one, 0x7fc00003n, arm())).toBe(0x7fc00002n);
  });

  it('gives the default NaN for infinity times zero plus a quiet NaN', () => {
    const env = arm();
    expect(soft.fma(f32, 0x7f800000n, 0n, quiet, env)).toBe(0x7fc00000n);
    expect(env.flags).toBe(FP_ENV.INVALID);
  });

  it('propagates the signalling addend of infinity times zero', () => {
    expect(soft.fma(f32, 0x7f800000n, 0n, signaling, arm())).toBe(0x7fc00002n);
  });

  it('keeps the leading payload bits across formats', () => {
    expect(soft.convert(f32, f64, 0xffa00001n, arm())).toBe(0xfffc000020000000n);
    expect(soft.convert(f64, f32, 0x7ff8000020000001n, arm())).toBe(0x7fc00001n);
  });

  // The product of these lies within half an ulp below the least normal number.
  it('detects tininess before rounding', () => {
    const [a, b] = [0x00800001n, 0x3f7ffffen];
    const before = arm();
    const after = environment();
    expect(soft.mul(f32, a, b, before)).toBe(0x00800000n);
    expect(soft.mul(f32, a, b, after)).toBe(0x00800000n);
    expect(before.flags).toBe(FP_ENV.UNDERFLOW | FP_ENV.INEXACT);
    expect(after.flags).toBe(FP_ENV.INEXACT);
  });

  it('notes a flushed operand, and raises underflow alone for a flushed result', () => {
    const inputs = arm({ flushInputs: true });
    expect(soft.add(f32, 0x80000001n, 0x80000000n, inputs)).toBe(0x80000000n);
    expect(inputs.flags).toBe(FP_ENV.INPUT_DENORMAL);
    const outputs = arm({ flushOutputs: true });
    expect(soft.mul(f32, 0x00800000n, 0xbf000000n, outputs)).toBe(0x80000000n);
    expect(outputs.flags).toBe(FP_ENV.UNDERFLOW);
  });
});

describe('the environment', () => {
  it('is the word it was made from', () => {
    const word = fc.record({
      flags: fc.nat(FP_ENV.FLAGS_MASK),
      rounding: fc.nat(4),
      policy: fc.nat(2),
      modes: fc.nat(7),
    });
    fc.assert(
      fc.property(word, ({ flags, rounding, policy, modes }) => {
        const bits = flags | (rounding << 8) | (policy << 12) | (modes << 14);
        expect(new FpEnvironment(bits).toWord()).toBe(bits);
      }),
    );
  });

  it('knows no seventh rounding mode', () => {
    const env = environment({ rounding: 6 });
    expect(() => soft.div(f32, 0x3f800000n, 0x40400000n, env)).toThrow('rounding mode 6');
  });
});

describe('integral rounding without inexact', () => {
  it('keeps the flags that were raised', () => {
    const env = environment();
    expect(soft.roundToIntegral(f32, 0x3fc00000n, env)).toBe(0x40000000n);
    expect(env.flags).toBe(0);
    env.flags = FP_ENV.INEXACT;
    soft.roundToIntegral(f32, 0x7f800001n, env);
    expect(env.flags).toBe(FP_ENV.INEXACT | FP_ENV.INVALID);
  });
});
