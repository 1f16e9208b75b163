/**
 * A vCPU whose code the host's own processor runs. Its state is that of the translator's vCPU behind it, in the same block of
 * linear memory, so that either can go on where the other stopped; the floating-point state alone stays in the processor
 * until somebody asks for it. What the processor stops at the translator tries again: so there is one account of which
 * instruction traps how, and what KVM lacks is made up for.
 */
import { UnsupportedError } from '../../common/errors.ts';
import type { Exit, GuestTrap } from '../../engine/exit.ts';
import type { Vcpu } from '../../engine/vcpu.ts';
import type { Slot } from '../../ir/state.ts';
import type { GuestMemory } from '../../memory/guest-memory.ts';
import { decodeExit, isSingleStep, VECTOR, type NativeExit, type PageFault } from './exits.ts';
import type { KvmMachine, UserProcessor } from './kvm-machine.ts';
import { isExtendedSlot, loadXsaveArea, RegisterFile, xsaveArea, type Resumption } from './processor-state.ts';
import { enterAgain, enterWith } from './run-structure.ts';
import type { KvmStats } from './stats.ts';

/** Nanoseconds that guest code runs at most before its thread's turn ends. */
const SLICE = 8_000_000;
const INT3 = 0xcc;
const INT = 0xcd;
/** How often a slice that ends behind what may be a breakpoint is begun again, at most: mostly it is none. */
const RETRIES = 2;
/**
 * Instructions that the translator goes on for when it had to execute a page, least and most: twice as many each time that the
 * processor comes to such a page again, less when it used up a slice without that.
 */
const [LEAST_TURN, MOST_TURN] = [10_000, 4_000_000] as const;

/** What a vCPU runs on. */
export interface Native extends UserProcessor {
  readonly machine: KvmMachine;
}

export interface KvmVcpuOptions {
  /** The machine of the memory, and its processor of a number; null where the host has no more of them. */
  readonly processor: (memory: GuestMemory, index: number) => Native | null;
  readonly stats: KvmStats;
  /** For tests: how many instructions the translator runs for every time that the processor does. */
  readonly alternate?: number;
}

export class KvmVcpu {
  readonly guest: Vcpu['guest'];
  readonly #engine: Vcpu;
  readonly #index: number;
  readonly #options: KvmVcpuOptions;
  readonly #registers: RegisterFile;
  /** Undefined before the first turn; null where there is none. */
  #native: Native | null | undefined;
  /** The processor has newer floating-point state than the block. */
  #isAhead = false;
  /** The processor has the same floating-point state as the block, or newer. */
  #isLoaded = false;
  #interrupted = false;
  #isTranslatorsTurn = false;
  /** How long the translator's next turn at a page will be, and what is left of the present one, in instructions. */
  #nextTurn: number = LEAST_TURN;
  #turnLeft = 0;

  constructor(engine: Vcpu, options: KvmVcpuOptions, index = 0) {
    this.guest = engine.guest;
    this.#engine = engine;
    this.#index = index;
    this.#options = options;
    this.#registers = new RegisterFile(engine);
  }

  createSibling(index: number): KvmVcpu {
    return new KvmVcpu(this.#engine.createSibling(index), this.#options, index);
  }

  copyState(from: KvmVcpu): void {
    from.#fetchExtended();
    this.#forgetExtended();
    this.#engine.copyState(from.#engine);
  }

  get pc(): number {
    return this.#engine.pc;
  }
  set pc(pc: number) {
    this.#engine.pc = pc;
  }

  get fpEnv(): number {
    this.#fetchExtended();
    return this.#engine.fpEnv;
  }
  set fpEnv(word: number) {
    this.#fetchExtended();
    this.#isLoaded = false;
    this.#engine.fpEnv = word;
  }

  /** Those that the translator ran: the processor's are not counted. */
  get instructions(): number {
    return this.#engine.instructions;
  }

  getU64(slot: Slot): bigint {
    if (isExtendedSlot(slot)) this.#fetchExtended();
    return this.#engine.getU64(slot);
  }
  setU64(slot: Slot, value: bigint): void {
    if (isExtendedSlot(slot)) this.#openExtended();
    this.#engine.setU64(slot, value);
  }
  getI64(slot: Slot): number {
    if (isExtendedSlot(slot)) this.#fetchExtended();
    return this.#engine.getI64(slot);
  }
  setI64(slot: Slot, value: number): void {
    if (isExtendedSlot(slot)) this.#openExtended();
    this.#engine.setI64(slot, value);
  }

  /** Whoever gets the bytes may change them, until the guest runs again. */
  slotBytes(slot: Slot, length: number): Uint8Array {
    if (isExtendedSlot(slot)) this.#openExtended();
    return this.#engine.slotBytes(slot, length);
  }

  /** The processor has no modes; the translator's are found out when it has a turn. */
  syncMode(): void {
    // `#translate` does.
  }

  interrupt(): void {
    this.#interrupted = true;
  }

  setPreciseFaults(precise: boolean): void {
    this.#engine.setPreciseFaults(precise);
  }

  invalidateCode(start: number, end: number): void {
    this.#engine.invalidateCode(start, end);
  }

  synchronizeCode(start: number, end: number): void {
    this.#engine.synchronizeCode(start, end);
  }

  release(): void {
    this.#engine.release();
  }

  setProgram(name: string): void {
    this.#engine.setProgram(name);
  }

  run(budget: number): Exit {
    if (this.#interrupted) {
      this.#interrupted = false;
      return { kind: 'interrupt' };
    }
    if (this.#native === undefined) this.#native = this.#options.processor(this.#engine.memory, this.#index);
    const native = this.#native;
    const { alternate } = this.#options;
    if (alternate !== undefined) this.#isTranslatorsTurn = !this.#isTranslatorsTurn;
    if (native === null || this.#isTranslatorsTurn) {
      this.#options.stats.translatedTurns++;
      const exit = this.#translate(Math.min(budget, alternate ?? budget));
      if (native === null || !mayBeWrong(exit, native.machine)) return exit;
    }
    for (;;) {
      const exit = this.#turnLeft > 0 ? this.#goOn(budget, native.machine) : this.#runNatively(native);
      if (exit !== null) return exit;
    }
  }

  /** The translator has a turn, which system calls do not end; null when it is the processor's again. */
  #goOn(budget: number, machine: KvmMachine): Exit | null {
    const before = this.#engine.instructions;
    const exit = this.#translate(Math.min(this.#turnLeft, budget));
    this.#turnLeft -= this.#engine.instructions - before;
    if (exit.kind === 'syscall' || (exit.kind === 'budget' && this.#turnLeft > 0)) return exit;
    this.#turnLeft = 0;
    return exit.kind === 'budget' || mayBeWrong(exit, machine) ? null : exit;
  }

  /** One turn of the processor; null when it can go on at once. */
  #runNatively({ machine, processor, sregs }: Native): Exit | null {
    const { stats } = this.#options;
    machine.synchronize();
    if (!this.#isLoaded) processor.writeXsave(xsaveArea(this.#engine));
    this.#isLoaded = this.#isAhead = true;
    const { shared } = processor;
    enterWith(shared, sregs);
    this.#registers.store(shared);
    let outcome = processor.run(SLICE);
    let exit = decodeExit(shared, machine.tables);
    for (let tries = 0; tries < RETRIES && outcome === 'interrupted' && this.#mayHideBreakpoint(exit); tries++) {
      enterAgain(shared);
      outcome = processor.run(SLICE);
      exit = decodeExit(shared, machine.tables);
    }
    stats.runs++;
    if (exit.kind === 'lost') fail(exit.reason);
    this.#registers.load(shared, exit.at);
    return outcome === 'interrupted' && exit.kind === 'stopped' ? this.#endSlice() : this.#take(exit, machine);
  }

  /**
   * KVM does not tell of a breakpoint that it has yet to inject (KVM_GET_VCPU_EVENTS leaves out software exceptions), and where
   * user code ran natively the processor is behind it already. Whether there is one, it only shows when it goes on.
   */
  #mayHideBreakpoint(exit: NativeExit): boolean {
    if (exit.kind !== 'stopped') return false;
    const { bytes } = this.#engine.memory;
    const end = Number(exit.at.rip);
    return bytes[end - 1] === INT3 || (bytes[end - 1] === 0x03 && bytes[end - 2] === INT);
  }

  #endSlice(): Exit {
    this.#options.stats.interruptions++;
    this.#nextTurn = Math.max(this.#nextTurn / 4, LEAST_TURN);
    return { kind: 'budget' };
  }

  #take(exit: Exclude<NativeExit, { kind: 'lost' }>, machine: KvmMachine): Exit | null {
    const { stats } = this.#options;
    if (exit.kind === 'syscall') {
      stats.syscalls++;
      return { kind: 'syscall' };
    }
    if (exit.kind === 'stopped') stats.surrenders++;
    else if (exit.vector === VECTOR.PAGE_FAULT) stats.pageFaults++;
    else {
      stats.exceptions++;
      // The flag was not kept.
      if (isSingleStep(exit)) return null;
      if (exit.vector === VECTOR.BREAKPOINT || exit.vector === VECTOR.DEBUG) this.#stepBack(exit.at);
    }
    const { pc } = this.#engine;
    if (machine.isWithheld(pc)) {
      stats.withheld++;
      this.#turnLeft = this.#nextTurn;
      this.#nextTurn = Math.min(this.#nextTurn * 2, MOST_TURN);
      return null;
    }
    stats.translated++;
    const found = this.#translate(1);
    if (found.kind === 'budget') return null;
    if (found.kind !== 'trap' || found.trap.pc !== pc) return mayBeWrong(found, machine) ? null : found;
    const fault = exit.kind === 'exception' ? exit.fault : null;
    return fault === null || this.#isHypercall(pc) ? found : asPageFault(found.trap, fault);
  }

  /** VMCALL or VMMCALL: KVM would write the one that the host has over the other, and reports where it may not. */
  #isHypercall(pc: number): boolean {
    const { bytes } = this.#engine.memory;
    const last = bytes[pc + 2];
    return bytes[pc] === 0x0f && bytes[pc + 1] === 0x01 && (last === 0xc1 || last === 0xd9);
  }

  /** The processor reports these when they are done: CC and F1, or CD 03. */
  #stepBack({ rip }: Resumption): void {
    const { bytes } = this.#engine.memory;
    const end = Number(BigInt.asIntN(64, rip));
    this.#engine.pc = end - (bytes[end - 1] === 0x03 && bytes[end - 2] !== INT3 ? 2 : 1);
  }

  /** The translator runs about `budget` instructions. */
  #translate(budget: number): Exit {
    this.#openExtended();
    this.#engine.syncMode();
    return this.#engine.run(budget);
  }

  #fetchExtended(): void {
    const native = this.#native;
    if (!this.#isAhead || native === null || native === undefined) return;
    this.#isAhead = false;
    loadXsaveArea(this.#engine, native.processor.readXsave());
  }

  /** The block's floating-point state is about to change. */
  #openExtended(): void {
    this.#fetchExtended();
    this.#isLoaded = false;
  }

  #forgetExtended(): void {
    this.#isAhead = this.#isLoaded = false;
  }
}

/**
 * Whether the translator came upon a trap that the processor has not seen: it knows instructions that the translator does not,
 * and is to try first.
 */
function mayBeWrong(exit: Exit, machine: KvmMachine): boolean {
  return exit.kind === 'trap' && !('imprecise' in exit.trap) && !machine.isWithheld(exit.trap.pc);
}

/** The processor's page fault, also where the translator does not know the instruction. */
function asPageFault(trap: GuestTrap, { address, access }: PageFault): Exit {
  return {
    kind: 'trap',
    trap: trap.kind === 'memory-fault' ? trap : { kind: 'memory-fault', pc: trap.pc, address, access },
  };
}

function fail(reason: number): never {
  throw new UnsupportedError(
    'kvm',
    `the host's KVM stopped for a reason that it should not (${String(reason)}); use --accel wasm`,
    { context: { reason } },
  );
}
