/** The kernel's access to guest memory: every byte is checked against the page permissions first. */
import type { AddressSpace } from './address-space.ts';
import { PAGE_SIZE, PERMISSION } from './layout.ts';

/** A pointer that the guest gave to a system call does not point to accessible memory: EFAULT. */
export class AccessFault extends Error {
  override readonly name = 'AccessFault';
  readonly address: number;

  constructor(address: number) {
    super(`no access to guest memory at 0x${address.toString(16)}`);
    this.address = address;
  }
}

export class UserMemory {
  readonly space: AddressSpace;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #words: Int32Array;

  constructor(space: AddressSpace) {
    this.space = space;
    this.#bytes = space.memory.bytes;
    this.#view = space.memory.view;
    this.#words = new Int32Array(space.memory.memory.buffer);
  }

  /** The guest's bytes themselves, to read from. */
  readable(vaddr: number, length: number): Uint8Array {
    this.#check(vaddr, length, PERMISSION.READ);
    return this.#bytes.subarray(vaddr, vaddr + length);
  }

  /** The guest's bytes themselves, to write to. */
  writable(vaddr: number, length: number): Uint8Array {
    this.#check(vaddr, length, PERMISSION.WRITE);
    return this.#bytes.subarray(vaddr, vaddr + length);
  }

  /** Of a buffer to read from, the bytes before the first inaccessible page; at least one, or a fault. */
  readablePrefix(vaddr: number, length: number): Uint8Array {
    return this.#prefix(vaddr, length, PERMISSION.READ);
  }

  /** Of a buffer to write to, the bytes before the first inaccessible page; at least one, or a fault. */
  writablePrefix(vaddr: number, length: number): Uint8Array {
    return this.#prefix(vaddr, length, PERMISSION.WRITE);
  }

  #prefix(vaddr: number, length: number, permission: number): Uint8Array {
    if (this.space.checkAccess(vaddr, length, permission)) return this.#bytes.subarray(vaddr, vaddr + length);
    const reached = this.space.pages.accessibleLength(vaddr, length, permission);
    if (reached === 0) throw new AccessFault(vaddr);
    return this.#bytes.subarray(vaddr, vaddr + reached);
  }

  /** A copy of the guest's bytes. */
  readBytes(vaddr: number, length: number): Uint8Array {
    return this.readable(vaddr, length).slice();
  }

  writeBytes(vaddr: number, bytes: Uint8Array): void {
    this.writable(vaddr, bytes.length).set(bytes);
  }

  /**
   * The bytes before the NUL at or after `vaddr`, or null when `limit` bytes hold none. Only pages up to the NUL
   * need be readable.
   */
  readCString(vaddr: number, limit: number): Uint8Array | null {
    let end = vaddr;
    const last = vaddr + limit;
    while (end < last) {
      const stop = Math.min((Math.floor(end / PAGE_SIZE) + 1) * PAGE_SIZE, last);
      const chunk = this.readable(end, stop - end);
      const nul = chunk.indexOf(0);
      if (nul !== -1) return this.#bytes.slice(vaddr, end + nul);
      end = stop;
    }
    return null;
  }

  readU8(vaddr: number): number {
    this.#check(vaddr, 1, PERMISSION.READ);
    return this.#view.getUint8(vaddr);
  }

  readU16(vaddr: number): number {
    this.#check(vaddr, 2, PERMISSION.READ);
    return this.#view.getUint16(vaddr, true);
  }

  readU32(vaddr: number): number {
    this.#check(vaddr, 4, PERMISSION.READ);
    return this.#view.getUint32(vaddr, true);
  }

  readI32(vaddr: number): number {
    this.#check(vaddr, 4, PERMISSION.READ);
    return this.#view.getInt32(vaddr, true);
  }

  readU64(vaddr: number): bigint {
    this.#check(vaddr, 8, PERMISSION.READ);
    return this.#view.getBigUint64(vaddr, true);
  }

  readI64(vaddr: number): bigint {
    this.#check(vaddr, 8, PERMISSION.READ);
    return this.#view.getBigInt64(vaddr, true);
  }

  /** A 64-bit pointer or length as a number; exact up to 2^53, beyond which nothing is mapped anyway. */
  readPointer(vaddr: number): number {
    return Number(this.readU64(vaddr));
  }

  /** Replaces an aligned word by what `change` makes of it, as one step also for threads that run meanwhile; null leaves it. */
  updateU32(vaddr: number, change: (old: number) => number | null): number {
    this.#check(vaddr, 4, PERMISSION.WRITE);
    const index = vaddr >>> 2;
    for (;;) {
      const old = Atomics.load(this.#words, index);
      const value = change(old >>> 0);
      if (value === null || Atomics.compareExchange(this.#words, index, old, value | 0) === old) return old >>> 0;
    }
  }

  writeU8(vaddr: number, value: number): void {
    this.#check(vaddr, 1, PERMISSION.WRITE);
    this.#view.setUint8(vaddr, value);
  }

  writeU16(vaddr: number, value: number): void {
    this.#check(vaddr, 2, PERMISSION.WRITE);
    this.#view.setUint16(vaddr, value, true);
  }

  /** Stores 32 bits; signed values are taken modulo 2^32. */
  writeU32(vaddr: number, value: number): void {
    this.#check(vaddr, 4, PERMISSION.WRITE);
    this.#view.setUint32(vaddr, value, true);
  }

  /** Stores 64 bits, taken modulo 2^64. */
  writeU64(vaddr: number, value: bigint | number): void {
    this.#check(vaddr, 8, PERMISSION.WRITE);
    this.#view.setBigUint64(vaddr, BigInt.asUintN(64, BigInt(value)), true);
  }

  #check(vaddr: number, length: number, permission: number): void {
    if (!this.space.checkAccess(vaddr, length, permission)) throw new AccessFault(vaddr);
  }
}
