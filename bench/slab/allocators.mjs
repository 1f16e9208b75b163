// @ts-check
/** The allocators that are compared, behind one interface. */
import { defineBoundaryTag } from './boundary-tag.mjs';
import { defineFirstFit } from './first-fit.mjs';

const dist = new URL('../../dist/', import.meta.url).href;
/** @type {typeof import('../../src/host/wasm/encoder.ts')} */
const { ModuleBuilder } = await import(`${dist}host/wasm/encoder.js`);
/** @type {typeof import('../../src/slab/index.ts')} */
const { SlabAllocator } = await import(`${dist}slab/index.js`);
/** @type {typeof import('../../src/slab/sync.ts')} */
const { shared } = await import(`${dist}slab/sync.js`);

/**
 * Defines `initialize`, `alloc` and `free` over a region, as the slab allocator's module has them, and `top`: the end of
 * what is in use.
 *
 * @typedef {import('../../src/host/wasm/encoder.ts').ModuleBuilder} Module
 * @typedef {import('../../src/slab/code.ts').Code} Code
 * @typedef {{ lock(code: Code): void, unlock(code: Code): void }} Lock
 * @typedef {(module: Module, region: { start: number, end: number }, lock: Lock) => void} DefineAllocator
 */

/**
 * What is measured. `footprint` gives the bytes that the objects in use take, with all that the allocator needs besides;
 * it is null where only the whole process can tell. `handle` is what `open` takes in another thread.
 *
 * @typedef {object} Allocator
 * @property {(size: number) => unknown} alloc
 * @property {(object: any) => void} free
 * @property {(object: any) => void} touch
 * @property {() => number | null} footprint
 * @property {unknown} handle
 */

const BYTES = 1 << 28;
/** Where the lock lies, in a cache line of its own, and where the heap begins. */
const LOCK = 64;
const START = 128;

/** @param {WebAssembly.Memory} memory */
function toucher(memory) {
  const words = new Uint32Array(memory.buffer);
  return (/** @type {number} */ offset) => {
    words[offset >>> 2] = offset;
  };
}

/** @param {number} offset */
function check(offset) {
  if (offset === 0) throw new RangeError('memory is used up');
  return offset;
}

/** @param {import('../../src/slab/index.ts').SlabHandle | undefined} handle @param {boolean} isShared @returns {Allocator} */
function openSlab(handle, isShared) {
  const slab =
    handle === undefined ? SlabAllocator.create({ bytes: BYTES, shared: isShared }) : SlabAllocator.attach(handle);
  return {
    // With the checks of arguments, as a program would call it.
    alloc: (size) => slab.alloc(size),
    free: (offset) => slab.free(offset),
    touch: toucher(slab.memory),
    footprint: () => {
      const { bytes, freeBytes } = slab.stats();
      // The tables for the pages in use.
      return (bytes - freeBytes) * (1 + (BYTES - bytes) / bytes);
    },
    handle: slab.handle,
  };
}

/** @param {DefineAllocator} defineAllocator */
const openGenerated =
  (defineAllocator) =>
  /** @param {any} handle @param {boolean} isShared @returns {Allocator} */
  (handle, isShared) => {
    const pages = BYTES / 65536;
    const memory = handle?.memory ?? new WebAssembly.Memory({ initial: pages, maximum: pages, shared: isShared });
    const module = handle?.module ?? new WebAssembly.Module(emit(defineAllocator, isShared));
    const exports = /** @type {any} */ (new WebAssembly.Instance(module, { env: { memory } }).exports);
    if (handle === undefined) exports.initialize();
    return {
      alloc: (size) => check(exports.alloc(size)),
      free: (offset) => exports.free(offset),
      touch: toucher(memory),
      footprint: () => exports.top() - START,
      handle: { memory, module },
    };
  };

/** @param {DefineAllocator} defineAllocator @param {boolean} isShared */
function emit(defineAllocator, isShared) {
  const module = new ModuleBuilder();
  module.importMemory('env', 'memory', isShared ? { min: 0, max: 65536, shared: true } : { min: 0 });
  const sync = isShared ? shared(module, module.global('i32', false, 1n)) : null;
  defineAllocator(
    module,
    { start: START, end: BYTES },
    { lock: (code) => sync?.lock(code, LOCK), unlock: (code) => sync?.unlock(code, LOCK) },
  );
  return module.build();
}

/** @param {(size: number) => any} alloc @returns {() => Allocator} */
const openJavaScript = (alloc) => () => ({
  alloc,
  free: () => undefined,
  touch: (object) => {
    object[0] = 1;
  },
  footprint: () => null,
  handle: null,
});

/** What the measuring itself costs. @returns {Allocator} */
function openNothing() {
  const offsets = new Uint32Array(2).fill(START);
  return {
    alloc: (size) => offsets[size & 1],
    free: () => undefined,
    touch: toucher(new WebAssembly.Memory({ initial: 1 })),
    footprint: () => 0,
    handle: null,
  };
}

/** @type {Readonly<Record<string, (handle: any, isShared: boolean) => Allocator>>} */
export const allocators = {
  slab: openSlab,
  'boundary-tag': openGenerated(defineBoundaryTag),
  'first-fit': openGenerated(defineFirstFit),
  Uint8Array: openJavaScript((size) => new Uint8Array(size)),
  Array: openJavaScript((size) => new Array(size >>> 3).fill(0)),
  nothing: openNothing,
};
