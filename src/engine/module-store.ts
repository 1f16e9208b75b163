/**
 * Modules of all programs of a host process, up to a limit: each is compiled once for all address spaces, so that the host's
 * engine optimises it once. One that no address space uses may go, those first that were not used for longest.
 */
interface Held {
  /** Tells its program that it is gone. */
  readonly onEvict: () => void;
  /** Address spaces that use it. */
  users: number;
  /** Since the clock's hand came by. */
  wasUsed: boolean;
  compiled: WebAssembly.Module | null;
}

interface Compilable {
  readonly wasm: Uint8Array;
  readonly compiled?: WebAssembly.Module;
}

export class ModuleStore<Module extends Compilable> {
  readonly #limit: number;
  /** In the order in which the clock's hand comes to them. */
  readonly #held = new Map<Module, Held>();
  #size = 0;
  #evicted = 0;

  /** `limit`: bytes of WebAssembly; modules that are used count, but don't go. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Bytes of WebAssembly. */
  get size(): number {
    return this.#size;
  }

  /** Modules that the limit cost so far. */
  get evicted(): number {
    return this.#evicted;
  }

  add(module: Module, onEvict: () => void): void {
    this.remove(module);
    this.#makeRoom(module.wasm.length);
    this.#held.set(module, { onEvict, users: 0, wasUsed: false, compiled: null });
    this.#size += module.wasm.length;
  }

  /** Forgets a module, whether it is used or not. */
  remove(module: Module): void {
    if (this.#held.delete(module)) this.#size -= module.wasm.length;
  }

  /**
   * What a module compiles to, for an address space that uses it until it calls `release`. `load`: gives what it was compiled to
   * before, if that was kept.
   */
  acquire(module: Module, load: () => WebAssembly.Module | null = () => null): WebAssembly.Module {
    const held = this.#held.get(module);
    if (held === undefined) return compile(module, load);
    held.users++;
    held.wasUsed = true;
    return (held.compiled ??= compile(module, load));
  }

  /** What a module was compiled to; null where it was not used. */
  compiledOf(module: Module): WebAssembly.Module | null {
    return this.#held.get(module)?.compiled ?? null;
  }

  release(module: Module): void {
    const held = this.#held.get(module);
    if (held === undefined || --held.users > 0 || this.#size <= this.#limit) return;
    this.#held.delete(module);
    this.#evict(module, held);
  }

  #makeRoom(size: number): void {
    // Two rounds: in the first one all may have been used.
    let left = this.#held.size * 2;
    for (const [module, held] of this.#held) {
      if (this.#size + size <= this.#limit || left-- === 0) return;
      this.#held.delete(module);
      if (held.users > 0 || held.wasUsed) {
        held.wasUsed = false;
        this.#held.set(module, held);
        continue;
      }
      this.#evict(module, held);
    }
  }

  #evict(module: Module, { onEvict }: Held): void {
    this.#size -= module.wasm.length;
    this.#evicted++;
    onEvict();
  }
}

function compile({ wasm, compiled }: Compilable, load: () => WebAssembly.Module | null): WebAssembly.Module {
  return compiled ?? load() ?? new WebAssembly.Module(wasm.slice());
}
