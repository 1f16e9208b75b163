/**
 * What V8 compiled WebAssembly to, as bytes for a later process. V8 has no interface for that which Node offers, but
 * functions for its own tests, up to the version of Node 24; whether they work is tried out in a child process, once for each
 * version of Node and of Hospes.
 *
 * The bytes begin with the SHA-256 of the WebAssembly. V8 itself looks whether they are of its version, for this processor and
 * these flags.
 */
import { createHash } from 'node:crypto';
import { setFlagsFromString } from 'node:v8';
import { capabilityOf, type Probe } from '../../common/capability.ts';
import type { NativeCode } from '../types.ts';
import { askChild, type ChildProbe } from './probes/child.ts';
import { probeFiles } from './probes/store.ts';
import { enableRelaxedSimd } from './relaxed-simd.ts';

const DIGEST_SIZE = 32;
const FUNCTIONS = `return {
  serialize: (module) => %SerializeWasmModule(module),
  deserialize: (bytes, wasm) => %DeserializeWasmModule(bytes, wasm),
  isOptimized: (exported) => %IsTurboFanFunction(exported),
}`;

interface Functions {
  /** V8 ends the process where there is nothing to give. */
  readonly serialize: (module: WebAssembly.Module) => ArrayBuffer;
  readonly deserialize: (bytes: ArrayBuffer, wasm: Uint8Array) => WebAssembly.Module | undefined;
  readonly isOptimized: (exported: unknown) => boolean;
}

let outcome: NativeCode | null | undefined;

/** Null where V8 has no such functions, or they do not work. Found out at the first call. */
export function nodeNativeCode(): NativeCode | null {
  if (outcome === undefined) {
    const isAvailable = !choosesTraps() && capabilityOf(nativeCodeProbe, probeFiles()).available;
    const functions = isAvailable ? testFunctions() : null;
    outcome = functions && new V8NativeCode(functions);
  }
  return outcome;
}

/** Whether Node was told how accesses out of bounds are caught: V8 does not look whether code was made for the same way. */
function choosesTraps(): boolean {
  return [...process.execArgv, process.env['NODE_OPTIONS'] ?? ''].some((option) =>
    option.includes('wasm-trap-handler'),
  );
}

/**
 * Calls `use` while V8 takes the syntax of its own functions. V8 may compile a function that uses it at any of its calls, and
 * forget what it compiled, so all of them happen in here. Null where another thread of the process took the syntax away again.
 */
function withOwnSyntax<T>(use: () => T): T | null {
  setFlagsFromString('--allow-natives-syntax');
  try {
    return use();
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  } finally {
    setFlagsFromString('--no-allow-natives-syntax');
  }
}

function testFunctions(): Functions | null {
  // What V8 kept fits the flags that it was compiled under, so all that will be set is set before.
  enableRelaxedSimd();
  // eslint-disable-next-line @typescript-eslint/no-implied-eval -- there is no other way to write them
  return withOwnSyntax(() => (new Function(FUNCTIONS) as () => Functions)());
}

class V8NativeCode implements NativeCode {
  readonly #functions: Functions;

  constructor(functions: Functions) {
    this.#functions = functions;
  }

  save(module: WebAssembly.Module, exported: readonly unknown[], wasm: Uint8Array): Uint8Array | null {
    const { isOptimized, serialize } = this.#functions;
    const code = withOwnSyntax(() => (exported.some(isOptimized) ? serialize(module) : null));
    if (code === null) return null;
    const bytes = new Uint8Array(DIGEST_SIZE + code.byteLength);
    bytes.set(digestOf(wasm));
    bytes.set(new Uint8Array(code), DIGEST_SIZE);
    return bytes;
  }

  load(bytes: Uint8Array, wasm: Uint8Array): WebAssembly.Module | null {
    if (!digestOf(wasm).equals(bytes.subarray(0, DIGEST_SIZE))) return null;
    const code = bytes.slice(DIGEST_SIZE).buffer;
    return withOwnSyntax(() => this.#functions.deserialize(code, wasm.slice())) ?? null;
  }
}

function digestOf(wasm: Uint8Array): Buffer {
  return createHash('sha256').update(wasm).digest();
}

/** A function that adds is called until it is optimised, and then saved, loaded and called again. */
const saveAndLoad: ChildProbe<readonly [functions: string, hex: string]> = ({ require }, [source, hex]) => {
  const v8 = require('node:v8') as { setFlagsFromString(flags: string): void };
  v8.setFlagsFromString('--allow-natives-syntax');
  // eslint-disable-next-line @typescript-eslint/no-implied-eval -- there is no other way to write them
  const { serialize, deserialize, isOptimized } = (new Function(source) as () => Functions)();
  const wasm = Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
  const module = new WebAssembly.Module(wasm);
  const adderOf = (of: WebAssembly.Module): ((a: number, b: number) => number) =>
    new WebAssembly.Instance(of).exports['add'] as (a: number, b: number) => number;
  const add = adderOf(module);
  const until = Date.now() + 5000;
  while (!isOptimized(add) && Date.now() < until) for (let round = 0; round < 100_000; round++) add(round, 1);
  if (!isOptimized(add)) throw new Error('V8 does not optimise');
  const loaded = deserialize(serialize(module), wasm);
  if (loaded === undefined) throw new Error('what was saved does not load');
  const again = adderOf(loaded);
  if (!isOptimized(again) || again(40, 2) !== 42) throw new Error('what was loaded is not what was saved');
  return '';
};

/** `add(i32, i32)`. */
const ADD = '0061736d0100000001070160027f7f017f030201000707010361646400000a09010700200020016a0b';

export const nativeCodeProbe: Probe = {
  name: 'native-code',
  title: 'native code of WebAssembly kept from run to run',
  key: () => process.versions.v8,
  run() {
    const answer = askChild(saveAndLoad, [FUNCTIONS, ADD] as const);
    return 'detail' in answer
      ? { name: 'native-code', available: true }
      : { name: 'native-code', available: false, ...answer, remedy: 'Node 20 to 24' };
  },
};
