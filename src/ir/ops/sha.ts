/** Steps of SHA-1 and SHA-256 (FIPS 180-4) on vectors of four words, as guests with SHA instructions divide them. */
import type { Fold, OpRow } from '../op.ts';
import { join, shuffleLanesText, split } from './lanes.ts';
import { named, signature } from './rows.ts';

function row(types: string, summary: string, wasm: string, fold: Fold): OpRow {
  return { ...signature(types), effect: 'pure', summary, wasm, fold };
}

const rotl = (x: number, by: number): number => (x << by) | (x >>> (32 - by));
const rotr = (x: number, by: number): number => rotl(x, 32 - by);
const words = (vector: bigint): [number, number, number, number] => {
  const [a = 0, b = 0, c = 0, d = 0] = split(vector, 32).map((lane) => Number(lane) | 0);
  return [a, b, c, d];
};
const vector = (...lanes: readonly number[]): bigint =>
  join(
    lanes.map((lane) => BigInt(lane >>> 0)),
    32,
  );

/** Functions of 4.1.1. */
const sha1Functions = {
  choose: (x: number, y: number, z: number): number => (x & y) | (~x & z),
  parity: (x: number, y: number, z: number): number => x ^ y ^ z,
  majority: (x: number, y: number, z: number): number => (x & y) | (x & z) | (y & z),
} as const;

/** Four rounds of 6.1.2 step 3: a to d in `abcd`, e in lane 0 of the second, words with the constant added. */
function sha1Rounds(name: keyof typeof sha1Functions): OpRow {
  const f = sha1Functions[name];
  const fold: Fold = (abcd, rest, schedule) => {
    let [a, b, c, d] = words(abcd);
    let [e] = words(rest);
    for (const w of words(schedule)) {
      const t = (rotl(a, 5) + f(b, c, d) + e + w) | 0;
      [a, b, c, d, e] = [t, a, rotl(b, 30), c, d];
    }
    return vector(a, b, c, d);
  };
  const summary = `Four rounds of SHA-1 with function ${name}: a to d, e in lane 0, words with their constant added.`;
  return row('v128 v128 v128 -> v128', summary, `$0 $1 i32x4.extract_lane 0 $2 call:sha1.${name}`, fold);
}

const rotate = (value: string, by: number): string =>
  `${value} i32.const ${String(by)} i32x4.shl ${value} i32.const ${String(32 - by)} i32x4.shr_u v128.or`;

/** W(t) of 6.1.2 step 1 from what `a` has of it, four at a time; the last needs the first. */
const sha1Schedule = row(
  'v128 v128 -> v128',
  'The last step of four words of the SHA-1 schedule: a and the last three of b, rotated; the fourth needs the first.',
  `v128.const 0 0 =z:v128 $0 $1 @z ${shuffleLanesText(32, [1, 2, 3, 4])} v128.xor =t:v128
    ${rotate('@t', 1)} @z @t ${shuffleLanesText(32, [0, 1, 2, 4])} =u:v128 ${rotate('@u', 2)} v128.xor`,
  (a, b) => {
    const [w0, w1, w2, w3] = words(a ^ (b >> 32n));
    return vector(rotl(w0, 1), rotl(w1, 1), rotl(w2, 1), rotl(w3, 1) ^ rotl(w0, 2));
  },
);

const bigSigma0 = (x: number): number => rotr(x, 2) ^ rotr(x, 13) ^ rotr(x, 22);
const bigSigma1 = (x: number): number => rotr(x, 6) ^ rotr(x, 11) ^ rotr(x, 25);
const smallSigma0 = (x: number): number => rotr(x, 7) ^ rotr(x, 18) ^ (x >>> 3);
const smallSigma1 = (x: number): number => rotr(x, 17) ^ rotr(x, 19) ^ (x >>> 10);

/** Four rounds of 6.2.2 step 3; of the results, a to d or e to h. */
function sha256Rounds(part: 0 | 1): OpRow {
  const fold: Fold = (abcd, efgh, schedule) => {
    let [a, b, c, d] = words(abcd);
    let [e, f, g, h] = words(efgh);
    for (const w of words(schedule)) {
      const t1 = (h + bigSigma1(e) + sha1Functions.choose(e, f, g) + w) | 0;
      const t2 = (bigSigma0(a) + sha1Functions.majority(a, b, c)) | 0;
      [a, b, c, d, e, f, g, h] = [(t1 + t2) | 0, a, b, c, (d + t1) | 0, e, f, g];
    }
    return part === 0 ? vector(a, b, c, d) : vector(e, f, g, h);
  };
  const result = part === 0 ? 'a to d' : 'e to h';
  const summary = `Four rounds of SHA-256 on a to d, e to h, and words with their constants added: ${result}.`;
  return row('v128 v128 v128 -> v128', summary, `$0 $1 $2 i32.const ${String(part)} call:sha256.rounds`, fold);
}

const sigma = (value: string, first: number, second: number, shift: number): string =>
  `${rotate(value, 32 - first)} ${rotate(value, 32 - second)} v128.xor
   ${value} i32.const ${String(shift)} i32x4.shr_u v128.xor`;

const sha256Schedule0 = row(
  'v128 v128 -> v128',
  'W(t-16) + sigma0(W(t-15)) of four words of the SHA-256 schedule: a has the words from t-16, b those from t-12.',
  `$0 $1 ${shuffleLanesText(32, [1, 2, 3, 4])} =t:v128 ${sigma('@t', 7, 18, 3)} $0 i32x4.add`,
  (a, b) => {
    const [x, y] = [words(a), words(b)];
    const next = [...x.slice(1), y[0]];
    return vector(...x.map((w, at) => (w + smallSigma0(next[at] ?? 0)) | 0));
  },
);

/** The upper two words depend on the lower two, so sigma1 is taken twice. */
const sha256Schedule1 = row(
  'v128 v128 v128 -> v128',
  'Four words of the SHA-256 schedule: a from the first step, b has the words from t-8, c those from t-4.',
  `$0 $1 $2 ${shuffleLanesText(32, [1, 2, 3, 4])} i32x4.add =s:v128
    v128.const 0 0 =z:v128 $2 @z ${shuffleLanesText(32, [2, 3, 4, 4])} =t:v128
    ${sigma('@t', 17, 19, 10)} @s i32x4.add =l:v128
    @l @z ${shuffleLanesText(32, [4, 4, 0, 1])} =t ${sigma('@t', 17, 19, 10)} @l i32x4.add`,
  (a, b, c) => {
    const [partial, older, old] = [words(a), words(b), words(c)];
    const t0 = [...older.slice(1), old[0]];
    const result: number[] = [];
    partial.forEach((w, at) => {
      const before = (at < 2 ? old[at + 2] : result[at - 2]) ?? 0;
      result.push((w + (t0[at] ?? 0) + smallSigma1(before)) | 0);
    });
    return vector(...result);
  },
);

export const shaRows = {
  ...named('sha1.choose', sha1Rounds('choose')),
  ...named('sha1.parity', sha1Rounds('parity')),
  ...named('sha1.majority', sha1Rounds('majority')),
  ...named('sha1.schedule', sha1Schedule),
  ...named('sha256.rounds_abcd', sha256Rounds(0)),
  ...named('sha256.rounds_efgh', sha256Rounds(1)),
  ...named('sha256.schedule0', sha256Schedule0),
  ...named('sha256.schedule1', sha256Schedule1),
};
