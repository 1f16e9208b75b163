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
  { reason: 'it sign-extends both', ours: /^enter /, theirs: /^enter / },
  { reason: 'it hides the 1', ours: /^(rc|ro|s[ah])[lr] .*,0x1$/, theirs: /^(rc|ro|s[ah])[lr] [^,]*$/ },
  { reason: '66 with REX.W', ours: /^(bs[fr]|pushfq|popfq)/, theirs: /^(bs[fr]|pushf|popf)/ },
  { reason: 'ports have 8 or 32 bits', ours: /^(in eax|out .*eax)/, theirs: /^(in ax|out .*ax)/ },
  { reason: 'hints of MPX and others, which are no-operations', ours: /^nop/, theirs: /^(bnd|cldemote|nop)/ },
  { reason: 'hints and fences with a REX prefix', ours: /^(nop|[lms]fence)/, theirs: null },
  { reason: '66 before a fence, as REX stands between', ours: /^mfence$/, theirs: /^(tpause|umwait)/ },
  { reason: 'pause with a REX prefix', ours: /^pause$/, theirs: /^xchg/ },
  { reason: 'its ud1 has no ModRM byte', ours: /^ud1 /, theirs: /^ud1$/ },
  { reason: 'its ud0 has no ModRM byte', ours: /^ud0 /, theirs: /^ud0$/ },
  {
    reason: 'REPNE before an instruction that compares nothing',
    ours: /^repne (movs|stos|lods)/,
    theirs: /^(movs|stos|lods)/,
  },
  { reason: '66 before a near branch is ignored, as by Intel', ours: /^(j\w+|call) 0x/, theirs: /^(j\w+|call) 0x/ },
  { reason: 'movsxd of 16 bits reads 16', ours: /^movsxd \w+,(word|\w+w$|[a-z]{2}$)/, theirs: /^movsxd/ },
  { reason: '67 with a memory operand makes it another', ours: /^clflush /, theirs: /^clflushopt / },
  { reason: 'movsxd without REX.W', ours: /^movsxd /, theirs: null },
  { reason: 'W is ignored', ours: /^vp(hsubd|ackusdw|cmp[ei]str[im]|insr[bw]|extr[bw]) /, theirs: null },
  { reason: 'second encodings, which it does not know', ours: /^(fcomp?|fxch|fstp) st/, theirs: null },
  { reason: 'reserved prefetches are plain ones', ours: /^prefetchw? /, theirs: null },
  { reason: 'its hint has a name of its own', ours: /^prefetch /, theirs: /^prefetchwt1 / },
  { reason: 'traps, as segment registers 6 and 7 do not exist', ours: /^mov .*,seg[67]$/, theirs: null },
  { reason: 'comisd reads 64 bits', ours: /^v?comisd xmm\d+,qword/, theirs: /^v?comisd xmm\d+,xmmword/ },
  { reason: 'segment registers 6 and 7 do not exist', ours: /^mov seg[67],/, theirs: null },
  { reason: 'selectors have 16 bits', ours: /^mov [c-gs]s,\w+$/, theirs: /^mov [c-gs]s,\w+$/ },
  { reason: 'far transfer has a name of its own', ours: /^callf \S*\[/, theirs: /^(lcall |call ptr)/ },
  { reason: 'far transfer has a name of its own', ours: /^jmpf \S*\[/, theirs: /^(ljmp |jmp ptr)/ },
  { reason: 'a width in the name', ours: /^retf( |$)/, theirs: /^retfq?( |$)/ },
  { reason: '66 with REX.W', ours: /^iretq$/, theirs: /^iret$/ },
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
    // A row may hold others inside itself, as xchg holds nop.
    const wrong = instructions.filter(({ row, bytes }) => {
      const found = decode(source(bytes), 0)?.row;
      return (
        found?.name !== row.name && (found === null || found === undefined || (found.mask & row.mask) !== row.mask)
      );
    });
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
