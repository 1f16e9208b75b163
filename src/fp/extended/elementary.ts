/**
 * Elementary functions on fixed-point numbers: BigInts in units of 2^-P. Absolute errors are a few units, far below what
 * rounding to 64 bits needs.
 */

export const P = 320n;
export const ONE = 1n << P;

function fixedMultiply(a: bigint, b: bigint): bigint {
  return (a * b) >> P;
}

/** Sum of a series whose next term is `step` of the term before and its index, until terms vanish. */
function series(
  first: bigint,
  step: (term: bigint, index: bigint) => bigint,
  weigh: (term: bigint, index: bigint) => bigint,
): bigint {
  let sum = 0n;
  let term = first;
  for (let index = 0n; term !== 0n && term !== -1n; index += 1n) {
    sum += weigh(term, index);
    term = step(term, index);
  }
  return sum;
}

/** 1/n + 1/3n^3 + ... with alternating signs where `sign` is -1. */
function inverseTangentOf(n: bigint, sign: bigint): bigint {
  return series(
    ONE / n,
    (term) => (sign * term) / (n * n),
    (term, index) => term / (2n * index + 1n),
  );
}

/** Machin's formula. */
export const PI = 16n * inverseTangentOf(5n, -1n) - 4n * inverseTangentOf(239n, -1n);
/** ln 2 = 2 artanh(1/3). */
export const LN2 = 2n * inverseTangentOf(3n, 1n);

/** Natural logarithm of 1 + t, for 1 + t between 1/2 and 2: 2 artanh(t / (2 + t)). */
export function logOnePlus(t: bigint): bigint {
  const z = (t << P) / (2n * ONE + t);
  const square = fixedMultiply(z, z);
  return (
    2n *
    series(
      z,
      (term) => fixedMultiply(term, square),
      (term, index) => term / (2n * index + 1n),
    )
  );
}

/** e^t - 1 for |t| <= 1. */
export function expMinusOne(t: bigint): bigint {
  return series(
    t,
    (term, index) => fixedMultiply(term, t) / (index + 2n),
    (term) => term,
  );
}

/** Sine and cosine for |t| <= 1. */
export function sineCosine(t: bigint): readonly [bigint, bigint] {
  const square = fixedMultiply(t, t);
  const sine = series(
    t,
    (term, index) => -fixedMultiply(term, square) / ((2n * index + 2n) * (2n * index + 3n)),
    (term) => term,
  );
  const cosine = series(
    ONE,
    (term, index) => -fixedMultiply(term, square) / ((2n * index + 1n) * (2n * index + 2n)),
    (term) => term,
  );
  return [sine, cosine];
}

function squareRoot(value: bigint): bigint {
  let guess = 1n << BigInt((value.toString(16).length * 4 + 1) >> 1);
  for (;;) {
    const next = (guess + value / guess) >> 1n;
    if (next >= guess) return guess;
    guess = next;
  }
}

/** Arc tangent for 0 <= t <= 1. The argument is halved three times: atan t = 2 atan(t / (1 + sqrt(1 + t^2))). */
export function arcTangent(t: bigint): bigint {
  let x = t;
  for (let halving = 0; halving < 3; halving++) x = (x << P) / (ONE + squareRoot((ONE << P) + x * x));
  const square = fixedMultiply(x, x);
  const small = series(
    x,
    (term) => -fixedMultiply(term, square),
    (term, index) => term / (2n * index + 1n),
  );
  return 8n * small;
}
