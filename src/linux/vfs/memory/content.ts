import { fail } from '../../errno.ts';
import { MAX_FILE_SIZE } from '../constants.ts';

const CHUNK = 1 << 16;
const SMALLEST = 256;

/** Bytes below the file's own: what a copy-on-write file has not written yet. */
export interface Backing {
  readonly size: number;
  read(buffer: Uint8Array, position: number): number;
}

/** Counts the bytes that files keep in memory; throws `ENOSPC` at the limit. */
export interface Budget {
  charge(bytes: number): void;
}

/**
 * The bytes of a sparse file: chunks of 64 KiB, of which only those that were written exist, the last ones only as
 * far as they were written. What no chunk holds comes from the backing, as far as that reaches, and is 0 beyond.
 */
export class FileContent {
  readonly #budget: Budget;
  readonly #chunks = new Map<number, Uint8Array>();
  #size: number;
  #backing: Backing | undefined;
  /** The backing counts up to here only: what a truncation cut off does not come back. */
  #backingSize: number;
  #allocated = 0;

  constructor(budget: Budget, backing?: Backing) {
    this.#budget = budget;
    this.#backing = backing;
    this.#backingSize = backing?.size ?? 0;
    this.#size = this.#backingSize;
  }

  get size(): number {
    return this.#size;
  }

  /** Bytes kept in memory. */
  get allocated(): number {
    return this.#allocated;
  }

  get backed(): boolean {
    return this.#backing !== undefined;
  }

  read(buffer: Uint8Array, position: number): number {
    const length = Math.min(buffer.length, Math.max(0, this.#size - position));
    for (let done = 0; done < length;) {
      const offset = (position + done) % CHUNK;
      const count = Math.min(CHUNK - offset, length - done);
      this.#readPart(buffer.subarray(done, done + count), position + done);
      done += count;
    }
    return length;
  }

  /** Reads within one chunk. */
  #readPart(target: Uint8Array, position: number): void {
    const chunk = this.#chunks.get(Math.floor(position / CHUNK));
    const offset = position % CHUNK;
    const copied = chunk === undefined ? this.#readBacking(target, position) : copyFrom(chunk, offset, target);
    target.fill(0, copied);
  }

  #readBacking(target: Uint8Array, position: number): number {
    const length = Math.min(target.length, this.#backingSize - position);
    if (this.#backing === undefined || length <= 0) return 0;
    let done = 0;
    while (done < length) {
      const count = this.#backing.read(target.subarray(done, length), position + done);
      if (count === 0) break;
      done += count;
    }
    return done;
  }

  write(buffer: Uint8Array, position: number): number {
    if (buffer.length === 0) return 0;
    if (position >= MAX_FILE_SIZE) fail('EFBIG');
    const length = Math.min(buffer.length, MAX_FILE_SIZE - position);
    for (let done = 0; done < length;) {
      const offset = (position + done) % CHUNK;
      const count = Math.min(CHUNK - offset, length - done);
      try {
        const chunk = this.#writableChunk(Math.floor((position + done) / CHUNK), offset + count);
        chunk.set(buffer.subarray(done, done + count), offset);
      } catch (error) {
        // Full in the middle of a write: what fitted was written.
        if (done === 0) throw error;
        return done;
      }
      done += count;
      this.#size = Math.max(this.#size, position + done);
    }
    return length;
  }

  /** The chunk, with at least `needed` bytes of its own. */
  #writableChunk(index: number, needed: number): Uint8Array {
    const chunk = this.#chunks.get(index);
    if (chunk !== undefined && chunk.length >= needed) return chunk;
    const backed = chunk === undefined ? Math.min(CHUNK, this.#backingSize - index * CHUNK) : 0;
    const capacity = capacityFor(Math.max(needed, backed));
    this.#charge(capacity - (chunk?.length ?? 0));
    const grown = new Uint8Array(capacity);
    if (chunk !== undefined) grown.set(chunk);
    else if (backed > 0) this.#readBacking(grown.subarray(0, backed), index * CHUNK);
    this.#chunks.set(index, grown);
    return grown;
  }

  #charge(bytes: number): void {
    this.#budget.charge(bytes);
    this.#allocated += bytes;
  }

  truncate(size: number): void {
    if (size > MAX_FILE_SIZE) fail('EFBIG');
    if (size < this.#size) this.#cut(size);
    this.#size = size;
  }

  /** Drops what lies at and after `size`, so that it reads as 0 should the file grow again. */
  #cut(size: number): void {
    const last = Math.floor(size / CHUNK);
    for (const index of [...this.#chunks.keys()]) if (index > last || size === 0) this.#drop(index);
    this.#chunks.get(last)?.fill(0, size % CHUNK);
    this.#backingSize = Math.min(this.#backingSize, size);
    if (this.#backingSize === 0) this.#backing = undefined;
  }

  #drop(index: number): void {
    this.#charge(-(this.#chunks.get(index)?.length ?? 0));
    this.#chunks.delete(index);
  }

  /** Makes `length` bytes 0, without keeping memory for them where that is possible. The size stays. */
  punch(position: number, length: number): void {
    const end = Math.min(position + length, this.#size);
    for (const index of this.#chunksOf(position, end)) {
      const start = index * CHUNK;
      const from = Math.max(position - start, 0);
      const to = Math.min(end - start, CHUNK);
      if (from === 0 && to === CHUNK && this.#backingSize <= start) this.#drop(index);
      else this.#writableChunk(index, to).fill(0, from, to);
    }
  }

  /** The chunks between two positions that hold something: never more than there are, however large the hole. */
  #chunksOf(position: number, end: number): number[] {
    const first = Math.floor(position / CHUNK);
    const last = Math.ceil(end / CHUNK);
    const indices = new Set([...this.#chunks.keys()].filter((index) => index >= first && index < last));
    for (let index = first; index < Math.min(last, Math.ceil(this.#backingSize / CHUNK)); index++) indices.add(index);
    return [...indices];
  }

  /** Reserves memory for a range, so that writing it later cannot fail for want of space. */
  reserve(position: number, length: number): void {
    const end = position + length;
    for (let at = position; at < end; at = (Math.floor(at / CHUNK) + 1) * CHUNK)
      this.#writableChunk(Math.floor(at / CHUNK), Math.min(CHUNK, end - Math.floor(at / CHUNK) * CHUNK));
  }

  /** The next byte of data (or of a hole) at or after `position`; the end of the file counts as a hole. */
  seekExtent(position: number, kind: 'data' | 'hole'): number {
    if (position >= this.#size) fail('ENXIO');
    const index = Math.floor(position / CHUNK);
    const found = kind === 'data' ? this.#nextData(index) : this.#nextHole(index);
    if (found === index) return position;
    if (found * CHUNK < this.#size) return found * CHUNK;
    return kind === 'hole' ? this.#size : fail('ENXIO');
  }

  #nextData(index: number): number {
    if (this.#isData(index)) return index;
    let nearest = Infinity;
    for (const candidate of this.#chunks.keys()) if (candidate > index && candidate < nearest) nearest = candidate;
    return nearest;
  }

  #nextHole(index: number): number {
    let candidate = index;
    while (this.#isData(candidate)) candidate++;
    return candidate;
  }

  #isData(index: number): boolean {
    return this.#chunks.has(index) || index * CHUNK < this.#backingSize;
  }

  /** Gives all memory back. */
  release(): void {
    for (const index of [...this.#chunks.keys()]) this.#drop(index);
    this.#backing = undefined;
    this.#backingSize = 0;
    this.#size = 0;
  }
}

function copyFrom(chunk: Uint8Array, offset: number, target: Uint8Array): number {
  const part = chunk.subarray(Math.min(offset, chunk.length), Math.min(chunk.length, offset + target.length));
  target.set(part);
  return part.length;
}

/** Powers of two, so that a file written byte by byte is copied a logarithmic number of times. */
function capacityFor(bytes: number): number {
  let capacity = SMALLEST;
  while (capacity < bytes) capacity *= 2;
  return capacity;
}
