/**
 * Tier 0 code of one program beyond one address space: the micro-ops of blocks, by location, with the guest code that each
 * was made from, which is compared byte for byte before they are used again. Most of a short program's time would go into
 * translating.
 */
import { TRAP, type Block } from '../ir/block.ts';
import type { Lowering } from '../host/interpreter/lower.ts';
import { isCallingJump, linkTarget, MICRO_OP_SIZE } from '../host/interpreter/micro-ops.ts';
import { locationOf } from './location.ts';
import { joined, type Reader } from './module-codec.ts';

/** Micro-ops of a program at most. */
const LIMIT = 1 << 19;
/** Blocks that are too few to be stored, and the part of what is stored already that is. */
const FEW = 64;
export const SMALL_SHARE = 1 / 8;

/** Words that describe a block; `CODE`, `OPS`: where its guest code and its micro-ops are. */
const FIELD = { PC: 0, MODE: 1, END: 2, INSTRUCTIONS: 3, COUNT: 4, LINKS: 5, CODE: 6, OPS: 7 } as const;
const FIELDS = 8;
/** Words of a micro-op. */
const WORDS = MICRO_OP_SIZE / 4;
/** Words of a micro-op that hold host offsets where it leads to others of its block; see `micro-ops.ts`. */
const TAKEN = 2;
const FALLTHROUGH = 3;

/** A block of the store, to be copied to where it runs. */
export interface KeptBlock {
  readonly pc: number;
  readonly endPc: number;
  readonly guestInstructions: number;
  /** Micro-ops. */
  readonly count: number;
  /** The function that it calls by its last instruction, if that is a direct call. */
  readonly callee: number | null;
}

export class KeptBlocks {
  /** By location. */
  readonly #index = new Map<number, number>();
  #fields: Uint32Array = new Uint32Array(FIELDS << 8);
  #code: Uint8Array = new Uint8Array(1 << 12);
  #ops: Int32Array = new Int32Array(WORDS << 10);
  /** For each micro-op, its guest instruction; see `originOf`. */
  #origins: Uint16Array = new Uint16Array(1 << 10);
  #blocks = 0;
  #codeSize = 0;
  #opCount = 0;
  /** Blocks that are stored somewhere, and those that have come and gone since. */
  #stored = 0;
  #changes = 0;

  /** Blocks that can be found. */
  get size(): number {
    return this.#index.size;
  }

  /** Guest instructions in them. */
  get guestInstructions(): number {
    let sum = 0;
    for (const index of this.#index.values()) sum += this.#field(index, FIELD.INSTRUCTIONS);
    return sum;
  }

  /** True when enough has changed since it was stored. */
  get isDirty(): boolean {
    return this.#changes > Math.max(FEW, this.#stored * SMALL_SHARE);
  }

  #field(index: number, field: number): number {
    return this.#fields[index * FIELDS + field] ?? 0;
  }

  /** Number of the block at a location whose code `memory` has there; -1 where there is none. One with other code is forgotten. */
  find(pc: number, mode: number, memory: Uint8Array): number {
    const location = locationOf(pc, mode);
    const index = this.#index.get(location);
    if (index === undefined) return -1;
    const code = this.#code;
    const end = this.#field(index, FIELD.END);
    for (let at = this.#field(index, FIELD.CODE), from = pc; from < end; at++, from++) {
      if (memory[from] === code[at]) continue;
      this.#index.delete(location);
      this.#changes++;
      return -1;
    }
    return index;
  }

  /** What a block is, by its number. */
  at(index: number): KeptBlock {
    const count = this.#field(index, FIELD.COUNT);
    return {
      pc: this.#field(index, FIELD.PC),
      endPc: this.#field(index, FIELD.END),
      guestInstructions: this.#field(index, FIELD.INSTRUCTIONS),
      count,
      callee: this.#field(index, FIELD.LINKS) === 1 ? this.#calleeOf(this.#field(index, FIELD.OPS) + count - 2) : null,
    };
  }

  /** Where a `jump` and the `link` behind it lead if that is a call. */
  #calleeOf(jump: number): number | null {
    const ops = this.#ops;
    return isCallingJump(ops, jump * WORDS) ? linkTarget(ops, (jump + 1) * WORDS) : null;
  }

  /** Writes a block's micro-ops to `words` at host offset `ip`, and where they belong in the guest to `origins` from `first` on. */
  copy(index: number, words: Int32Array, ip: number, origins: Uint16Array, first: number): void {
    const from = this.#field(index, FIELD.OPS);
    const count = this.#field(index, FIELD.COUNT);
    const ops = this.#ops;
    const own = this.#origins;
    // Most are a few micro-ops: a `subarray` costs more than copying them.
    for (let word = 0; word < count * WORDS; word++) words[(ip >>> 2) + word] = ops[from * WORDS + word] ?? 0;
    for (let op = 0; op < count; op++) origins[first + op] = own[from + op] ?? 0;
    relocate(words, ip >>> 2, count, this.#field(index, FIELD.LINKS), ip);
  }

  /**
   * Keeps a block whose `count` micro-ops `lowering` just wrote to `words` at host offset `ip`, before they were linked;
   * `memory`: what it was made from. Not what relies on more than its own code.
   */
  add(
    block: Block,
    mode: number,
    memory: Uint8Array,
    words: Int32Array,
    ip: number,
    count: number,
    lowering: Pick<Lowering, 'copyOrigins'>,
  ): void {
    const { pc, endPc, terminator } = block;
    if ((block.reliesOn?.length ?? 0) > 0 || this.#opCount + count > LIMIT) return;
    // The page behind may be there another time.
    if (terminator.kind === 'trap' && terminator.trap === TRAP.FETCH_FAULT) return;
    const links = terminator.kind === 'jump' ? 1 : terminator.kind === 'branch' ? 2 : 0;
    this.#reserve(endPc - pc, count);
    const index = this.#blocks++;
    const fields = this.#fields;
    const field = index * FIELDS;
    fields[field + FIELD.PC] = pc;
    fields[field + FIELD.MODE] = mode;
    fields[field + FIELD.END] = endPc;
    fields[field + FIELD.INSTRUCTIONS] = block.guestInstructions;
    fields[field + FIELD.COUNT] = count;
    fields[field + FIELD.LINKS] = links;
    fields[field + FIELD.CODE] = this.#codeSize;
    fields[field + FIELD.OPS] = this.#opCount;
    // Most are a few bytes and micro-ops, as in `copy`.
    const code = this.#code;
    for (let from = pc, to = this.#codeSize; from < endPc; from++, to++) code[to] = memory[from] ?? 0;
    const ops = this.#ops;
    const first = this.#opCount * WORDS;
    for (let word = 0; word < count * WORDS; word++) ops[first + word] = words[(ip >>> 2) + word] ?? 0;
    relocate(ops, first, count, links, -ip);
    lowering.copyOrigins(this.#origins, this.#opCount);
    this.#codeSize += endPc - pc;
    this.#opCount += count;
    this.#index.set(locationOf(pc, mode), index);
    this.#changes++;
  }

  #reserve(codeSize: number, count: number): void {
    this.#fields = grown(this.#fields, (this.#blocks + 1) * FIELDS);
    this.#code = grown(this.#code, this.#codeSize + codeSize);
    this.#ops = grown(this.#ops, (this.#opCount + count) * WORDS);
    this.#origins = grown(this.#origins, this.#opCount + count);
  }

  /** All of it as bytes, for `read`; it counts as stored then. */
  serialize(): Uint8Array {
    const live = [...this.#index.values()];
    const copy = new KeptBlocks();
    const sizes = live.map((index) => this.#field(index, FIELD.END) - this.#field(index, FIELD.PC));
    copy.#reserve(
      sizes.reduce((sum, size) => sum + size, 0),
      live.reduce((sum, index) => sum + this.#field(index, FIELD.COUNT), 0),
    );
    copy.#fields = grown(copy.#fields, live.length * FIELDS);
    for (const [number, index] of live.entries()) copy.#take(this, index, sizes[number] ?? 0);
    this.#stored = live.length;
    this.#changes = 0;
    return joined([
      Uint32Array.of(copy.#blocks, copy.#codeSize, copy.#opCount),
      copy.#fields.subarray(0, copy.#blocks * FIELDS),
      new Uint8Array(copy.#ops.buffer, 0, copy.#opCount * MICRO_OP_SIZE),
      new Uint8Array(copy.#origins.buffer, 0, copy.#opCount * 2),
      copy.#code.subarray(0, copy.#codeSize),
    ]);
  }

  /** Appends a block of another store; there is room for it. */
  #take(from: KeptBlocks, index: number, codeSize: number): void {
    const count = from.#field(index, FIELD.COUNT);
    const [code, ops] = [from.#field(index, FIELD.CODE), from.#field(index, FIELD.OPS)];
    const to = this.#blocks++ * FIELDS;
    this.#fields.set(from.#fields.subarray(index * FIELDS, (index + 1) * FIELDS), to);
    this.#fields[to + FIELD.CODE] = this.#codeSize;
    this.#fields[to + FIELD.OPS] = this.#opCount;
    this.#code.set(from.#code.subarray(code, code + codeSize), this.#codeSize);
    this.#ops.set(from.#ops.subarray(ops * WORDS, (ops + count) * WORDS), this.#opCount * WORDS);
    this.#origins.set(from.#origins.subarray(ops, ops + count), this.#opCount);
    this.#codeSize += codeSize;
    this.#opCount += count;
  }

  /** The blocks that `serialize` made bytes of. Throws `RangeError` for other bytes. */
  static read(reader: Reader): KeptBlocks {
    const [blocks = 0, codeSize = 0, opCount = 0] = reader.words(3);
    const kept = new KeptBlocks();
    kept.#fields = reader.words(blocks * FIELDS);
    kept.#ops = new Int32Array(reader.words(opCount * WORDS).buffer);
    kept.#origins = new Uint16Array(reader.bytes(opCount * 2).slice().buffer);
    kept.#code = reader.bytes(codeSize);
    kept.#blocks = kept.#stored = blocks;
    kept.#codeSize = codeSize;
    kept.#opCount = opCount;
    for (let index = 0; index < blocks; index++) kept.#addStored(index);
    return kept;
  }

  /** Makes a block that was read findable. */
  #addStored(index: number): void {
    const [pc, end] = [this.#field(index, FIELD.PC), this.#field(index, FIELD.END)];
    const count = this.#field(index, FIELD.COUNT);
    const isWhole =
      end >= pc &&
      this.#field(index, FIELD.CODE) + end - pc <= this.#codeSize &&
      count > this.#field(index, FIELD.LINKS) &&
      this.#field(index, FIELD.OPS) + count <= this.#opCount;
    if (!isWhole) throw new RangeError('a block that is not whole');
    this.#index.set(locationOf(pc, this.#field(index, FIELD.MODE)), index);
  }
}

/** Moves the host offsets in a block's last micro-ops, which lead to each other: of a jump or branch and of its links. */
function relocate(words: Int32Array, first: number, count: number, links: number, by: number): void {
  if (links === 0) return;
  const jump = first + (count - 1 - links) * WORDS;
  add(words, jump + TAKEN, by);
  if (links === 2) add(words, jump + FALLTHROUGH, by);
  for (let link = 1; link <= links; link++) add(words, jump + link * WORDS + FALLTHROUGH, by);
}

function add(words: Int32Array, at: number, by: number): void {
  words[at] = (words[at] ?? 0) + by;
}

/** An array with the same content and room for `length` elements. */
function grown<A extends Uint32Array | Int32Array | Uint16Array | Uint8Array>(array: A, length: number): A {
  if (length <= array.length) return array;
  const larger = new (array.constructor as new (length: number) => A)(Math.max(array.length * 2, length));
  larger.set(array);
  return larger;
}
