/**
 * The allocator's WebAssembly module. Each thread has an instance, whose global says where its magazines are: `alloc` and
 * `free` touch them, the kinds of pages and the bitmap only, and go to the store once for half a magazine.
 */
import { ModuleBuilder, type FunctionRef } from '../host/wasm/encoder.ts';
import {
  add,
  and,
  call,
  clz,
  define,
  eq,
  ge,
  globalGet,
  gt,
  load,
  load8,
  not,
  ne,
  or,
  rotr,
  shl,
  shr,
  sub,
  type Code,
  type Local,
  type Push,
  type Value,
} from './code.ts';
import {
  ATTACHMENT,
  BITMAP_SHIFT,
  CLASS,
  CLASS_SHIFT,
  CLASS_SHIFTS,
  HEADER,
  KIND,
  MAGAZINE,
  MAGAZINE_SHIFT,
  MAGIC,
  magazineEntries,
  MAX_SHIFT,
  MIN_SHIFT,
  PAGE_SHIFT,
  PAGE_SIZE,
  RECORD,
  type SlabLayout,
} from './layout.ts';
import { addressOf, definePages, pageOf, recordOf, type PageFunctions } from './pages.ts';
import { clearBitmap, defineStore, withPages, type StoreFunctions } from './store.ts';
import { shared, unshared, type Sync } from './sync.ts';

/** What the module exports, as JavaScript sees it; other WebAssembly modules may import `alloc`, `free` and `sizeOf`. */
export interface SlabExports {
  /** Prepares the region, once. */
  readonly initialize: () => void;
  /** Gives the instance magazines; 0 where there is no page for them. `canWait`: 1 where the thread may sleep. */
  readonly attach: (canWait: number) => number;
  readonly detach: () => void;
  /** Offset of an object, or 0 where memory is used up (or `size` is 0). */
  readonly alloc: (size: number) => number;
  /** 0, or 1 where nothing in use begins at `offset`, and nothing was done. */
  readonly free: (offset: number) => number;
  /** Bytes of the object that begins at `offset`, or 0 where none in use does. */
  readonly sizeOf: (offset: number) => number;
  readonly trim: () => void;
  /** Of a shared memory's module: locks, by their offsets. */
  readonly lock?: (offset: number) => void;
  readonly unlock?: (offset: number) => void;
}

/** Bytes of the module for one region of a memory; it imports `env.memory`. */
export function emitSlabModule(layout: SlabLayout, isShared: boolean): Uint8Array {
  const module = new ModuleBuilder();
  module.importMemory('env', 'memory', isShared ? { min: 0, max: 65536, shared: true } : { min: 0 });
  const attachment = module.global('i32', true);
  const canWait = module.global('i32', true);
  const sync = isShared ? shared(module, canWait) : unshared;
  const pages = definePages(module, layout);
  const store = defineStore(module, layout, pages, sync);
  new Emitter(module, layout, sync, pages, store, attachment).emit(canWait);
  return module.build();
}

class Emitter {
  readonly #module: ModuleBuilder;
  readonly #layout: SlabLayout;
  readonly #sync: Sync;
  readonly #pages: PageFunctions;
  readonly #store: StoreFunctions;
  readonly #attachment: number;

  constructor(
    module: ModuleBuilder,
    layout: SlabLayout,
    sync: Sync,
    pages: PageFunctions,
    store: StoreFunctions,
    attachment: number,
  ) {
    this.#module = module;
    this.#layout = layout;
    this.#sync = sync;
    this.#pages = pages;
    this.#store = store;
    this.#attachment = attachment;
  }

  emit(canWait: number): void {
    this.#defineInitialize();
    const trim = this.#defineTrim();
    this.#defineAttach(canWait);
    this.#defineDetach(trim);
    this.#defineAlloc(trim);
    this.#defineFree();
    this.#defineSizeOf();
  }

  #magazine(shift: Value): Push {
    return add(globalGet(this.#attachment), shl(shift, MAGAZINE_SHIFT));
  }

  #defineInitialize(): void {
    const { header, records, pages } = this.#layout;
    define(this.#module, 'initialize', { params: 0, results: 0, exported: true }, (code) => {
      code.clear(header, records - header);
      code.store(header, HEADER.PAGES, pages);
      code.run(call(this.#pages.givePages, records, pages));
      code.store(header, HEADER.MAGIC, MAGIC);
    });
  }

  #defineAttach(canWait: number): void {
    const { header } = this.#layout;
    define(this.#module, 'attach', { params: 1, results: 1, exported: true }, (code, mayWait) => {
      code.globalSet(canWait, mayWait);
      const attachment = code.let(0);
      withPages(code, this.#sync, this.#layout, () => {
        const record = code.let(call(this.#pages.takePages, 1));
        code.if(record, () => {
          code.set(attachment, addressOf(this.#layout, record));
          code.clear(attachment, PAGE_SIZE);
          for (const shift of CLASS_SHIFTS)
            code.store(attachment, (shift << MAGAZINE_SHIFT) + MAGAZINE.CAPACITY, magazineEntries(shift) * 4);
          const next = code.let(load(header, HEADER.ATTACHMENTS));
          code.store(attachment, ATTACHMENT.NEXT, next);
          code.if(next, () => code.store(next, ATTACHMENT.PREVIOUS, attachment));
          code.store(header, HEADER.ATTACHMENTS, attachment);
        });
      });
      code.globalSet(this.#attachment, attachment);
      code.return(attachment);
    });
  }

  /** Empties the magazines, adds their counters to those of the classes, and gives their page back. */
  #defineDetach(trim: FunctionRef): void {
    const { header } = this.#layout;
    define(this.#module, 'detach', { params: 0, results: 0, exported: true }, (code) => {
      code.run(call(trim));
      const attachment = code.let(globalGet(this.#attachment));
      withPages(code, this.#sync, this.#layout, () => {
        for (const shift of CLASS_SHIFTS) {
          const store = header + (shift << CLASS_SHIFT);
          const magazine = shift << MAGAZINE_SHIFT;
          code.addFrom64(store, CLASS.ALLOCS, attachment, magazine + MAGAZINE.ALLOCS);
          code.addFrom64(store, CLASS.FREES, attachment, magazine + MAGAZINE.FREES);
        }
        const previous = code.let(load(attachment, ATTACHMENT.PREVIOUS));
        const next = code.let(load(attachment, ATTACHMENT.NEXT));
        code.if(
          previous,
          () => code.store(previous, ATTACHMENT.NEXT, next),
          () => code.store(header, HEADER.ATTACHMENTS, next),
        );
        code.if(next, () => code.store(next, ATTACHMENT.PREVIOUS, previous));
        code.run(call(this.#pages.givePages, recordOf(this.#layout, attachment), 1));
      });
      code.globalSet(this.#attachment, 0);
    });
  }

  #defineTrim(): FunctionRef {
    return define(this.#module, 'trim', { params: 0, results: 0, exported: true }, (code) => {
      const shift = code.let(MIN_SHIFT);
      code.while(gt(MAX_SHIFT + 1, shift), () => {
        const magazine = code.let(this.#magazine(shift));
        code.run(call(this.#store.flush, magazine, shift, load(magazine, MAGAZINE.LEVEL)));
        code.run(call(this.#store.dropSpare, shift));
        code.set(shift, add(shift, 1));
      });
    });
  }

  #defineAlloc(trim: FunctionRef): void {
    const { bitmap, base } = this.#layout;
    const allocLarge = this.#defineAllocLarge(trim);
    define(this.#module, 'alloc', { params: 1, results: 1, exported: true }, (code, size) => {
      const shift = code.let(sub(32, clz(or(sub(size, 1), (1 << MIN_SHIFT) - 1))));
      code.if(gt(shift, MAX_SHIFT), () => code.return(call(allocLarge, size)));
      const magazine = code.let(this.#magazine(shift));
      const level = code.let(load(magazine, MAGAZINE.LEVEL));
      code.if(not(level), () => {
        const refill = (): void => code.set(level, call(this.#store.refill, magazine, shift));
        refill();
        code.if(not(level), () => {
          // Other classes may have pages to give back.
          code.run(call(trim));
          refill();
          code.if(not(level), () => code.return(0));
        });
      });
      code.set(level, sub(level, 4));
      code.store(magazine, MAGAZINE.LEVEL, level);
      const object = code.let(load(add(magazine, level), MAGAZINE.ENTRIES));
      const unit = code.let(shr(sub(object, base), MIN_SHIFT));
      this.#sync.setBits(code, shr(unit, 3), bitmap, code.let(maskOf(unit)));
      code.addTo64(magazine, MAGAZINE.ALLOCS, 1);
      code.return(object);
    });
  }

  #defineAllocLarge(trim: FunctionRef): FunctionRef {
    const { header, kinds, bitmap, pages } = this.#layout;
    const take = define(this.#module, 'takeLarge', { params: 1, results: 1 }, (code, length) => {
      const record = code.let(0);
      withPages(code, this.#sync, this.#layout, () => {
        code.set(record, call(this.#pages.takePages, length));
        code.if(record, () => {
          code.store(record, RECORD.LENGTH, length);
          clearBitmap(code, this.#layout, record);
          const page = code.let(pageOf(this.#layout, record));
          code.store8(page, kinds, KIND.LARGE);
          code.store8(shl(page, BITMAP_SHIFT), bitmap, 1);
          code.addTo(header, HEADER.LARGE_PAGES, length);
          code.addTo64(header, HEADER.LARGE_ALLOCS, 1);
        });
      });
      code.return(record);
    });
    return define(this.#module, 'allocLarge', { params: 1, results: 1 }, (code, size) => {
      code.if(gt(size, pages * PAGE_SIZE), () => code.return(0));
      const length = code.let(shr(add(size, PAGE_SIZE - 1), PAGE_SHIFT));
      const record = code.let(call(take, length));
      code.if(not(record), () => {
        code.run(call(trim));
        code.set(record, call(take, length));
        code.if(not(record), () => code.return(0));
      });
      code.return(addressOf(this.#layout, record));
    });
  }

  /** Leaves, with what `refused` gives, unless `offset` can be the first byte of something. Gives unit and kind. */
  #look(code: Code, offset: Local, refused: number): { readonly unit: Local; readonly kind: Local } {
    const { kinds, base, pages } = this.#layout;
    // Of an offset that is no multiple of 8 the rotation makes a number too large.
    const unit = code.let(rotr(sub(offset, base), MIN_SHIFT));
    code.if(ge(unit, pages << (PAGE_SHIFT - MIN_SHIFT)), () => code.return(refused));
    return { unit, kind: code.let(load8(shr(unit, PAGE_SHIFT - MIN_SHIFT), kinds)) };
  }

  #defineFree(): void {
    const { header, bitmap } = this.#layout;
    const freeLarge = define(this.#module, 'freeLarge', { params: 1, results: 0 }, (code, offset) => {
      withPages(code, this.#sync, this.#layout, () => {
        const record = code.let(recordOf(this.#layout, offset));
        const length = code.let(load(record, RECORD.LENGTH));
        code.addTo(header, HEADER.LARGE_PAGES, sub(0, length));
        code.addTo64(header, HEADER.LARGE_FREES, 1);
        code.run(call(this.#pages.givePages, record, length));
      });
    });
    define(this.#module, 'free', { params: 1, results: 1, exported: true }, (code, offset) => {
      const { unit, kind } = this.#look(code, offset, 1);
      code.if(gt(MIN_SHIFT, kind), () => code.return(1));
      const mask = code.let(maskOf(unit));
      const before = this.#sync.clearBits(code, code.let(shr(unit, 3)), bitmap, mask);
      code.if(not(and(before, mask)), () => code.return(1));
      code.if(eq(kind, KIND.LARGE), () => {
        code.run(call(freeLarge, offset));
        code.return(0);
      });
      const magazine = code.let(this.#magazine(kind));
      const level = code.let(load(magazine, MAGAZINE.LEVEL));
      code.if(eq(level, load(magazine, MAGAZINE.CAPACITY)), () => {
        code.set(level, shr(level, 1));
        code.run(call(this.#store.flush, magazine, kind, level));
      });
      code.store(add(magazine, level), MAGAZINE.ENTRIES, offset);
      code.store(magazine, MAGAZINE.LEVEL, add(level, 4));
      code.addTo64(magazine, MAGAZINE.FREES, 1);
      code.return(0);
    });
  }

  #defineSizeOf(): void {
    const { bitmap } = this.#layout;
    define(this.#module, 'sizeOf', { params: 1, results: 1, exported: true }, (code, offset) => {
      const { unit, kind } = this.#look(code, offset, 0);
      code.if(gt(MIN_SHIFT, kind), () => code.return(0));
      code.if(not(and(load8(shr(unit, 3), bitmap), maskOf(unit))), () => code.return(0));
      code.if(ne(kind, KIND.LARGE), () => code.return(shl(1, kind)));
      code.return(shl(load(recordOf(this.#layout, offset), RECORD.LENGTH), PAGE_SHIFT));
    });
  }
}

/** The bit of a unit of 8 bytes in its byte of the bitmap. */
const maskOf = (unit: Local): Push => shl(1, and(unit, 7));
