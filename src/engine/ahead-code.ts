/**
 * Code of a program that was compiled before it ran. There is much of it, most of which one run does not need, so that modules
 * are read only when one of their regions is wanted.
 */
import type { CodeModule } from './code-cache.ts';
import { decodeModule, encodeModule, joined, Reader } from './module-codec.ts';

interface Header {
  readonly key: string;
  /** Tells it from all other code compiled ahead for the program: the ids of later modules follow its own. */
  readonly id: string;
  /** Bytes of each module. */
  readonly sizes: readonly number[];
  readonly places: number;
}

export class AheadCode {
  readonly id: string;
  /** How many there are; their ids are 0 and up. */
  readonly modules: number;
  readonly #bytes: readonly Uint8Array[];
  /** By the pc of each place at which a region can be entered, ascending, the module that has it. */
  readonly #pcs: Uint32Array;
  readonly #owners: Uint32Array;
  readonly #taken = new Set<number>();

  /** Throws `SyntaxError`, `RangeError` or `TypeError` for bytes that `encodeAhead` did not make for this key. */
  constructor(bytes: Uint8Array, key: string) {
    const reader = new Reader(bytes);
    const [length = 0] = reader.words(1);
    const header = JSON.parse(new TextDecoder().decode(reader.bytes(length))) as Header;
    if (header.key !== key) throw new RangeError('code of another program');
    this.id = header.id;
    this.#pcs = reader.words(header.places);
    this.#owners = reader.words(header.places);
    this.#bytes = header.sizes.map((size) => reader.bytes(size));
    this.modules = this.#bytes.length;
  }

  /** Whether a module's id is one of these. */
  has(id: number): boolean {
    return id < this.modules;
  }

  /** Whether a region can be entered at a pc. */
  hasEntry(pc: number): boolean {
    return this.#ownerOf(pc) !== null;
  }

  /** Whether a region can be entered at a pc that is in a module which nobody has taken. */
  covers(pc: number): boolean {
    const owner = this.#ownerOf(pc);
    return owner !== null && !this.#taken.has(owner);
  }

  /** The module with a region that can be entered at `pc`, once; null afterwards, and where there is none. */
  take(pc: number): CodeModule | null {
    const owner = this.#ownerOf(pc);
    if (owner === null || this.#taken.has(owner)) return null;
    this.#taken.add(owner);
    return this.module(owner);
  }

  /** The module with an id. */
  module(id: number): CodeModule {
    const bytes = this.#bytes[id];
    if (bytes === undefined) throw new RangeError(`there is no module ${String(id)}`);
    return decodeModule(bytes);
  }

  #ownerOf(pc: number): number | null {
    let low = 0;
    let high = this.#pcs.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#pcs[middle] ?? 0) < pc) low = middle + 1;
      else high = middle;
    }
    return this.#pcs[low] === pc ? (this.#owners[low] ?? null) : null;
  }
}

/** Takes modules one after the other, so that they need not all be in memory as such. */
export class AheadEncoder {
  readonly #modules: Uint8Array[] = [];
  readonly #owners = new Map<number, number>();
  #size = 0;

  /** Bytes so far. */
  get size(): number {
    return this.#size;
  }

  /** How many modules there are: the id of the next one. */
  get modules(): number {
    return this.#modules.length;
  }

  add(module: CodeModule): void {
    for (const { pc } of module.regions) this.#owners.set(pc, module.id);
    for (const { entries, hubTargets } of module.regions)
      for (const entry of [...entries, ...hubTargets]) if (!this.#owners.has(entry)) this.#owners.set(entry, module.id);
    const bytes = encodeModule(module);
    this.#modules.push(bytes);
    this.#size += bytes.length;
  }

  /** A digest of the modules (FNV-1a, two of 32 bits): no promise against who wants it to be the same. */
  #id(): string {
    let [low, high] = [0x811c9dc5, 0x01000193];
    for (const module of this.#modules)
      for (const byte of module) {
        low = Math.imul(low ^ byte, 0x01000193);
        high = Math.imul(high + byte, 0x85ebca6b) ^ (high >>> 13);
      }
    return `${(low >>> 0).toString(16)}-${(high >>> 0).toString(16)}`;
  }

  /** All of it as bytes. */
  finish(key: string): Uint8Array {
    const places = [...this.#owners].sort(([a], [b]) => a - b);
    const header: Header = {
      ...{ key, id: this.#id(), places: places.length },
      sizes: this.#modules.map(({ length }) => length),
    };
    const text = new TextEncoder().encode(JSON.stringify(header));
    return joined([
      ...[Uint32Array.of(text.length), text],
      ...[Uint32Array.from(places, ([pc]) => pc), Uint32Array.from(places, ([, owner]) => owner)],
      ...this.#modules,
    ]);
  }
}
