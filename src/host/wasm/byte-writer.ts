/**
 * A growable byte buffer with the integer encodings of the WebAssembly binary format (specification 5.2). Modules of
 * a megabyte are written at run time, so integers are written without intermediate arrays or BigInts.
 */
export class ByteWriter {
  #bytes: Uint8Array;
  #length = 0;

  constructor(capacity = 256) {
    this.#bytes = new Uint8Array(capacity);
  }

  get length(): number {
    return this.#length;
  }

  /** The bytes written so far; a view that the next write may invalidate. */
  get bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  u8(value: number): void {
    if (this.#length === this.#bytes.length) this.#grow(1);
    this.#bytes[this.#length++] = value;
  }

  /** Unsigned LEB128 of a number from 0 to 2^32-1. */
  u32(value: number): void {
    let rest = value >>> 0;
    while (rest > 0x7f) {
      this.u8((rest & 0x7f) | 0x80);
      rest >>>= 7;
    }
    this.u8(rest);
  }

  /** Unsigned LEB128 padded to five bytes, so that `patchU32` can change it later. */
  paddedU32(value: number): void {
    for (let shift = 0; shift < 28; shift += 7) this.u8(((value >>> shift) & 0x7f) | 0x80);
    this.u8(value >>> 28);
  }

  /** Rewrites a number written by `paddedU32` at `position`. */
  patchU32(position: number, value: number): void {
    for (let i = 0; i < 4; i++) this.#bytes[position + i] = ((value >>> (7 * i)) & 0x7f) | 0x80;
    this.#bytes[position + 4] = value >>> 28;
  }

  /** Signed LEB128 of a number taken modulo 2^32. */
  s32(value: number): void {
    this.s64(value | 0, value >> 31);
  }

  /** Signed LEB128 of 64 bits given as two halves. */
  s64(low: number, high: number): void {
    let lo = low | 0;
    let hi = high | 0;
    for (;;) {
      const byte = lo & 0x7f;
      lo = (lo >>> 7) | (hi << 25);
      hi >>= 7;
      const sign = (byte & 0x40) === 0 ? 0 : -1;
      if (lo === sign && hi === sign) {
        this.u8(byte);
        return;
      }
      this.u8(byte | 0x80);
    }
  }

  /** 32 bits, little-endian. */
  fixed32(value: number): void {
    this.u8(value & 0xff);
    this.u8((value >>> 8) & 0xff);
    this.u8((value >>> 16) & 0xff);
    this.u8(value >>> 24);
  }

  /** 64 bits, little-endian. */
  fixed64(bits: bigint): void {
    this.fixed32(Number(BigInt.asIntN(32, bits)));
    this.fixed32(Number(BigInt.asIntN(32, bits >> 32n)));
  }

  raw(bytes: Uint8Array): void {
    this.#grow(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  /** A byte vector: length, then bytes. */
  vector(bytes: Uint8Array): void {
    this.u32(bytes.length);
    this.raw(bytes);
  }

  /** A name: UTF-8 with its length. */
  name(text: string): void {
    this.vector(utf8(text));
  }

  #grow(extra: number): void {
    const needed = this.#length + extra;
    if (needed <= this.#bytes.length) return;
    const bytes = new Uint8Array(Math.max(needed, this.#bytes.length * 2));
    bytes.set(this.#bytes);
    this.#bytes = bytes;
  }
}

const encoder = new TextEncoder();

function utf8(text: string): Uint8Array {
  return encoder.encode(text);
}
