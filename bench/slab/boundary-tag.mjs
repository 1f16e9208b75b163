// @ts-check
/**
 * A boundary-tag allocator for comparison, as Doug Lea's: each block begins with its size and whether it and the one before
 * it are in use; a free one ends with its size, too, so that neighbours join in constant time. Free blocks are in lists by
 * size (one for each multiple of 8 below 256, one for each power of two above), found by bitmaps.
 */
const dist = new URL('../../dist/', import.meta.url).href;
/** @type {typeof import('../../src/slab/code.ts')} */
const { add, and, call, clz, ctz, define, eq, ge, load, lt, ne, not, or, shl, shr, sub } = await import(
  `${dist}slab/code.js`
);

/** @typedef {import('../../src/slab/code.ts').Code} Code */
/** @typedef {import('../../src/slab/code.ts').Local} Local */

/** The header's low bits. */
const USED = 1;
const BEFORE_USED = 2;
const FLAGS = 7;
const BLOCK = { HEADER: 0, PAYLOAD: 4, NEXT: 4, PREVIOUS: 8 };
const SMALLEST = 16;
/** Sizes below it have lists of their own. */
const LIMIT = 256;
/** First list of powers of two. */
const LARGE_BIN = LIMIT / 8;

/** @type {import('./allocators.mjs').DefineAllocator} */
export function defineBoundaryTag(module, { start, end }, { lock, unlock }) {
  const bits = { small: start, large: start + 4 };
  const bins = start + 8;
  // Payloads are multiples of 8, so headers are not.
  const heap = start + 1024 + 4;
  const last = end - 4;

  const addBlock = define(module, 'addBlock', { params: 2, results: 0 }, (code, block, size) => {
    code.store(block, BLOCK.HEADER, or(size, BEFORE_USED));
    code.store(sub(add(block, size), 4), 0, size);
    const bin = code.let(shr(size, 3));
    code.if(
      lt(size, LIMIT),
      () => setBit(code, bits.small, bin),
      () => {
        code.set(bin, sub(31 - 8, clz(size)));
        setBit(code, bits.large, bin);
        code.set(bin, add(bin, LARGE_BIN));
      },
    );
    const head = code.let(add(shl(bin, 2), bins));
    const next = code.let(load(head));
    code.store(block, BLOCK.NEXT, next);
    code.store(block, BLOCK.PREVIOUS, 0);
    code.if(next, () => code.store(next, BLOCK.PREVIOUS, block));
    code.store(head, 0, block);
  });

  const removeBlock = define(module, 'removeBlock', { params: 2, results: 0 }, (code, block, size) => {
    const next = code.let(load(block, BLOCK.NEXT));
    const previous = code.let(load(block, BLOCK.PREVIOUS));
    code.if(next, () => code.store(next, BLOCK.PREVIOUS, previous));
    code.if(previous, () => {
      code.store(previous, BLOCK.NEXT, next);
      code.return();
    });
    const isSmall = code.let(lt(size, LIMIT));
    const bin = code.let(shr(size, 3));
    code.if(not(isSmall), () => code.set(bin, sub(LARGE_BIN + 31 - 8, clz(size))));
    code.store(add(shl(bin, 2), bins), 0, next);
    code.if(not(next), () =>
      code.if(
        isSmall,
        () => clearBit(code, bits.small, bin),
        () => clearBit(code, bits.large, sub(bin, LARGE_BIN)),
      ),
    );
  });

  /** (bytes) -> a block that is long enough, or 0 */
  const find = define(module, 'find', { params: 1, results: 1 }, (code, need) => {
    code.if(lt(need, LIMIT), () => {
      const fitting = code.let(and(load(bits.small), shl(-1, shr(need, 3))));
      code.if(fitting, () => code.return(load(shl(ctz(fitting), 2), bins)));
      const any = code.let(load(bits.large));
      code.if(any, () => code.return(load(shl(ctz(any), 2), bins + LARGE_BIN * 4)));
      code.return(0);
    });
    const bin = code.let(sub(31 - 8, clz(need)));
    const block = code.let(load(shl(bin, 2), bins + LARGE_BIN * 4));
    code.while(and(ne(block, 0), lt(load(block), need)), () => code.set(block, load(block, BLOCK.NEXT)));
    code.if(block, () => code.return(block));
    const ample = code.let(and(load(bits.large), shl(-2, bin)));
    code.if(ample, () => code.return(load(shl(ctz(ample), 2), bins + LARGE_BIN * 4)));
    code.return(0);
  });

  define(module, 'initialize', { params: 0, results: 0, exported: true }, (code) => {
    code.clear(start, heap - start);
    code.store(last, 0, USED);
    code.run(call(addBlock, heap, last - heap));
  });

  define(module, 'alloc', { params: 1, results: 1, exported: true }, (code, size) => {
    const need = code.let(and(add(size, BLOCK.PAYLOAD + 7), -8));
    code.if(lt(need, SMALLEST), () => code.set(need, SMALLEST));
    lock(code);
    const block = code.let(call(find, need));
    code.if(block, () => {
      const header = code.let(load(block));
      const whole = code.let(and(header, ~FLAGS));
      code.run(call(removeBlock, block, whole));
      const rest = code.let(sub(whole, need));
      code.if(
        ge(rest, SMALLEST),
        () => {
          code.run(call(addBlock, add(block, need), rest));
          code.store(block, BLOCK.HEADER, or(need, USED | BEFORE_USED));
        },
        () => {
          code.store(block, BLOCK.HEADER, or(header, USED));
          const next = code.let(add(block, whole));
          code.store(next, BLOCK.HEADER, or(load(next), BEFORE_USED));
        },
      );
      code.set(block, add(block, BLOCK.PAYLOAD));
    });
    unlock(code);
    code.return(block);
  });

  define(module, 'free', { params: 1, results: 1, exported: true }, (code, offset) => {
    const block = code.let(sub(offset, BLOCK.PAYLOAD));
    lock(code);
    const header = code.let(load(block));
    const size = code.let(and(header, ~FLAGS));
    const next = code.let(add(block, size));
    const nextHeader = code.let(load(next));
    code.if(
      and(nextHeader, USED),
      () => code.store(next, BLOCK.HEADER, and(nextHeader, ~BEFORE_USED)),
      () => {
        const more = code.let(and(nextHeader, ~FLAGS));
        code.run(call(removeBlock, next, more));
        code.set(size, add(size, more));
      },
    );
    code.if(eq(and(header, BEFORE_USED), 0), () => {
      const more = code.let(load(sub(block, 4)));
      code.set(block, sub(block, more));
      code.run(call(removeBlock, block, more));
      code.set(size, add(size, more));
    });
    code.run(call(addBlock, block, size));
    unlock(code);
    code.return(0);
  });

  // End of what is in use: the last block, if it is free.
  define(module, 'top', { params: 0, results: 1, exported: true }, (code) => {
    code.if(and(load(last), BEFORE_USED), () => code.return(last));
    code.return(sub(last, load(last - 4)));
  });
}

/** @param {Code} code @param {number} word @param {Local} bit */
const setBit = (code, word, bit) => code.store(word, 0, or(load(word), shl(1, bit)));
/** @param {Code} code @param {number} word @param {import('../../src/slab/code.ts').Value} bit */
const clearBit = (code, word, bit) => code.store(word, 0, and(load(word), sub(-1, shl(1, bit))));
