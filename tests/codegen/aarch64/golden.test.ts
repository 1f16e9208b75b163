/**
 * The IR of every row, as text under `golden/`, one file a class, and of sequences in which a condition meets what set
 * the flags. `HOSPES_BLESS=1` rewrites the files; review the difference like code.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { CodeSource } from '../../../src/guest/guest.ts';
import type { Field } from '../../../src/guest/pattern/field.ts';
import type { Row } from '../../../src/guest/pattern/table.ts';
import { disassembleEncoding } from '../../../src/guest/aarch64/disassemble.ts';
import { aarch64 } from '../../../src/guest/aarch64/index.ts';
import { classes, table, type RowName } from '../../../src/guest/aarch64/tables.ts';
import type { Block } from '../../../src/ir/block.ts';
import { optimizeBlock } from '../../../src/ir/passes/optimize.ts';
import { parseBlock } from '../../../src/ir/parse.ts';
import { printBlock } from '../../../src/ir/print.ts';
import { verifyBlock } from '../../../src/ir/verify.ts';

const PC = 0x10000;
const BLESS = process.env['HOSPES_BLESS'] === '1';

type Values = Readonly<Record<string, number>>;

/** Plain values: different registers, small immediates, a mask that is one, a register that can be read. */
const plain: Values = {
  Rd: 10,
  Rn: 11,
  Rm: 12,
  Ra: 13,
  Rt: 14,
  Rt2: 15,
  Rs: 16,
  sf: 1,
  N: 1,
  immr: 3,
  imms: 9,
  shift: 0,
  imm6: 0,
  imm3: 2,
  option: 3,
  cond: 1,
  hw: 1,
  register: 0x5a10,
  A: 0,
  R: 0,
  // Vectors: shifts of words, the third element.
  immh: 4,
  immb: 3,
  L: 0,
};

/** Other values: the 32-bit form, 31 as zero or stack pointer, the same register twice, aliases, each system register. */
const variants: readonly Values[] = [
  { sf: 0, N: 0 },
  { Rd: 31 },
  { Rn: 31 },
  { Rm: 31 },
  { Ra: 31 },
  { Rt: 31 },
  { Rs: 31 },
  { Rn: 31, Rm: 31 },
  { Rn: 12 },
  { imm12: 0 },
  { imm5: 0 },
  { imm6: 5 },
  { shift: 1, imm6: 5 },
  { shift: 3, imm6: 5 },
  { option: 0 },
  { option: 2 },
  { option: 6 },
  { option: 6, S: 1 },
  { S: 0 },
  { cond: 8 },
  { cond: 14 },
  { immr: 0, imms: 7 },
  { immr: 0, imms: 31 },
  { immr: 8, imms: 7 },
  { immr: 8, imms: 63 },
  { immr: 56, imms: 3 },
  { imms: 0 },
  { bit: 40 },
  { bit: 31 },
  { bit: 63 },
  { size: 0 },
  { size: 1 },
  { size: 2 },
  { size: 3 },
  { sz: 1 },
  { Q: 0 },
  { Q: 0, size: 0 },
  { Q: 0, immh: 1 },
  { immh: 1 },
  { immh: 8 },
  { imm5: 4 },
  { imm5: 8 },
  { imm5: 1, Q: 0 },
  { len: 0 },
  { opc: 0 },
  { opc: 2, size: 0 },
  { Rs: 16, Rt: 18 },
  { register: 0x5a20 },
  { register: 0x5a21 },
  { register: 0x5e82 },
  { register: 0x5f02 },
  { register: 0x5801 },
];

const plainValue = (field: Field): number =>
  plain[field.property] ?? Math.min(Math.ceil(16 / field.step) * field.step, field.max);

function encoded(row: Row, variant: Values): number | null {
  const known = row.fields.map((field) => field.property);
  if (!Object.keys(variant).every((property) => known.includes(property) || property === 'N')) return null;
  try {
    return row.encode(
      Object.fromEntries(row.fields.map((field) => [field.property, variant[field.property] ?? plainValue(field)])),
    );
  } catch {
    // A variant that this row cannot encode.
    return null;
  }
}

function source(words: readonly number[]): CodeSource {
  const bytes = new DataView(new ArrayBuffer(4 * words.length));
  for (const [i, word] of words.entries()) bytes.setUint32(4 * i, word, true);
  const inside = (pc: number): boolean => pc >= PC && pc < PC + bytes.byteLength;
  return {
    readU8: (pc) => (inside(pc) ? bytes.getUint8(pc - PC) : -1),
    readU16: (pc) => (inside(pc) ? bytes.getUint16(pc - PC, true) : -1),
  };
}

function lift(words: readonly number[]): Block {
  const block = aarch64.liftBlock(source(words), PC, 0, words.length);
  expect(verifyBlock(block)).toEqual([]);
  expect(printBlock(parseBlock(printBlock(block), aarch64.state))).toBe(printBlock(block));
  return block;
}

/** The operations of a block, so that variants which only change an operand are not printed. */
function shape(block: Block): string {
  const { instructions, terminator } = block;
  const operations = instructions.flatMap(({ kind, op }) =>
    kind === 'const' || kind === 'get' ? [] : [op?.name ?? kind],
  );
  // Moves and constants differ in nothing else.
  const leaves = instructions.some(({ kind }) => kind === 'op') ? [] : instructions.map(({ kind }) => kind);
  const hint = 'hint' in terminator ? terminator.hint : '';
  return [...operations, ...leaves, terminator.kind, hint].join(' ');
}

/** The block without the lines that are the same for all. */
const body = (block: Block): string =>
  printBlock(block)
    .split('\n')
    .slice(2)
    .filter((line) => !/^ {4}jump 0x10004( jump)?$/.test(line))
    .join('\n');

function golden(name: RowName): string {
  const row = table.row(name);
  const shapes = new Set<string>();
  let text = `# ${name}\n`;
  for (const variant of [{}, ...variants]) {
    const encoding = encoded(row, variant);
    if (encoding === null) continue;
    const block = lift([encoding]);
    const key = shape(block);
    if (shapes.has(key)) continue;
    shapes.add(key);
    text += `${disassembleEncoding(encoding, PC)}\n${body(block)}\n`;
  }
  return text;
}

function compareWith(file: URL, text: string): void {
  if (BLESS) writeFileSync(file, text);
  expect(existsSync(file), `no ${file.pathname}; run with HOSPES_BLESS=1`).toBe(true);
  expect(text).toBe(readFileSync(file, 'utf8'));
}

/** Only this guest's base: what other classes lift to is recorded where they are tested. */
describe.each(Object.entries(classes))('IR of %s', (name, rows) => {
  const file = new URL(`golden/${name}.txt`, import.meta.url);

  it('is the recorded one', () => {
    compareWith(file, (Object.keys(rows) as RowName[]).map(golden).join(''));
  });

  it('holds every row', () => {
    const text = readFileSync(file, 'utf8').split('\n');
    // A heading, and the text of an instruction under it.
    const missing = Object.keys(rows).filter((row) => !/^[a-z]/.test(text[text.indexOf(`# ${row}`) + 1] ?? ''));
    expect(missing).toEqual([]);
  });
});

describe('conditions', () => {
  const x = (name: RowName, values: Values): number => table.row(name).encode(values);
  const compare = (sf: number): number => x('subs (shifted register)', { sf, shift: 0, Rm: 1, imm6: 0, Rn: 0, Rd: 31 });
  const compareZero = x('subs (immediate)', { sf: 1, sh: 0, imm12: 0, Rn: 0, Rd: 31 });
  const add = x('add (immediate)', { sf: 1, sh: 0, imm12: 1, Rn: 2, Rd: 2 });
  const test = x('ands (shifted register)', { sf: 1, shift: 0, Rm: 1, imm6: 0, Rn: 0, Rd: 31 });
  const branch = (cond: number): number => x('b.cond', { cond, imm: 64 });
  const load = x('ldr (64-bit, unsigned offset)', { imm12: 0, Rn: 3, Rt: 4 });
  const NE = 1;
  const LT = 11;
  const cases: Readonly<Record<string, readonly number[]>> = {
    'cmp and b.lt are one comparison': [compare(1), branch(LT)],
    'cmp and b.lt of words are one comparison': [compare(0), branch(LT)],
    'cmp with 0 and b.ne': [compareZero, branch(NE)],
    'instructions between, one changes an operand': [compare(1), add, branch(LT)],
    'flags that are overwritten are not stored': [compare(1), test, branch(NE)],
    'flags are stored before a load, once': [compare(1), load, branch(LT)],
    'cmp, ccmp and b.ne': [compare(1), x('ccmp (immediate)', { sf: 1, imm5: 5, cond: NE, Rn: 2, nzcv: 4 }), branch(NE)],
    'cmp and csel': [compare(1), x('csel', { sf: 1, Rm: 1, cond: LT, Rn: 0, Rd: 5 })],
    cset: [compare(1), x('csinc', { sf: 0, Rm: 31, cond: LT ^ 1, Rn: 31, Rd: 5 })],
    'adds and adc': [
      x('adds (shifted register)', { sf: 1, shift: 0, Rm: 2, imm6: 0, Rn: 0, Rd: 0 }),
      x('adc', { sf: 1, Rm: 3, Rn: 1, Rd: 1 }),
    ],
    'a branch alone reads the slots': [branch(LT)],
  };

  it('fuse with what set the flags', () => {
    const text = Object.entries(cases)
      .map(([name, words]) => `# ${name}\n${body(optimizeBlock(lift(words)))}\n`)
      .join('');
    compareWith(new URL('golden/conditions.txt', import.meta.url), text);
    const fused = body(optimizeBlock(lift([compare(1), branch(LT)])));
    expect(fused.match(/i64\.\w+/g)?.filter((op) => op !== 'i64.const')).toEqual(['i64.lt_s']);
  });
});
