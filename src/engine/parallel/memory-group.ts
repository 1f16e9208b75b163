/** One memory, of which the kernel's thread and others run vCPUs, each with an engine of its own. */
import { defined } from '../../common/assert.ts';
import { interpreterModule, type PrebuiltModules } from '../../host/interpreter/instance.ts';
import { releasePage, watchPage } from '../../memory/code-pages.ts';
import type { GuestMemory } from '../../memory/guest-memory.ts';
import { memoryLayout, PAGE_SIZE } from '../../memory/layout.ts';
import { CodeLog, createCodeLog, type Peers } from '../peers.ts';
import { interpretedModel, type Vcpu, type VcpuMemoryModel } from '../vcpu.ts';
import type { GuestThreads, GuestThreadSlot } from './guest-threads.ts';
import type { ParallelVcpu } from './parallel-vcpu.ts';
import type { Command } from './protocol.ts';

export interface MemoryGroupOptions {
  readonly memory: GuestMemory;
  /** As the kernel's own engine has it. */
  readonly model: VcpuMemoryModel;
  readonly tier: 0 | 1;
  readonly prebuilt?: PrebuiltModules;
}

let lastId = 0;

export class MemoryGroup {
  readonly id = ++lastId;
  readonly #threads: GuestThreads;
  readonly #options: MemoryGroupOptions;
  readonly #log = createCodeLog();
  readonly #members = new Set<GuestThreadSlot>();
  #engine: Vcpu | null = null;
  #isWatched = false;
  #tellsLoss = false;
  /** For the kernel's own engine, which runs while nothing else of the kernel does. */
  readonly peers: Peers;

  constructor(threads: GuestThreads, options: MemoryGroupOptions) {
    this.#threads = threads;
    this.#options = options;
    this.peers = {
      mustStop: false,
      sleep: threads.sleep,
      log: new CodeLog(this.#log),
      watch: (page) => {
        this.watch(page, null);
      },
      release: (page) => this.release(page, null),
      exclude: () => {
        threads.stop(this);
      },
      share: () => undefined,
    };
    const isHere = (): boolean => threads.isRunning(this);
    options.memory.others = {
      get areRunning() {
        return isHere();
      },
      stop: () => {
        threads.stop(this);
      },
    };
  }

  /** The kernel's own engine. */
  get engine(): Vcpu {
    return defined(this.#engine, 'a memory has an engine');
  }
  set engine(engine: Vcpu) {
    this.#engine = engine;
  }

  start(vcpu: ParallelVcpu, budget: number): boolean {
    return this.#threads.start(this, vcpu, budget);
  }

  recall(vcpu: ParallelVcpu): void {
    this.#threads.recall(vcpu);
  }

  /** Nobody runs code of the memory any more. */
  stop(): void {
    this.#threads.stop(this);
  }

  /** The program has ended. */
  close(): void {
    this.#threads.close(this);
    this.#members.clear();
  }

  /** Sees that a thread has an engine for the memory. */
  openIn(slot: GuestThreadSlot): void {
    if (slot.opened.has(this)) return;
    const { memory, model, tier, prebuilt } = this.#options;
    const { engine } = this;
    const { guest } = engine;
    // Now, because only this thread can have the host protect pages.
    const settled = engine.settledModel;
    const layout = memoryLayout(memory.layout.size, memory.layout.areas, slot.area);
    const interpreted = interpretedModel(model, guest);
    slot.opened.add(this);
    this.#members.add(slot);
    slot.send({
      ...{ kind: 'open', memory: this.id, shared: memory.memory, layout, tier, interpreted },
      guest: { name: guest.name, cpu: guest.variant ?? '' },
      isProtected: memory.isProtected,
      model: settled,
      interpreter: interpreterModule(memory.layout, interpreted, prebuilt === undefined ? {} : { prebuilt }),
      log: this.#log,
      isWatched: this.#isWatched,
    });
    this.#tellLoss();
  }

  #tellLoss(): void {
    const { memory } = this.#options;
    const own = memory.onProtectionLost;
    if (this.#tellsLoss || own === null) return;
    this.#tellsLoss = true;
    memory.onProtectionLost = () => {
      this.#threads.stop(this);
      own();
      this.#tell({ kind: 'protection-lost', memory: this.id }, null);
    };
  }

  /** See `Peers`; `by`: the thread whose engine wants it, null for the kernel's own. */
  watch(page: number, by: GuestThreadSlot | null): void {
    this.#threads.stop(this, by);
    watchPage(this.#options.memory, page);
    if (this.#isWatched) return;
    this.#isWatched = true;
    this.engine.noteWatched();
    this.#tell({ kind: 'watched', memory: this.id }, by);
  }

  release(page: number, by: GuestThreadSlot | null): boolean {
    this.#threads.stop(this, by);
    if (!releasePage(this.#options.memory, page)) return false;
    const [start, end] = [page * PAGE_SIZE, (page + 1) * PAGE_SIZE];
    this.engine.invalidateCode(start, end);
    this.#tell({ kind: 'invalidate', memory: this.id, start, end }, by);
    return true;
  }

  invalidateCode(start: number, end: number): void {
    this.#threads.stop(this);
    this.engine.invalidateCode(start, end);
    this.#tell({ kind: 'invalidate', memory: this.id, start, end }, null);
  }

  synchronizeCode(start: number, end: number): void {
    this.#threads.stop(this);
    this.engine.synchronizeCode(start, end);
    this.#tell({ kind: 'synchronize', memory: this.id, start, end }, null);
  }

  /** All engines in other threads, but for one, hear of it before they go on. */
  #tell(command: Command, except: GuestThreadSlot | null): void {
    for (const slot of this.#members) if (slot !== except) slot.send(command);
  }
}
