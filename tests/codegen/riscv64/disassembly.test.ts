import { describe, expect, it } from 'vitest';
import { disassembleEncoding } from '../../../src/guest/riscv64/disassemble.ts';
import { compressedTable, extensions, wordTable } from '../../../src/guest/riscv64/tables.ts';
import { allCompressed, randomWords } from './encodings.ts';
import { capstone, normalize, objdump, objdumpAbsent, type Encoding, type Listing } from './reference-disassemblers.ts';

const words = randomWords(200_000, 20240411);

/** Ours, in the common form; each instruction at its address, or all at 0. */
function ours(encodings: readonly Encoding[], running: boolean): Listing {
  let address = 0;
  return encodings.map(({ bits, length }) => {
    const text = disassembleEncoding(bits, length, running ? address : 0);
    address += length;
    return text.startsWith('.insn') ? null : normalize(text);
  });
}

/** A difference that is right: `ours` and `theirs` match the two texts (null: no instruction). */
interface Exception {
  readonly reason: string;
  readonly ours: RegExp | null;
  readonly theirs: RegExp | null;
}

const fits = (pattern: RegExp | null, text: string | null): boolean =>
  pattern === null ? text === null : text !== null && pattern.test(text);

/** Differences that no exception explains, one example and count for each pair of mnemonics; exceptions without use. */
function compare(encodings: readonly Encoding[], mine: Listing, theirs: Listing, exceptions: readonly Exception[]) {
  const used = new Set<Exception>();
  const differences = new Map<string, { example: string; count: number }>();
  for (const [index, { bits }] of encodings.entries()) {
    const [left, right] = [mine[index] ?? null, theirs[index] ?? null];
    if (left === right) continue;
    const exception = exceptions.find((entry) => fits(entry.ours, left) && fits(entry.theirs, right));
    if (exception !== undefined) {
      used.add(exception);
      continue;
    }
    const key = `${left?.split(' ')[0] ?? ''} ${right?.split(' ')[0] ?? ''}`;
    const example = `${bits.toString(16)}: ours ${left ?? 'nothing'}, theirs ${right ?? 'nothing'}`;
    differences.set(key, { example, count: (differences.get(key)?.count ?? 0) + 1 });
  }
  return {
    differences: [...differences.values()].map(({ example, count }) => `${count} times, as ${example}`),
    unused: exceptions.filter((entry) => !used.has(entry)),
  };
}

describe('decode tables', () => {
  it('give each encoding at most one row, precedence aside', () => {
    const declared = new Set(['fence.tso', 'pause']);
    const wrong: string[] = [];
    for (const [table, encodings] of [
      [compressedTable, allCompressed],
      [wordTable, words.slice(0, 20_000)],
    ] as const)
      for (const { bits } of encodings) {
        const matching = table.rows.filter((row) => row.matches(bits));
        const decoded = table.decode(bits);
        const right = matching.length <= 1 ? decoded === (matching[0] ?? null) : declared.has(decoded?.name ?? '');
        if (!right) wrong.push(`${bits.toString(16)}: ${String(decoded?.name)}`);
      }
    expect(wrong).toEqual([]);
  });

  it('cover every row in the draw', () => {
    const seen = new Set(words.map(({ bits }) => wordTable.decode(bits)?.name));
    expect(wordTable.rows.filter((row) => !seen.has(row.name))).toEqual([]);
  });
});

const why = objdumpAbsent();
describe.skipIf(why !== null)(`against GNU objdump${why === null ? '' : ` (skipped: ${why})`}`, () => {
  it('all 16-bit encodings', () => {
    const named = 'HINTs that binutils gives names of their own';
    const result = compare(allCompressed, ours(allCompressed, true), objdump(allCompressed), [
      { reason: named, ours: /^c\.(slli|srli|srai) \w+,0$/, theirs: /^c\.(slli|srli|srai)64 / },
      { reason: named, ours: /^c\.nop/, theirs: /^c\.addi zero,/ },
      { reason: 'c.addi16sp of 0 is reserved', ours: null, theirs: /^c\.addi16sp sp,0$/ },
    ]);
    expect(result).toEqual({ differences: [], unused: [] });
  });

  it('200,000 full words', () => {
    const result = compare(words, ours(words, true), objdump(words), [
      { reason: 'reserved fields of fences are to be ignored', ours: /^fence/, theirs: null },
      { reason: 'CSRs that user code cannot reach', ours: /^csrr\w+ \w+,\d+,/, theirs: /^csrr\w+ \w+,[a-z]\w+,/ },
      { reason: 'rounding mode of an exact conversion', ours: /^fcvt\.d\.wu? .*,rne$/, theirs: /^fcvt\.d\.wu? / },
      { reason: 'rounding mode of an exact conversion', ours: /^fcvt\.d\.(s|wu?) /, theirs: null },
      { reason: 'rounding mode of an exact conversion', ours: /^fcvt\.d\.s .*,rne$/, theirs: /^fcvt\.d\.s / },
    ]);
    expect(result).toEqual({ differences: [], unused: [] });
  });
});

const bitManipulation = new RegExp(
  `^(${Object.keys({ ...extensions.zba, ...extensions.zbb, ...extensions.zbs })
    .map((name) => name.replace('.', '\\.'))
    .join('|')}) `,
);

/** Pseudo-instructions that Capstone prefers, by the full instruction that they stand for. */
const aliases: readonly (readonly [RegExp, RegExp])[] = [
  [/^sub \w+,zero,/, /^neg /],
  [/^subw \w+,zero,/, /^negw /],
  [/^sltu \w+,zero,/, /^snez /],
  [/^slt \w+,\w+,zero$/, /^sltz /],
  [/^beq \w+,zero,/, /^beqz /],
  [/^bne \w+,zero,/, /^bnez /],
  [/^bge \w+,zero,/, /^bgez /],
  [/^bge zero,\w+,/, /^blez /],
  [/^blt \w+,zero,/, /^bltz /],
  [/^blt zero,\w+,/, /^bgtz /],
  [/^jal zero,/, /^j /],
  [/^jal ra,/, /^jal \d/],
  [/^fsgnj\.([sd]) (\w+),(\w+),\3$/, /^fmv\./],
  [/^fsgnjn\.([sd]) (\w+),(\w+),\3$/, /^fneg\./],
  [/^fsgnjx\.([sd]) (\w+),(\w+),\3$/, /^fabs\./],
];

describe('against Capstone', () => {
  it('all 16-bit encodings', async () => {
    const result = compare(allCompressed, ours(allCompressed, false), await capstone(allCompressed), [
      { reason: 'the defined illegal instruction', ours: null, theirs: /^c\.unimp$/ },
      { reason: 'it hides the immediate', ours: /^c\.nop \d+$/, theirs: /^c\.nop$/ },
      { reason: 'it knows no HINTs', ours: /^c\.(nop|slli zero,|li zero,|lui zero,|mv zero,|add zero,)/, theirs: null },
      { reason: 'c.lui of 0 is reserved', ours: null, theirs: /^c\.lui \w+,0$/ },
    ]);
    expect(result).toEqual({ differences: [], unused: [] });
  });

  it('50,000 full words', async () => {
    const some = words.slice(0, 50_000);
    const result = compare(some, ours(some, false), await capstone(some), [
      { reason: 'it knows no Zba, Zbb, Zbs', ours: bitManipulation, theirs: null },
      { reason: 'it knows no Zihintpause', ours: /^pause$/, theirs: /^fence w,unknown$/ },
      { reason: 'reserved fields of fences are to be ignored', ours: /^fence/, theirs: null },
      { reason: 'rounding mode of an exact conversion', ours: /^fcvt\.d\.(s|wu?) /, theirs: /^fcvt\.d\.(s|wu?) / },
      { reason: 'rounding mode of an exact conversion', ours: /^fcvt\.d\.(s|wu?) /, theirs: null },
      { reason: 'its syntax of jalr', ours: /^jalr \w+,\d+\(\w+\)$/, theirs: /^(jalr|jr|ret)\b/ },
      { reason: 'CSRs that user code cannot reach', ours: /^csrr\w+ \w+,\d+,/, theirs: /^csr\w+ (\w+,)?[a-z0-9]\w*/ },
      ...aliases.map(([row, alias]): Exception => ({ reason: `alias ${alias.source}`, ours: row, theirs: alias })),
    ]);
    expect(result).toEqual({ differences: [], unused: [] });
  });
});
