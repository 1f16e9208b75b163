/**
 * Where the functions of an ELF image begin, as far as the file tells without running: symbols, the table of .eh_frame, the
 * dynamic section's own functions, and words of data that hold addresses of code. Addresses are those in the file.
 */
import { PERMISSION } from '../../memory/layout.ts';
import { peekMachine, type ElfImage, type ElfSource } from './elf.ts';
import { readSections, symbolTables } from './symbols.ts';
import { readUnwindTable } from './unwind-table.ts';

/** How a function was found, the surest first. */
export type StartKind = 'symbol' | 'unwind' | 'entry' | 'pointer';

export interface CodeStart {
  readonly pc: number;
  /** First byte behind the function; null where that is not known. */
  readonly end: number | null;
  readonly kind: StartKind;
}

const STT_FUNC = 2;
const STT_GNU_IFUNC = 10;
const SHF_ALLOC = 2;
const SHF_EXECINSTR = 4;
const SHT_RELA = 4;
const DT = { NULL: 0, INIT: 12, FINI: 13 } as const;
const PT_DYNAMIC = 2;

/** All starts, ascending, each once. */
export function findCodeStarts(source: ElfSource, image: ElfImage): CodeStart[] {
  const file = source.read(0, source.size);
  const bytes = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const executable = executableRanges(source, image);
  const isCode = (pc: number): boolean => executable.some(({ start, end }) => pc >= start && pc < end);
  const found = new Map<number, CodeStart>();
  const add = (pc: number, end: number | null, kind: StartKind): void => {
    if (isCode(pc) && (found.get(pc)?.end ?? null) === null)
      found.set(pc, { pc, end, kind: found.get(pc)?.kind ?? kind });
  };
  for (const { pc, size } of functionSymbols(source)) add(pc, size === 0 ? null : pc + size, 'symbol');
  for (const { pc, end } of readUnwindTable(source, image)) add(pc, end, 'unwind');
  for (const pc of [image.entry, ...dynamicFunctions(source, image)]) add(pc, null, 'entry');
  const known = [...found.values()].filter(({ end }) => end !== null).sort((a, b) => a.pc - b.pc);
  for (const pc of codePointers(source, image, bytes)) if (isCode(pc) && !isInside(known, pc)) add(pc, null, 'pointer');
  return [...found.values()].sort((a, b) => a.pc - b.pc);
}

interface Range {
  readonly start: number;
  readonly end: number;
}

/** The sections with code, else the segments: a linker may put constants into the same segment. */
export function executableRanges(source: ElfSource, image: ElfImage): Range[] {
  const sections = readSections(source)
    .filter(({ flags }) => (flags & (SHF_ALLOC | SHF_EXECINSTR)) === (SHF_ALLOC | SHF_EXECINSTR))
    .map(({ address, size }) => ({ start: address, end: address + size }));
  if (sections.length > 0) return sections;
  return image.segments
    .filter(({ protection }) => (protection & PERMISSION.EXECUTE) !== 0)
    .map(({ vaddr, fileSize }) => ({ start: vaddr, end: vaddr + fileSize }));
}

function functionSymbols(source: ElfSource): { readonly pc: number; readonly size: number }[] {
  return symbolTables(source).flatMap(({ symbols }) => {
    const functions: { pc: number; size: number }[] = [];
    for (let at = 0; at + 24 <= symbols.byteLength; at += 24) {
      const type = symbols.getUint8(at + 4) & 15;
      const isDefined = symbols.getUint16(at + 6, true) !== 0;
      if ((type === STT_FUNC || type === STT_GNU_IFUNC) && isDefined)
        functions.push({
          pc: Number(symbols.getBigUint64(at + 8, true)),
          size: Number(symbols.getBigUint64(at + 16, true)),
        });
    }
    return functions;
  });
}

/** DT_INIT and DT_FINI; the arrays of them are words of data like others. */
function dynamicFunctions(source: ElfSource, image: ElfImage): number[] {
  const found: number[] = [];
  const { offset, count, entrySize } = image.programHeaders;
  for (let index = 0; index < count; index++) {
    const header = viewOf(source.read(offset + index * entrySize, entrySize));
    if (header.byteLength < 56 || header.getUint32(0, true) !== PT_DYNAMIC) continue;
    const rows = viewOf(source.read(Number(header.getBigUint64(8, true)), Number(header.getBigUint64(32, true))));
    for (let at = 0; at + 16 <= rows.byteLength; at += 16) {
      const tag = Number(rows.getBigUint64(at, true));
      if (tag === DT.NULL) break;
      if (tag === DT.INIT || tag === DT.FINI) found.push(Number(rows.getBigUint64(at + 8, true)));
    }
  }
  return found;
}

/** Words of data, and what relocations will put there. Some are no addresses, but look like them. */
function* codePointers(source: ElfSource, image: ElfImage, bytes: DataView): Generator<number> {
  for (const { offset, fileSize, protection } of image.segments) {
    if ((protection & PERMISSION.EXECUTE) !== 0) continue;
    for (let at = Math.ceil(offset / 8) * 8; at + 8 <= offset + fileSize; at += 8)
      if (bytes.getUint32(at + 4, true) === 0) yield bytes.getUint32(at, true);
  }
  for (const { type, offset, size } of readSections(source)) {
    if (type !== SHT_RELA || offset + size > bytes.byteLength) continue;
    for (let at = offset; at + 24 <= offset + size; at += 24) yield Number(bytes.getBigInt64(at + 16, true));
  }
}

/** Types of relocations that add the load address to their addend, by machine: R_X86_64_, R_AARCH64_, R_RISCV_RELATIVE. */
const RELATIVE: Readonly<Record<number, number>> = { 62: 8, 183: 1027, 243: 3 };

/** Where the dynamic linker puts addresses of the image itself, and which. */
export function* relativeRelocations(source: ElfSource): Generator<{ readonly at: number; readonly value: bigint }> {
  const machine = peekMachine(source.read(0, 20)) ?? 0;
  for (const { type, offset, size } of readSections(source)) {
    if (type !== SHT_RELA) continue;
    const rows = viewOf(source.read(offset, size));
    for (let at = 0; at + 24 <= rows.byteLength; at += 24)
      if (rows.getUint32(at + 8, true) === RELATIVE[machine])
        yield { at: Number(rows.getBigUint64(at, true)), value: rows.getBigInt64(at + 16, true) };
  }
}

/** True where an address lies inside of a function, behind its beginning. */
function isInside(functions: readonly CodeStart[], pc: number): boolean {
  let low = 0;
  let high = functions.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((functions[middle]?.pc ?? Infinity) < pc) low = middle + 1;
    else high = middle;
  }
  const before = functions[low - 1];
  return before !== undefined && pc < (before.end ?? 0);
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}
