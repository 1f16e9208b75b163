import { describe, expect, it } from 'vitest';
import type { CodeStore, NativeCode } from '../platform/types.ts';
import { nativeIn, NATIVE_SUFFIX, NativeModules, type NamedModule } from './native-modules.ts';

function bytesOf(hex: string): Uint8Array {
  return Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}

/** A module that exports a function, with a memory and a function to import. */
const WASM = bytesOf('0061736d01000000010401600000020e020165016600000165016d02000003020100070501016100010a040102000b');
/** The same with a memory that is shared. */
const SHARED = bytesOf(
  '0061736d010000000104016000000211020165016600000165016d02030080800403020100070501016100010a040102000b',
);
const compiled = new WebAssembly.Module(WASM.slice());

function mapStore(): CodeStore & { readonly files: Map<string, Uint8Array>; writes: number } {
  const files = new Map<string, Uint8Array>();
  return {
    files,
    writes: 0,
    read: (key) => files.get(key) ?? null,
    write(key, bytes) {
      this.writes++;
      files.set(key, bytes);
    },
  };
}

/** Gives as many bytes as it is told for a module, and takes those of a module of the same length back. */
function fakeNative(size: number): NativeCode & { size: number; readonly seen: (readonly unknown[])[] } {
  return {
    size,
    seen: [],
    save(_module, exported, wasm) {
      this.seen.push(exported);
      return this.size === 0 ? null : new Uint8Array(this.size).fill(wasm.length);
    },
    load: (bytes, wasm) => (bytes[0] === wasm.length ? new WebAssembly.Module(WASM.slice()) : null),
  };
}

const named = (id: string, isUsed = true): NamedModule => ({ id, wasm: WASM, compiled: isUsed ? compiled : null });

describe('native code of a program', () => {
  it('comes back in the next run', () => {
    const store = mapStore();
    const native = fakeNative(100_000);
    const first = new NativeModules('key', store, native);
    expect(first.load('1', WASM)).toBeNull();
    first.save([named('1'), named('2', false)]);
    // V8 is asked about functions, of an instance that was made for it.
    expect(native.seen.map((exported) => exported.map((value) => typeof value))).toEqual([['function']]);
    expect([...store.files.keys()]).toEqual([`key${NATIVE_SUFFIX}`]);

    const second = new NativeModules('key', store, native);
    expect([second.has('1'), second.has('2')]).toEqual([true, false]);
    expect(second.isLoaded('1')).toBe(false);
    expect(second.load('1', WASM)).toBeInstanceOf(WebAssembly.Module);
    expect(second.isLoaded('1')).toBe(true);
    // What it is of another module is not asked again.
    expect(second.load('1', WASM.subarray(1))).toBeNull();
    expect(second.has('1')).toBe(false);
  });

  it('is written when much of it is new, and keeps what was not used', () => {
    const store = mapStore();
    const native = fakeNative(0);
    const modules = (): NativeModules => new NativeModules('key', store, native);
    modules().save([named('1')]);
    native.size = 3_000;
    modules().save([named('1')]);
    expect(store.writes).toBe(0);
    modules().save([named('1'), named('2')]);
    expect(store.writes).toBe(1);
    // Nothing new, and a little.
    modules().save([named('1'), named('2', false)]);
    native.size = 4_000;
    modules().save([named('1'), named('2', false)]);
    expect(store.writes).toBe(1);
    native.size = 200_000;
    modules().save([named('1', false), named('3')]);
    expect(store.writes).toBe(2);
    const held = nativeIn(store.files.get(`key${NATIVE_SUFFIX}`) ?? expect.unreachable(), `key${NATIVE_SUFFIX}`);
    expect([...held].map(([id, { length }]) => [id, length])).toEqual([
      ['1', 3_000],
      ['3', 200_000],
    ]);
  });

  it('is kept of modules over shared memory as well', () => {
    const native = fakeNative(100_000);
    const store = mapStore();
    new NativeModules('key', store, native).save([
      { id: '1', wasm: SHARED, compiled: new WebAssembly.Module(SHARED.slice()) },
    ]);
    expect(native.seen.map(({ length }) => length)).toEqual([1]);
    expect(store.writes).toBe(1);
  });

  it('is nothing where its entry makes no sense', () => {
    const store = mapStore();
    const native = fakeNative(100_000);
    new NativeModules('key', store, native).save([named('1')]);
    const key = `key${NATIVE_SUFFIX}`;
    const bytes = store.files.get(key) ?? expect.unreachable();
    expect(() => nativeIn(bytes, 'another')).toThrow(/another program/);
    for (const cut of [0, 3, 20, bytes.length - 1]) {
      store.files.set(key, bytes.slice(0, cut));
      expect(new NativeModules('key', store, native).has('1')).toBe(false);
    }
  });
});
