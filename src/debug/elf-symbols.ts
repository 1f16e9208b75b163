/**
 * The symbol tables of an ELF file (System V gABI, "Symbol Table"), for crash reports and `hospes inspect`. The file
 * is untrusted and symbols are a convenience: whatever is out of bounds or of another class is passed over.
 */

export interface ElfSymbol {
  readonly name: string;
  /** As linked; add the load bias of a position-independent file. */
  readonly vaddr: number;
  /** Bytes; 0 where the file does not say. */
  readonly size: number;
}

export interface SymbolHit {
  readonly symbol: ElfSymbol;
  readonly offset: number;
}

const HEADER_SIZE = 64;
const SECTION_SIZE = 64;
const SYMBOL_SIZE = 24;
const SHT_SYMTAB = 2;
const SHT_DYNSYM = 11;
const STT_NOTYPE = 0;
const STT_OBJECT = 1;
const STT_FUNC = 2;
const STT_GNU_IFUNC = 10;
const SHN_UNDEF = 0;
/** Code and labels; data symbols only serve `find`. */
const CODE_TYPES = [STT_NOTYPE, STT_FUNC, STT_GNU_IFUNC];

interface Section {
  readonly type: number;
  readonly offset: number;
  readonly size: number;
  readonly link: number;
}

export class SymbolTable {
  readonly #code: readonly ElfSymbol[];
  readonly #byName: ReadonlyMap<string, ElfSymbol>;

  constructor(code: readonly ElfSymbol[], byName: ReadonlyMap<string, ElfSymbol>) {
    this.#code = [...code].sort((a, b) => a.vaddr - b.vaddr || a.size - b.size);
    this.#byName = byName;
  }

  get empty(): boolean {
    return this.#byName.size === 0;
  }

  /** The symbol called `name`. */
  find(name: string): ElfSymbol | undefined {
    return this.#byName.get(name);
  }

  /** The code symbol that `vaddr` lies in, by its size or else the nearest one below. */
  at(vaddr: number): SymbolHit | undefined {
    let low = 0;
    let high = this.#code.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#code[middle]?.vaddr ?? 0) <= vaddr) low = middle + 1;
      else high = middle;
    }
    const symbol = this.#code[low - 1];
    if (symbol === undefined) return undefined;
    const offset = vaddr - symbol.vaddr;
    return symbol.size !== 0 && offset >= symbol.size ? undefined : { symbol, offset };
  }
}

/** Reads the symbols of a 64-bit little-endian ELF file; a table without entries where there are none. */
export function readSymbols(file: Uint8Array): SymbolTable {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const sections = readSections(view);
  const code: ElfSymbol[] = [];
  const byName = new Map<string, ElfSymbol>();
  for (const section of sections) {
    if (section.type !== SHT_SYMTAB && section.type !== SHT_DYNSYM) continue;
    const strings = sections[section.link];
    if (strings !== undefined) readTable(view, section, strings, code, byName);
  }
  return new SymbolTable(code, byName);
}

function readSections(view: DataView): Section[] {
  // e_ident: magic, 64-bit, little-endian.
  if (view.byteLength < HEADER_SIZE || view.getUint32(0) !== 0x7f454c46 || view.getUint16(4) !== 0x0201) return [];
  const table = Number(view.getBigUint64(40, true));
  const entrySize = view.getUint16(58, true);
  const count = view.getUint16(60, true);
  if (entrySize !== SECTION_SIZE || table + count * SECTION_SIZE > view.byteLength) return [];
  return Array.from({ length: count }, (_, index) => {
    const at = table + index * SECTION_SIZE;
    const offset = Number(view.getBigUint64(at + 24, true));
    const size = Number(view.getBigUint64(at + 32, true));
    const inside = offset + size <= view.byteLength;
    return { type: view.getUint32(at + 4, true), offset, size: inside ? size : 0, link: view.getUint32(at + 40, true) };
  });
}

function readTable(
  view: DataView,
  table: Section,
  strings: Section,
  code: ElfSymbol[],
  byName: Map<string, ElfSymbol>,
): void {
  for (let at = table.offset; at + SYMBOL_SIZE <= table.offset + table.size; at += SYMBOL_SIZE) {
    const type = view.getUint8(at + 4) & 15;
    const isCode = CODE_TYPES.includes(type);
    if ((!isCode && type !== STT_OBJECT) || view.getUint16(at + 6, true) === SHN_UNDEF) continue;
    const name = readName(view, strings, view.getUint32(at, true));
    // `$x`, `$d` and the like mark code and data for disassemblers; `.L` labels are the assembler's own.
    if (name === '' || name.startsWith('$') || name.startsWith('.L')) continue;
    const vaddr = Number(view.getBigUint64(at + 8, true));
    const symbol = { name, vaddr, size: Number(view.getBigUint64(at + 16, true)) };
    if (isCode) code.push(symbol);
    if (!byName.has(name)) byName.set(name, symbol);
  }
}

function readName(view: DataView, strings: Section, index: number): string {
  const start = strings.offset + index;
  const end = strings.offset + strings.size;
  let stop = start;
  while (stop < end && view.getUint8(stop) !== 0) stop++;
  if (start >= end || stop === end) return '';
  return new TextDecoder().decode(new Uint8Array(view.buffer, view.byteOffset + start, stop - start));
}
