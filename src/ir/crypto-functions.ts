/** Runtime functions of the AES and SHA rows. */
import type { RuntimeFunction } from './runtime-functions.ts';
import { inverseSubstitutions, substitutions } from './ops/aes.ts';
import { join, splatConst } from './ops/lanes.ts';

function vectorFunction(params: RuntimeFunction['params'], summary: string, body: string): RuntimeFunction {
  return { kind: 'template', params, results: ['v128'], summary, body };
}

/** Looks all bytes up, 16 entries at a time: a selector beyond 15 gives 0. */
function lookUp(table: readonly number[]): string {
  const part = (from: number): string => {
    const half = (at: number): string => String(BigInt.asIntN(64, join(table.slice(at, at + 8).map(BigInt), 8)));
    return `v128.const ${half(from)} ${half(from + 8)}`;
  };
  return Array.from({ length: 16 }, (_, k) => {
    const index = k === 0 ? '$0' : `$0 ${splatConst(8, BigInt(16 * k))} i8x16.sub`;
    return `${part(16 * k)} ${index} i8x16.swizzle ${k === 0 ? '' : 'v128.or'}`;
  }).join(' ');
}

/** Doubles each byte of what is on the stack in GF(2^8). */
const DOUBLE = `~d:v128 i32.const 1 i8x16.shl @d i32.const 7 i8x16.shr_s ${splatConst(8, 0x1bn)} v128.and v128.xor`;
/** Rotates the bytes of each column of what `value` pushes. */
const rotateColumn = (value: string, by: number): string => {
  const lanes = Array.from({ length: 16 }, (_, at) => (at & ~3) + ((at + by) & 3));
  return `${value} ${value} i8x16.shuffle ${lanes.join(' ')}`;
};

/** 2 a0 + 3 a1 + a2 + a3 is 2 (a0 + a1) + a1 + a2 + a3. */
const mixText = (value: string): string => `
  ${value} ${rotateColumn(value, 1)} v128.xor ~s:v128 ${DOUBLE}
  ${rotateColumn(value, 1)} v128.xor ${rotateColumn('@s', 2)} v128.xor`;

/** The inverse matrix is that of MixColumns after 4 (a0 + a2) is added to a0 and a2, and 4 (a1 + a3) to the others. */
const inverseMixText = `
  $0 ${rotateColumn('$0', 2)} v128.xor ${DOUBLE} ${DOUBLE} $0 v128.xor =x:v128 ${mixText('@x')}`;

const aesFunctions = {
  'aes.sub_bytes': vectorFunction(['v128'], 'SubBytes', lookUp(substitutions)),
  'aes.inverse_sub_bytes': vectorFunction(['v128'], 'InvSubBytes', lookUp(inverseSubstitutions)),
  'aes.mix': vectorFunction(['v128'], 'MixColumns', mixText('$0')),
  'aes.inverse_mix': vectorFunction(['v128'], 'InvMixColumns', inverseMixText),
};

const rotl = (value: string, by: number): string => `${value} i32.const ${String(by)} i32.rotl`;
const rotr = (value: string, by: number): string => `${value} i32.const ${String(by)} i32.rotr`;
const choose = (x: string, y: string, z: string): string => `${y} ${z} i32.xor ${x} i32.and ${z} i32.xor`;
const parity = (x: string, y: string, z: string): string => `${x} ${y} i32.xor ${z} i32.xor`;
const majority = (x: string, y: string, z: string): string => `${x} ${y} i32.and ${x} ${y} i32.or ${z} i32.and i32.or`;

const unpack = (vector: string, names: string): string =>
  [...names].map((name, at) => `${vector} i32x4.extract_lane ${String(at)} =${name}:i32`).join(' ');
const pack = (names: readonly string[]): string =>
  names.map((name, at) => `@${name} i32x4.${at === 0 ? 'splat' : `replace_lane ${String(at)}`}`).join(' ');

/** The rounds are unrolled; variables change names instead of places. */
function sha1(f: typeof choose): string {
  const steps: string[] = [];
  let names = [...'abcde'];
  for (let round = 0; round < 4; round++) {
    const [a, b, c, d, e] = names as [string, string, string, string, string];
    const word = `$2 i32x4.extract_lane ${String(round)}`;
    steps.push(`${rotl(`@${a}`, 5)} ${f(`@${b}`, `@${c}`, `@${d}`)} i32.add @${e} i32.add ${word} i32.add =${e}`);
    steps.push(`${rotl(`@${b}`, 30)} =${b}`);
    names = [e, a, b, c, d];
  }
  return `${unpack('$0', 'abcd')} $1 =e:i32 ${steps.join(' ')} ${pack(names.slice(0, 4))}`;
}

const bigSigma = (x: string, p: number, q: number, r: number): string =>
  `${rotr(x, p)} ${rotr(x, q)} i32.xor ${rotr(x, r)} i32.xor`;

function sha256(): string {
  const steps: string[] = [];
  let names = [...'abcdefgh'];
  for (let round = 0; round < 4; round++) {
    const [a, b, c, d, e, f, g, h] = names.map((name) => `@${name}`) as [
      string,
      string,
      string,
      string,
      string,
      string,
      string,
      string,
    ];
    const set = (name: string): string => name.replace('@', '=');
    const word = `$2 i32x4.extract_lane ${String(round)}`;
    steps.push(`${h} ${bigSigma(e, 6, 11, 25)} i32.add ${choose(e, f, g)} i32.add ${word} i32.add =t:i32`);
    steps.push(`${d} @t i32.add ${set(d)}`);
    steps.push(`@t ${bigSigma(a, 2, 13, 22)} i32.add ${majority(a, b, c)} i32.add ${set(h)}`);
    names = [h, a, b, c, d, e, f, g].map((name) => name.slice(1));
  }
  return `${unpack('$0', 'abcd')} ${unpack('$1', 'efgh')} ${steps.join(' ')}
    $3 if:v128 ${pack(names.slice(4))} else ${pack(names.slice(0, 4))} end`;
}

const SHA1 = ['v128', 'i32', 'v128'] as const;
const shaFunctions = {
  'sha1.choose': vectorFunction(SHA1, 'four rounds of SHA-1', sha1(choose)),
  'sha1.parity': vectorFunction(SHA1, 'four rounds of SHA-1', sha1(parity)),
  'sha1.majority': vectorFunction(SHA1, 'four rounds of SHA-1', sha1(majority)),
  'sha256.rounds': vectorFunction(
    ['v128', 'v128', 'v128', 'i32'],
    'four rounds of SHA-256: a to d or e to h',
    sha256(),
  ),
};

export const cryptoFunctions: Readonly<Record<string, RuntimeFunction>> = { ...aesFunctions, ...shaFunctions };
