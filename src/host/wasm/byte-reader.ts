/** Reads the encodings of the WebAssembly binary format (specification 5.2) from the bytes of a module. */
export class ByteReader {
  readonly #view: DataView;
  position = 0;

  constructor(bytes: Uint8Array) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  get atEnd(): boolean {
    return this.position >= this.#view.byteLength;
  }

  u8(): number {
    return this.#view.getUint8(this.position++);
  }

  /** LEB128 of up to 32 bits. */
  u32(): number {
    return Number(BigInt.asUintN(32, this.#leb(false)));
  }

  s32(): number {
    return Number(BigInt.asIntN(32, this.#leb(true)));
  }

  s64(): bigint {
    return BigInt.asIntN(64, this.#leb(true));
  }

  fixed32(): number {
    this.position += 4;
    return this.#view.getUint32(this.position - 4, true);
  }

  fixed64(): bigint {
    this.position += 8;
    return this.#view.getBigUint64(this.position - 8, true);
  }

  bytes(length: number): Uint8Array {
    this.position += length;
    return new Uint8Array(this.#view.buffer, this.#view.byteOffset + this.position - length, length);
  }

  name(): string {
    return new TextDecoder().decode(this.bytes(this.u32()));
  }

  list<T>(read: () => T): T[] {
    return Array.from({ length: this.u32() }, read);
  }

  #leb(signed: boolean): bigint {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = this.u8();
      value |= BigInt(byte & 0x7f) << shift;
      if ((byte & 0x80) !== 0) continue;
      return signed && (byte & 0x40) !== 0 ? value - (1n << (shift + 7n)) : value;
    }
  }
}
