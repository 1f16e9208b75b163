/** Small ELF files, right unless told otherwise. */
export interface BuiltSegment {
  readonly type?: number;
  readonly flags?: number;
  readonly offset?: number;
  readonly vaddr: number | bigint;
  readonly content?: Uint8Array;
  readonly fileSize?: number | bigint;
  readonly memorySize?: number | bigint;
  readonly alignment?: number | bigint;
}

export interface ElfOptions {
  readonly type?: number;
  readonly machine?: number;
  readonly entry?: number;
  readonly segments: readonly BuiltSegment[];
  readonly programHeaderOffset?: number;
  readonly programHeaderSize?: number;
  readonly count?: number;
  /** Size of the file; longer ones are cut. */
  readonly size?: number;
}

export const PT_LOAD = 1;
export const PT_INTERP = 3;
export const PT_GNU_STACK = 0x6474e551;

/** Segments lie in the file one page after the other, from offset 4096 on. */
export function buildElf(options: ElfOptions): Uint8Array {
  const { segments } = options;
  const bytes = new Uint8Array(options.size ?? (segments.length + 1) * 4096);
  const whole = new Uint8Array(Math.max(bytes.length, (segments.length + 1) * 4096));
  const view = new DataView(whole.buffer);
  whole.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  view.setUint16(16, options.type ?? 2, true);
  view.setUint16(18, options.machine ?? 243, true);
  view.setUint32(20, 1, true);
  view.setBigUint64(24, BigInt(options.entry ?? 0x10000), true);
  view.setBigUint64(32, BigInt(options.programHeaderOffset ?? 64), true);
  view.setUint16(52, 64, true);
  view.setUint16(54, options.programHeaderSize ?? 56, true);
  view.setUint16(56, options.count ?? segments.length, true);
  segments.forEach((segment, index) => {
    const at = 64 + index * 56;
    const offset = segment.offset ?? (index + 1) * 4096;
    const content = segment.content ?? new Uint8Array();
    view.setUint32(at, segment.type ?? PT_LOAD, true);
    view.setUint32(at + 4, segment.flags ?? 5, true);
    view.setBigUint64(at + 8, BigInt(offset), true);
    view.setBigUint64(at + 16, BigInt(segment.vaddr), true);
    view.setBigUint64(at + 32, BigInt(segment.fileSize ?? content.length), true);
    view.setBigUint64(at + 40, BigInt(segment.memorySize ?? content.length), true);
    view.setBigUint64(at + 48, BigInt(segment.alignment ?? 4096), true);
    if (offset + content.length <= whole.length) whole.set(content, offset);
  });
  bytes.set(whole.subarray(0, bytes.length));
  return bytes;
}
