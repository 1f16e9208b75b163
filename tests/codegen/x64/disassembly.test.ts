/** Our disassembly of random instructions of every row, and of random bytes, against Capstone's. */
import { describe, expect, it } from 'vitest';
import type { CodeSource } from '../../../src/guest/guest.ts';
import { decode } from '../../../src/guest/x64/decode.ts';
import { disassemble } from '../../../src/guest/x64/disassemble.ts';
import { generator, randomInstructions } from './encodings.ts';
import { capstone, normalize, type Listed } from './reference-disassembler.ts';

function source(bytes: Uint8Array): CodeSource {
  return {
    readU8: (pc) => bytes[pc] ?? -1,
    readU16: (pc) => (pc + 1 < bytes.length ? (bytes[pc] ?? 0) | ((bytes[pc + 1] ?? 0) << 8) : -1),
  };
}

function ours(bytes: Uint8Array): Listed | null {
  const result = disassemble(source(bytes), 0);
  if (result === null || result.text.startsWith('.byte')) return null;
  return { text: normalize(result.text), length: result.length };
}

interface Exception {
  readonly reason: string;
  readonly ours: RegExp | null;
  readonly theirs: RegExp | null;
}

const exceptions: readonly Exception[] = [
  { reason: 'REX.W overrides 66', ours: /^(push|pop) qword/, theirs: /^(push|pop) word/ },
  { reason: 'it hides LOCK behind F3', ours: /^lock /, theirs: /^(?!lock)/ },
  { reason: '66 before a near branch is ignored, as by Intel', ours: /^(j\w+|call) 0x/, theirs: /^(j\w+|call) 0x/ },
  { reason: 'movsxd of 16 bits reads 16', ours: /^movsxd \w+,(word|\w+w$|[a-z]{2}$)/, theirs: /^movsxd/ },
  { reason: 'comisd reads 64 bits', ours: /^v?comisd xmm\d+,qword/, theirs: /^v?comisd xmm\d+,xmmword/ },
];

const fits = (pattern: RegExp | null, text: string | null): boolean =>
  pattern === null ? text === null : text !== null && pattern.test(text);

/** Capstone shows some immediates as they are sign-extended beyond the operand, others not. */
function sameImmediate(left: string | null, right: string | null): boolean {
  const parts = [left, right].map((text) => /^(.* |.*,)0x([0-9a-f]+)$/.exec(text ?? ''));
  const [[, start, mine = ''] = [], [, otherStart, theirs = ''] = []] = parts.map((match) => match ?? []);
  if (start === undefined || start !== otherStart) return false;
  const value = BigInt(`0x${theirs}`);
  return (
    [8, 16, 32, 64].some((width) => BigInt.asUintN(width, value) === BigInt(`0x${mine}`)) ||
    value === BigInt.asUintN(32, BigInt(`0x${mine}`))
  );
}

/** Prefixes that Capstone shows and that mean nothing to the instruction. */
const plain = (text: string): string =>
  text.replace(
    /^((notrack|bnd|data16|xacquire|xrelease|repne|rep|repe) )+(?!(movs|stos|lods|cmps|scas|ins|outs)[bwdq]? )/,
    '',
  );

async function differences(pieces: readonly Uint8Array[]): Promise<string[]> {
  const theirs = await capstone(pieces);
  const found = new Map<string, string>();
  for (const [index, bytes] of pieces.entries()) {
    const mine = ours(bytes);
    const other = theirs[index] ?? null;
    // Not a row yet, or no instruction of 64-bit user code.
    if (mine === null) continue;
    const [left, right] = [mine.text, other === null ? null : plain(other.text)];
    if (mine.length === other?.length && (left === right || sameImmediate(left, right))) continue;
    if (exceptions.some((entry) => fits(entry.ours, left) && fits(entry.theirs, right))) continue;
    const code = Buffer.from(bytes.subarray(0, Math.max(mine.length, other?.length ?? 0))).toString('hex');
    const lengths = `${String(mine.length)} and ${String(other?.length)} bytes`;
    const key = `${left.split(' ')[0] ?? ''} ${right?.split(' ')[0] ?? ''}`;
    if (!found.has(key)) found.set(key, `${code}: ours ${left}, theirs ${right ?? 'nothing'}, ${lengths}`);
  }
  return [...found.values()];
}

describe('disassembly against Capstone', () => {
  it('of random instructions of every row', async () => {
    const instructions = randomInstructions(40, 20240411);
    const wrong = instructions.filter(({ row, bytes }) => decode(source(bytes), 0)?.row?.name !== row.name);
    expect(wrong.map(({ row, bytes }) => `${row.name} ${row.encoding}: ${Buffer.from(bytes).toString('hex')}`)).toEqual(
      [],
    );
    expect(await differences(instructions.map(({ bytes }) => bytes))).toEqual([]);
  });

  it('of random bytes', async () => {
    const next = generator(7);
    const pieces = Array.from({ length: 20_000 }, () => Uint8Array.from({ length: 24 }, () => next() & 0xff));
    expect(await differences(pieces)).toEqual([]);
  });
});
