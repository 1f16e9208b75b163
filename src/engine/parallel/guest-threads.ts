/** Threads of the host that run guest code beside the kernel, as the kernel's thread sees them; see `protocol.ts`. */
import { defined, unreachable } from '../../common/assert.ts';
import { UnsupportedError } from '../../common/errors.ts';
import type { GuestThread, GuestThreadWords, Sleep } from '../../platform/types.ts';
import type { Exit, GuestTrap } from '../exit.ts';
import type { EngineStats } from '../stats.ts';
import {
  BELL,
  BELL_SIZE,
  CALL,
  CONTROL_SIZE,
  NUMBER,
  NUMBERS_AT,
  REASON,
  STATE,
  WORD,
  type ClosedReply,
  type Command,
} from './protocol.ts';
import type { MemoryGroup } from './memory-group.ts';
import type { ParallelVcpu } from './parallel-vcpu.ts';

/** Milliseconds after which a thread that does not stop is taken for dead: it may be compiling for a while. */
const PATIENCE = 60_000;

/** What a vCPU comes back with. */
export interface Returned {
  readonly exit: Exit;
  readonly pc: number;
  readonly mode: number;
  readonly executed: number;
}

interface Assignment {
  readonly group: MemoryGroup;
  readonly vcpu: ParallelVcpu;
}

/** One thread. */
export class GuestThreadSlot {
  /** Which of a memory's areas is its engines'. */
  readonly area: number;
  readonly thread: GuestThread;
  readonly words: Int32Array;
  readonly numbers: Float64Array;
  /** Memories for which it has an engine. */
  readonly opened = new Set<MemoryGroup>();
  running: Assignment | null = null;

  constructor(area: number, thread: GuestThread, control: SharedArrayBuffer) {
    this.area = area;
    this.thread = thread;
    this.words = new Int32Array(control);
    this.numbers = new Float64Array(control, NUMBERS_AT);
  }

  get state(): number {
    return Atomics.load(this.words, WORD.STATE);
  }

  send(command: Command): void {
    this.thread.send(command);
  }

  requestStop(): void {
    Atomics.store(this.words, WORD.STOP, 1);
  }

  /** Has it run a vCPU, or only take its messages where `index` is -1. */
  go(index: number): void {
    const { words } = this;
    Atomics.store(words, WORD.STOP, 0);
    Atomics.store(words, WORD.INDEX, index);
    Atomics.store(words, WORD.STATE, STATE.RUNNING);
    Atomics.add(words, WORD.GO, 1);
    Atomics.notify(words, WORD.GO);
  }

  answer(result: number): void {
    const { words } = this;
    Atomics.store(words, WORD.RESULT, result);
    Atomics.store(words, WORD.STATE, STATE.RUNNING);
    Atomics.add(words, WORD.ANSWER, 1);
    Atomics.notify(words, WORD.ANSWER);
  }
}

export interface GuestThreadsOptions {
  /** Threads at most. */
  readonly count: number;
  readonly start: (words: GuestThreadWords, onWake: () => void) => GuestThread;
  readonly sleep: Sleep;
  /** Counters of the run, to which those of the threads are added. */
  readonly stats: EngineStats;
}

export class GuestThreads {
  readonly count: number;
  readonly sleep: Sleep;
  readonly #options: GuestThreadsOptions;
  readonly #slots: GuestThreadSlot[] = [];
  readonly #bellBuffer = new SharedArrayBuffer(BELL_SIZE);
  readonly #bell = new Int32Array(this.#bellBuffer);
  /** What the bell had counted when all threads were looked at. */
  #heard = 0;
  #wake: (() => void) | null = null;

  constructor(options: GuestThreadsOptions) {
    this.count = options.count;
    this.sleep = options.sleep;
    this.#options = options;
  }

  /** Whether some vCPU is away. */
  get areRunning(): boolean {
    return this.#slots.some(({ running }) => running !== null);
  }

  /** Whether some vCPU of a memory is away. */
  isRunning(group: MemoryGroup): boolean {
    return this.#slots.some(({ running }) => running?.group === group);
  }

  /** Takes back vCPUs that stopped, tells each, and does what the threads call for. Throws what went wrong in a thread. */
  collect(returned: (vcpu: ParallelVcpu) => void): void {
    for (let count = this.#rung; count !== this.#heard; count = this.#rung) {
      this.#heard = count;
      for (const slot of this.#slots) {
        if (slot.running === null) continue;
        const { vcpu } = slot.running;
        if (slot.state === STATE.CALLING) this.#serve(slot);
        else if (slot.state === STATE.STOPPED) {
          this.#takeBack(slot);
          returned(vcpu);
        }
      }
    }
    for (const { thread } of this.#slots) if (thread.failure !== null) throw thread.failure;
  }

  get #rung(): number {
    return Atomics.load(this.#bell, BELL.COUNT);
  }

  /** Waits until the bell rings, without the event loop, for so many milliseconds at most. Whether it rang. */
  wait(milliseconds: number): boolean {
    this.sleep(this.#bell, BELL.COUNT, this.#heard, milliseconds);
    return this.#rung !== this.#heard;
  }

  /** Has `wake` called when the bell rings; false when it has rung already. */
  announce(wake: () => void): boolean {
    this.#wake = wake;
    Atomics.store(this.#bell, BELL.ASLEEP, 1);
    if (this.#rung === this.#heard) return true;
    this.silence();
    return false;
  }

  silence(): void {
    this.#wake = null;
    Atomics.store(this.#bell, BELL.ASLEEP, 0);
  }

  /** Has a thread run `vcpu`; false when all are busy. */
  start(group: MemoryGroup, vcpu: ParallelVcpu, budget: number): boolean {
    const slot = this.#freeSlot(group, vcpu);
    if (slot === null) return false;
    group.openIn(slot);
    slot.running = { group, vcpu };
    vcpu.slot = slot;
    const { words, numbers } = slot;
    words[WORD.MEMORY] = group.id;
    words[WORD.PRECISE] = vcpu.isPrecise ? 1 : 0;
    numbers[NUMBER.PC] = vcpu.pc;
    numbers[NUMBER.MODE] = vcpu.mode;
    numbers[NUMBER.BUDGET] = budget;
    numbers[NUMBER.TOTAL] = vcpu.instructions;
    slot.go(vcpu.index);
    return true;
  }

  #freeSlot(group: MemoryGroup, vcpu: ParallelVcpu): GuestThreadSlot | null {
    const free = this.#slots.filter(({ running }) => running === null);
    const known = free.find((slot) => slot === vcpu.slot) ?? free.find(({ opened }) => opened.has(group)) ?? free[0];
    if (known !== undefined) return known;
    return this.#slots.length < this.count ? this.#startThread() : null;
  }

  #startThread(): GuestThreadSlot {
    const control = new SharedArrayBuffer(CONTROL_SIZE);
    const thread = this.#options.start({ control, bell: this.#bellBuffer }, () => this.#wake?.());
    // Area 0 is the kernel's thread's own.
    const slot = new GuestThreadSlot(this.#slots.length + 1, thread, control);
    this.#slots.push(slot);
    return slot;
  }

  /** Returns when no thread runs code of the group, but for `except`, and sees that all of them come back. */
  stop(group: MemoryGroup, except: GuestThreadSlot | null = null): void {
    const running = this.#slots.filter((slot) => slot.running?.group === group && slot !== except);
    for (const slot of running) slot.requestStop();
    for (const slot of running) this.#waitWhile(() => slot.state === STATE.RUNNING);
  }

  /** A vCPU that is away comes back at once, and what it comes back with is of no interest. */
  recall(vcpu: ParallelVcpu): void {
    const slot = this.#slots.find(({ running }) => running?.vcpu === vcpu);
    if (slot === undefined) return;
    slot.requestStop();
    while (slot.state !== STATE.STOPPED) {
      if (slot.state === STATE.CALLING) this.#serve(slot);
      this.#waitWhile(() => slot.state === STATE.RUNNING);
    }
    this.#takeBack(slot);
  }

  /** The program of a group has ended: nobody runs it. */
  close(group: MemoryGroup): void {
    for (const slot of this.#slots) {
      if (!slot.opened.delete(group)) continue;
      slot.send({ kind: 'close', memory: group.id });
      // Where it runs code of another memory, it hears of it later.
      if (slot.running !== null) continue;
      slot.go(-1);
      this.#waitWhile(() => slot.state === STATE.RUNNING);
      const failure = this.#receive(slot);
      if (failure !== undefined) throw failure as Error;
    }
  }

  /** The next message of a thread, but for counters, which are added. */
  #receive({ thread }: GuestThreadSlot): unknown {
    for (;;) {
      const message = thread.receive();
      if (!isClosed(message)) return message;
      addStats(this.#options.stats, message.stats);
    }
  }

  /** Ends all threads. */
  end(): void {
    for (const { thread } of this.#slots.splice(0)) thread.close();
  }

  /** Sleeps as long as `condition` holds, which changes only when the bell rings. */
  #waitWhile(condition: () => boolean): void {
    for (;;) {
      const count = this.#rung;
      if (!condition()) return;
      if (this.sleep(this.#bell, BELL.COUNT, count, PATIENCE) === 'timed-out')
        throw new UnsupportedError(
          'guest-thread',
          `a thread of the host that runs guest code did not answer for ${String(PATIENCE / 1000)} s; run without --parallel`,
        );
    }
  }

  #takeBack(slot: GuestThreadSlot): void {
    const { vcpu } = defined(slot.running, 'who comes back was away');
    const { numbers } = slot;
    const { stats } = this.#options;
    slot.running = null;
    const number = (index: number): number => numbers[index] ?? 0;
    stats.compiledInstructions += number(NUMBER.COMPILED);
    stats.interpretedInstructions += number(NUMBER.INTERPRETED);
    vcpu.comeBack({
      exit: this.#exitOf(slot),
      pc: number(NUMBER.PC),
      mode: number(NUMBER.MODE),
      executed: number(NUMBER.EXECUTED),
    });
  }

  #exitOf(slot: GuestThreadSlot): Exit {
    const reason = Atomics.load(slot.words, WORD.REASON);
    switch (reason) {
      case REASON.SYSCALL:
        return { kind: 'syscall' };
      case REASON.BUDGET:
        return { kind: 'budget' };
      case REASON.INTERRUPT:
        return { kind: 'interrupt' };
      case REASON.TRAP:
        return { kind: 'trap', trap: this.#receive(slot) as GuestTrap };
      case REASON.FAILED:
        throw this.#receive(slot) as Error;
      default:
        unreachable(`a thread stopped for the reason ${String(reason)}`);
    }
  }

  /** Does what a thread calls for. */
  #serve(slot: GuestThreadSlot): void {
    const { words } = slot;
    const { group } = defined(slot.running, 'who calls runs something');
    const argument = Atomics.load(words, WORD.ARGUMENT);
    switch (Atomics.load(words, WORD.CALL)) {
      case CALL.WATCH:
        group.watch(argument, slot);
        slot.answer(0);
        break;
      case CALL.RELEASE:
        slot.answer(group.release(argument, slot) ? 1 : 0);
        break;
      case CALL.EXCLUDE:
        this.#exclude(slot, group);
        break;
      default:
        unreachable('a call of another kind');
    }
  }

  /** Lets one thread run alone, as long as it wants: some instructions. It may call for something meanwhile. */
  #exclude(slot: GuestThreadSlot, group: MemoryGroup): void {
    const { words } = slot;
    this.stop(group, slot);
    slot.answer(0);
    const isAlone = (): boolean => Atomics.load(words, WORD.ALONE) === 1;
    while (isAlone() && slot.state !== STATE.STOPPED) {
      if (slot.state === STATE.CALLING) this.#serve(slot);
      this.#waitWhile(() => isAlone() && slot.state === STATE.RUNNING);
    }
  }
}

/** Adds counters of events; instructions were added when they had been executed. */
function addStats(to: EngineStats, from: EngineStats): void {
  const sums = to as unknown as Record<string, number>;
  for (const [name, value] of Object.entries(from) as [keyof EngineStats, number][]) {
    if (name === 'compiledInstructions' || name === 'interpretedInstructions') continue;
    if (name === 'peakBytes' || name === 'longestCompile') sums[name] = Math.max(to[name], value);
    else sums[name] = to[name] + value;
  }
}

function isClosed(message: unknown): message is ClosedReply {
  return (message as { readonly kind?: string } | undefined)?.kind === 'closed';
}
