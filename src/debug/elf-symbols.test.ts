import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readSymbols } from './elf-symbols.ts';

interface Declared {
  readonly name: string;
  readonly vaddr: number;
  readonly size: number;
  readonly type?: number;
  readonly section?: number;
}

/** A file with nothing but a header, a string table, a symbol table and three section headers. */
function elfWith(symbols: readonly Declared[]): Uint8Array {
  const names = new TextEncoder().encode(`\0${symbols.map(({ name }) => `${name}\0`).join('')}`);
  const symbolsAt = 64;
  const namesAt = symbolsAt + 24 * (symbols.length + 1);
  const sectionsAt = (namesAt + names.length + 7) & ~7;
  const file = new Uint8Array(sectionsAt + 3 * 64);
  const view = new DataView(file.buffer);
  file.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  view.setBigUint64(40, BigInt(sectionsAt), true);
  view.setUint16(58, 64, true);
  view.setUint16(60, 3, true);
  let name = 1;
  symbols.forEach((symbol, index) => {
    const at = symbolsAt + 24 * (index + 1);
    view.setUint32(at, name, true);
    view.setUint8(at + 4, symbol.type ?? 2);
    view.setUint16(at + 6, symbol.section ?? 1, true);
    view.setBigUint64(at + 8, BigInt(symbol.vaddr), true);
    view.setBigUint64(at + 16, BigInt(symbol.size), true);
    name += symbol.name.length + 1;
  });
  file.set(names, namesAt);
  const section = (index: number, type: number, offset: number, size: number, link: number): void => {
    const at = sectionsAt + index * 64;
    view.setUint32(at + 4, type, true);
    view.setBigUint64(at + 24, BigInt(offset), true);
    view.setBigUint64(at + 32, BigInt(size), true);
    view.setUint32(at + 40, link, true);
  };
  section(1, 2, symbolsAt, namesAt - symbolsAt, 2);
  section(2, 3, namesAt, names.length, 0);
  return file;
}

describe('readSymbols', () => {
  const table = readSymbols(
    elfWith([
      { name: 'main', vaddr: 0x1000, size: 0x20 },
      { name: 'helper', vaddr: 0x1020, size: 0 },
      { name: '$x', vaddr: 0x1004, size: 0, type: 0 },
      { name: '.L3', vaddr: 0x1008, size: 0, type: 0 },
      { name: 'table', vaddr: 0x100c, size: 8, type: 1 },
      { name: 'puts', vaddr: 0, size: 0, section: 0 },
    ]),
  );

  it('finds code by address, with the offset', () => {
    expect(table.at(0x1000)).toEqual({ symbol: { name: 'main', vaddr: 0x1000, size: 0x20 }, offset: 0 });
    expect(table.at(0x101f)?.offset).toBe(0x1f);
    expect(table.at(0x1010)?.symbol.name).toBe('main');
  });

  it('takes a symbol without size to reach to the next', () => {
    expect(table.at(0x2000)?.symbol.name).toBe('helper');
  });

  it('finds nothing below the first symbol, nor behind the end of a sized one', () => {
    expect(table.at(0xfff)).toBeUndefined();
    expect(readSymbols(elfWith([{ name: 'f', vaddr: 16, size: 4 }])).at(20)).toBeUndefined();
  });

  it('finds by name, data too, but nothing undefined or made for tools', () => {
    expect(table.find('table')?.vaddr).toBe(0x100c);
    expect(table.find('puts')).toBeUndefined();
    expect(table.find('$x')).toBeUndefined();
    expect(table.find('.L3')).toBeUndefined();
  });

  it('has no symbols where there is no table', () => {
    expect(readSymbols(new Uint8Array(0)).empty).toBe(true);
    expect(readSymbols(new TextEncoder().encode('#!/bin/sh\n'.repeat(20))).empty).toBe(true);
    expect(table.empty).toBe(false);
  });

  it('survives any damage', () => {
    const file = elfWith([{ name: 'main', vaddr: 0x1000, size: 0x20 }]);
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(file.length - 1), fc.nat(255)), { maxLength: 8 }),
        fc.nat(file.length),
        (edits, length) => {
          const damaged = file.slice();
          for (const [at, value] of edits) damaged[at] = value;
          expect(() => readSymbols(damaged.subarray(0, length))).not.toThrow();
        },
      ),
      { numRuns: 300 },
    );
  });
});
