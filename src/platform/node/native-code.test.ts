import { afterEach, describe, expect, it, vi } from 'vitest';
import { nativeCodeProbe, nodeNativeCode } from './native-code.ts';

/** A module of one function, `f`, that returns its parameter plus a constant. */
function adder(constant: number): Uint8Array {
  const hex = `0061736d0100000001060160017f017f03020100070501016600000a090107002000412a6a0b`;
  const bytes = Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
  bytes[bytes.length - 3] = constant;
  return bytes;
}

const functionOf = (module: WebAssembly.Module): ((x: number) => number) =>
  new WebAssembly.Instance(module).exports['f'] as (x: number) => number;

/** What is known of Node itself: V8 took the functions for its tests out of later versions. */
const isExpected = Number.parseInt(process.versions.node) < 26;

const native = nodeNativeCode();

afterEach(() => vi.unstubAllEnvs());

describe('native code', () => {
  it('is there where the probe says so', () => {
    const { available, reason } = nativeCodeProbe.run();
    expect(available).toBe(isExpected);
    expect(native !== null).toBe(isExpected);
    if (!available) expect(reason).toMatch(/\S/);
  });

  it.skipIf(native === null)(
    'is saved once there is optimised code, and only fits its module',
    { timeout: 60_000 },
    () => {
      const kept = native ?? expect.unreachable();
      const wasm = adder(5);
      const module = new WebAssembly.Module(wasm.slice());
      const f = functionOf(module);
      expect(kept.save(module, [f], wasm)).toBeNull();
      expect(f(1)).toBe(6);
      const saved = (): Uint8Array => {
        for (;;) {
          for (let round = 0; round < 1e6; round++) f(round);
          const bytes = kept.save(module, [f], wasm);
          if (bytes !== null) return bytes;
        }
      };
      const bytes = saved();
      const loaded = kept.load(bytes, wasm) ?? expect.unreachable();
      expect(functionOf(loaded)(1)).toBe(6);
      // It is optimised from the beginning.
      expect(kept.save(loaded, [functionOf(loaded)], wasm)?.length).toBe(bytes.length);
      expect(kept.load(bytes, adder(6))).toBeNull();
      // What V8 itself says about bytes of another version.
      const other = bytes.slice();
      other[36] = (other[36] ?? 0) ^ 1;
      expect(kept.load(other, wasm)).toBeNull();
    },
  );

  it.skipIf(native === null)('leaves the syntax of JavaScript as it is', () => {
    // eslint-disable-next-line @typescript-eslint/no-implied-eval -- whether it parses is the question
    expect(() => new Function('return %GetOptimizationStatus(1)')).toThrow(SyntaxError);
  });

  it('is left alone where Node was told how to catch traps', async () => {
    vi.stubEnv('NODE_OPTIONS', '--disable-wasm-trap-handler');
    vi.resetModules();
    const again = await import('./native-code.ts');
    expect(again.nodeNativeCode()).toBeNull();
  });
});
