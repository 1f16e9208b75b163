/** Reads and checks the headers of 64-bit little-endian ELF files (System V ABI, chapters 4 and 5). */
import { LoadError } from '../../common/errors.ts';

/** The file that is loaded, as far as its headers matter. */
export interface ElfSource {
  /** Absolute path in the guest, for messages. */
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  /** The `length` bytes at `offset`; fewer at the end of the file. */
  read(offset: number, length: number): Uint8Array;
}

/** A PT_LOAD program header. */
export interface Segment {
  readonly vaddr: number;
  readonly offset: number;
  readonly fileSize: number;
  readonly memorySize: number;
  /** `PERMISSION` bits. */
  readonly protection: number;
}

export interface ElfImage {
  readonly path: string;
  /** Can be placed anywhere (ET_DYN). */
  readonly relocatable: boolean;
  /** Entry point as in the file. */
  readonly entry: number;
  /** Ascending, not overlapping, not empty in memory. */
  readonly segments: readonly Segment[];
  /** Largest alignment that a segment asks for, at least a page. */
  readonly alignment: number;
  /** Path of the dynamic linker. */
  readonly interpreter: string | null;
  readonly programHeaders: { readonly offset: number; readonly count: number; readonly entrySize: number };
  /** PT_GNU_STACK asks for an executable stack. */
  readonly executableStack: boolean;
}

/** Codes of `LoadError`; stable. */
export type LoadErrorCode =
  | 'elf-not-elf'
  | 'elf-truncated'
  | 'elf-class'
  | 'elf-endianness'
  | 'elf-version'
  | 'elf-type'
  | 'elf-machine'
  | 'elf-program-headers'
  | 'elf-segment'
  | 'elf-no-segments'
  | 'elf-interpreter'
  | 'elf-interpreter-missing'
  | 'elf-address'
  | 'script-interpreter'
  | 'script-interpreter-missing'
  | 'script-nested'
  | 'program-missing'
  | 'program-not-executable'
  | 'program-not-a-file'
  | 'arguments-too-long'
  | 'memory-limit';

/** Raises a LoadError whose message is the path followed by what is wrong with it. */
export function loadFailure(code: LoadErrorCode, path: string, problem: string, context: object = {}): never {
  throw new LoadError(code, `${path} ${problem}`, { context: { path, ...context } });
}

const HEADER_SIZE = 64;
const PROGRAM_HEADER_SIZE = 56;
const ET_EXEC = 2;
const ET_DYN = 3;
const PT_LOAD = 1;
const PT_INTERP = 3;
const PT_GNU_STACK = 0x6474e551;
const MAX_PROGRAM_HEADERS = 4096;
const PAGE = 4096;

const typeNames: Readonly<Record<number, string>> = { 0: 'an empty', 1: 'a relocatable object', 4: 'a core dump' };
const machineNames: Readonly<Record<number, string>> = {
  3: 'x86 (32-bit)',
  8: 'MIPS',
  20: 'PowerPC',
  21: '64-bit PowerPC',
  22: 'S/390',
  40: 'Arm (32-bit)',
  62: 'x86-64',
  183: 'aarch64',
  243: 'riscv64',
  258: 'LoongArch',
};

/** What the user calls an `e_machine`. */
export function machineName(machine: number): string {
  return machineNames[machine] ?? `machine ${String(machine)}`;
}

export function isElf(start: Uint8Array): boolean {
  return start[0] === 0x7f && start[1] === 0x45 && start[2] === 0x4c && start[3] === 0x46;
}

/** `e_machine` of an ELF file from its first 20 bytes, or undefined for anything else. */
export function peekMachine(start: Uint8Array): number | undefined {
  if (!isElf(start) || start.length < 20) return undefined;
  return new DataView(start.buffer, start.byteOffset, start.length).getUint16(18, true);
}

/** Parses the headers of a program (or dynamic linker) for `machine`. */
export function parseElf(source: ElfSource, machine: number): ElfImage {
  const { path } = source;
  const header = source.read(0, HEADER_SIZE);
  const view = checkIdentification(header, path);
  const type = view.getUint16(16, true);
  if (type !== ET_EXEC && type !== ET_DYN)
    loadFailure('elf-type', path, `is ${typeNames[type] ?? `an ELF file of type ${String(type)}`}, not a program`, {
      type,
    });
  const found = view.getUint16(18, true);
  if (found !== machine)
    loadFailure('elf-machine', path, `is a program for ${machineName(found)}, not for ${machineName(machine)}`, {
      machine: found,
    });
  const entrySize = view.getUint16(54, true);
  const count = view.getUint16(56, true);
  const offset = readOffset(view, 32);
  const headers = readProgramHeaders(source, offset, count, entrySize);
  const segments = headers
    .filter((row) => row.type === PT_LOAD && row.memorySize > 0)
    .map((row) => checkSegment(source, row));
  checkOrder(segments, path);
  const stack = headers.find((row) => row.type === PT_GNU_STACK);
  return {
    path,
    relocatable: type === ET_DYN,
    entry: readOffset(view, 24),
    segments,
    alignment: headers.reduce((most, row) => (row.type === PT_LOAD ? Math.max(most, row.alignment) : most), PAGE),
    interpreter: readInterpreter(source, headers),
    programHeaders: { offset, count, entrySize },
    executableStack: stack !== undefined && (stack.flags & 1) !== 0,
  };
}

function checkIdentification(header: Uint8Array, path: string): DataView {
  if (!isElf(header)) loadFailure('elf-not-elf', path, 'is not an ELF file');
  if (header.length < HEADER_SIZE)
    loadFailure(
      'elf-truncated',
      path,
      `is truncated: an ELF header takes 64 bytes, the file has ${String(header.length)}`,
    );
  if (header[4] === 1) loadFailure('elf-class', path, 'is a 32-bit ELF file; Hospes runs 64-bit programs');
  if (header[4] !== 2) loadFailure('elf-class', path, `has the unknown ELF class ${String(header[4])}`);
  if (header[5] !== 1)
    loadFailure('elf-endianness', path, 'is a big-endian ELF file; Hospes runs little-endian programs');
  if (header[6] !== 1) loadFailure('elf-version', path, `has the unknown ELF version ${String(header[6])}`);
  return new DataView(header.buffer, header.byteOffset, header.length);
}

interface ProgramHeader {
  readonly type: number;
  readonly flags: number;
  readonly offset: number;
  readonly vaddr: number;
  readonly fileSize: number;
  readonly memorySize: number;
  readonly alignment: number;
}

function readProgramHeaders(source: ElfSource, offset: number, count: number, entrySize: number): ProgramHeader[] {
  const { path } = source;
  if (count === 0) loadFailure('elf-no-segments', path, 'has no program headers: nothing of it can be loaded');
  if (entrySize !== PROGRAM_HEADER_SIZE || count > MAX_PROGRAM_HEADERS)
    loadFailure('elf-program-headers', path, `has program headers of ${String(entrySize)} bytes instead of 56`, {
      count,
    });
  const size = count * entrySize;
  if (offset + size > source.size)
    loadFailure('elf-truncated', path, `is truncated: its program headers lie beyond the end of the file`, { offset });
  const bytes = source.read(offset, size);
  if (bytes.length < size)
    loadFailure('elf-truncated', path, 'is truncated: its program headers cannot be read', { offset });
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return Array.from({ length: count }, (_, index) => {
    const base = index * entrySize;
    return {
      type: view.getUint32(base, true),
      flags: view.getUint32(base + 4, true),
      offset: readOffset(view, base + 8),
      vaddr: readOffset(view, base + 16),
      fileSize: readOffset(view, base + 32),
      memorySize: readOffset(view, base + 40),
      alignment: readOffset(view, base + 48),
    };
  });
}

function checkSegment(source: ElfSource, row: ProgramHeader): Segment {
  const { path } = source;
  const where = `segment at 0x${row.vaddr.toString(16)}`;
  const context = { vaddr: row.vaddr, offset: row.offset };
  if (row.fileSize > row.memorySize)
    loadFailure('elf-segment', path, `has a ${where} that is larger in the file than in memory`, context);
  if (row.offset + row.fileSize > source.size)
    loadFailure('elf-truncated', path, `is truncated: its ${where} lies beyond the end of the file`, context);
  if (row.vaddr + row.memorySize > Number.MAX_SAFE_INTEGER)
    loadFailure('elf-segment', path, `has a ${where} that ends past the address space`, context);
  if ((row.vaddr - row.offset) % PAGE !== 0)
    loadFailure('elf-segment', path, `has a ${where} whose address and file offset differ within the page`, context);
  const powerOfTwo = row.alignment <= 2 ** 31 && Number.isInteger(Math.log2(Math.max(row.alignment, 1)));
  if (!powerOfTwo)
    loadFailure('elf-segment', path, `has a ${where} with an alignment that is no power of two up to 2 GiB`, context);
  return {
    vaddr: row.vaddr,
    offset: row.offset,
    fileSize: row.fileSize,
    memorySize: row.memorySize,
    // PF_X 1, PF_W 2, PF_R 4 against read 1, write 2, execute 4.
    protection: ((row.flags & 4) >>> 2) | (row.flags & 2) | ((row.flags & 1) << 2),
  };
}

function checkOrder(segments: readonly Segment[], path: string): void {
  if (segments.length === 0) loadFailure('elf-no-segments', path, 'has no segments to load');
  segments.forEach((segment, index) => {
    const next = segments[index + 1];
    if (next !== undefined && segment.vaddr + segment.memorySize > next.vaddr)
      loadFailure(
        'elf-segment',
        path,
        `has segments that overlap or are out of order at 0x${next.vaddr.toString(16)}`,
        { vaddr: next.vaddr },
      );
  });
}

function readInterpreter(source: ElfSource, headers: readonly ProgramHeader[]): string | null {
  const row = headers.find((header) => header.type === PT_INTERP);
  if (row === undefined) return null;
  if (row.fileSize < 2 || row.fileSize > 4096 || row.offset + row.fileSize > source.size)
    return loadFailure(
      'elf-interpreter',
      source.path,
      'names no usable dynamic linker: the name lies outside the file',
    );
  const bytes = source.read(row.offset, row.fileSize);
  if (bytes.length !== row.fileSize || bytes.indexOf(0) !== bytes.length - 1)
    return loadFailure('elf-interpreter', source.path, 'names no usable dynamic linker: the name is not terminated');
  return String.fromCharCode(...bytes.subarray(0, -1));
}

/** A 64-bit word as a number; values above 2^53 stay above it, which the range checks then refuse. */
function readOffset(view: DataView, offset: number): number {
  return Number(view.getBigUint64(offset, true));
}
