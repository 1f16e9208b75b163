/**
 * Runs threads in turns on the host's one thread. Which one runs when depends on what they do and on nothing else: a
 * turn is counted in instructions and system calls, never in time. When all wait, so does the host, in its event loop.
 *
 * With `beside`, other threads of the host run those of processes that have several. A turn ends then when one is *away*,
 * and it gets the next one here when it has come back for the kernel.
 */
import { defined } from '../../common/assert.ts';
import type { Platform } from '../../platform/types.ts';
import { runThread } from '../process/run-thread.ts';
import type { Thread } from '../process/thread.ts';
import type { Beside, VcpuLike } from '../process/vcpu.ts';

/** Guest instructions in a turn. */
const TURN = 4_000_000;
/** The same while other threads may need the kernel: some milliseconds. */
const SHORT_TURN = 1_000_000;
/** Nanoseconds for which a thread may be away while others wait for a place. */
const QUANTUM = 6_000_000n;
/** Milliseconds for which the host waits for a thread that is away, out of the event loop, soon after the last one came back. */
const NAP = 1;
const RECENT = 4_000_000n;
/** Nanoseconds after which the host's event loop gets a turn: timers, input and output wait that long at most. */
const SLICE = 8_000_000n;
/** Nanoseconds after which a call that asks whether something is ready, without waiting, lets the event loop turn. */
const POLL_SLICE = 4_000_000n;
/** While all wait, a timer keeps the host's event loop alive: what they wait for may be a key that is never pressed. */
const KEEP_ALIVE = 3_600_000_000_000n;

export interface SchedulerHooks {
  /** Called before a thread of another memory runs than before. */
  readonly switching: (from: Thread | null, to: Thread) => void;
  /** Called after a turn in which the thread or its process decided to end. */
  readonly ended: (thread: Thread) => void;
  readonly instructionLimitReached: () => void;
}

export interface SchedulerLimits {
  readonly instructionLimit?: number | undefined;
  /** Processors' worth of time; there is one, so only less than 1 limits anything. */
  readonly cpus?: number | undefined;
}

export class Scheduler {
  readonly #platform: Pick<Platform, 'clock' | 'setTimer'>;
  readonly #hooks: SchedulerHooks;
  readonly #instructionLimit: number;
  /** Nanoseconds to pause for each that ran. */
  readonly #pausePerRun: number;
  /** Nanoseconds of pauses that are due. */
  #pauseDue = 0;
  readonly #queue: Thread[] = [];
  #head = 0;
  #running: Thread | null = null;
  #last: Thread | null = null;
  #turnStart = 0n;
  #sliceStart = 0n;
  #yields = false;
  #stopping = false;
  #wakeHost: (() => void) | null = null;
  readonly #beside: Beside | null;
  /** Threads that are away. */
  readonly #away = new Map<VcpuLike, Thread>();
  /** Threads for which there was no thread of the host. */
  readonly #crowded: Thread[] = [];
  #isRotating = false;
  #lastReturn = 0n;
  /**
   * Some thread has or had a real-time policy: those go first from turn to turn, the higher priority before the lower one. Of
   * one priority they take turns.
   */
  usesPriorities = false;
  /** Guest instructions that all threads executed. */
  instructions = 0;

  constructor(
    platform: Pick<Platform, 'clock' | 'setTimer'>,
    hooks: SchedulerHooks,
    limits: SchedulerLimits = {},
    beside: Beside | null = null,
  ) {
    this.#beside = beside;
    this.#platform = platform;
    this.#hooks = hooks;
    this.#instructionLimit = limits.instructionLimit ?? Infinity;
    this.#pausePerRun = Math.max(1 / (limits.cpus ?? 1) - 1, 0);
  }

  /** The thread that runs now. */
  get running(): Thread | null {
    return this.#running;
  }

  /** The thread that runs, or ran last. */
  get latest(): Thread | null {
    return this.#last;
  }

  /** Puts a thread in line for its turn. */
  wake(thread: Thread): void {
    if (thread.queued || thread.dead || thread === this.#running) return;
    // It comes back, and is woken then.
    if (thread.awaySince !== null) {
      thread.vcpu.interrupt();
      return;
    }
    thread.queued = true;
    this.#queue.push(thread);
    this.#wakeHost?.();
  }

  /** Ends the present turn after the present system call: sched_yield(2). */
  yield(): void {
    this.#yields = true;
  }

  takeYield(): boolean {
    const yields = this.#yields;
    this.#yields = false;
    return yields;
  }

  get instructionsLeft(): number {
    return this.#instructionLimit - this.instructions;
  }

  countInstructions(count: number): void {
    this.instructions += count;
    if (this.instructions >= this.#instructionLimit) this.#hooks.instructionLimitReached();
  }

  /** Nanoseconds that a thread ran, its present turn included. */
  cpuTimeOf(thread: Thread): bigint {
    const since = thread === this.#running ? this.#turnStart : thread.awaySince;
    return since === null ? thread.cpuTime : thread.cpuTime + this.#platform.clock.monotonic() - since;
  }

  /** Whether the event loop has not had a turn for a while. */
  turnDue(): boolean {
    return this.#platform.clock.monotonic() - this.#sliceStart >= POLL_SLICE;
  }

  /** Ends the present turn and `run`, because nothing is to run any more. */
  stop(): void {
    this.#stopping = true;
    this.#wakeHost?.();
  }

  get stopping(): boolean {
    return this.#stopping;
  }

  /** Runs until `done`, or until stopped. */
  async run(done: () => boolean): Promise<void> {
    const { clock } = this.#platform;
    this.#sliceStart = clock.monotonic();
    while (!this.#stopping && !done()) {
      this.#beside?.collect((vcpu) => {
        this.#takeBack(vcpu);
      });
      const thread = this.#next();
      if (thread === undefined && this.#naps()) continue;
      if (thread === undefined) await this.#sleep(done);
      else if (this.#turn(thread) - this.#sliceStart < SLICE && this.#pauseDue < Number(SLICE)) continue;
      else if (this.#pauseDue >= Number(SLICE)) await this.#pause();
      else await this.#turnEventLoop();
      this.#sliceStart = clock.monotonic();
    }
  }

  #next(): Thread | undefined {
    const thread = this.#queue[this.#head];
    if (thread === undefined) return undefined;
    const urgent = this.#mostUrgent();
    if (urgent > this.#head) return this.#queue.splice(urgent, 1)[0];
    if (++this.#head * 2 < this.#queue.length) return thread;
    this.#queue.splice(0, this.#head);
    this.#head = 0;
    return thread;
  }

  /** Where in the queue the first one of the highest real-time priority stands. */
  #mostUrgent(): number {
    let found = this.#head;
    let highest = 0;
    for (let index = this.#head; this.usesPriorities && index < this.#queue.length; index++) {
      const { priority } = defined(this.#queue[index], 'in the queue').scheduling;
      if (priority <= highest) continue;
      [highest, found] = [priority, index];
    }
    return found;
  }

  /** The time when the turn was over. */
  #turn(thread: Thread): bigint {
    thread.queued = false;
    if (thread.dead) return this.#turnStart;
    if (this.#last?.vcpu !== thread.vcpu) this.#hooks.switching(this.#last, thread);
    this.#last = thread;
    this.#running = thread;
    this.#turnStart = this.#platform.clock.monotonic();
    const end = runThread(thread, this.#beside?.areRunning === true ? SHORT_TURN : TURN);
    const now = this.#platform.clock.monotonic();
    this.#running = null;
    thread.cpuTime += now - this.#turnStart;
    this.#pauseDue += Number(now - this.#turnStart) * this.#pausePerRun;
    thread.process.checkCpuTimers();
    if (thread.ending || thread.process.exit !== null) this.#hooks.ended(thread);
    else if (end === 'ready') this.wake(thread);
    else if (end === 'away') this.#leave(thread, now);
    else if (end === 'crowded') this.#wait(thread);
    return now;
  }

  #leave(thread: Thread, now: bigint): void {
    thread.awaySince = now;
    this.#away.set(thread.vcpu, thread);
  }

  /** It takes the next place that is free. */
  #wait(thread: Thread): void {
    thread.queued = true;
    this.#crowded.push(thread);
    this.#rotate();
  }

  /** Sees that threads that are away for long come back, as long as others wait. */
  #rotate(): void {
    if (this.#isRotating || this.#crowded.length === 0) return;
    this.#isRotating = true;
    this.#platform.setTimer(QUANTUM, () => {
      this.#isRotating = false;
      const now = this.#platform.clock.monotonic();
      for (const { awaySince, vcpu } of this.#away.values())
        if (awaySince !== null && now - awaySince >= QUANTUM) vcpu.interrupt();
      this.#rotate();
    });
  }

  #takeBack(vcpu: VcpuLike): void {
    const thread = this.#away.get(vcpu);
    if (thread === undefined) return;
    this.#settle(thread);
    this.wake(thread);
    for (const waiting of this.#crowded.splice(0)) {
      waiting.queued = false;
      this.wake(waiting);
    }
  }

  #settle(thread: Thread): void {
    this.#away.delete(thread.vcpu);
    this.#lastReturn = this.#platform.clock.monotonic();
    thread.cpuTime += this.#lastReturn - (thread.awaySince ?? this.#lastReturn);
    thread.awaySince = null;
  }

  /** A thread ends, and is not away any more. */
  recall(thread: Thread): void {
    thread.vcpu.recall?.();
    if (thread.awaySince !== null) this.#settle(thread);
  }

  /** Waits a little for a thread that is away, where that is to be expected; whether there is something to do now. */
  #naps(): boolean {
    const { clock } = this.#platform;
    if (this.#beside?.areRunning !== true || this.#head < this.#queue.length) return false;
    const now = clock.monotonic();
    if (now - this.#lastReturn > RECENT || now - this.#sliceStart >= SLICE) return false;
    return this.#beside.wait(NAP);
  }

  /** Sleeps until a thread is woken or `done` may be true. */
  async #sleep(done: () => boolean): Promise<void> {
    const begun = this.#platform.clock.monotonic();
    const cancel = this.#platform.setTimer(KEEP_ALIVE, () => this.#wakeHost?.());
    await new Promise<void>((resolve) => {
      this.#wakeHost = resolve;
      const isAnnounced = this.#beside?.announce(resolve) ?? true;
      if (!isAnnounced || this.#stopping || done() || this.#queue[this.#head] !== undefined) resolve();
    });
    this.#beside?.silence();
    this.#wakeHost = null;
    cancel();
    this.#paused(begun);
  }

  /** Lets time pass in which nothing runs, as the limit on the processors' time has it. */
  async #pause(): Promise<void> {
    const begun = this.#platform.clock.monotonic();
    await new Promise<void>((resolve) => {
      const cancel = this.#platform.setTimer(BigInt(Math.round(this.#pauseDue)), resolve);
      // Threads that become ready wait as well; only the end does not.
      this.#wakeHost = () => {
        if (!this.#stopping) return;
        cancel();
        resolve();
      };
    });
    this.#wakeHost = null;
    this.#paused(begun);
  }

  /** What passed while nothing ran counts as a pause. */
  #paused(begun: bigint): void {
    this.#pauseDue = Math.max(this.#pauseDue - Number(this.#platform.clock.monotonic() - begun), 0);
  }

  #turnEventLoop(): Promise<void> {
    return new Promise((resolve) => {
      this.#platform.setTimer(0n, resolve);
    });
  }
}
