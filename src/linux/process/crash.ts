/** One line about a crash: signal, pc, function, faulting address. */
import type { AddressSpace, FaultKind } from '../../memory/address-space.ts';
import { PAGE_SIZE } from '../../memory/layout.ts';
import type { GuestTrap } from '../../engine/exit.ts';
import { parseElf, type ElfSource } from '../loader/elf.ts';
import { findSymbol } from '../loader/symbols.ts';
import type { MappedFile, Vma } from '../../memory/vma.ts';
import { signalName } from './signals.ts';

export interface CrashReport {
  readonly signal: number;
  readonly pc: number;
  /** Path of the file that the pc's code comes from. */
  readonly object: string | null;
  readonly symbol: string | null;
  /** Bytes from the symbol, or from the object's lowest address where there is no symbol. */
  readonly offset: number;
  /** Unsigned 64-bit address of a faulting access. */
  readonly address: bigint | null;
  readonly detail: string;
  /** All of it in one line. */
  readonly text: string;
}

const reasons: Readonly<Record<FaultKind, string>> = {
  none: 'accessible',
  unmapped: 'not mapped',
  protected: 'protected',
  'beyond-file': 'past the end of the mapped file',
};

/** What the trap was about, apart from the place. */
function detailOf(space: AddressSpace, trap: GuestTrap): string {
  switch (trap.kind) {
    case 'memory-fault': {
      const verb = { read: 'reading', write: 'writing', execute: 'executing' }[trap.access];
      if (trap.address === null)
        return `${verb} memory that is not accessible; --memory-model strict names the address`;
      const reason = reasons[space.faultKind(trap.address, trap.access)];
      return `${verb} 0x${trap.address.toString(16)}, which is ${reason}`;
    }
    case 'illegal-instruction':
      return `illegal instruction 0x${trap.encoding.toString(16).padStart(8, '0')}`;
    case 'misaligned-access':
      return 'misaligned access';
    case 'protection':
      return 'general protection';
    case 'breakpoint':
      return 'breakpoint';
    case 'integer-divide':
      return 'integer division';
    case 'floating-point':
      return 'floating-point exception';
  }
}

export function reportCrash(space: AddressSpace, machine: number, signal: number, trap: GuestTrap): CrashReport {
  const place = locate(space, machine, trap.pc);
  const detail = detailOf(space, trap);
  const where =
    place.object === null ? '' : ` (${place.symbol ?? ''}+0x${place.offset.toString(16)} in ${place.object})`;
  return {
    signal,
    pc: trap.pc,
    ...place,
    address: trap.kind === 'memory-fault' ? trap.address : null,
    detail,
    text: `${signalName(signal)} at 0x${BigInt.asUintN(64, BigInt(trap.pc)).toString(16)}${where}: ${detail}`,
  };
}

function locate(
  space: AddressSpace,
  machine: number,
  pc: number,
): { object: string | null; symbol: string | null; offset: number } {
  const area = space.find(pc);
  if (area === undefined || area.file === null) return { object: null, symbol: null, offset: 0 };
  const source = sourceOf(area.file);
  const bias = biasOf(area, source, machine);
  const symbol = bias === null ? null : findSymbol(source, pc - bias);
  const object = area.file.path;
  if (symbol === null) return { object, symbol: null, offset: pc - (bias ?? area.start) };
  return { object, symbol: symbol.name, offset: symbol.offset };
}

/** The file mapped at `pc` and what was added to its addresses; null where that is no ELF file. */
export function locateArea(
  space: AddressSpace,
  machine: number,
  pc: number,
): { readonly file: MappedFile; readonly bias: number } | null {
  const area = space.find(pc);
  if (area === undefined || area.file === null) return null;
  const bias = biasOf(area, sourceOf(area.file), machine);
  return bias === null ? null : { file: area.file, bias };
}

export function sourceOf(file: MappedFile): ElfSource {
  return {
    path: file.path,
    size: file.size(),
    read(offset, length) {
      const bytes = new Uint8Array(Math.max(Math.min(length, file.size() - offset), 0));
      let done = 0;
      while (done < bytes.length) {
        const count = file.read(offset + done, bytes.subarray(done));
        if (count === 0) break;
        done += count;
      }
      return bytes.subarray(0, done);
    },
  };
}

/** What was added to the file's addresses when `area` was mapped; null when no segment fits the area. */
function biasOf(area: Vma, source: ElfSource, machine: number): number | null {
  try {
    const { segments } = parseElf(source, machine);
    const segment = segments.find(
      ({ offset, fileSize }) => area.fileOffset >= offset - (offset % PAGE_SIZE) && area.fileOffset < offset + fileSize,
    );
    return segment === undefined ? null : area.start - (segment.vaddr + (area.fileOffset - segment.offset));
  } catch {
    // A mapped file that is no ELF file (code written by the program itself): an address is all that can be said.
    return null;
  }
}
