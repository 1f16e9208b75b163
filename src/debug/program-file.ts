/** The code of an ELF file as it lies: nothing is run, nothing is relocated. */
import { ConfigurationError } from '../common/errors.ts';
import type { CodeSource, Guest } from '../guest/guest.ts';
import { parseElf, type ElfImage, type ElfSource } from '../linux/loader/elf.ts';
import { findAddress, findSymbol } from '../linux/loader/symbols.ts';
import { PERMISSION } from '../memory/layout.ts';

export interface ProgramFile {
  readonly code: CodeSource;
  /** Where to begin; there is code. */
  readonly start: number;
  /** An address with the symbol that holds it. */
  readonly nameOf: (pc: number) => string;
}

/**
 * Opens a program. `at`: a symbol's name or an address, decimal or hexadecimal after 0x; the entry point unless given. Throws
 * `LoadError` and, for an `at` that leads nowhere, `ConfigurationError`.
 */
export function openProgram(file: Uint8Array, path: string, guest: Guest, at: string | undefined): ProgramFile {
  const source: ElfSource = {
    path,
    size: file.length,
    read: (offset, length) => file.slice(offset, offset + length),
  };
  const image = parseElf(source, guest.elfMachine);
  const code = codeSource(file, image);
  const start = startOf(source, image, at);
  if (code.readU16(start) < 0)
    throw new ConfigurationError('bad-option', `--at ${at ?? hex(start)}: ${path} has no code at ${hex(start)}`);
  return { code, start, nameOf: (pc) => placeName(source, pc) };
}

/** Reads the file's executable segments at their addresses. */
function codeSource(file: Uint8Array, image: ElfImage): CodeSource {
  const segments = image.segments.filter(({ protection }) => (protection & PERMISSION.EXECUTE) !== 0);
  const readU8 = (pc: number): number => {
    const segment = segments.find(({ vaddr, fileSize }) => pc >= vaddr && pc < vaddr + fileSize);
    return segment === undefined ? -1 : (file[pc - segment.vaddr + segment.offset] ?? -1);
  };
  return {
    readU8,
    readU16(pc) {
      const [low, high] = [readU8(pc), readU8(pc + 1)];
      return low < 0 || high < 0 ? -1 : low | (high << 8);
    },
  };
}

function startOf(source: ElfSource, image: ElfImage, at: string | undefined): number {
  if (at === undefined) return image.entry;
  if (/^(0x[0-9a-f]+|\d+)$/i.test(at)) return Number(at);
  const address = findAddress(source, at);
  if (address === null)
    throw new ConfigurationError('bad-option', `--at ${at}: ${source.path} has no symbol of that name`);
  return address;
}

function placeName(source: ElfSource, pc: number): string {
  const symbol = findSymbol(source, pc);
  if (symbol === null) return hex(pc);
  return symbol.offset === 0 ? `${hex(pc)} <${symbol.name}>` : `${hex(pc)} <${symbol.name}+${hex(symbol.offset)}>`;
}

export function hex(value: number): string {
  return `0x${value.toString(16)}`;
}
