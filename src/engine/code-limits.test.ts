/** Which compiled code goes when guest code changes or there is too much of it, and that nothing of it stays. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterEach, describe, expect, it } from 'vitest';
import { riscv64 } from '../guest/riscv64/index.ts';
import { GuestMemory } from '../memory/guest-memory.ts';
import { PAGE_SIZE, PERMISSION } from '../memory/layout.ts';
import { CodeCache } from './code-cache.ts';
import { ModuleStore } from './module-store.ts';
import type { CodeLimits } from './regions.ts';
import { Vcpu } from './vcpu.ts';

const CODE = 0x10000;
const COUNT = 1000n;
const PAGES = 8;
const x = (number: number) => riscv64.state.slot(`x${String(number)}`);

/** addi a0, a0, `step`; addi a1, a1, -1; bnez a1, -8; ecall */
const loop = (step: number): Uint32Array =>
  Uint32Array.of((step << 20) | 0x00050513, 0xfff58593, 0xfe059ce3, 0x00000073);

/** jalr a2; addi a1, a1, -1; bnez a1, -8; ecall */
const caller = Uint32Array.of(0x000600e7, 0xfff58593, 0xfe059ce3, 0x00000073);
/** addi a0, a0, `step`; ret */
const callee = (step: number): Uint32Array => Uint32Array.of((step << 20) | 0x00050513, 0x00008067);
/** Where the caller is on its page, and where on its page each callee. */
const CALLER = 0x100;
const CALLEE = 0x200;

/** A memory with a loop on each of some pages. */
class Loops {
  readonly #memory = GuestMemory.create(1 << 26);
  readonly #steps: number[] = [];
  readonly vcpu: Vcpu;

  constructor(codeLimits?: CodeLimits, codeCache?: CodeCache) {
    const { bytes, layout } = this.#memory;
    bytes.fill(PERMISSION.READ | PERMISSION.EXECUTE, layout.permissions + 16, layout.permissions + 16 + PAGES);
    this.vcpu = new Vcpu({
      ...{ guest: riscv64, memory: this.#memory, tier: 1, compileThreshold: 100, clock: () => 0n },
      ...(codeLimits === undefined ? {} : { codeLimits }),
      ...(codeCache === undefined ? {} : { codeCache }),
    });
    for (let page = 0; page < PAGES; page++) this.write(page, page + 1);
    bytes.set(new Uint8Array(caller.buffer), CODE + CALLER);
    this.vcpu.setProgram('loops');
  }

  write(page: number, step: number): void {
    this.#steps[page] = step;
    this.#memory.bytes.set(new Uint8Array(loop(step).buffer), CODE + page * PAGE_SIZE);
    this.#memory.bytes.set(new Uint8Array(callee(step).buffer), CODE + page * PAGE_SIZE + CALLEE);
  }

  /** Calls the function of a page from a loop. */
  call(page: number): void {
    this.vcpu.setU64(x(12), BigInt(CODE + page * PAGE_SIZE + CALLEE));
    this.#runAt(CODE + CALLER, page);
  }

  /** Runs the loops of some pages; returns how many instructions of that were interpreted. */
  run(...pages: readonly number[]): number {
    const before = this.vcpu.stats.interpretedInstructions;
    for (const page of pages) this.#runAt(CODE + page * PAGE_SIZE, page);
    const { stats } = this.vcpu;
    const { replacedModules, evictedModules, invalidatedModules, releasedModules } = stats;
    const gone = replacedModules + evictedModules + invalidatedModules + releasedModules;
    expect(stats.liveModules + gone).toBe(stats.modules);
    return stats.interpretedInstructions - before;
  }

  #runAt(pc: number, page: number): void {
    this.vcpu.pc = pc;
    this.vcpu.setU64(x(10), 0n);
    this.vcpu.setU64(x(11), COUNT);
    expect(this.vcpu.run(1e7)).toEqual({ kind: 'syscall' });
    expect(this.vcpu.getU64(x(10))).toBe(COUNT * BigInt(this.#steps[page]!));
  }
}

/** What tier 0 executes of a loop that is compiled: the system call, and the way to the region. */
const FEW = 10;

describe('guest code that changes', () => {
  it('takes the modules of its pages along, and no others', () => {
    const loops = new Loops();
    loops.run(0, 1, 2, 3);
    loops.write(1, 77);
    loops.vcpu.invalidateCode(CODE + PAGE_SIZE, CODE + 2 * PAGE_SIZE);
    expect(loops.vcpu.stats).toMatchObject({ modules: 4, liveModules: 3, invalidatedModules: 1, drops: 0 });
    expect(loops.run(0, 2, 3)).toBeLessThan(3 * FEW);
    expect(loops.run(1)).toBeGreaterThan(50);
    expect(loops.vcpu.stats).toMatchObject({ modules: 5, liveModules: 4 });
  });

  it('is found by a barrier for all code, after which other regions are entered at once', () => {
    const loops = new Loops();
    loops.run(0, 1, 2, 3);
    loops.write(2, 77);
    loops.vcpu.synchronizeCode(0, loops.vcpu.memory.layout.guestLimit);
    expect(loops.vcpu.stats).toMatchObject({ liveModules: 3, invalidatedModules: 1 });
    expect(loops.run(0, 1, 3)).toBeLessThan(3 * FEW);
    expect(loops.run(2)).toBeGreaterThan(50);
  });

  it('stays as it was elsewhere for a barrier of one range', () => {
    const loops = new Loops();
    loops.run(0, 1);
    loops.write(1, 77);
    loops.vcpu.synchronizeCode(CODE, CODE + PAGE_SIZE);
    expect(loops.vcpu.stats).toMatchObject({ liveModules: 2, invalidatedModules: 0 });
    loops.vcpu.synchronizeCode(CODE + PAGE_SIZE, CODE + 2 * PAGE_SIZE);
    expect(loops.vcpu.stats).toMatchObject({ liveModules: 1, invalidatedModules: 1 });
    loops.run(0, 1);
  });

  it('ends with its program', () => {
    const loops = new Loops();
    loops.run(0, 1);
    loops.vcpu.release();
    expect(loops.vcpu.stats).toMatchObject({ liveModules: 0, releasedModules: 2, liveBytes: 0 });
    loops.run(0, 1);
  });
});

describe('too much code', () => {
  const original = WebAssembly.Module;
  afterEach(() => {
    WebAssembly.Module = original;
  });

  const limits = (modules: number): CodeLimits => ({ bytes: 1 << 28, modules });

  it('goes, what was not entered for longest first', () => {
    const loops = new Loops(limits(3));
    loops.run(0, 1, 2, 0, 3);
    expect(loops.vcpu.stats).toMatchObject({ liveModules: 3, evictedModules: 1 });
    // 0, 1 and 2 had all been used: the hand passed them, and came back to 0.
    expect(loops.run(1, 2, 3)).toBeLessThan(3 * FEW);
    expect(loops.run(0)).toBeGreaterThan(50);
    expect(loops.vcpu.stats).toMatchObject({ modules: 5, liveModules: 3, evictedModules: 2 });
  });

  it('goes by bytes as well, down to one module', () => {
    const loops = new Loops({ bytes: 1, modules: 100 });
    for (let round = 0; round < 3; round++) loops.run(0, 1, 2);
    expect(loops.vcpu.stats).toMatchObject({ modules: 9, liveModules: 1, evictedModules: 8 });
    const { liveBytes, peakBytes, moduleBytes } = loops.vcpu.stats;
    expect(peakBytes).toBeGreaterThanOrEqual(liveBytes);
    expect(peakBytes).toBeLessThan(moduleBytes / 4);
  });

  it('goes though others call it, which then get tier 0', () => {
    const loops = new Loops(limits(2));
    for (let round = 0; round < 3; round++)
      for (let page = 1; page < PAGES; page++) {
        loops.call(page);
        // The one before may have gone for this one.
        loops.call(page - 1 || 1);
        loops.run(0);
      }
    expect(loops.vcpu.stats.evictedModules).toBeGreaterThan(30);
  });

  it('leaves nothing of itself in memory', async () => {
    const refs: WeakRef<WebAssembly.Module>[] = [];
    WebAssembly.Module = new Proxy(original, {
      construct(target, [bytes]: [Uint8Array<ArrayBuffer>]) {
        const module = new target(bytes);
        refs.push(new WeakRef(module));
        return module;
      },
    });
    const loops = new Loops(limits(2), new CodeCache(null, '', { limit: 1 }));
    const before = refs.length;
    for (let round = 0; round < 5; round++) loops.run(0, 1, 2, 3, 4, 5, 6, 7);
    expect(refs.length - before).toBeGreaterThanOrEqual(40);
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const alive = async (): Promise<number> => {
      // What a WeakRef was asked for stays until the turn is over.
      await new Promise((resolve) => setTimeout(resolve));
      collect();
      return refs.slice(before).filter((ref) => ref.deref() !== undefined).length;
    };
    for (let turn = 0; turn < 10 && (await alive()) > 2; turn++);
    expect(await alive()).toBeLessThanOrEqual(2);
    loops.run(0);
  });

  it('is kept between address spaces only up to a limit, but for what is in use', () => {
    const cache = new CodeCache(null, '', { limit: 1 });
    const first = new Loops(undefined, cache);
    first.run(0, 1, 2);
    expect(cache.modules.evicted).toBe(0);
    const second = new Loops(undefined, cache);
    second.run(0, 1, 2);
    expect(second.vcpu.stats.cachedModules).toBe(3);
    first.vcpu.release();
    second.run(3);
    expect(cache.modules.evicted).toBe(0);
    second.vcpu.release();
    expect([cache.modules.evicted, cache.modules.size]).toEqual([4, 0]);
    const third = new Loops(undefined, cache);
    third.run(0);
    expect(third.vcpu.stats).toMatchObject({ modules: 1, cachedModules: 0 });
  });
});

it('the store of modules gives up what nobody uses, and was not used for longest', () => {
  const wasm = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0);
  const modules = Array.from({ length: 5 }, () => ({ wasm }));
  const gone: number[] = [];
  const store = new ModuleStore<{ readonly wasm: Uint8Array }>(3 * wasm.length);
  const add = (index: number): void => {
    store.add(modules[index]!, () => gone.push(index));
  };
  for (const index of [0, 1, 2]) add(index);
  const compiled = store.acquire(modules[0]!);
  expect(store.acquire(modules[0]!)).toBe(compiled);
  store.acquire(modules[1]!);
  store.release(modules[1]!);
  add(3);
  expect(gone).toEqual([2]);
  add(4);
  expect(gone).toEqual([2, 1]);
  store.release(modules[0]!);
  store.release(modules[0]!);
  expect(store.size).toBe(3 * wasm.length);
  store.remove(modules[4]!);
  expect([store.size, store.evicted]).toEqual([2 * wasm.length, 2]);
});
