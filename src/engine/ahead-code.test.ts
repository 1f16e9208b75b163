import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { AheadCode, AheadEncoder } from './ahead-code.ts';
import { aheadKey, CodeCache, ProgramCode, type CodeModule } from './code-cache.ts';

const moduleOf = (id: number, pcs: readonly number[]): CodeModule => ({
  ...{ id, target: { model: 'strict', fusesMultiplyAdd: false }, links: [], jumps: [[id, [1, 2]]] },
  regions: pcs.map((pc) => ({
    ...{
      pc,
      entries: [pc],
      hubTargets: [pc + 4],
      blocks: [pc, pc + 2],
      exits: [],
      generation: 0,
      guestInstructions: 1,
    },
    speculation: 'speculates',
  })),
  ranges: [{ start: id * 16, end: id * 16 + 4 }],
  code: Uint8Array.of(1, 2, 3, id),
  wasm: new Uint8Array(id + 5).fill(id),
  sites: { positions: [1, 70_000], pcs: [2, 2 ** 32 - 2], kinds: [0, 1] },
});
const modules = [moduleOf(0, [16, 32]), moduleOf(1, [64]), moduleOf(2, [128, 256, 512])];

function encode(key = 'key', list = modules): Uint8Array {
  const encoder = new AheadEncoder();
  for (const module of list) encoder.add(module);
  return encoder.finish(key);
}

describe('code that was compiled ahead', () => {
  it('is found by every place at which it can be entered, and taken once', () => {
    const ahead = new AheadCode(encode(), 'key');
    expect(ahead.modules).toBe(3);
    for (const module of modules) expect(ahead.module(module.id)).toEqual(module);
    expect([16, 20, 32, 64, 68, 512, 516, 18, 0, 2 ** 31].map((pc) => ahead.covers(pc))).toEqual([
      ...[true, true, true, true, true, true, true],
      ...[false, false, false],
    ]);
    expect(ahead.take(68)).toEqual(modules[1]);
    expect([ahead.take(64), ahead.covers(64), ahead.take(17)]).toEqual([null, false, null]);
    expect(ahead.take(16)).toEqual(modules[0]);
  });

  it('is refused where it is cut off, or for something else', () => {
    const whole = encode();
    expect(() => new AheadCode(whole, 'other')).toThrow(RangeError);
    fc.assert(
      fc.property(fc.nat(whole.length - 1), (length) => {
        expect(() => new AheadCode(whole.slice(0, length), 'key')).toThrow();
      }),
      { numRuns: 50 },
    );
  });

  it('gives way to what was compiled since', () => {
    const program = new ProgramCode('key', undefined, { ahead: new AheadCode(encode(), 'key') });
    expect(program.takeId()).toBe(3);
    const newer = moduleOf(3, [32]);
    program.add(newer);
    expect(program.find(16)).toEqual(modules[0]);
    expect(program.find(32)).toBe(newer);
    expect(program.isNewest(32, newer)).toBe(true);
    const read = program.findRead(16)!;
    expect([program.isNewest(16, read), program.isNewest(32, read)]).toEqual([true, false]);
    expect([program.mayFind(64), program.findRead(64), program.mayFind(65)]).toEqual([true, undefined, false]);
  });

  it('is no part of what is stored beside it, which is of no use without it', () => {
    const bytes = encode();
    const program = new ProgramCode('key', undefined, { ahead: new AheadCode(bytes, 'key') });
    program.find(16);
    expect(program.isDirty).toBe(false);
    program.add(moduleOf(program.takeId(), [1024]));
    const stored = program.serialize();
    const again = ProgramCode.parse(stored, 'key', undefined, { ahead: new AheadCode(bytes, 'key') });
    expect(again.modules.map(({ id }) => id)).toEqual([3]);
    expect(again.takeId()).toBe(4);
    expect(again.find(64)).toEqual(modules[1]);
    const other = new AheadCode(encode('key', modules.slice(0, 2)), 'key');
    expect(() => ProgramCode.parse(stored, 'key', undefined, { ahead: other })).toThrow(/beside other code/);
    expect(() => ProgramCode.parse(stored, 'key')).toThrow(/beside other code/);
  });

  it('comes from the store, or from a bundle for the program', () => {
    const key = aheadKey('v1\nprogram');
    const files = new Map([[key, encode(key)]]);
    const store = { read: (name: string) => files.get(name) ?? null, write: () => undefined };
    const bundle = { key, bytes: encode(key) };
    const found = (cache: CodeCache, name = 'program'): boolean => cache.program(name).find(64) !== undefined;
    expect(found(new CodeCache(store, 'v1'))).toBe(true);
    expect(found(new CodeCache(store, 'v2'))).toBe(false);
    expect(found(new CodeCache(store, 'v1'), 'other')).toBe(false);
    const cache = new CodeCache(null, 'v1', { bundle });
    expect([found(cache), found(cache, 'other'), cache.stats.ahead]).toEqual([true, false, 1]);
    files.set(key, encode('another key'));
    expect(found(new CodeCache(store, 'v1'))).toBe(false);
  });
});
