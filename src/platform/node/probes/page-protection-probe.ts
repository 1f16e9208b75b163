/**
 * Tries out whether accesses of WebAssembly code to protected pages trap, in baseline and in optimised code. Runs in a
 * process of its own (see `child.ts`): it must not use anything from outside.
 *
 * The module imports a memory with a minimum of 0 pages and exports, over (p: i32):
 *   load  (i32.load p)            loadConstant  (i64.load 0x20000)      loadFloat  (f64.load offset=8 p)
 *   store (i64.store p 1)         storeVector   (v128.store offset=16 p ...)
 */

import type { ChildProbe } from './child.ts';

interface Library {
  func(prototype: string): (address: Uint8Array, length: number, flags: number) => number;
}

export const probePageProtection: ChildProbe<string> = ({ require }, koffiPath) => {
  const koffi = require(koffiPath) as { load(path: null): Library };
  const code =
    '0061736d0100000001130460017f017f6000017e60017f0060017f017c02120103656e76066d656d6f7279020100808004030605000102020307' +
    '3905046c6f616400000c6c6f6164436f6e7374616e7400010573746f726500020b73746f7265566563746f720003096c6f6164466c6f61740004' +
    '0a4005070020002802000b0900418080082903000b0900200042013703000b1a002000fd0c01000000020000000300000004000000fd0b04100b' +
    '070020002b03080b';
  const bytes = Uint8Array.from(code.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
  const page = 0x20000;
  const memory = new WebAssembly.Memory({ initial: 64, maximum: 65536 });
  const view = new Uint8Array(memory.buffer);
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes), { env: { memory } });
  const functions = exports as unknown as Readonly<Record<string, (address: number) => unknown>>;
  const mprotect = koffi.load(null).func('int mprotect(void *address, size_t length, int flags)');
  const traps = (name: string): boolean => {
    try {
      functions[name]?.(page);
      return false;
    } catch (error) {
      return error instanceof WebAssembly.RuntimeError;
    }
  };
  const check = (flags: number, name: string, expected: boolean): void => {
    if (mprotect(view.subarray(page, page + 4096), 4096, flags) !== 0) throw new Error('mprotect refuses');
    if (traps(name) !== expected) throw new Error(`${name} under flags ${String(flags)} does not do what it should`);
  };
  for (let round = 0; round < 3; round++) {
    for (const name of ['load', 'loadConstant', 'loadFloat', 'store', 'storeVector']) {
      check(0, name, true);
      check(1, name, name.startsWith('store'));
      check(3, name, false);
      // Enough calls for optimised code, which the next round meets.
      for (let call = 0; call < 200_000; call++) functions[name]?.(page);
    }
  }
  return '';
};
