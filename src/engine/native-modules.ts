/**
 * What the host's engine compiled modules to, from one run to the next, so that it need not compile them again: one entry of
 * the store for all modules of a program.
 */
import { assert, unreachable } from '../common/assert.ts';
import type { CodeStore, NativeCode } from '../platform/types.ts';
import { SMALL_SHARE } from './kept-blocks.ts';
import { joined, Reader, unlessSenseless } from './module-codec.ts';

/** The key of a program's native code, by the program's own. */
export const NATIVE_SUFFIX = '\nnative';

/** Bytes that are too few to write all of it again, as the same share of what is stored is that is for blocks. */
const FEW = 1 << 12;

/** A module that has a name in its program. */
export interface NamedModule {
  readonly id: string;
  readonly wasm: Uint8Array;
  /** Null where it was not used. */
  readonly compiled: WebAssembly.Module | null;
}

interface Header {
  readonly key: string;
  readonly modules: readonly (readonly [id: string, size: number])[];
}

/** The native code of one program's modules. */
export class NativeModules {
  readonly #key: string;
  readonly #store: CodeStore;
  readonly #native: NativeCode;
  readonly #kept: Map<string, Uint8Array>;
  readonly #loaded = new Set<string>();

  /** `key`: the program's. */
  constructor(key: string, store: CodeStore, native: NativeCode) {
    this.#key = `${key}${NATIVE_SUFFIX}`;
    this.#store = store;
    this.#native = native;
    const bytes = store.read(this.#key);
    this.#kept =
      (bytes === null ? null : unlessSenseless(() => nativeIn(bytes, this.#key))) ?? new Map<string, Uint8Array>();
  }

  /** Modules that were kept. */
  get size(): number {
    return this.#kept.size;
  }

  has(id: string): boolean {
    return this.#kept.has(id);
  }

  /** The module with its native code; null where there is none that fits. */
  load(id: string, wasm: Uint8Array): WebAssembly.Module | null {
    const bytes = this.#kept.get(id);
    const module = bytes === undefined ? null : this.#native.load(bytes, wasm);
    if (module === null) this.#kept.delete(id);
    else this.#loaded.add(id);
    return module;
  }

  /** True for a module that `load` gave. */
  isLoaded(id: string): boolean {
    return this.#loaded.has(id);
  }

  /** Stores the native code of these modules, all that the program has, if much of it is new. */
  save(modules: Iterable<NamedModule>): void {
    const kept = new Map<string, Uint8Array>();
    let size = 0;
    let added = 0;
    for (const { id, wasm, compiled } of modules) {
      const before = this.#kept.get(id);
      const bytes = (compiled === null ? null : this.#native.save(compiled, functionsOf(compiled), wasm)) ?? before;
      if (bytes === undefined) continue;
      kept.set(id, bytes);
      size += bytes.length;
      added += Math.max(bytes.length - (before?.length ?? 0), 0);
    }
    if (added <= Math.max(FEW, size * SMALL_SHARE)) return;
    const header = { key: this.#key, modules: [...kept].map(([id, { length }]) => [id, length] as const) };
    const text = new TextEncoder().encode(JSON.stringify(header satisfies Header));
    this.#store.write(this.#key, joined([Uint32Array.of(text.length), text, ...kept.values()]));
  }
}

/** By id, what an entry holds. Throws `SyntaxError`, `RangeError` or `TypeError` for bytes that make no sense. */
export function nativeIn(bytes: Uint8Array, key: string): Map<string, Uint8Array> {
  const reader = new Reader(bytes);
  const [length = 0] = reader.words(1);
  const header = JSON.parse(new TextDecoder().decode(reader.bytes(length))) as Header;
  if (header.key !== key) throw new RangeError('native code of another program');
  return new Map(header.modules.map(([id, size]) => [id, reader.bytes(size)]));
}

/** The functions that a module exports, in an instance that is not to be run. */
function functionsOf(module: WebAssembly.Module): readonly unknown[] {
  const { exports } =
    instanceOf(module, false) ?? instanceOf(module, true) ?? unreachable('a module has a memory of its own');
  return Object.values(exports).filter((value) => typeof value === 'function');
}

/** An instance over a memory of its own; null where the module imports one that is shared, and this is not, or the other way. */
function instanceOf(module: WebAssembly.Module, shared: boolean): WebAssembly.Instance | null {
  const imports: Record<string, Record<string, WebAssembly.ExportValue>> = {};
  for (const { module: from, name, kind } of WebAssembly.Module.imports(module)) {
    assert(kind === 'function' || kind === 'memory', 'modules import functions and a memory');
    const value =
      kind === 'memory' ? new WebAssembly.Memory({ initial: 1, maximum: 1 << 16, shared }) : (): number => 0;
    (imports[from] ??= {})[name] = value;
  }
  try {
    return new WebAssembly.Instance(module, imports);
  } catch (error) {
    if (error instanceof WebAssembly.LinkError) return null;
    throw error;
  }
}
