import fc from 'fast-check';
import { describe, expect, expectTypeOf, it } from 'vitest';
import { buildTree, candidates, sharedLeaves } from './decision-tree.ts';
import type { FieldNames, Fields, Lifters } from './notation.ts';
import { RowParser } from './notation.ts';
import { compileTable, overlap } from './table.ts';

const fields = {
  rd: { width: 5 },
  rs1: { width: 5 },
  imm: { signed: true },
  uimm: {},
  nz: { exclude: [0] },
  "rd'": { width: 3, bias: 8 },
  wide: { width: 16 },
} as const;

/** The only row of a 32-bit table. */
const word = (text: string) => compileTable({ width: 32, fields, rows: { row: text } }).row('row');
const half = (text: string) => compileTable({ width: 16, fields, rows: { row: text } }).row('row');

describe('row notation', () => {
  it('reads fixed bits and fields from the most significant bit down', () => {
    const parsed = new RowParser(32, fields).parse('imm[11:0] rs1 000 rd 0010011');
    expect(parsed.mask).toBe(0x707f);
    expect(parsed.value).toBe(0x13);
    expect(parsed.fields).toEqual([
      { name: 'imm', property: 'imm', pieces: [{ shift: 20, width: 12, to: 0 }], exclude: [] },
      { name: 'rs1', property: 'rs1', pieces: [{ shift: 15, width: 5, to: 0 }], exclude: [] },
      { name: 'rd', property: 'rd', pieces: [{ shift: 7, width: 5, to: 0 }], exclude: [] },
    ]);
  });

  it('ignores dotted bits', () => {
    const row = half('1.0. 0000 0000 0000');
    expect(row.matches(0x8000)).toBe(true);
    expect(row.matches(0xd000)).toBe(true);
    expect(row.matches(0xa000)).toBe(false);
  });

  it('sees a double name under the last one and a primed name without its prime', () => {
    expect(Object.keys(half("000 rs1/rd 00000 rd'/uimm[2:0]").extract(0))).toEqual(['rd', 'uimm']);
    expect(half("000 rd' 00000 00000").extract(0b010_00000_00000)).toEqual({ rd: 10 });
  });

  it.each([
    ['imm[11:0] rs1 000 rd 001001', 'does not hold 32 bits'],
    ['imm[11:0] rs1 000 rd 00100110', 'does not hold 32 bits'],
    ['imm[11:0] rs9 000 rd 0010011', 'unknown field rs9'],
    ['imm[11:0] rs1 000 rd 001%011', 'neither bits nor a field'],
    ['imm[11:0]  rs1 000 rd 0010011', 'neither bits nor a field'],
    ['imm[0:11] rs1 000 rd 0010011', 'must run from high to low'],
    ['imm[12:1] imm[8:4] 000 rd 0010011', 'bits of imm occur twice'],
    ['uimm rs1 000 rd 0010011', 'needs a bit list or a width'],
    ["rd' 000000000 rs1 000 rd 0010011", 'share the name rd'],
  ])('refuses %s', (text, message) => {
    expect(() => word(text)).toThrow(message);
  });

  it('gives the field names as types', () => {
    expectTypeOf<FieldNames<"1.0 imm[12|10:5] rs1/rd≠0 rs2'/x imm[4:1|11] nz[3]≠{0,2}">>().toEqualTypeOf<
      'imm' | 'rd' | 'x' | 'nz'
    >();
    expectTypeOf<Fields<'rd 000'>>().toEqualTypeOf<{ readonly rd: number }>();
  });

  it('makes a missing lifter and an unknown field compile errors', () => {
    type Rows = { a: 'rd 000'; b: 'imm[4:0] 000' };
    const whole: Lifters<Rows, null> = { a: (_, f) => f.rd, b: (_, f) => f.imm };
    // @ts-expect-error: b has no lifter
    const missing: Lifters<Rows, null> = { a: (_, f) => f.rd };
    expect([whole, missing]).toHaveLength(2);
    // @ts-expect-error: row b has no field rd
    const unknown = (fields: Fields<Rows['b']>) => String(fields.rd);
    expect(unknown({ imm: 1 })).toBe('undefined');
  });
});

describe('fields', () => {
  it('assembles scattered immediates and extends their sign', () => {
    const row = word('imm[12|10:5] rs1 rs1/rd 000 imm[4:1|11] 1100011');
    expect(row.fields[0]).toMatchObject({ property: 'imm', min: -4096, max: 4094, step: 2 });
    // beq x1, x2, -4 as an assembler prints it
    expect(row.extract(0xfe208ee3)).toEqual({ imm: -4, rs1: 2, rd: 1 });
  });

  it('keeps an unsigned field unsigned and a field in place in its place', () => {
    expect(word('uimm[31:12] rd 0110111').extract(0xfffff537)).toEqual({ uimm: 0xfffff000, rd: 10 });
    expect(word('imm[31:12] rd 0110111').extract(0xfffff537)).toEqual({ imm: -4096, rd: 10 });
  });

  it('matches only admitted values', () => {
    const row = half('000 nz[5] rd≠{0,2} nz[4:0] 01');
    expect(row.matches(0b000_0_00001_00001_01)).toBe(true);
    expect(row.matches(0b000_0_00001_00000_01)).toBe(false);
    expect(row.matches(0b000_0_00010_00001_01)).toBe(false);
    expect(row.matches(0b000_1_00011_00000_01)).toBe(true);
  });

  it('reads views lazily from the word of the moment', () => {
    const row = word('imm[11:0] rs1 000 rd 0010011');
    const view = row.view(0x00108093) as unknown as Record<string, number>;
    expect({ rd: view['rd'], imm: view['imm'] }).toEqual({ rd: 1, imm: 1 });
    expect(row.view(0x00210113)).toBe(view);
    expect(view['rd']).toBe(2);
  });
});

describe('encode', () => {
  const row = word('imm[12|10:5] rs1 00000 000 imm[4:1|11] 1100011');

  it('is the inverse of decoding', () => {
    const any = word("imm[12|10:5] nz[1:0|3:2] rd'/uimm[2:0] 0 rd imm[4:1|11] 1100011");
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 32 - 1 }), (bits) => {
        const encoding = ((bits & ~any.mask) | any.value) >>> 0;
        fc.pre(any.matches(encoding));
        expect(any.encode(any.extract(encoding))).toBe(encoding);
      }),
    );
  });

  it('stays within the range that the field states', () => {
    const field = row.fields.find(({ property }) => property === 'imm');
    expect(row.extract(row.encode({ imm: field!.min, rs1: 0 }))).toEqual({ imm: field!.min, rs1: 0 });
    expect(row.extract(row.encode({ imm: field!.max, rs1: 31 }))).toEqual({ imm: field!.max, rs1: 31 });
  });

  it.each([
    [{ imm: 1, rs1: 0 }, 'field imm of row cannot hold 1'],
    [{ imm: 4096, rs1: 0 }, 'field imm of row cannot hold 4096'],
    [{ imm: 0, rs1: 32 }, 'field rs1 of row cannot hold 32'],
    [{ imm: 0 }, 'needs a value for field rs1'],
    [{ imm: 0, rs1: 0, rd: 0 }, 'has no field rd'],
  ])('refuses %o', (values, message) => {
    expect(() => row.encode(values)).toThrow(message);
    expect(() => row.encode(values)).toThrow(RangeError);
  });

  it('refuses excluded values', () => {
    expect(() => half('0000 0000 000 nz[4:0]').encode({ nz: 0 })).toThrow('cannot hold 0');
  });
});

describe('overlap', () => {
  const table = (rows: Record<string, string>, precedence = {}) => {
    const compiled = compileTable({ width: 16, fields, rows, precedence });
    // A table is validated when it is first used.
    expect(compiled.rows).toHaveLength(Object.keys(rows).length);
    return compiled;
  };

  it('is refused without declared precedence', () => {
    expect(() => table({ a: '0000 0000 000 rd', b: '0000 0000 00 0 00000' })).toThrow('a and b overlap');
  });

  it('is resolved by precedence, in whatever order the rows stand', () => {
    for (const rows of [
      { general: '0000 0000 000 rd', special: '0000 0000 000 00000' },
      { special: '0000 0000 000 00000', general: '0000 0000 000 rd' },
    ]) {
      const compiled = table(rows, { special: ['general'] });
      expect(compiled.decode(0)?.name).toBe('special');
      expect(compiled.decode(1)?.name).toBe('general');
      expect(compiled.decode(0x8000)).toBeNull();
    }
  });

  it('is absent where exclusions keep rows apart', () => {
    const compiled = table({ a: '0000 0000 000 rd≠{0,2}', b: '0000 0000 000 000.0' });
    expect([0, 1, 2, 3].map((bits) => compiled.decode(bits)?.name)).toEqual(['b', 'a', 'b', 'a']);
    expect(() => table({ a: '0000 0000 000 rd≠{0,1}', b: '0000 0000 000 000.0' })).toThrow('overlap');
  });

  it('is symmetric and agrees with a search over all words', () => {
    const bit = fc.constantFrom('0', '1', '.');
    const pattern = fc.array(bit, { minLength: 4, maxLength: 4 }).map((bits) => `000000000000 ${bits.join('')}`);
    fc.assert(
      fc.property(pattern, pattern, (left, right) => {
        const [a, b] = [half(left), half(right)];
        const both = Array.from({ length: 16 }, (_, bits) => bits).some((bits) => a.matches(bits) && b.matches(bits));
        expect(overlap(a, b)).toBe(both);
        expect(overlap(b, a)).toBe(both);
      }),
    );
  });

  it('refuses precedence that says nothing or contradicts itself', () => {
    const rows = { a: '0000 0000 000 rd', b: '0000 0000 000 00000', c: '1000 0000 000 rd' };
    expect(() => table(rows, { b: ['a'], c: ['a'] })).toThrow('which it does not overlap');
    expect(() => table(rows, { b: ['d'] })).toThrow('names d, which is no row');
    expect(() => table({ a: rows.a, b: rows.b }, { b: ['a'], a: ['b'] })).toThrow(/circular|each claims/);
  });

  it('names rows that a table lacks', () => {
    const compiled = table({ a: '0000 0000 000 rd' });
    expect(compiled.has('a')).toBe(true);
    expect(compiled.has('b')).toBe(false);
    expect(() => compiled.row('b')).toThrow('no row is called b');
  });
});

describe('decision tree', () => {
  it('finds what a linear search finds, in the same order', () => {
    const pattern = fc
      .tuple(fc.integer({ min: 0, max: 0xff }), fc.integer({ min: 0, max: 0xff }))
      .map(([mask, bits]) => ({ mask, value: bits & mask }));
    fc.assert(
      fc.property(fc.array(pattern, { maxLength: 20 }), (rows) => {
        const tree = buildTree(rows);
        for (let bits = 0; bits < 256; bits++) {
          const found = candidates(tree, bits).filter((row) => (bits & row.mask) === row.value);
          expect(found).toEqual(rows.filter((row) => (bits & row.mask) === row.value));
        }
      }),
      { numRuns: 50 },
    );
  });

  it('keeps candidate lists short where fixed bits tell rows apart', () => {
    const rows = Array.from({ length: 64 }, (_, i) => ({ mask: 0x3f | 0x3f00, value: i | (((i * 7) & 0x3f) << 8) }));
    expect(Math.max(0, ...sharedLeaves(buildTree(rows)).map((leaf) => leaf.length))).toBeLessThanOrEqual(2);
  });
});
