import { describe, expect, it } from 'vitest';
import { disassembleEncoding } from '../../../src/guest/aarch64/disassemble.ts';
import { table } from '../../../src/guest/aarch64/tables.ts';
import { randomWords } from './encodings.ts';
import { assemble, capstone, normalize, objdump, objdumpAbsent, type Listing } from './reference-disassemblers.ts';

const words = randomWords(100_000, 487);

/** Ours, in the common form; each instruction at its address, or all at 0. */
const ours = (running: boolean): Listing =>
  words.map((word, i) => {
    const text = disassembleEncoding(word, running ? i * 4 : 0);
    return text.startsWith('.inst') ? null : normalize(text);
  });

/** A difference that is right: `ours` and `theirs` match the two texts (null: no instruction). */
interface Exception {
  readonly reason: string;
  readonly ours: RegExp | null;
  readonly theirs: RegExp | null;
}

const fits = (pattern: RegExp | null, text: string | null): boolean =>
  pattern === null ? text === null : text !== null && pattern.test(text);

/** Differences that no exception explains, one example and count for each pair of mnemonics; exceptions without use. */
function compare(mine: Listing, theirs: Listing, exceptions: readonly Exception[]) {
  const used = new Set<Exception>();
  const differences = new Map<string, { example: string; count: number }>();
  for (const [index, word] of words.entries()) {
    const [left, right] = [mine[index] ?? null, theirs[index] ?? null];
    if (left === right) continue;
    const exception = exceptions.find((entry) => fits(entry.ours, left) && fits(entry.theirs, right));
    if (exception !== undefined) {
      used.add(exception);
      continue;
    }
    const key = `${left?.split(' ')[0] ?? ''} ${right?.split(' ')[0] ?? ''}`;
    const example = `${word.toString(16)}: ours ${left ?? 'nothing'}, theirs ${right ?? 'nothing'}`;
    differences.set(key, { example, count: (differences.get(key)?.count ?? 0) + 1 });
  }
  return {
    differences: [...differences.values()].map(({ example, count }) => `${count} times, as ${example}`),
    unused: exceptions.filter((entry) => !used.has(entry)),
  };
}

describe('decode table', () => {
  it('gives each encoding at most one row', () => {
    const wrong = words.slice(0, 20_000).flatMap((word) => {
      const matching = table.rows.filter((row) => row.matches(word));
      const right = matching.length <= 1 && table.decode(word) === (matching[0] ?? null);
      return right ? [] : [`${word.toString(16)}: ${matching.map(({ name }) => name).join(', ')}`];
    });
    expect(wrong).toEqual([]);
  });

  it('covers every row in the draw', () => {
    const seen = new Set(words.map((word) => table.decode(word)?.name));
    expect(table.rows.filter((row) => !seen.has(row.name)).map(({ name }) => name)).toEqual([]);
  });
});

/** A transfer of its own base register with write-back, or a pair with its. */
const writesBack = /^(ld|st)\w+ (?:\w+,)?\w(\d+)(?:,\w+)?,\[\w\2(?:,\d+\]!|\],)/;

/** Rs or Rt2 of exclusives, which most of them do not use. */
const shouldBeOne = /^(ldl?ar|stll?r|stl?xr|lda?xr|lda?xp)[bh]? /;

/** Of extensions that the guest does not have: their encodings are undefined. */
const unsupported: readonly Exception[] = [
  { reason: 'FEAT_MTE', ours: null, theirs: /^(addg|subg|subps?|gmi|irg|st2?z?2?g|stz?g|stgp|ldg|stgm|stzgm|ldgm) / },
  { reason: 'FEAT_HBC', ours: null, theirs: /^bc\./ },
  { reason: 'FEAT_MOPS', ours: null, theirs: /^(cpy|set)/ },
  { reason: 'FEAT_LRCPC2', ours: null, theirs: /^(ldapur|stlur)/ },
  { reason: 'FEAT_FlagM', ours: null, theirs: /^(rmif|setf8|setf16|cfinv|axflag|xaflag)/ },
  { reason: 'FEAT_PAuth', ours: null, theirs: /^(pac|aut|xpac|ldra[ab]|bra[ab]|blra[ab]|reta[ab]|pacga)/ },
  { reason: 'FEAT_CSSC', ours: null, theirs: /^(smax|smin|umax|umin|ctz|cnt|abs) / },
  { reason: 'FEAT_LS64', ours: null, theirs: /^(ld64b|st64b)/ },
  { reason: 'FEAT_FCMA', ours: null, theirs: /^fc(mla|add) / },
  { reason: 'FEAT_FHM', ours: null, theirs: /^fml[as]l2? / },
  { reason: 'FEAT_BF16', ours: null, theirs: /^bf/ },
  { reason: 'FEAT_FP16', ours: null, theirs: /^(f\w+|[su]cvtf) .*(\bh\d+|\.[48]h\b)/ },
  { reason: 'FEAT_I8MM', ours: null, theirs: /^(su|us|s|u)(mmla|dot) / },
  { reason: 'FEAT_SHA3', ours: null, theirs: /^(bcax|xar|eor3|rax1) / },
  { reason: 'FEAT_SM3 and FEAT_SM4', ours: null, theirs: /^sm[34]/ },
  { reason: 'for higher exception levels', ours: null, theirs: /^(hvc|smc|dcps[123]|eret|drps)/ },
  { reason: 'system instructions that EL0 does not have', ours: null, theirs: /^(sysl?|mrs|msr|at|tlbi|dc|ic) / },
];

const why = objdumpAbsent();
describe.skipIf(why !== null)(`against GNU binutils${why === null ? '' : ` (skipped: ${why})`}`, () => {
  it('disassembles the same', () => {
    const preferred: Exception = {
      reason: 'the manual prefers hs and lo',
      ours: /[.,](hs|lo)( |$)/,
      theirs: /[.,](cs|cc)( |$)/,
    };
    const result = compare(ours(true), objdump(words), [
      preferred,
      { reason: 'it has no names for them without aliases', ours: /^(dc|ic) /, theirs: /^sys / },
      { reason: 'fields that should be one may be anything', ours: /^(ldl?ar|stll?r)[bh]? /, theirs: null },
      { reason: 'both into one register is unpredictable', ours: /^ldpsw (\w+),\1,/, theirs: null },
      { reason: 'loading the base with write-back is unpredictable', ours: writesBack, theirs: null },
      {
        reason: 'identification registers have no names here',
        ours: /^mrs \w+,s3_0_c0_/,
        theirs: /^mrs \w+,(id|mvfr\d|midr|mpidr|revidr)_/,
      },
      ...unsupported.filter(({ reason }) => reason !== 'FEAT_LS64' && reason !== 'FEAT_FlagM'),
    ]);
    expect(result).toEqual({ differences: [], unused: [] });
  });

  it('assembles our text to the same encoding', () => {
    const known = words.filter((word) => table.decode(word) !== null).slice(0, 30_000);
    const lines = known.map((word) => {
      const text = disassembleEncoding(word, 0);
      // Labels are absolute in the text; pages are relative to that of the address, which is 0 only at the start.
      return text.replace(
        /^((?:b|bl|b\.\w+|cbn?z|tbn?z|adr|ldr|ldrsw|prfm) .*?)0x([0-9a-f]+)$/,
        (_, head: string, hex: string) => {
          const distance = BigInt.asIntN(64, BigInt(`0x${hex}`));
          return `${head}.${distance < 0n ? '' : '+'}${String(distance)}`;
        },
      );
    });
    const assembled = assemble(lines);
    const wrong = known.flatMap((word, i) => {
      const again = assembled[i] ?? 0;
      if (again === word || lines[i]?.startsWith('adrp ') === true) return [];
      // Different encodings of one immediate, and fields that should be one: the text is the same again.
      const same = table.decode(again)?.name === table.decode(word)?.name;
      return same && disassembleEncoding(again, 0) === disassembleEncoding(word, 0)
        ? []
        : [`${String(lines[i])}: ${again.toString(16)}`];
    });
    expect(wrong.slice(0, 10)).toEqual([]);
    expect(assembled.length).toBe(known.length);
  });
});

describe('against Capstone', () => {
  it('agrees on what is an instruction, and on operands where the name is the same', async () => {
    const mine = ours(false);
    const theirs = (await capstone(words)).map((text, i) => {
      const left = mine[i] ?? null;
      if (text === null || left === null) return text;
      // It prefers aliases: another name says nothing more than that there is an instruction.
      return text.split(' ')[0] === left.split(' ')[0] ? text : left;
    });
    const result = compare(mine, theirs, [
      { reason: 'fields that should be one may be anything', ours: shouldBeOne, theirs: null },
      { reason: 'both into one register is unpredictable', ours: /^ldn?p(sw)? (\w+),\2,/, theirs: null },
      { reason: 'loading the base with write-back is unpredictable', ours: writesBack, theirs: null },
      { reason: 'it takes that for unpredictable too', ours: /^ldtr\w* \w(\d+),\[\w\1[,\]]/, theirs: null },
      { reason: 'it leaves out operations without a name', ours: /^prfu?m \d+,/, theirs: /^prfu?m ,/ },
      {
        reason: 'identification registers have no names here',
        ours: /^mrs \w+,s3_0_c0_/,
        theirs: /^mrs \w+,(id|mvfr\d|midr|mpidr|revidr)_/,
      },
      ...unsupported.filter(({ reason }) => !/FlagM|CSSC|LS64/.test(reason)),
    ]);
    expect(result).toEqual({ differences: [], unused: [] });
  });
});
