import { describe, expect, it } from 'vitest';
import { parseBlock } from '../../ir/parse.ts';
import { printBlock } from '../../ir/print.ts';
import { guests } from '../guests.ts';
import { TranslationCache } from './cache.ts';
import type { GuestName, TranslateRequest } from './request.ts';
import { defaultTranslationCache, translateBlock } from './translate-block.ts';

/** Adds and returns. */
const samples: Readonly<Record<GuestName, readonly number[]>> = {
  riscv64: [0x13, 0x05, 0x15, 0x00, 0x67, 0x80, 0x00, 0x00],
  aarch64: [0x00, 0x04, 0x00, 0x91, 0xc0, 0x03, 0x5f, 0xd6],
  x64: [0x48, 0x83, 0xc0, 0x01, 0xc3],
};
const requestFor = (guest: GuestName, more: Partial<TranslateRequest> = {}): TranslateRequest => ({
  ...{ guest, code: Uint8Array.from(samples[guest]), pc: 0x10000, cache: null },
  ...more,
});
const names = Object.keys(samples) as GuestName[];

describe('translateBlock', () => {
  it.each(names)('gives IR, WebAssembly and figures of a block for %s', (guest) => {
    const { ir, optimizedIr, wasm, wasmText, statistics, endPc, isCached } = translateBlock(requestFor(guest));
    const { state } = guests.find((each) => each.guest.name === guest)!.guest;
    const block = parseBlock(ir, state);
    expect(printBlock(block)).toBe(ir);
    expect(block.guestInstructions).toBe(2);
    expect(parseBlock(optimizedIr, state).terminator.kind).toBe('indirect');
    expect(WebAssembly.Module.exports(new WebAssembly.Module(wasm.slice())).map(({ name }) => name)).toEqual([
      'used',
      'r0',
      'links',
    ]);
    expect(wasmText).toContain('(func');
    expect(wasmText).toContain(';; 0x10000  add');
    expect(endPc).toBe(0x10000 + samples[guest].length);
    expect(statistics).toMatchObject({ guestInstructions: 2, guestBytes: samples[guest].length });
    expect(statistics.wasmBytes).toBe(wasm.length);
    expect(statistics.optimizedInstructions).toBe(
      parseBlock(optimizedIr, state).instructions.filter(({ kind }) => kind !== 'instruction').length,
    );
    expect(isCached).toBe(false);
  });

  it('ends where code is not given, and translates system calls and what is no instruction', () => {
    const one = translateBlock(requestFor('riscv64', { code: Uint8Array.of(0x13, 0x05, 0x15, 0x00, 0x67) }));
    expect([one.endPc, one.statistics.guestInstructions]).toEqual([0x10004, 1]);
    const call = translateBlock(requestFor('riscv64', { code: Uint8Array.of(0x73, 0, 0, 0) }));
    expect(call.ir).toContain('syscall');
    const illegal = translateBlock(requestFor('riscv64', { code: Uint8Array.of(0, 0) }));
    expect(illegal.ir).toContain('trap illegal_instruction');
    for (const { wasm } of [one, call, illegal]) expect(WebAssembly.validate(wasm.slice())).toBe(true);
  });

  it('checks accesses as the memory model says', () => {
    // ld a0, 0(a0); ret
    const code = Uint8Array.of(0x03, 0x35, 0x05, 0x00, 0x67, 0x80, 0x00, 0x00);
    const sizes = (['strict', 'range', 'host'] as const).map(
      (memoryModel) => translateBlock(requestFor('riscv64', { code, memoryModel })).wasm.length,
    );
    expect(new Set(sizes).size).toBe(3);
  });

  it('finds in its cache what was translated from the same bytes, and nothing else', () => {
    const cache = new TranslationCache({ capacity: 20 });
    const code = Uint8Array.from(samples.riscv64);
    const other = code.slice();
    other[3] = 0x10;
    const requests: TranslateRequest[] = [
      ...[{ code }, { code: other }, { code: code.slice(0, 4) }, { pc: 0x10008 }, { memoryModel: 'strict' } as const],
      { guest: 'aarch64' as const },
      { guest: 'x64' as const },
      { guest: 'x64' as const, cpu: 'v2' as const },
    ].map((more) => requestFor('riscv64', { cache, ...more }));
    const first = requests.map(translateBlock);
    expect(first.map(({ isCached }) => isCached)).toEqual(requests.map(() => false));
    for (const [index, request] of requests.entries())
      expect(translateBlock({ ...request, code: request.code.slice() })).toEqual({ ...first[index], isCached: true });
    expect(cache.stats()).toMatchObject({ hits: 8, misses: 8, hitRate: 0.5, size: 8, capacity: 20 });
    expect(cache.invalidate(0x10008, 0x10010)).toBe(1);
    expect(cache.invalidate(0x10007, 0x10008, 'aarch64')).toBe(1);
    expect(requests.map((request) => translateBlock(request).isCached)).toEqual([
      ...[true, true, true, false, true],
      ...[false, true, true],
    ]);
    expect(cache.clear()).toBe(8);
  });

  it('keeps 1,000 translations unless told otherwise', () => {
    const cache = defaultTranslationCache();
    expect(cache.stats().capacity).toBe(1000);
    const request = requestFor('riscv64');
    delete (request as { cache?: unknown }).cache;
    expect(translateBlock(request).isCached).toBe(false);
    expect(translateBlock(request).isCached).toBe(true);
    expect(cache.stats()).toMatchObject({ hits: 1, misses: 1, size: 1 });
  });

  it.each<[Partial<Record<keyof TranslateRequest, unknown>>, RegExp]>([
    [{ guest: 'mips' }, /guest mips: there are riscv64, aarch64, x64/],
    [{ code: new Uint8Array() }, /1 to 65,536 bytes/],
    [{ code: new Uint8Array(65537) }, /1 to 65,536 bytes/],
    [{ code: [1, 2] }, /1 to 65,536 bytes/],
    [{ pc: -1 }, /pc -1/],
    [{ pc: 2 ** 32 - 4 }, /ends below 2\^32/],
    [{ pc: 0.5 }, /pc 0.5/],
    [{ mode: -1 }, /mode -1/],
    [{ memoryModel: 'none' }, /memory model none/],
    [{ cpu: 'v2' }, /other guests none/],
  ])('refuses %j', (change, message) => {
    expect(() => translateBlock(requestFor('riscv64', change as Partial<TranslateRequest>))).toThrow(message);
  });

  it('refuses caches that make no sense', () => {
    for (const capacity of [0, 1.5, 2 ** 25]) expect(() => new TranslationCache({ capacity })).toThrow(RangeError);
    expect(() => TranslationCache.shared({ bytes: 1000 })).toThrow(RangeError);
    expect(() => new TranslationCache().handle).toThrow(TypeError);
  });
});
