/** The two decode tables of riscv64: full words and compressed ones. */
import { compileTable, type Row } from '../pattern/table.ts';
import { aRows } from './rows/a.ts';
import { zbaRows, zbbRows, zbsRows } from './rows/b.ts';
import { cRows } from './rows/c.ts';
import { dRows } from './rows/d.ts';
import { fRows } from './rows/f.ts';
import { fields } from './rows/fields.ts';
import { iRows, zicsrRows, zifenceiRows } from './rows/i.ts';
import { mRows } from './rows/m.ts';

/** Rows by extension, for documentation and tests that group by it. */
export const extensions = {
  i: iRows,
  zifencei: zifenceiRows,
  zicsr: zicsrRows,
  m: mRows,
  a: aRows,
  f: fRows,
  d: dRows,
  zba: zbaRows,
  zbb: zbbRows,
  zbs: zbsRows,
  c: cRows,
} as const;

const wordRows = {
  ...iRows,
  ...zifenceiRows,
  ...zicsrRows,
  ...mRows,
  ...aRows,
  ...fRows,
  ...dRows,
  ...zbaRows,
  ...zbbRows,
  ...zbsRows,
} as const;

export type WordName = keyof typeof wordRows;
export type CompressedName = keyof typeof cRows;
/** The name of every instruction of the guest, as the manual spells it. */
export type RowName = WordName | CompressedName;

export const wordTable = compileTable({
  width: 32,
  fields,
  rows: wordRows,
  precedence: { 'fence.tso': ['fence'], pause: ['fence'] },
});

export const compressedTable = compileTable({ width: 16, fields, rows: cRows });

/** What a generator of programs needs: every row with its fields and their ranges, and the encoder. */
export const riscv64Rows = {
  get rows(): readonly Row<RowName>[] {
    return [...wordTable.rows, ...compressedTable.rows];
  },
  row(name: RowName): Row<RowName> {
    return wordTable.has(name) ? wordTable.row(name) : compressedTable.row(name);
  },
  /** The encoding of row `name`, 16 or 32 bits as `lengthOf` says; unfitting fields are a RangeError. */
  encode(name: RowName, values: Readonly<Record<string, number>>): number {
    return this.row(name).encode(values);
  },
  /** Bytes of an instruction of row `name`. */
  lengthOf(name: RowName): 2 | 4 {
    return compressedTable.has(name) ? 2 : 4;
  },
} as const;
