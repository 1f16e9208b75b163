/**
 * The store of each size class, from which magazines are filled and into which they are emptied. A slab is a page of
 * objects of one class; those with room are in the class's list, a full one is in none. One empty slab of each class is
 * kept as a spare, so that a class that goes back and forth over a page's boundary does not take and give pages; further
 * ones go back to the pages. Locks are taken in the order class, pages.
 */
import type { FunctionRef, ModuleBuilder } from '../host/wasm/encoder.ts';
import {
  add,
  and,
  call,
  define,
  eq,
  load,
  lt,
  ne,
  not,
  shl,
  shr,
  sub,
  type Code,
  type Local,
  type Push,
} from './code.ts';
import { BITMAP_SHIFT, CLASS, CLASS_SHIFT, HEADER, MAGAZINE, PAGE_SIZE, RECORD, type SlabLayout } from './layout.ts';
import { addressOf, link, pageOf, recordOf, unlink, type PageFunctions } from './pages.ts';
import type { Sync } from './sync.ts';

export interface StoreFunctions {
  /** (magazine, shift) -> bytes of entries that the empty magazine has now; 0 where memory is used up. */
  readonly refill: FunctionRef;
  /** (magazine, shift, bytes): takes so many bytes of entries, half of them or more, from the bottom of a magazine. */
  readonly flush: FunctionRef;
  /** (shift): gives back the spare slab. */
  readonly dropSpare: FunctionRef;
}

/** Clears the bitmap of a page. */
export function clearBitmap(code: Code, layout: SlabLayout, record: Local): void {
  code.clear(add(shl(pageOf(layout, record), BITMAP_SHIFT), layout.bitmap), 1 << BITMAP_SHIFT);
}

/** Runs `locked` while the pages are locked. */
export function withPages(code: Code, sync: Sync, layout: SlabLayout, locked: () => void): void {
  const lock = layout.header + HEADER.PAGE_LOCK;
  sync.lock(code, lock);
  locked();
  sync.unlock(code, lock);
}

const classOf = (layout: SlabLayout, shift: Local): Push => add(shl(shift, CLASS_SHIFT), layout.header);
const capacityOf = (shift: Local): Push => shr(PAGE_SIZE, shift);

export function defineStore(
  module: ModuleBuilder,
  layout: SlabLayout,
  pages: PageFunctions,
  sync: Sync,
): StoreFunctions {
  const addSlab = defineAddSlab(module, layout, pages, sync);
  const releaseSlab = defineReleaseSlab(module, layout, pages, sync);

  const refill = define(module, 'refill', { params: 2, results: 1 }, (code, magazine, shift) => {
    const store = code.let(classOf(layout, shift));
    sync.lock(code, store);
    const wanted = code.let(shr(load(magazine, MAGAZINE.CAPACITY), 1));
    const level = code.let(0);
    const slab = code.let(load(store, CLASS.PARTIAL));
    const addIfNone = (): void => code.if(eq(slab, 0), () => code.set(slab, call(addSlab, store, shift)));
    addIfNone();
    code.while(and(ne(slab, 0), lt(level, wanted)), () => {
      code.store(add(magazine, level), MAGAZINE.ENTRIES, takeObject(code, slab, shift));
      code.set(level, add(level, 4));
      code.addTo(slab, RECORD.USED, 1);
      code.if(eq(load(slab, RECORD.USED), capacityOf(shift)), () => {
        unlink(code, slab, add(store, CLASS.PARTIAL));
        code.set(slab, load(store, CLASS.PARTIAL));
        code.if(lt(level, wanted), addIfNone);
      });
    });
    code.store(magazine, MAGAZINE.LEVEL, level);
    code.addTo(store, CLASS.OUT, shr(level, 2));
    sync.unlock(code, store);
    code.return(level);
  });

  const flush = define(module, 'flush', { params: 3, results: 0 }, (code, magazine, shift, bytes) => {
    const store = code.let(classOf(layout, shift));
    sync.lock(code, store);
    const end = code.let(add(magazine, bytes));
    const entry = code.let(magazine);
    code.while(lt(entry, end), () => {
      const object = code.let(load(entry, MAGAZINE.ENTRIES));
      // What lies above the part that is taken moves down.
      code.store(entry, MAGAZINE.ENTRIES, load(add(entry, bytes), MAGAZINE.ENTRIES));
      const slab = code.let(recordOf(layout, object));
      code.store(object, 0, load(slab, RECORD.FREE));
      code.store(slab, RECORD.FREE, object);
      const used = code.let(sub(load(slab, RECORD.USED), 1));
      code.store(slab, RECORD.USED, used);
      code.if(eq(add(used, 1), capacityOf(shift)), () => link(code, slab, code.let(add(store, CLASS.PARTIAL))));
      code.if(not(used), () => {
        unlink(code, slab, add(store, CLASS.PARTIAL));
        code.if(
          load(store, CLASS.SPARE),
          () => code.run(call(releaseSlab, store, slab)),
          () => code.store(store, CLASS.SPARE, slab),
        );
      });
      code.set(entry, add(entry, 4));
    });
    code.addTo(magazine, MAGAZINE.LEVEL, sub(0, bytes));
    code.addTo(store, CLASS.OUT, sub(0, shr(bytes, 2)));
    sync.unlock(code, store);
  });

  const dropSpare = define(module, 'dropSpare', { params: 1, results: 0 }, (code, shift) => {
    const store = code.let(classOf(layout, shift));
    sync.lock(code, store);
    const slab = code.let(load(store, CLASS.SPARE));
    code.if(slab, () => {
      code.store(store, CLASS.SPARE, 0);
      code.run(call(releaseSlab, store, slab));
    });
    sync.unlock(code, store);
  });

  return { refill, flush, dropSpare };
}

/** Takes an object that came back, else one that was never out; the slab has one. */
function takeObject(code: Code, slab: Local, shift: Local): Local {
  const object = code.let(load(slab, RECORD.FREE));
  code.if(
    object,
    () => code.store(slab, RECORD.FREE, load(object)),
    () => {
      code.set(object, load(slab, RECORD.FRESH));
      code.store(slab, RECORD.FRESH, add(object, shl(1, shift)));
    },
  );
  return object;
}

/** (class, shift) -> record of a slab with room, now in the class's list; 0 where there are no pages. */
function defineAddSlab(module: ModuleBuilder, layout: SlabLayout, pages: PageFunctions, sync: Sync): FunctionRef {
  return define(module, 'addSlab', { params: 2, results: 1 }, (code, store, shift) => {
    const slab = code.let(load(store, CLASS.SPARE));
    code.if(
      slab,
      () => code.store(store, CLASS.SPARE, 0),
      () => {
        withPages(code, sync, layout, () => {
          code.set(slab, call(pages.takePages, 1));
          code.if(slab, () => {
            clearBitmap(code, layout, slab);
            code.store8(pageOf(layout, slab), layout.kinds, shift);
          });
        });
        code.if(not(slab), () => code.return(0));
        code.store(slab, RECORD.FREE, 0);
        code.store(slab, RECORD.FRESH, addressOf(layout, slab));
        code.store(slab, RECORD.USED, 0);
        code.addTo64(store, CLASS.MADE, 1);
      },
    );
    link(code, slab, code.let(add(store, CLASS.PARTIAL)));
    code.return(slab);
  });
}

/** (class, record) */
function defineReleaseSlab(module: ModuleBuilder, layout: SlabLayout, pages: PageFunctions, sync: Sync): FunctionRef {
  return define(module, 'releaseSlab', { params: 2, results: 0 }, (code, store, slab) => {
    withPages(code, sync, layout, () => code.run(call(pages.givePages, slab, 1)));
    code.addTo64(store, CLASS.RETURNED, 1);
  });
}
