import { describe, expect, it } from 'vitest';
import { findCodeStarts, relativeRelocations } from './code-starts.ts';
import { parseElf, type ElfSource } from './elf.ts';

const RISCV = 243;
const BASE = 0x10000;
const DATA = 0x20000;
const [HEADER, COMMON, FIRST, SECOND] = [0x200, 0x240, 0x260, 0x280];
const SECTIONS = 0x600;

/** A file with two functions in .eh_frame, words of data, and a relocation. */
function elf(change: (view: DataView) => void = () => undefined): ElfSource {
  const bytes = new Uint8Array(0x800);
  const view = new DataView(bytes.buffer);
  bytes.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  view.setUint16(16, 3, true);
  view.setUint16(18, RISCV, true);
  view.setUint32(20, 1, true);
  view.setBigUint64(24, BigInt(BASE + 0x1c0), true);
  view.setBigUint64(32, 64n, true);
  view.setUint16(54, 56, true);
  view.setUint16(56, 3, true);
  const programHeader = (
    index: number,
    type: number,
    flags: number,
    offset: number,
    vaddr: number,
    size: number,
  ): void => {
    const at = 64 + index * 56;
    view.setUint32(at, type, true);
    view.setUint32(at + 4, flags, true);
    for (const [field, value] of [
      [8, offset],
      [16, vaddr],
      [24, vaddr],
      [32, size],
      [40, size],
      [48, 4096],
    ] as const)
      view.setBigUint64(at + field, BigInt(value), true);
  };
  programHeader(0, 1, 5, 0, BASE, 0x400);
  programHeader(1, 1, 6, 0x400, DATA + 0x400, 0x100);
  programHeader(2, 0x6474e550, 4, HEADER, BASE + HEADER, 0x20);
  // Version; then how the address of .eh_frame, the count and the table's words are given.
  bytes.set([1, 0x1b, 0x03, 0x3b], HEADER);
  view.setInt32(HEADER + 4, COMMON - (HEADER + 4), true);
  view.setUint32(HEADER + 8, 2, true);
  bytes.set([16, 0, 0, 0, 0, 0, 0, 0, 1, ...Buffer.from('zR\0'), 1, 0x78, 1, 1, 0x1b], COMMON);
  for (const [index, [entry, pc, size]] of [
    [FIRST, 0x100, 0x20],
    [SECOND, 0x140, 0x10],
  ].entries()) {
    view.setInt32(HEADER + 12 + index * 8, pc! - HEADER, true);
    view.setInt32(HEADER + 16 + index * 8, entry! - HEADER, true);
    view.setUint32(entry!, 16, true);
    view.setUint32(entry! + 4, entry! + 4 - COMMON, true);
    view.setInt32(entry! + 8, pc! - (entry! + 8), true);
    view.setUint32(entry! + 12, size!, true);
  }
  const words = [BASE + 0x180, BASE + 0x104, BASE + 0x140, DATA + 0x400, 5];
  for (const [index, word] of words.entries()) view.setBigUint64(0x400 + index * 8, BigInt(word), true);
  change(view);
  return { path: 'file', size: bytes.length, read: (offset, length) => bytes.slice(offset, offset + length) };
}

const startsOf = (source: ElfSource) => findCodeStarts(source, parseElf(source, RISCV));

describe('beginnings of functions', () => {
  it('are in .eh_frame with their ends, at the entry, and where data points outside of these', () => {
    expect(startsOf(elf())).toEqual([
      { pc: BASE + 0x100, end: BASE + 0x120, kind: 'unwind' },
      { pc: BASE + 0x140, end: BASE + 0x150, kind: 'unwind' },
      { pc: BASE + 0x180, end: null, kind: 'pointer' },
      { pc: BASE + 0x1c0, end: null, kind: 'entry' },
    ]);
  });

  it.each<[string, (view: DataView) => void]>([
    ['another version', (view) => view.setUint8(HEADER, 2)],
    ['no table', (view) => view.setUint8(HEADER + 3, 0xff)],
    ['an unknown encoding', (view) => view.setUint8(HEADER + 3, 0x5b)],
    ['entries outside of the file', (view) => view.setInt32(HEADER + 16, 0x7000_0000, true)],
    ['far too many entries', (view) => view.setUint32(HEADER + 8, 0x7fff_ffff, true)],
  ])('are found elsewhere where .eh_frame has %s', (_, change) => {
    expect(startsOf(elf(change)).map(({ kind }) => kind)).toEqual(['pointer', 'pointer', 'pointer', 'entry']);
  });

  it('are where relocations put addresses of the image', () => {
    const source = elf((view) => {
      view.setBigUint64(40, BigInt(SECTIONS), true);
      view.setUint16(58, 64, true);
      view.setUint16(60, 1, true);
      view.setUint32(SECTIONS + 4, 4, true);
      view.setBigUint64(SECTIONS + 24, 0x500n, true);
      view.setBigUint64(SECTIONS + 32, 48n, true);
      for (const [index, [type, addend]] of [
        [3, BASE + 0x1a0],
        [5, 1],
      ].entries()) {
        view.setBigUint64(0x500 + index * 24, BigInt(DATA + 0x430 + index * 8), true);
        view.setUint32(0x508 + index * 24, type!, true);
        view.setBigUint64(0x510 + index * 24, BigInt(addend!), true);
      }
    });
    expect(startsOf(source).map(({ pc }) => pc - BASE)).toContain(0x1a0);
    expect([...relativeRelocations(source)]).toEqual([{ at: DATA + 0x430, value: BigInt(BASE + 0x1a0) }]);
  });
});
