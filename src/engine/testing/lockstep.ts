/**
 * Lockstep of the tiers: a run with regions is written down wherever control comes back to the run loop, then tier 0 takes
 * the same steps, an instruction at a time, and is compared at each stop. Both runs have to be given the same times.
 */
import { crc32 } from 'node:zlib';
import { assert } from '../../common/assert.ts';
import type { Guest } from '../../guest/guest.ts';
import type { Block } from '../../ir/block.ts';
import { valueSize } from '../../ir/types.ts';
import type { GuestMemory } from '../../memory/guest-memory.ts';
import { PAGE_SHIFT, PAGE_SIZE } from '../../memory/layout.ts';
import type { Exit } from '../exit.ts';
import { Vcpu, type VcpuOptions } from '../vcpu.ts';

/** Where a run stopped: after a region, a block, or with something for the kernel. */
interface Stop {
  /** What `run` said, traps with all their details. */
  readonly exit: string;
  /** Instructions since the call of `run` began. */
  readonly instructions: number;
  readonly pc: number;
  readonly mode: number;
  readonly fpEnv: number;
  /** All slots. */
  readonly state: Uint8Array;
  /** Checksum of all pages that are mapped; null where they were not looked at. */
  readonly memory: number | null;
}

/** One call of `run`, by the number of its vCPU. */
interface Call {
  readonly vcpu: number;
  /** All slots when it began: somebody may have written to them since the last one. */
  readonly state: Uint8Array;
  readonly stops: readonly Stop[];
}

/** The slots that an instruction reads before it writes them, and those that it writes, by offset. */
interface Effects {
  readonly uses: ReadonlySet<number>;
  readonly defs: ReadonlySet<number>;
}

const OUT_OF_BUDGET = '{"kind":"budget"}';
const INTERRUPTED = '{"kind":"interrupt"}';
/** Pages that are looked at each time; of more, the less often the more they are. */
const FEW_PAGES = 512;
/** Stops after which regions are left when they have run for a while, no longer at once: a program has millions. */
const MANY_STOPS = 100_000;
const A_WHILE = 20_000;

export class Lockstep {
  readonly #calls: Call[] = [];
  #recorded = 0;
  #stops = 0;
  #followers = 0;
  #followed = 0;
  /** Slots of the vCPU that follows in which regions left something else, and where: what is dead need not be right. */
  #stale = new Map<number, string>();
  /** Blocks after which it goes on. */
  #spared = 0;
  /** The vCPU that follows now. */
  #running: Vcpu | null = null;
  /** Stops that were compared, and how many of them with the memory. */
  compared = 0;
  comparedMemory = 0;

  /** Whether tier 0 came to the end of what was written down. */
  get isDone(): boolean {
    return this.#followed === this.#calls.length;
  }

  /** Has `vcpu`, and those made from it, come back from each region (see `MANY_STOPS`), and writes down with what. */
  record(vcpu: Vcpu): Vcpu {
    const number = this.#recorded++;
    const look = memoryChecks(vcpu.memory);
    const run = (inner: Run, budget: number): Exit => {
      const start = vcpu.instructions;
      const stops: Stop[] = [];
      this.#calls.push({ vcpu: number, state: stateOf(vcpu), stops });
      for (;;) {
        const exit = inner(this.#stops++ < MANY_STOPS ? 1 : A_WHILE);
        stops.push(stopOf(vcpu, exit, start, look));
        if (exit.kind !== 'budget' || vcpu.instructions - start >= budget) return exit;
      }
    };
    return wrapped(vcpu, run, (sibling) => this.record(sibling));
  }

  /** A vCPU of tier 0 that goes where the one of this turn went. */
  follower(options: VcpuOptions): Vcpu {
    const { guest } = options;
    const effects = new Map<number, Effects>();
    const liftBlock: Guest['liftBlock'] = (source, pc, mode) => {
      const block = guest.liftBlock(source, pc, mode, 1);
      effects.set(pc, effectsOf(block));
      return block;
    };
    const one = Object.assign(Object.create(guest) as Guest, { liftBlock });
    const onBlock = (pc: number): void => {
      this.#noteExecuted(effects.get(pc));
      if (this.#spared-- <= 0) this.#running?.interrupt();
    };
    return this.#follow(new Vcpu({ ...options, guest: one, onBlock }));
  }

  #follow(vcpu: Vcpu): Vcpu {
    const number = this.#followers++;
    const look = memoryChecks(vcpu.memory);
    const stale = new Map<number, string>();
    const run = (inner: Run): Exit => {
      this.#stale = stale;
      this.#running = vcpu;
      const start = vcpu.instructions;
      const call = this.#calls[this.#followed++];
      assert(call?.vcpu === number, 'both runs are scheduled alike');
      this.#noteStale(vcpu, call.state, stateOf(vcpu), 'before the first stop');
      let exit: Exit = { kind: 'budget' };
      for (const stop of call.stops) {
        exit = this.#goTo(vcpu, inner, stop, start);
        this.#compare(vcpu, stop, stopOf(vcpu, exit, start, look));
      }
      return exit;
    };
    return wrapped(vcpu, run, (sibling) => this.#follow(sibling));
  }

  /** An instruction is over when `inner` says that it was interrupted; a string instruction takes several without being counted. */
  #goTo(vcpu: Vcpu, inner: Run, stop: Stop, start: number): Exit {
    if (stop.exit === INTERRUPTED) return inner(1);
    for (let stuck = 0; ;) {
      const { pc, instructions } = vcpu;
      const done = instructions - start;
      if (stop.exit === OUT_OF_BUDGET && (done > stop.instructions || (done === stop.instructions && pc === stop.pc)))
        return { kind: 'budget' };
      const exit = inner(Infinity);
      if (exit.kind !== 'interrupt') return exit;
      // The first time it may be left over from before; a store to watched code begins again once the page is released.
      stuck = vcpu.pc === pc && vcpu.instructions === instructions ? stuck + 1 : 0;
      this.#spared = stuck > 1 ? 1 : 0;
    }
  }

  #noteExecuted(effects: Effects | undefined): void {
    for (const [slot, what] of this.#stale) {
      if (effects?.uses.has(slot) === true) throw new Error(`tier 0 reads what regions left otherwise: ${what}`);
      if (effects?.defs.has(slot) === true) this.#stale.delete(slot);
    }
  }

  #compare(vcpu: Vcpu, regions: Stop, tier0: Stop): void {
    this.compared++;
    if (regions.memory !== null) this.comparedMemory++;
    const place = `at stop ${String(this.compared)}, pc 0x${regions.pc.toString(16)}`;
    for (const name of ['exit', 'instructions', 'pc', 'mode', 'fpEnv', 'memory'] as const) {
      const [a, b] = [regions[name], tier0[name]];
      if (a !== b) throw new Error(`regions and tier 0 differ ${place}: ${name} ${String(a)}, in tier 0 ${String(b)}`);
    }
    this.#noteStale(vcpu, regions.state, tier0.state, place);
  }

  #noteStale(vcpu: Vcpu, regions: Uint8Array, tier0: Uint8Array, place: string): void {
    for (const { name, offset, type } of vcpu.guest.state.slots) {
      const [a, b] = [regions, tier0].map((state) => state.subarray(offset, offset + valueSize[type]));
      if (a === undefined || b === undefined || Buffer.compare(a, b) === 0) this.#stale.delete(offset);
      else if (!this.#stale.has(offset))
        this.#stale.set(offset, `${name} ${place}: 0x${hex(a)}, in tier 0 0x${hex(b)}`);
    }
  }
}

type Run = (budget: number) => Exit;

/** `vcpu` with another `run`, also in those made from it. */
function wrapped(vcpu: Vcpu, run: (inner: Run, budget: number) => Exit, wrap: (sibling: Vcpu) => Vcpu): Vcpu {
  const inner = vcpu.run.bind(vcpu);
  const createSibling = vcpu.createSibling.bind(vcpu);
  vcpu.run = (budget) => run(inner, budget);
  vcpu.createSibling = (index) => wrap(createSibling(index));
  return vcpu;
}

function effectsOf({ instructions }: Block): Effects {
  const uses = new Set<number>();
  const defs = new Set<number>();
  for (const inst of instructions) {
    if (inst.kind === 'get' && !defs.has(inst.lo)) uses.add(inst.lo);
    else if (inst.kind === 'set') defs.add(inst.lo);
  }
  return { uses, defs };
}

function stopOf(vcpu: Vcpu, exit: Exit, start: number, look: () => number | null): Stop {
  const { pc, mode, fpEnv, instructions } = vcpu;
  const text = JSON.stringify(exit, (_, value: unknown) => (typeof value === 'bigint' ? value.toString(16) : value));
  const memory = exit.kind === 'budget' ? null : look();
  return { exit: text, instructions: instructions - start, pc, mode, fpEnv, state: stateOf(vcpu), memory };
}

/** All slots, each at its own offset. */
function stateOf(vcpu: Vcpu): Uint8Array {
  const last = vcpu.guest.state.slots.at(-1);
  assert(last !== undefined, 'a guest has state');
  return vcpu.slotBytes({ ...last, offset: 0 }, last.offset + valueSize[last.type]).slice();
}

/** Checksums of all pages with some permission, and of where they are; null when it is not time for one. */
function memoryChecks({ bytes, layout }: GuestMemory): () => number | null {
  const table = new Int32Array(bytes.buffer, layout.permissions, layout.guestLimit >>> (PAGE_SHIFT + 2));
  let wait = 0;
  return () => {
    if (wait-- > 0) return null;
    let sum = 0;
    let pages = 0;
    for (let four = 0; four < table.length; four++) {
      if (table[four] === 0) continue;
      for (let page = 4 * four; page < 4 * four + 4; page++) {
        if (bytes[layout.permissions + page] === 0) continue;
        sum = crc32(bytes.subarray(page * PAGE_SIZE, (page + 1) * PAGE_SIZE), (sum ^ page) >>> 0);
        pages++;
      }
    }
    wait = Math.floor(pages / FEW_PAGES);
    return sum;
  };
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).reverse().toString('hex');
