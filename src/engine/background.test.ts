import { expect, it } from 'vitest';
import { riscv64 } from '../guest/riscv64/index.ts';
import { GuestMemory } from '../memory/guest-memory.ts';
import { PAGE_SIZE, PERMISSION } from '../memory/layout.ts';
import type { CompileRequest } from './background-messages.ts';
import { BackgroundCompiler } from './background.ts';
import { createEngineStats } from './stats.ts';
import { PretendedThread, type PretendedThreadOptions } from './testing/compile-thread.ts';
import { Vcpu } from './vcpu.ts';

const CODE = 0x10000;
const PAGES = 4;
const COUNT = 1000n;
const x = (number: number) => riscv64.state.slot(`x${String(number)}`);
/** addi a0, a0, `step`; addi a1, a1, -1; bnez a1, -8; ecall */
const loop = (step: number): Uint32Array =>
  Uint32Array.of((step << 20) | 0x00050513, 0xfff58593, 0xfe059ce3, 0x00000073);

/** Loops on pages of their own, in a vCPU that compiles in another thread. */
class Loops {
  readonly stats = createEngineStats();
  readonly thread: PretendedThread;
  readonly compiler: BackgroundCompiler;
  readonly memory = GuestMemory.create(1 << 26);
  readonly vcpu: Vcpu;

  constructor(options: PretendedThreadOptions = {}, isStarted = true, compileClock = (): bigint => 0n) {
    this.thread = new PretendedThread(options);
    this.compiler = new BackgroundCompiler(() => this.thread, this.stats);
    if (isStarted) expect(this.compiler.isAvailable).toBe(true);
    const { bytes, layout } = this.memory;
    bytes.fill(PERMISSION.READ | PERMISSION.EXECUTE, layout.permissions + 16, layout.permissions + 16 + PAGES);
    this.vcpu = new Vcpu({
      ...{ guest: riscv64, memory: this.memory, tier: 1, compileThreshold: 100, clock: () => 0n },
      ...{ stats: this.stats, background: this.compiler, compileClock },
    });
    for (let page = 0; page < PAGES; page++) this.write(page, page + 1);
  }

  write(page: number, step: number): void {
    this.memory.bytes.set(new Uint8Array(loop(step).buffer), CODE + page * PAGE_SIZE);
  }

  /** Runs the loop on a page `times` times; returns what it added up. */
  run(page: number, times = 1): number {
    this.vcpu.setU64(x(10), 0n);
    for (let time = 0; time < times; time++) {
      this.vcpu.setU64(x(11), COUNT);
      this.vcpu.pc = CODE + page * PAGE_SIZE;
      expect(this.vcpu.run(1e9)).toEqual({ kind: 'syscall' });
    }
    return this.vcpu.getI64(x(10));
  }

  get requests(): CompileRequest[] {
    return this.thread.requests.flatMap((request) => (request.kind === 'compile' ? [request] : []));
  }
}

/** Loops of which the first has been asked for, and not come yet. */
function heldLoops(): Loops {
  const loops = new Loops();
  loops.thread.isHeld = true;
  expect(loops.run(0, 2)).toBe(2000);
  expect(loops.requests).toHaveLength(1);
  return loops;
}

it('goes on in tier 0 until the code comes, and then in that', () => {
  const loops = heldLoops();
  expect(loops.stats).toMatchObject({ modules: 0, compiledInstructions: 0 });
  loops.thread.isHeld = false;
  expect(loops.run(0, 20)).toBe(20_000);
  expect(loops.stats).toMatchObject({ modules: 1, backgroundModules: 1, staleModules: 0 });
  expect(loops.stats.compiledInstructions).toBeGreaterThan(10_000);
  expect(loops.requests).toHaveLength(1);
});

it('tells a page, and what was executed, once', () => {
  const loops = new Loops();
  loops.run(0, 2);
  loops.run(1, 2);
  const [first, second] = loops.requests;
  expect([...first!.pages]).toEqual([CODE / PAGE_SIZE, CODE / PAGE_SIZE + 1]);
  expect(first!.isNew).toBe(true);
  expect([...second!.pages]).toEqual([CODE / PAGE_SIZE + 2]);
  expect(second!.isNew).toBe(false);
  expect([...first!.known]).toContain(CODE);
  expect([...second!.known]).not.toContain(CODE);
});

it('does not use code that was changed meanwhile, and compiles the new', () => {
  const loops = heldLoops();
  loops.write(0, 5);
  loops.vcpu.invalidateCode(CODE, CODE + PAGE_SIZE);
  loops.thread.isHeld = false;
  expect(loops.run(0, 10)).toBe(50_000);
  expect(loops.stats).toMatchObject({ staleModules: 1, backgroundModules: 2, modules: 1 });
  expect([...loops.requests[1]!.gone]).toContain(CODE / PAGE_SIZE);
  expect([...loops.requests[1]!.pages]).toContain(CODE / PAGE_SIZE);
});

it('does not use code that was changed without a word', () => {
  const loops = heldLoops();
  loops.write(0, 5);
  loops.thread.isHeld = false;
  loops.run(0, 2);
  expect(loops.stats).toMatchObject({ staleModules: 1, modules: 1 });
});

it('forgets what was asked for when all code is forgotten', () => {
  const loops = heldLoops();
  loops.vcpu.setPreciseFaults(true);
  loops.thread.isHeld = false;
  expect(loops.run(0, 10)).toBe(10_000);
  expect(loops.stats).toMatchObject({ backgroundModules: 2, modules: 1, staleModules: 0 });
  expect(loops.requests.map(({ task: { precise }, isNew }) => ({ precise, isNew }))).toEqual([
    { precise: false, isNew: true },
    { precise: true, isNew: true },
  ]);
});

it('compiles by itself when the thread breaks', () => {
  const loops = new Loops({ failsAfter: 1 });
  expect([loops.run(0, 2), loops.run(1, 2), loops.run(2, 2)]).toEqual([2000, 4000, 6000]);
  expect(loops.stats).toMatchObject({ modules: 3, backgroundModules: 1, backgroundFailures: 1 });
  expect(loops.thread.isClosed).toBe(true);
});

it('does not start the thread for a little code', () => {
  const loops = new Loops({}, false);
  loops.run(0, 2);
  expect(loops.compiler.isRunning).toBe(false);
  expect(loops.stats).toMatchObject({ modules: 1, backgroundModules: 0 });
});

it('leaves to the thread what is half compiled when another address space has started it', () => {
  // Each look at the clock is 10 ms later, so that every step is a slice.
  let looks = 0n;
  const clock = (): bigint => ++looks * 10_000_000n;
  const loops = new Loops({}, false, clock);
  loops.vcpu.setU64(x(11), COUNT * 20n);
  loops.vcpu.pc = CODE;
  let isOpen = false;
  while (loops.vcpu.run(1).kind === 'budget')
    if (loops.stats.hotspots > 0 && loops.stats.modules === 0) isOpen ||= loops.compiler.isAvailable;
  expect(isOpen).toBe(true);
  expect(loops.vcpu.getI64(x(10))).toBe(20_000);
  expect(loops.stats).toMatchObject({ modules: 1, backgroundModules: 1 });
});

it('shows what goes wrong in the compiler', () => {
  const loops = new Loops();
  Object.assign(loops.thread, {
    receive: () => ({ id: 0, numbers: new Uint32Array(), took: 0, result: null, error: 'a bug' }),
  });
  expect(() => loops.run(0, 2)).toThrow('a bug');
});
