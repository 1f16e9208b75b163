/**
 * A vCPU that other threads of the host may run. Its state is that of the engine's vCPU behind it, in the block in the shared
 * memory, so that any thread can go on where another stopped.
 */
import { defined } from '../../common/assert.ts';
import type { Slot } from '../../ir/state.ts';
import type { Exit } from '../exit.ts';
import type { Vcpu } from '../vcpu.ts';
import type { GuestThreadSlot, Returned } from './guest-threads.ts';
import type { MemoryGroup } from './memory-group.ts';

export class ParallelVcpu {
  readonly guest: Vcpu['guest'];
  readonly index: number;
  readonly #engine: Vcpu;
  readonly #group: MemoryGroup;
  /** The thread that runs it, or ran it last. */
  slot: GuestThreadSlot | null = null;
  isPrecise = false;
  #isBeside = false;
  #returned: Returned | null = null;

  readonly #mayBeBeside: boolean;

  /** `mayBeBeside`: other threads may run it at all. */
  constructor(engine: Vcpu, group: MemoryGroup, mayBeBeside: boolean, index = 0) {
    this.#mayBeBeside = mayBeBeside;
    this.guest = engine.guest;
    this.index = index;
    this.#engine = engine;
    this.#group = group;
  }

  createSibling(index: number): ParallelVcpu {
    return new ParallelVcpu(this.#engine.createSibling(index), this.#group, this.#mayBeBeside, index);
  }

  copyState(from: ParallelVcpu): void {
    this.#engine.copyState(from.#engine);
  }

  get pc(): number {
    return this.#engine.pc;
  }
  set pc(pc: number) {
    this.#engine.pc = pc;
  }

  get mode(): number {
    return this.#engine.mode;
  }

  get fpEnv(): number {
    return this.#engine.fpEnv;
  }
  set fpEnv(word: number) {
    this.#engine.fpEnv = word;
  }

  get instructions(): number {
    return this.#engine.instructions;
  }

  getU64(slot: Slot): bigint {
    return this.#engine.getU64(slot);
  }
  setU64(slot: Slot, value: bigint): void {
    this.#engine.setU64(slot, value);
  }
  getI64(slot: Slot): number {
    return this.#engine.getI64(slot);
  }
  setI64(slot: Slot, value: number): void {
    this.#engine.setI64(slot, value);
  }
  slotBytes(slot: Slot, length: number): Uint8Array {
    return this.#engine.slotBytes(slot, length);
  }

  syncMode(): void {
    this.#engine.syncMode();
  }

  /** Whether other threads are to run it from now on, where they may; whether they will. */
  setBeside(isBeside: boolean): boolean {
    this.#isBeside = isBeside && this.#mayBeBeside;
    return this.#isBeside;
  }

  /** It has come back, and nobody has asked yet with what. */
  get hasExit(): boolean {
    return this.#returned !== null;
  }

  get #isAway(): boolean {
    return this.slot?.running?.vcpu === this;
  }

  /** `away`: another thread runs it, until the pool's `collect` takes it back; `crowded`: all threads are busy. */
  run(budget: number): Exit | { readonly kind: 'away' } | { readonly kind: 'crowded' } {
    const returned = this.#returned;
    if (returned !== null) {
      this.#returned = null;
      this.#engine.instructions += returned.executed;
      return returned.exit;
    }
    if (!this.#isBeside) return this.#engine.run(budget);
    return { kind: this.#group.start(this, budget) ? 'away' : 'crowded' };
  }

  comeBack(returned: Returned): void {
    this.#engine.pc = returned.pc;
    this.#engine.mode = returned.mode;
    this.#returned = returned;
  }

  /** Its thread has ended, wherever it is. */
  recall(): void {
    if (this.#isAway) this.#group.recall(this);
    this.#returned = null;
  }

  interrupt(): void {
    if (this.#isAway) defined(this.slot, 'who is away is somewhere').requestStop();
    else this.#engine.interrupt();
  }

  setPreciseFaults(precise: boolean): void {
    this.isPrecise = precise;
    // Where it runs otherwise, that engine hears of it.
    if (!this.#isBeside) this.#engine.setPreciseFaults(precise);
  }

  invalidateCode(start: number, end: number): void {
    this.#group.invalidateCode(start, end);
  }

  synchronizeCode(start: number, end: number): void {
    this.#group.synchronizeCode(start, end);
  }

  release(): void {
    this.#engine.release();
    this.#group.close();
  }

  setProgram(name: string): void {
    this.#engine.setProgram(name);
  }
}
