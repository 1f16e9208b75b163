/**
 * The functions that .eh_frame describes, by way of the sorted table in .eh_frame_hdr (Linux Standard Base Core 5.0, 10.6).
 * Anything odd in them means no functions.
 */
import type { ElfImage, ElfSource } from './elf.ts';

const PT_GNU_EH_FRAME = 0x6474e550;
/** Encodings of pointers (LSB Core 5.0, 10.5): the format in the low four bits, what they count from in the next three. */
const OMIT = 0xff;
const FORMAT = 0x0f;
const BASE = 0x70;
const PC_RELATIVE = 0x10;
const DATA_RELATIVE = 0x30;

interface FunctionRange {
  readonly pc: number;
  readonly end: number | null;
}

export function readUnwindTable(source: ElfSource, image: ElfImage): FunctionRange[] {
  try {
    return new UnwindReader(source, image).functions();
  } catch (error) {
    // A view that ends too early, an encoding that nobody uses.
    if (error instanceof RangeError) return [];
    throw error;
  }
}

class UnwindReader {
  readonly #view: DataView;
  readonly #image: ElfImage;

  constructor(source: ElfSource, image: ElfImage) {
    const bytes = source.read(0, source.size);
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    this.#image = image;
  }

  functions(): FunctionRange[] {
    const header = this.#headerAddress();
    if (header === null) return [];
    const [version, framePointer = OMIT, countEncoding = OMIT, tableEncoding = OMIT] = [0, 1, 2, 3].map((byte) =>
      this.#view.getUint8(this.#offset(header + byte)),
    );
    if (version !== 1 || countEncoding === OMIT || tableEncoding === OMIT) return [];
    const frame = this.#pointer(header + 4, framePointer, header);
    const count = this.#pointer(header + 4 + frame.size, countEncoding, header);
    let at = header + 4 + frame.size + count.size;
    const found: FunctionRange[] = [];
    for (let index = 0; index < count.value; index++) {
      const pc = this.#pointer(at, tableEncoding, header);
      const entry = this.#pointer(at + pc.size, tableEncoding, header);
      at += pc.size + entry.size;
      found.push({ pc: pc.value, end: this.#endOf(entry.value) });
    }
    return found;
  }

  #headerAddress(): number | null {
    const { offset, count, entrySize } = this.#image.programHeaders;
    for (let index = 0; index < count; index++) {
      const at = offset + index * entrySize;
      if (this.#view.getUint32(at, true) === PT_GNU_EH_FRAME) return Number(this.#view.getBigUint64(at + 16, true));
    }
    return null;
  }

  /** The end of the function that the entry at an address describes. */
  #endOf(entry: number): number | null {
    const start = entry + 8;
    // Counted backwards from the field itself.
    const encoding = this.#encodingOf(entry + 4 - this.#view.getUint32(this.#offset(entry + 4), true));
    if (encoding === null) return null;
    const pc = this.#pointer(start, encoding, 0);
    return pc.value + this.#pointer(start + pc.size, encoding & FORMAT, 0).value;
  }

  /** How entries that belong to a common one give addresses; null where it does not say in a way that is known. */
  #encodingOf(common: number): number | null {
    let at = this.#offset(common) + 9;
    let augmentation = '';
    for (let byte = this.#view.getUint8(at++); byte !== 0; byte = this.#view.getUint8(at++))
      augmentation += String.fromCharCode(byte);
    if (!augmentation.startsWith('z')) return 0;
    // Code and data alignment, return register, length of what follows: numbers of seven bits a byte.
    for (let skipped = 0; skipped < 4; skipped++) while ((this.#view.getUint8(at++) & 0x80) !== 0);
    for (const letter of augmentation.slice(1)) {
      const value = this.#view.getUint8(at++);
      if (letter === 'R') return value;
      if (letter === 'P') at += this.#pointer(this.#addressOf(at), value, 0).size;
      else if (letter === 'S' || letter === 'B') at--;
      else if (letter !== 'L') return null;
    }
    return 0;
  }

  /** An encoded pointer at an address. Throws `RangeError` for an encoding that is not known. */
  #pointer(address: number, encoding: number, dataBase: number): { readonly value: number; readonly size: number } {
    const at = this.#offset(address);
    const { value, size } = this.#number(at, encoding & FORMAT);
    const base = encoding & BASE;
    if (base !== 0 && base !== PC_RELATIVE && base !== DATA_RELATIVE)
      throw new RangeError(`pointer encoding ${String(encoding)}`);
    return { value: value + (base === PC_RELATIVE ? address : base === DATA_RELATIVE ? dataBase : 0), size };
  }

  #number(at: number, format: number): { readonly value: number; readonly size: number } {
    const view = this.#view;
    switch (format) {
      case 0x00:
      case 0x04:
        return { value: Number(view.getBigUint64(at, true)), size: 8 };
      case 0x0c:
        return { value: Number(view.getBigInt64(at, true)), size: 8 };
      case 0x02:
        return { value: view.getUint16(at, true), size: 2 };
      case 0x0a:
        return { value: view.getInt16(at, true), size: 2 };
      case 0x03:
        return { value: view.getUint32(at, true), size: 4 };
      case 0x0b:
        return { value: view.getInt32(at, true), size: 4 };
      default:
        throw new RangeError(`pointer format ${String(format)}`);
    }
  }

  #segmentOf(test: (segment: ElfImage['segments'][number]) => boolean): ElfImage['segments'][number] {
    const segment = this.#image.segments.find(test);
    if (segment === undefined) throw new RangeError('an address outside of all segments');
    return segment;
  }

  #offset(address: number): number {
    const { vaddr, offset } = this.#segmentOf((each) => address >= each.vaddr && address < each.vaddr + each.fileSize);
    return address - vaddr + offset;
  }

  #addressOf(at: number): number {
    const { vaddr, offset } = this.#segmentOf((each) => at >= each.offset && at < each.offset + each.fileSize);
    return at - offset + vaddr;
  }
}
