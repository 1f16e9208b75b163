import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { GuestMemory } from '../memory/guest-memory.ts';
import { PERMISSION } from '../memory/layout.ts';
import { riscv64 } from '../guest/riscv64/index.ts';
import type { CodeStore } from '../platform/types.ts';
import { createX64, x64 } from '../guest/x64/index.ts';
import { CodeCache, mergeRanges, nameInCache, ProgramCode, type CodeModule } from './code-cache.ts';
import { Vcpu } from './vcpu.ts';

const CODE = 0x10000;
const COUNT = 1000n;
const x = (number: number) => riscv64.state.slot(`x${String(number)}`);

/** addi a0, a0, `step`; addi a1, a1, -1; bnez a1, -8; ecall */
const loop = (step: number): Uint32Array =>
  Uint32Array.of((step << 20) | 0x00050513, 0xfff58593, 0xfe059ce3, 0x00000073);

const [BEQ, BNE] = [0, 1];

/** A conditional branch that compares register `number` with zero. */
function branch(condition: number, number: number, offset: number): number {
  const high = (((offset >> 12) & 1) << 31) | (((offset >> 5) & 0x3f) << 25);
  const low = (((offset >> 1) & 0xf) << 8) | (((offset >> 11) & 1) << 7);
  return (high | (number << 15) | (condition << 12) | low | 0x63) >>> 0;
}

function mapStore(files = new Map<string, Uint8Array>()): CodeStore & { readonly files: Map<string, Uint8Array> } {
  return {
    files,
    read: (key) => files.get(key) ?? null,
    write: (key, bytes) => {
      files.set(key, bytes);
    },
  };
}

/** A vCPU before `code`, in a memory of its own. */
function newVcpu(codeCache: CodeCache, code: Uint32Array, name: string): Vcpu {
  const memory = GuestMemory.create(1 << 26);
  memory.bytes.set(new Uint8Array(code.buffer), CODE);
  memory.bytes[memory.layout.permissions + (CODE >> 12)] = PERMISSION.READ | PERMISSION.EXECUTE;
  const options = { guest: riscv64, memory, memoryModel: 'strict', tier: 1, compileThreshold: 100 } as const;
  const vcpu = new Vcpu({ ...options, codeCache, clock: () => 0n });
  vcpu.setProgram(name);
  vcpu.pc = CODE;
  return vcpu;
}

/** Runs the loop in a memory of its own. */
function run(codeCache: CodeCache, step = 3, name = 'loop', prepare: (vcpu: Vcpu) => void = () => undefined): Vcpu {
  const vcpu = newVcpu(codeCache, loop(step), name);
  prepare(vcpu);
  vcpu.setU64(x(11), COUNT);
  expect(vcpu.run(1e9)).toEqual({ kind: 'syscall' });
  expect(vcpu.getU64(x(10))).toBe(COUNT * BigInt(step));
  expect(vcpu.stats.compiledInstructions).toBeGreaterThan(1000);
  return vcpu;
}

describe('code cache', () => {
  it('gives an address space what another one compiled', () => {
    const cache = new CodeCache(null, '');
    expect(run(cache).stats.cachedModules).toBe(0);
    const { cachedModules, modules, instructions } = run(cache).stats;
    expect({ cachedModules, modules, instructions }).toEqual({ cachedModules: 1, modules: 1, instructions: 3001 });
  });

  it('gives an address space what was translated for tier 0 in another one, as long as it is the same code', () => {
    const cache = new CodeCache(null, '');
    const first = run(cache).stats;
    expect(first).toMatchObject({ keptBlocks: 0 });
    const second = run(cache).stats;
    expect(second.keptBlocks).toBe(second.blocks);
    const other = run(cache, 5).stats;
    // The block after the loop is the same.
    expect(other.blocks - other.keptBlocks).toBeGreaterThan(0);
  });

  it('keeps code for both when results become inexact late', () => {
    // fadd.d fa0, fa0, fa1; fmul.d fa2, fa0, fa1; addi a1, a1, -1; bnez a1, -12; ecall
    const sums = Uint32Array.of(0x02b57553, 0x12b57653, 0xfff58593, 0xfe059ae3, 0x00000073);
    const bits = (value: number): bigint => new DataView(new Float64Array([value]).buffer).getBigUint64(0, true);
    const runSums = (codeCache: CodeCache): Vcpu => {
      const vcpu = newVcpu(codeCache, sums, 'sums');
      const f = (number: number) => riscv64.state.slot(`f${String(number)}`);
      vcpu.setU64(f(10), 0n);
      for (const addend of [1, 0.1, 0.1]) {
        vcpu.pc = CODE;
        vcpu.setU64(f(11), bits(addend));
        vcpu.setU64(x(11), 20_000n);
        expect(vcpu.run(1e9)).toEqual({ kind: 'syscall' });
      }
      expect(vcpu.stats.compiledInstructions / vcpu.instructions).toBeGreaterThan(0.9);
      return vcpu;
    };
    const store = mapStore();
    const first = new CodeCache(store, 'v1');
    // The first one again, in the end.
    expect(runSums(first).stats).toMatchObject({ modules: 3, cachedModules: 1 });
    expect(runSums(first).stats).toMatchObject({ modules: 2, cachedModules: 2 });
    first.save();
    expect(runSums(new CodeCache(store, 'v1')).stats).toMatchObject({ modules: 2, cachedModules: 2 });
  });

  it('keeps code for a guest that handles faults apart', () => {
    const cache = new CodeCache(null, '');
    const runPrecisely = (): Vcpu => run(cache, 3, 'loop', (vcpu) => vcpu.setPreciseFaults(true));
    run(cache);
    expect(runPrecisely().stats).toMatchObject({ modules: 1, cachedModules: 0 });
    expect(runPrecisely().stats).toMatchObject({ modules: 1, cachedModules: 1 });
    expect(run(cache).stats).toMatchObject({ modules: 1, cachedModules: 1 });
  });

  it('gives a later run what was stored', () => {
    const store = mapStore();
    const first = new CodeCache(store, 'v1');
    run(first);
    first.save();
    expect(first.stats).toEqual({ hits: 0, misses: 1, stored: 1, ahead: 0 });
    const second = new CodeCache(store, 'v1');
    expect(run(second).stats.cachedModules).toBe(1);
    second.save();
    expect(second.stats).toEqual({ hits: 1, misses: 0, stored: 0, ahead: 0 });
  });

  it('lets the code of an earlier run grow with what that did not come to, instead of a second copy', () => {
    // Two ways of which one is long: what was never executed is not compiled but for a little.
    const long = 400;
    const branches = Uint32Array.of(
      branch(BEQ, 12, 4 * (long + 2)), // beqz a2, to the short one
      ...new Array<number>(long).fill(0x00150513), // addi a0, a0, 1
      0x0080006f, // j +8
      0x00350513, // addi a0, a0, 3
      0xfff58593, // addi a1, a1, -1
      branch(BNE, 11, -4 * (long + 4)), // bnez a1, to the begin
      0x00000073, // ecall
    );
    const store = mapStore();
    const runBranches = (way: bigint): Vcpu['stats'] => {
      const cache = new CodeCache(store, '');
      const vcpu = newVcpu(cache, branches, 'branches');
      vcpu.setU64(x(11), 20_000n);
      vcpu.setU64(x(12), way);
      expect(vcpu.run(1e9)).toEqual({ kind: 'syscall' });
      expect(vcpu.getU64(x(10))).toBe(way === 0n ? 60_000n : 8_000_000n);
      expect(vcpu.stats.compiledInstructions / vcpu.instructions).toBeGreaterThan(0.9);
      cache.save();
      return vcpu.stats;
    };
    const compiled = ({ modules, cachedModules, liveRegions }: Vcpu['stats']): unknown => ({
      ...{ compiled: modules - cachedModules, cachedModules, liveRegions },
    });
    expect(compiled(runBranches(0n))).toEqual({ compiled: 1, cachedModules: 0, liveRegions: 1 });
    expect(compiled(runBranches(1n))).toEqual({ compiled: 1, cachedModules: 1, liveRegions: 1 });
    for (const way of [0n, 1n]) {
      const again = runBranches(way);
      expect(compiled(again)).toEqual({ compiled: 0, cachedModules: 1, liveRegions: 1 });
    }
  });

  it('knows what an earlier run compiled', () => {
    const store = mapStore();
    const first = new CodeCache(store, '');
    run(first);
    first.save();
    const name = nameInCache(riscv64, GuestMemory.create(1 << 26).layout, 'loop');
    const isOld = (cache: CodeCache): boolean[] => {
      const program = cache.program(name);
      return program.modules.map((module) => program.isFromStore(module));
    };
    expect(isOld(first)).toEqual([false]);
    expect(isOld(new CodeCache(store, ''))).toEqual([true]);
  });

  it('keeps programs and versions apart', () => {
    const store = mapStore();
    const first = new CodeCache(store, 'v1');
    run(first, 3, 'one');
    first.save();
    expect(run(new CodeCache(store, 'v2'), 3, 'one').stats.cachedModules).toBe(0);
    expect(run(new CodeCache(store, 'v1'), 3, 'two').stats.cachedModules).toBe(0);
  });

  it('keeps guests apart whose code is translated in different ways', () => {
    const { layout } = GuestMemory.create(1 << 26);
    const names = [riscv64, x64, createX64('v3'), createX64('v2')].map((guest) => nameInCache(guest, layout, 'a'));
    expect(names).toEqual(['riscv64 67108864 a', 'x64 67108864 a', 'x64 67108864 a', 'x64-v2 67108864 a']);
  });

  it('compares the code itself, and forgets what no longer fits', () => {
    const store = mapStore();
    const first = new CodeCache(store, '');
    run(first, 3);
    first.save();
    const second = new CodeCache(store, '');
    expect(run(second, 5).stats.cachedModules).toBe(0);
    second.save();
    expect(run(new CodeCache(store, ''), 5).stats.cachedModules).toBe(1);
  });

  it('takes nothing from damaged bytes', () => {
    const store = mapStore();
    const first = new CodeCache(store, '');
    run(first);
    first.save();
    const [[key, whole] = ['', new Uint8Array()]] = [...store.files];
    fc.assert(
      fc.property(fc.nat(whole.length - 1), (length) => {
        const cache = new CodeCache(mapStore(new Map([[key, whole.slice(0, length)]])), '');
        // The key begins with the version and a line feed.
        const program = cache.program(key.slice(1));
        return cache.stats.hits === 0 && program.modules.length === 0;
      }),
      { numRuns: 50 },
    );
  });

  it('finds the newest module of every region, whatever is added and removed', () => {
    const moduleOf = (id: number, pcs: readonly number[]): CodeModule => ({
      id,
      target: { model: 'strict', fusesMultiplyAdd: false },
      regions: pcs.map((pc) => ({
        ...{
          pc,
          entries: [pc],
          hubTargets: [],
          blocks: [pc, pc + 100],
          exits: [],
          generation: 0,
          guestInstructions: 1,
        },
        speculation: 'speculates',
      })),
      ranges: [],
      code: new Uint8Array(),
      wasm: new Uint8Array(),
      sites: { positions: [], pcs: [], kinds: [] },
      links: [],
      jumps: [],
    });
    const step = fc.record({ adds: fc.boolean(), pcs: fc.uniqueArray(fc.nat(12), { minLength: 1, maxLength: 4 }) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const program = new ProgramCode('key');
        const model = new Map<number, CodeModule>();
        const added: CodeModule[] = [];
        for (const [id, { adds, pcs }] of steps.entries()) {
          const old = added[(pcs[0] ?? 0) % Math.max(added.length, 1)];
          if (adds || old === undefined) {
            const module = moduleOf(id, pcs);
            added.push(module);
            program.add(module);
            for (const pc of pcs) model.set(pc, module);
          } else {
            program.remove(old);
            for (const [pc, module] of [...model]) if (module === old) model.delete(pc);
          }
          for (const pc of pcs) expect(program.regionAround(pc + 100)).toBe(model.has(pc) ? pc : undefined);
        }
        const again = ProgramCode.parse(program.serialize(), 'key');
        for (let pc = 0; pc <= 12; pc++) {
          expect(program.find(pc)).toBe(model.get(pc));
          // What a removed module had superseded may come back; it is compared with the code like any other.
          if (model.has(pc)) expect(again.find(pc)).toEqual(model.get(pc));
        }
        expect(new Set(program.modules)).toEqual(new Set(model.values()));
      }),
    );
  });

  it('merges ranges that touch or overlap', () => {
    const range = (start: number, end: number) => ({ start, end });
    expect(mergeRanges([range(8, 12), range(0, 4), range(4, 6), range(10, 20), range(30, 31)])).toEqual([
      range(0, 6),
      range(8, 20),
      range(30, 31),
    ]);
  });
});
