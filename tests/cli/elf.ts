/** ELF files made from bytes, right ones and broken ones. */

export interface SegmentFields {
  readonly type?: number;
  readonly flags?: number;
  readonly offset?: number;
  readonly vaddr?: bigint;
  readonly fileSize?: bigint;
  readonly memorySize?: bigint;
}

export interface ElfFields {
  /** EI_CLASS: 1 is 32-bit, 2 is 64-bit. */
  readonly class?: number;
  /** EI_DATA: 1 is little-endian, 2 is big-endian. */
  readonly data?: number;
  readonly type?: number;
  readonly machine?: number;
  readonly entry?: bigint;
  readonly segments?: readonly SegmentFields[];
  /** Program headers that the header claims; those of `segments` unless given. */
  readonly count?: number;
  readonly headersAt?: bigint;
  /** What lies behind the program headers. */
  readonly content?: Uint8Array;
}

export const RISCV64 = 243;
export const S390 = 22;
export const PT_INTERP = 3;
const HEADER = 64;
const PROGRAM_HEADER = 56;

/** `li a0, 7; li a7, 93; ecall`: exit(7). */
export const exitSeven = Uint8Array.of(0x13, 0x05, 0x70, 0x00, 0x93, 0x08, 0xd0, 0x05, 0x73, 0x00, 0x00, 0x00);

/** Offset of what lies behind `segments` program headers. */
export function contentOffset(segments: number): number {
  return HEADER + segments * PROGRAM_HEADER;
}

/** A riscv64 program that exits with 7, but for what `fields` say. */
export function elf(fields: ElfFields = {}): Uint8Array {
  const segments = fields.segments ?? [{}];
  const content = fields.content ?? exitSeven;
  const start = contentOffset(segments.length);
  const file = new Uint8Array(start + content.length);
  const view = new DataView(file.buffer);
  file.set([0x7f, 0x45, 0x4c, 0x46, fields.class ?? 2, fields.data ?? 1, 1]);
  const little = fields.data !== 2;
  view.setUint16(16, fields.type ?? 2, little);
  view.setUint16(18, fields.machine ?? RISCV64, little);
  view.setUint32(20, 1, little);
  view.setBigUint64(24, fields.entry ?? 0x20000n + BigInt(start), little);
  view.setBigUint64(32, fields.headersAt ?? BigInt(HEADER), little);
  view.setUint16(52, HEADER, little);
  view.setUint16(54, PROGRAM_HEADER, little);
  view.setUint16(56, fields.count ?? segments.length, little);
  segments.forEach((segment, index) => {
    const at = HEADER + index * PROGRAM_HEADER;
    const size = BigInt(file.length);
    view.setUint32(at, segment.type ?? 1, true);
    view.setUint32(at + 4, segment.flags ?? 5, true);
    view.setBigUint64(at + 8, BigInt(segment.offset ?? 0), true);
    view.setBigUint64(at + 16, segment.vaddr ?? 0x20000n, true);
    view.setBigUint64(at + 32, segment.fileSize ?? size, true);
    view.setBigUint64(at + 40, segment.memorySize ?? segment.fileSize ?? size, true);
    view.setBigUint64(at + 48, 0x1000n, true);
  });
  file.set(content, start);
  return file;
}
