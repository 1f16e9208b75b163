/**
 * The page allocator: free runs of pages in lists by size (bin n has runs of 2^n to 2^(n+1)-1 pages), joined with their
 * free neighbours when they come back. One page, or any power of two, is found in constant time; other lengths may search
 * one bin. Callers hold the page lock.
 */
import type { FunctionRef, ModuleBuilder } from '../host/wasm/encoder.ts';
import {
  add,
  and,
  call,
  clz,
  ctz,
  define,
  eq,
  ge,
  load,
  load8,
  lt,
  ne,
  or,
  shl,
  shr,
  sub,
  type Code,
  type Local,
  type Push,
  type Value,
} from './code.ts';
import { HEADER, KIND, PAGE_SHIFT, RECORD, RECORD_SHIFT, type SlabLayout } from './layout.ts';

export interface PageFunctions {
  /** (length) -> record of the first page, or 0. */
  readonly takePages: FunctionRef;
  /** (record, length) */
  readonly givePages: FunctionRef;
}

/** Number of the page that a record belongs to. */
export const pageOf = ({ records }: SlabLayout, record: Value): Push => shr(sub(record, records), RECORD_SHIFT);

/** First byte of the page that a record belongs to. */
export const addressOf = ({ records, base }: SlabLayout, record: Value): Push =>
  add(shl(sub(record, records), PAGE_SHIFT - RECORD_SHIFT), base);

/** Record of the page that an address lies in. */
export const recordOf = ({ records, base }: SlabLayout, address: Value): Push =>
  add(shl(shr(sub(address, base), PAGE_SHIFT), RECORD_SHIFT), records);

/** Puts a record before the others of the list whose head lies at an address. */
export function link(code: Code, record: Local, head: Value): void {
  const next = code.let(load(head));
  code.store(record, RECORD.PREVIOUS, 0);
  code.store(record, RECORD.NEXT, next);
  code.if(next, () => code.store(next, RECORD.PREVIOUS, record));
  code.store(head, 0, record);
}

export function unlink(code: Code, record: Local, head: Value): void {
  const previous = code.let(load(record, RECORD.PREVIOUS));
  const next = code.let(load(record, RECORD.NEXT));
  code.if(
    previous,
    () => code.store(previous, RECORD.NEXT, next),
    () => code.store(head, 0, next),
  );
  code.if(next, () => code.store(next, RECORD.PREVIOUS, previous));
}

const log2 = (value: Value): Push => sub(31, clz(value));

export function definePages(module: ModuleBuilder, layout: SlabLayout): PageFunctions {
  const { header, kinds } = layout;
  const binOf = (bin: Value): Push => add(shl(bin, 2), header + HEADER.BINS);
  const bits = (code: Code, value: Value): void => code.store(header, HEADER.BIN_BITS, value);
  const lastOf = (record: Value, length: Value): Push => add(record, shl(sub(length, 1), RECORD_SHIFT));

  const addRun = define(module, 'addRun', { params: 2, results: 0 }, (code, record, length) => {
    const last = code.let(lastOf(record, length));
    for (const end of [record, last]) {
      code.store(end, RECORD.LENGTH, length);
      code.store8(pageOf(layout, end), kinds, KIND.FREE);
    }
    const bin = code.let(log2(length));
    link(code, record, code.let(binOf(bin)));
    bits(code, or(load(header, HEADER.BIN_BITS), shl(1, bin)));
  });

  const removeRun = define(module, 'removeRun', { params: 1, results: 0 }, (code, record) => {
    const bin = code.let(log2(load(record, RECORD.LENGTH)));
    const head = code.let(binOf(bin));
    unlink(code, record, head);
    code.if(eq(load(head), 0), () => bits(code, and(load(header, HEADER.BIN_BITS), sub(-1, shl(1, bin)))));
  });

  const takePages = define(module, 'takePages', { params: 1, results: 1 }, (code, length) => {
    code.if(ge(sub(length, 1), layout.pages), () => code.return(0));
    // Bins in which every run is long enough.
    const ample = code.let(and(load(header, HEADER.BIN_BITS), shl(-1, sub(32, clz(sub(length, 1))))));
    const record = code.let(0);
    code.if(
      ample,
      () => code.set(record, load(binOf(ctz(ample)))),
      () => {
        code.set(record, load(binOf(log2(length))));
        code.while(and(ne(record, 0), lt(load(record, RECORD.LENGTH), length)), () =>
          code.set(record, load(record, RECORD.NEXT)),
        );
        code.if(eq(record, 0), () => code.return(0));
      },
    );
    code.run(call(removeRun, record));
    const rest = code.let(sub(load(record, RECORD.LENGTH), length));
    code.if(rest, () => code.run(call(addRun, add(record, shl(length, RECORD_SHIFT)), rest)));
    for (const end of [record, lastOf(record, length)]) code.store8(pageOf(layout, end), kinds, KIND.NONE);
    code.addTo(header, HEADER.FREE_PAGES, sub(0, length));
    code.return(record);
  });

  const givePages = define(module, 'givePages', { params: 2, results: 0 }, (code, record, length) => {
    code.addTo(header, HEADER.FREE_PAGES, length);
    const page = code.let(pageOf(layout, record));
    code.store8(page, kinds, KIND.NONE);
    const after = code.let(add(record, shl(length, RECORD_SHIFT)));
    code.if(eq(load8(add(page, length), kinds), KIND.FREE), () => {
      code.run(call(removeRun, after));
      code.set(length, add(length, load(after, RECORD.LENGTH)));
    });
    code.if(eq(load8(page, kinds - 1), KIND.FREE), () => {
      const before = code.let(load(sub(record, 1 << RECORD_SHIFT), RECORD.LENGTH));
      code.set(record, sub(record, shl(before, RECORD_SHIFT)));
      code.run(call(removeRun, record));
      code.set(length, add(length, before));
    });
    code.run(call(addRun, record, length));
  });

  return { takePages, givePages };
}
