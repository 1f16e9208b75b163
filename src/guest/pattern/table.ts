/**
 * Decode tables: rows in the manual's notation (see `notation.ts`), validated and compiled when a table is first used. Knows no instruction set.
 */
import { assert, AssertionError } from '../../common/assert.ts';
import { buildTree, candidates, sharedLeaves, type TreeNode } from './decision-tree.ts';
import { compileField, type Field } from './field.ts';
import { RowParser, type Conditions, type FieldDeclarations } from './notation.ts';

export interface TableSource<Rows extends Readonly<Record<string, string>>> {
  /** Bits of an instruction word. */
  readonly width: 16 | 32;
  readonly fields: FieldDeclarations;
  readonly rows: Rows;
  /** Rows that are tried before others which they overlap; any other overlap is an error. */
  readonly precedence?: { readonly [Name in keyof Rows]?: readonly (keyof Rows)[] };
  /** Encodings that fail the condition of their row belong to no row, unless to one that it precedes. */
  readonly conditions?: Conditions<Rows>;
}

/** A condition as the table keeps it; `Conditions` has checked it against the fields of its own row. */
type Condition = (fields: FieldView) => boolean;

/** Takes the fields of one row out of a word on demand. One per row, reused: valid until any row is given another word. */
export type FieldView = object;

/** The word whose fields are looked at. Not in the views: each row's is of a shape of its own, and a store to any is slow. */
let viewed = 0;

/** A compiled row. */
export class Row<Name extends string = string> {
  readonly name: Name;
  /** Position in the table: rows of one table are numbered densely from 0. */
  readonly index: number;
  readonly text: string;
  readonly mask: number;
  readonly value: number;
  readonly fields: readonly Field[];
  readonly #constrained: readonly Field[];
  readonly #condition: Condition | null;
  readonly #view: FieldView;

  constructor(
    name: Name,
    index: number,
    text: string,
    mask: number,
    value: number,
    fields: readonly Field[],
    condition: Condition | null = null,
  ) {
    this.name = name;
    this.index = index;
    this.text = text;
    this.mask = mask;
    this.value = value;
    this.fields = fields;
    this.#condition = condition;
    this.#constrained = fields.filter((field) => field.exclude.length > 0);
    this.#view = {};
    for (const { property, extract } of fields)
      Object.defineProperty(this.#view, property, { enumerable: true, get: () => extract(viewed) });
  }

  /** True when `word` is an encoding of this row. */
  matches(word: number): boolean {
    if ((word & this.mask) !== this.value) return false;
    const constrained = this.#constrained;
    if (constrained.length > 0 && !constrained.every(({ exclude, extract }) => !exclude.includes(extract(word))))
      return false;
    return this.#condition === null || this.#condition(this.view(word));
  }

  /** The fields of `word`, read lazily: use them before the next call, of any row. */
  view(word: number): FieldView {
    viewed = word;
    return this.#view;
  }

  /** The fields of `word` as a plain object that stays valid. */
  extract(word: number): Record<string, number> {
    return Object.fromEntries(this.fields.map((field) => [field.property, field.extract(word)]));
  }

  /** The word with the given fields; a missing, unknown or unfitting field is a RangeError. */
  encode(values: Readonly<Record<string, number>>): number {
    for (const property of Object.keys(values))
      if (!this.fields.some((field) => field.property === property))
        throw new RangeError(`${this.name} has no field ${property}`);
    let word = this.value;
    for (const field of this.fields) {
      const value = values[field.property];
      if (value === undefined) throw new RangeError(`${this.name} needs a value for field ${field.property}`);
      const bits = field.insert(value);
      if (bits === null) throw new RangeError(`field ${field.property} of ${this.name} cannot hold ${String(value)}`);
      word |= bits;
    }
    if (this.#condition?.(this.view(word)) === false) throw new RangeError(`${this.name} has no such encoding`);
    return word >>> 0;
  }
}

/** True when some value of `field` that the row admits agrees with the bits `value` under `mask`. */
function admitsSome(field: Field, mask: number, value: number): boolean {
  if (field.exclude.length === 0) return true;
  const free = field.mask & ~mask;
  // Walks the subsets of the free bits; at most one more than there are excluded values is needed.
  let subset = 0;
  for (let tries = 0; tries <= field.exclude.length; tries++) {
    if (!field.exclude.includes(field.extract((value & mask & field.mask) | subset))) return true;
    subset = (subset - free) & free;
    if (subset === 0) return false;
  }
  return true;
}

/**
 * True unless fixed bits or exclusions keep the rows apart. Exclusions are judged field by field, so rows that only a
 * combination of two keeps apart count as overlapping and need a declared precedence.
 */
export function overlap(a: Row, b: Row): boolean {
  if (((a.value ^ b.value) & a.mask & b.mask) !== 0) return false;
  const mask = a.mask | b.mask;
  const value = a.value | b.value;
  return (
    a.fields.every((field) => admitsSome(field, mask, value)) &&
    b.fields.every((field) => admitsSome(field, mask, value))
  );
}

interface Compiled<Name extends string> {
  readonly rows: readonly Row<Name>[];
  readonly tree: TreeNode<Row<Name>>;
  readonly byName: ReadonlyMap<string, Row<Name>>;
}

/** Compiled and validated at its first use: who runs programs of one guest does not wait for the tables of others. */
export class DecodeTable<Name extends string = string> {
  readonly width: 16 | 32;
  readonly #compile: () => Compiled<Name>;
  #compiled: Compiled<Name> | null = null;

  constructor(width: 16 | 32, compile: () => Compiled<Name>) {
    this.width = width;
    this.#compile = compile;
  }

  get #table(): Compiled<Name> {
    return (this.#compiled ??= this.#compile());
  }

  get rows(): readonly Row<Name>[] {
    return this.#table.rows;
  }

  /** The row that `word` is an encoding of, or null. */
  decode(word: number): Row<Name> | null {
    return candidates(this.#table.tree, word).find((row) => row.matches(word)) ?? null;
  }

  has(name: string): boolean {
    return this.#table.byName.has(name);
  }

  row(name: string): Row<Name> {
    const row = this.#table.byName.get(name);
    if (row === undefined) throw new RangeError(`no row is called ${name}`);
    return row;
  }
}

/** Something that is known of each row of a table, made when it is first asked for. */
export class RowMap<Name extends string, T> {
  readonly #table: DecodeTable<Name>;
  readonly #make: (row: Row<Name>) => T;
  #values: readonly T[] | null = null;

  constructor(table: DecodeTable<Name>, make: (row: Row<Name>) => T) {
    this.#table = table;
    this.#make = make;
  }

  /** By the row's index. */
  get(index: number): T | undefined {
    return (this.#values ??= this.#table.rows.map(this.#make))[index];
  }
}

type Precedence = Readonly<Partial<Record<string, readonly string[]>>>;

const before = (precedence: Precedence, a: Row, b: Row): boolean => precedence[a.name]?.includes(b.name) ?? false;

/** Every overlap must be accounted for by the declared precedence, and every declared precedence by an overlap. */
function checkOverlaps(tree: TreeNode<Row>, precedence: Precedence): void {
  const overlapping = new Set<string>();
  for (const leaf of sharedLeaves(tree)) {
    for (const [i, a] of leaf.entries())
      for (const b of leaf.slice(i + 1)) {
        if (!overlap(a, b)) continue;
        const said = `rows ${a.name} and ${b.name} overlap`;
        const [first, second] = [before(precedence, a, b), before(precedence, b, a)];
        assert(first || second, `${said} without declared precedence`);
        assert(!(first && second), `${said} and each claims precedence`);
        overlapping.add(`${a.name} ${b.name}`);
      }
  }
  for (const [name, others] of Object.entries(precedence))
    for (const other of others ?? [])
      assert(
        overlapping.has(`${name} ${other}`),
        `row ${name} claims precedence over ${other}, which it does not overlap`,
      );
}

/** Rows in an order that respects the declared precedence. */
function orderRows<Name extends string>(rows: readonly Row<Name>[], precedence: Precedence): Row<Name>[] {
  const ordered = new Set<Row<Name>>();
  const visiting = new Set<Row<Name>>();
  const preferred = rows.filter((row) => precedence[row.name] !== undefined);
  const place = (row: Row<Name>): void => {
    if (ordered.has(row)) return;
    assert(!visiting.has(row), `precedence of row ${row.name} is circular`);
    visiting.add(row);
    for (const other of preferred) if (before(precedence, other, row)) place(other);
    ordered.add(row);
  };
  for (const row of rows) place(row);
  return [...ordered];
}

function compileRow<Name extends string>(
  name: Name,
  index: number,
  text: string,
  parser: RowParser,
  condition: Condition | null,
): Row<Name> {
  try {
    const { mask, value, fields } = parser.parse(text);
    const compiled = fields.map((field) => compileField(field, parser.declaration(field.name)));
    return new Row<Name>(name, index, text, mask, value, compiled, condition);
  } catch (cause) {
    throw new AssertionError(`row ${name}: ${cause instanceof Error ? cause.message : String(cause)}`);
  }
}

/** The table of `source`. A mistake in it is an assertion at its first use: it is part of the program, not input. */
export function compileTable<const Rows extends Readonly<Record<string, string>>>(
  source: TableSource<Rows>,
): DecodeTable<keyof Rows & string> {
  return new DecodeTable(source.width, () => compileSource(source));
}

function compileSource<const Rows extends Readonly<Record<string, string>>>(
  source: TableSource<Rows>,
): Compiled<keyof Rows & string> {
  type Name = keyof Rows & string;
  const parser = new RowParser(source.width, source.fields);
  const conditions: Readonly<Partial<Record<string, unknown>>> = source.conditions ?? {};
  for (const name of Object.keys(conditions))
    assert(Object.hasOwn(source.rows, name), `a condition names ${name}, which is no row`);
  const rows = Object.entries(source.rows).map(([name, text], index) =>
    compileRow<Name>(name, index, text, parser, (conditions[name] as Condition | undefined) ?? null),
  );
  const precedence: Record<string, readonly string[]> = {};
  for (const [name, others] of Object.entries<readonly (keyof Rows)[] | undefined>(source.precedence ?? {}))
    precedence[name] = (others ?? []).map(String);
  for (const [name, others] of Object.entries(precedence))
    for (const other of [name, ...others])
      assert(Object.hasOwn(source.rows, other), `precedence names ${other}, which is no row`);
  const tree = buildTree(orderRows(rows, precedence));
  checkOverlaps(tree, precedence);
  return { rows, tree, byName: new Map(rows.map((row) => [row.name, row])) };
}
