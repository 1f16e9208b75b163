/**
 * The IR of every row, as text under `golden/`, one file an extension. `HOSPES_BLESS=1` rewrites the files; review the
 * difference like code.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { CodeSource } from '../../../src/guest/guest.ts';
import type { Field } from '../../../src/guest/pattern/field.ts';
import type { Row } from '../../../src/guest/pattern/table.ts';
import { disassembleEncoding } from '../../../src/guest/riscv64/disassemble.ts';
import { riscv64, riscv64Rows, type RowName } from '../../../src/guest/riscv64/index.ts';
import { MODE_FRM_INVALID } from '../../../src/guest/riscv64/state.ts';
import { extensions } from '../../../src/guest/riscv64/tables.ts';
import type { Block } from '../../../src/ir/block.ts';
import { parseBlock } from '../../../src/ir/parse.ts';
import { printBlock } from '../../../src/ir/print.ts';
import { verifyBlock } from '../../../src/ir/verify.ts';

const PC = 0x10000;
const BLESS = process.env['HOSPES_BLESS'] === '1';

type Values = Readonly<Record<string, number>>;

/** Plain values: different registers that every format can hold, small immediates. */
const plain: Values = {
  rd: 10,
  rs1: 11,
  rs2: 12,
  rs3: 13,
  rm: 7,
  shamt: 7,
  csr: 1,
  pred: 15,
  succ: 15,
  aq: 0,
  rl: 0,
  fm: 0,
};

/** Other values of the fields of `plain`: x0, link registers, the same register twice, zero, each CSR and mode. */
const variants: readonly Values[] = [
  { rd: 0 },
  { rd: 1 },
  { rd: 5 },
  { rs1: 0 },
  { rs1: 1 },
  { rs1: 5 },
  { rd: 1, rs1: 1 },
  { rd: 5, rs1: 1 },
  { rs2: 0 },
  { rs1: 0, rs2: 0 },
  { rs1: 12 },
  { imm: 0 },
  { imm: 1 },
  { imm: -0x80000 },
  { rs1: 0, imm: 0 },
  { shamt: 0 },
  { uimm: 0 },
  { rm: 1 },
  { rm: 5 },
  { csr: 2 },
  { csr: 3 },
  { csr: 0xc00, rs1: 0, uimm: 0 },
  { csr: 0xc01, rs1: 0, uimm: 0 },
  { csr: 0xc02, rs1: 0, uimm: 0 },
  { csr: 0xc02 },
  { csr: 0x300, rs1: 0, uimm: 0 },
];

const plainValue = (field: Field): number =>
  plain[field.property] ?? Math.min(Math.ceil(16 / field.step) * field.step, field.max);

function encoded(row: Row, variant: Values): number | null {
  const known = row.fields.map((field) => field.property);
  if (!Object.keys(variant).every((property) => known.includes(property) || 'rs1 uimm'.includes(property))) return null;
  try {
    return row.encode(
      Object.fromEntries(row.fields.map((field) => [field.property, variant[field.property] ?? plainValue(field)])),
    );
  } catch {
    // A variant that this row cannot encode.
    return null;
  }
}

function source(encoding: number): CodeSource {
  const bytes = new DataView(new ArrayBuffer(4));
  bytes.setUint32(0, encoding, true);
  return {
    readU8: (pc) => (pc >= PC && pc < PC + 4 ? bytes.getUint8(pc - PC) : -1),
    readU16: (pc) => (pc >= PC && pc < PC + 4 ? bytes.getUint16(pc - PC, true) : -1),
  };
}

function lift(encoding: number, mode = 0): Block {
  const block = riscv64.liftBlock(source(encoding), PC, mode, 1);
  expect(verifyBlock(block)).toEqual([]);
  expect(printBlock(parseBlock(printBlock(block), riscv64.state))).toBe(printBlock(block));
  return block;
}

/** The operations of a block, so that variants which only change an operand are not printed. */
function shape(block: Block): string {
  const { instructions, terminator } = block;
  const operations = instructions.flatMap(({ kind, op }) =>
    kind === 'const' || kind === 'get' ? [] : [op?.name ?? kind],
  );
  // `mv` and `li` differ in nothing else.
  const leaves = instructions.some(({ kind }) => kind === 'op') ? [] : instructions.map(({ kind }) => kind);
  const hint = 'hint' in terminator ? terminator.hint : '';
  return [...operations, ...leaves, terminator.kind, hint].join(' ');
}

/** The block without the lines that are the same for all. */
const body = (block: Block): string =>
  printBlock(block)
    .split('\n')
    .slice(2)
    .filter((line) => !/^ {4}jump 0x1000[24]( jump)?$/.test(line))
    .join('\n');

function golden(name: RowName): string {
  const row = riscv64Rows.row(name);
  const length = riscv64Rows.lengthOf(name);
  const shapes = new Set<string>();
  let text = '';
  const add = (encoding: number, mode: number): void => {
    const block = lift(encoding, mode);
    const key = shape(block);
    if (shapes.has(key)) return;
    shapes.add(key);
    const suffix = mode === 0 ? '' : ` (mode ${String(mode)})`;
    text += `${disassembleEncoding(encoding, length, PC)}${suffix}\n${body(block)}\n`;
  };
  for (const variant of [{}, ...variants]) {
    const encoding = encoded(row, variant);
    if (encoding !== null) add(encoding, 0);
  }
  const encoding = encoded(row, {});
  if (encoding !== null) add(encoding, MODE_FRM_INVALID);
  return text;
}

describe.each(Object.entries(extensions))('IR of %s', (extension, rows) => {
  const file = new URL(`golden/${extension}.txt`, import.meta.url);

  it('is the recorded one', () => {
    const text = (Object.keys(rows) as RowName[]).map(golden).join('');
    if (BLESS) writeFileSync(file, text);
    expect(existsSync(file), `no ${file.pathname}; run with HOSPES_BLESS=1`).toBe(true);
    expect(text).toBe(readFileSync(file, 'utf8'));
  });

  it('holds every row', () => {
    const text = readFileSync(file, 'utf8');
    const missing = Object.keys(rows).filter(
      (name) => !new RegExp(`^${name.replaceAll('.', '\\.')}( |$)`, 'm').test(text),
    );
    expect(missing).toEqual([]);
  });
});
