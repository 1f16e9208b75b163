/** Names from the symbol tables of ELF files, for crash reports and tools. Anything odd in them means no names. */
import type { ElfSource } from './elf.ts';

const SHT_SYMTAB = 2;
const SHT_DYNSYM = 11;
const STT_NOTYPE = 0;
const STT_FUNC = 2;
const STT_GNU_IFUNC = 10;
const SECTION_HEADER_SIZE = 64;
const SYMBOL_SIZE = 24;
/** A larger table is not worth reading for one line of text. */
const MAX_TABLE_BYTES = 64 << 20;

interface Section {
  readonly type: number;
  readonly flags: number;
  readonly address: number;
  readonly offset: number;
  readonly size: number;
  readonly link: number;
}

export interface SymbolMatch {
  readonly name: string;
  /** Bytes from the symbol to the address. */
  readonly offset: number;
}

/** The symbols of a file, its strings still in it. */
export interface SymbolTable {
  readonly source: ElfSource;
  readonly symbols: DataView;
  readonly strings: Section;
}

/** The function of `source` that holds `vaddr` (an address as in the file), or null. */
export function findSymbol(source: ElfSource, vaddr: number): SymbolMatch | null {
  const table = readSymbols(source);
  return table === null ? null : findSymbolIn(table, vaddr);
}

/** As `findSymbol`, of a table that was read before. */
export function findSymbolIn({ source, symbols, strings }: SymbolTable, vaddr: number): SymbolMatch | null {
  let best: { value: number; name: number; typed: boolean } | null = null;
  for (let at = 0; at + SYMBOL_SIZE <= symbols.byteLength; at += SYMBOL_SIZE) {
    const type = symbols.getUint8(at + 4) & 15;
    const typed = type === STT_FUNC || type === STT_GNU_IFUNC;
    if ((!typed && type !== STT_NOTYPE) || symbols.getUint16(at + 6, true) === 0) continue;
    const value = Number(symbols.getBigUint64(at + 8, true));
    const size = Number(symbols.getBigUint64(at + 16, true));
    if (value > vaddr || (size > 0 && vaddr >= value + size) || (!typed && size === 0 && best?.typed === true))
      continue;
    const better = best === null || value > best.value || (value === best.value && typed && !best.typed);
    const name = symbols.getUint32(at, true);
    if (better && (typed || !isMark(readName(source, strings, name)))) best = { value, name, typed };
  }
  if (best === null) return null;
  const name = readName(source, strings, best.name);
  return name === '' ? null : { name, offset: vaddr - best.value };
}

/** Marks of code and data for disassemblers (`$x`), and the assembler's own labels. */
function isMark(name: string): boolean {
  return name.startsWith('$') || name.startsWith('.L');
}

/** The address (as in the file) of the symbol called `name`, or null. */
export function findAddress(source: ElfSource, name: string): number | null {
  const table = readSymbols(source);
  if (table === null) return null;
  const { symbols, strings } = table;
  for (let at = 0; at + SYMBOL_SIZE <= symbols.byteLength; at += SYMBOL_SIZE) {
    if (symbols.getUint16(at + 6, true) === 0) continue;
    if (readName(source, strings, symbols.getUint32(at, true)) === name)
      return Number(symbols.getBigUint64(at + 8, true));
  }
  return null;
}

/** The full symbol table, or the dynamic one of a stripped file. */
export function readSymbols(source: ElfSource): SymbolTable | null {
  return symbolTables(source)[0] ?? null;
}

/** The symbol tables that there are, the full one first. */
export function symbolTables(source: ElfSource): SymbolTable[] {
  const sections = readSections(source);
  return [SHT_SYMTAB, SHT_DYNSYM].flatMap((type) => {
    const table = sections.find((row) => row.type === type);
    const strings = table === undefined ? undefined : sections[table.link];
    if (table === undefined || strings === undefined || table.size > MAX_TABLE_BYTES) return [];
    return { source, strings, symbols: viewOf(source.read(table.offset, table.size)) };
  });
}

/** The section headers; none where there are none, or none that make sense. */
export function readSections(source: ElfSource): Section[] {
  const header = viewOf(source.read(0, 64));
  if (header.byteLength < 64) return [];
  const offset = Number(header.getBigUint64(40, true));
  const count = header.getUint16(60, true);
  if (header.getUint16(58, true) !== SECTION_HEADER_SIZE || offset + count * SECTION_HEADER_SIZE > source.size)
    return [];
  const rows = viewOf(source.read(offset, count * SECTION_HEADER_SIZE));
  const sections: Section[] = [];
  for (let at = 0; at + SECTION_HEADER_SIZE <= rows.byteLength; at += SECTION_HEADER_SIZE) {
    sections.push({
      type: rows.getUint32(at + 4, true),
      flags: Number(rows.getBigUint64(at + 8, true)),
      address: Number(rows.getBigUint64(at + 16, true)),
      offset: Number(rows.getBigUint64(at + 24, true)),
      size: Number(rows.getBigUint64(at + 32, true)),
      link: rows.getUint32(at + 40, true),
    });
  }
  return sections;
}

function readName(source: ElfSource, strings: Section, offset: number): string {
  if (offset >= strings.size) return '';
  const bytes = source.read(strings.offset + offset, Math.min(strings.size - offset, 512));
  const end = bytes.indexOf(0);
  return String.fromCharCode(...bytes.subarray(0, end === -1 ? bytes.length : end));
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}
