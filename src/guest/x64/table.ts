/** Decode tables: for each opcode map, the rows of each opcode, most specific first. */
import { assert } from '../../common/assert.ts';
import { mapNames, parseRow, type MapName, type Row, type RowSource } from './notation.ts';

function bitCount(bits: number): number {
  let count = 0;
  for (let rest = bits; rest !== 0; rest &= rest - 1) count++;
  return count;
}

/** Two rows that fit the same instruction must be one inside the other; the inner one wins. */
function checkOverlap(rows: readonly Row[]): void {
  for (const [index, row] of rows.entries())
    for (const other of rows.slice(index + 1)) {
      if (((row.value ^ other.value) & row.mask & other.mask) !== 0) continue;
      const isInside = (row.mask & other.mask) === other.mask && row.mask !== other.mask;
      assert(isInside, `${row.name} (${row.encoding}) and ${other.name} (${other.encoding}) overlap`);
    }
}

interface Compiled<Name extends string> {
  readonly rows: readonly Row<Name>[];
  readonly lists: Readonly<Record<MapName, readonly (readonly Row<Name>[])[]>>;
  readonly hasModRm: Readonly<Record<MapName, Uint8Array>>;
}

function compile<Name extends string>(source: RowSource): Compiled<Name> {
  const rows = Object.entries(source).flatMap(([name, encodings]) =>
    Object.entries(encodings).map(([encoding, operands]) => parseRow(name as Name, encoding, operands)),
  );
  const lists = {} as Record<MapName, Row<Name>[][]>;
  const hasModRm = {} as Record<MapName, Uint8Array>;
  for (const map of mapNames) {
    lists[map] = Array.from({ length: 256 }, () => []);
    hasModRm[map] = new Uint8Array(256);
  }
  for (const row of rows)
    for (let opcode = row.opcode; opcode < row.opcode + row.opcodes; opcode++) lists[row.map][opcode]?.push(row);
  for (const map of mapNames)
    for (const [opcode, list] of lists[map].entries()) {
      list.sort((a, b) => bitCount(b.mask) - bitCount(a.mask));
      checkOverlap(list);
      const first = list[0];
      if (first === undefined) continue;
      hasModRm[map][opcode] = first.hasModRm ? 1 : 0;
      for (const row of list)
        assert(row.hasModRm === first.hasModRm, `${row.name} and ${first.name} differ in having ModRM`);
    }
  return { rows, lists, hasModRm };
}

/** Compiled when it is first used: most programs are for another guest. */
export class DecodeTable<Name extends string> {
  readonly #source: RowSource;
  #compiled: Compiled<Name> | null = null;

  constructor(source: RowSource) {
    this.#source = source;
  }

  get rows(): readonly Row<Name>[] {
    return this.#table.rows;
  }

  /** Whether instructions with this opcode have a ModRM byte. */
  hasModRm(map: MapName, opcode: number): boolean {
    return this.#table.hasModRm[map][opcode] === 1;
  }

  /** The row for an opcode and what else chooses it (`SELECTOR`), if any. */
  find(map: MapName, opcode: number, selector: number): Row<Name> | null {
    const list = this.#table.lists[map][opcode];
    if (list !== undefined) for (const row of list) if ((selector & row.mask) === row.value) return row;
    return null;
  }

  get #table(): Compiled<Name> {
    return (this.#compiled ??= compile(this.#source));
  }
}
