// @ts-check
/**
 * A first-fit allocator for comparison: one list of free blocks in the order of their addresses, searched from its
 * beginning (Kernighan and Ritchie, "The C Programming Language", 8.7). A block begins with its size; a free one has the
 * address of the next behind it, and joins its neighbours when it comes back.
 */
const dist = new URL('../../dist/', import.meta.url).href;
/** @type {typeof import('../../src/slab/code.ts')} */
const { add, and, define, eq, ge, load, lt, ne, sub } = await import(`${dist}slab/code.js`);

/** The payload lies 8 bytes behind a block's beginning. */
const BLOCK = { SIZE: 0, NEXT: 4, PAYLOAD: 8 };
const SMALLEST = 16;

/** @type {import('./allocators.mjs').DefineAllocator} */
export function defineFirstFit(module, { start, end }, { lock, unlock }) {
  // The list's head looks like a block.
  const head = start;
  const heap = start + 16;

  define(module, 'initialize', { params: 0, results: 0, exported: true }, (code) => {
    code.store(head, BLOCK.NEXT, heap);
    code.store(heap, BLOCK.SIZE, end - heap);
    code.store(heap, BLOCK.NEXT, 0);
  });

  define(module, 'alloc', { params: 1, results: 1, exported: true }, (code, size) => {
    const need = code.let(and(add(size, BLOCK.PAYLOAD + 7), -8));
    code.if(lt(need, SMALLEST), () => code.set(need, SMALLEST));
    lock(code);
    const before = code.let(head);
    const block = code.let(load(head, BLOCK.NEXT));
    code.while(and(ne(block, 0), lt(load(block, BLOCK.SIZE), need)), () => {
      code.set(before, block);
      code.set(block, load(block, BLOCK.NEXT));
    });
    code.if(block, () => {
      const rest = code.let(sub(load(block, BLOCK.SIZE), need));
      code.if(
        ge(rest, SMALLEST),
        () => {
          const second = code.let(add(block, need));
          code.store(second, BLOCK.SIZE, rest);
          code.store(second, BLOCK.NEXT, load(block, BLOCK.NEXT));
          code.store(before, BLOCK.NEXT, second);
          code.store(block, BLOCK.SIZE, need);
        },
        () => code.store(before, BLOCK.NEXT, load(block, BLOCK.NEXT)),
      );
      code.set(block, add(block, BLOCK.PAYLOAD));
    });
    unlock(code);
    code.return(block);
  });

  define(module, 'free', { params: 1, results: 1, exported: true }, (code, offset) => {
    const block = code.let(sub(offset, BLOCK.PAYLOAD));
    lock(code);
    const before = code.let(head);
    const after = code.let(load(head, BLOCK.NEXT));
    code.while(and(ne(after, 0), lt(after, block)), () => {
      code.set(before, after);
      code.set(after, load(after, BLOCK.NEXT));
    });
    code.store(block, BLOCK.NEXT, after);
    code.store(before, BLOCK.NEXT, block);
    /** @param {import('../../src/slab/code.ts').Local} first */
    const joinNext = (first) => {
      const next = code.let(load(first, BLOCK.NEXT));
      code.if(eq(add(first, load(first, BLOCK.SIZE)), next), () => {
        code.addTo(first, BLOCK.SIZE, load(next, BLOCK.SIZE));
        code.store(first, BLOCK.NEXT, load(next, BLOCK.NEXT));
      });
    };
    joinNext(block);
    code.if(ne(before, head), () => joinNext(before));
    unlock(code);
    code.return(0);
  });

  // End of what is in use: the list's last block, where it reaches the region's end.
  define(module, 'top', { params: 0, results: 1, exported: true }, (code) => {
    const block = code.let(head);
    code.while(load(block, BLOCK.NEXT), () => code.set(block, load(block, BLOCK.NEXT)));
    code.if(eq(add(block, load(block, BLOCK.SIZE)), end), () => code.return(block));
    code.return(end);
  });
}
