/** The side of a thread that runs guest code beside the kernel; see `protocol.ts`. */
import { defined, unreachable } from '../../common/assert.ts';
import type { Guest } from '../../guest/guest.ts';
import { keepInterpreter } from '../../host/interpreter/instance.ts';
import { GuestMemory } from '../../memory/guest-memory.ts';
import type { GuestThreadWords, Sleep } from '../../platform/types.ts';
import type { GuestKey } from '../background-messages.ts';
import type { Exit } from '../exit.ts';
import { CodeLog, type Peers } from '../peers.ts';
import { createEngineStats, type EngineStats } from '../stats.ts';
import { Vcpu } from '../vcpu.ts';
import {
  BELL,
  CALL,
  NUMBER,
  NUMBERS_AT,
  REASON,
  STATE,
  WORD,
  type ClosedReply,
  type Command,
  type OpenCommand,
} from './protocol.ts';

export interface ServerHost {
  /** The next message, undefined where there is none. */
  receive(): Command | undefined;
  send(message: unknown): void;
  readonly sleep: Sleep;
  /** Makes the main thread's event loop turn. */
  wake(): void;
  /** The guest of a key that was loaded; undefined for another. */
  guestFor(key: GuestKey): Guest | undefined;
  /** Monotonic time in nanoseconds. */
  readonly clock: () => bigint;
  readonly random: () => bigint;
  readonly enableWasmFeatures: () => void;
}

/** An engine for the code of one memory. */
interface Engine {
  readonly memory: GuestMemory;
  readonly stats: EngineStats;
  readonly first: Vcpu;
  /** By index. */
  readonly vcpus: (Vcpu | undefined)[];
}

export class GuestThreadServer {
  readonly #host: ServerHost;
  readonly #words: Int32Array;
  readonly #numbers: Float64Array;
  readonly #bell: Int32Array;
  readonly #engines = new Map<number, Engine>();
  #seen = 0;
  /** What could not be opened yet: its guest has to be loaded. */
  #waiting: OpenCommand | null = null;

  constructor({ control, bell }: GuestThreadWords, host: ServerHost) {
    this.#host = host;
    this.#words = new Int32Array(control);
    this.#numbers = new Float64Array(control, NUMBERS_AT);
    this.#bell = new Int32Array(bell);
  }

  /** Does what the main thread says, for ever, or until it needs a guest that is not loaded: then its key. */
  serve(): GuestKey {
    for (;;) {
      if (this.#waiting === null) {
        this.#host.sleep(this.#words, WORD.GO, this.#seen);
        this.#seen = Atomics.load(this.#words, WORD.GO);
      }
      let reason: number = REASON.NOTHING;
      try {
        const missing = this.#takeCommands();
        if (missing !== null) return missing;
        if (Atomics.load(this.#words, WORD.INDEX) >= 0) reason = this.#run();
      } catch (error) {
        this.#host.send(error instanceof Error ? error : new Error(String(error)));
        reason = REASON.FAILED;
      }
      Atomics.store(this.#words, WORD.REASON, reason);
      this.#become(STATE.STOPPED);
    }
  }

  #become(state: number): void {
    Atomics.store(this.#words, WORD.STATE, state);
    this.#ring();
  }

  #ring(): void {
    Atomics.add(this.#bell, BELL.COUNT, 1);
    Atomics.notify(this.#bell, BELL.COUNT);
    if (Atomics.exchange(this.#bell, BELL.ASLEEP, 0) === 1) this.#host.wake();
  }

  #takeCommands(): GuestKey | null {
    for (;;) {
      const command = this.#waiting ?? this.#host.receive();
      if (command === undefined) return null;
      this.#waiting = null;
      if (command.kind !== 'open') {
        this.#obey(command);
        continue;
      }
      const guest = this.#host.guestFor(command.guest);
      if (guest === undefined) {
        this.#waiting = command;
        return command.guest;
      }
      this.#engines.set(command.memory, this.#open(command, guest));
    }
  }

  #open(command: OpenCommand, guest: Guest): Engine {
    const { layout, model, tier } = command;
    keepInterpreter(command.interpreter, layout, command.interpreted);
    const memory = GuestMemory.attach(command.shared, layout, command.isProtected);
    const stats = createEngineStats();
    const first = new Vcpu({
      ...{ guest, memory, tier, stats, memoryModel: model },
      clock: this.#host.clock,
      random: this.#host.random,
      enableWasmFeatures: this.#host.enableWasmFeatures,
      peers: this.#peers(new CodeLog(command.log)),
      attaches: true,
    });
    if (command.isWatched) first.noteWatched();
    return { memory, stats, first, vcpus: [first] };
  }

  #obey(command: Exclude<Command, OpenCommand>): void {
    const engine = defined(this.#engines.get(command.memory), 'a memory is opened first');
    switch (command.kind) {
      case 'close':
        this.#engines.delete(command.memory);
        engine.first.release();
        this.#host.send({ kind: 'closed', stats: engine.stats } satisfies ClosedReply);
        break;
      case 'invalidate':
        engine.first.invalidateCode(command.start, command.end);
        break;
      case 'synchronize':
        engine.first.synchronizeCode(command.start, command.end);
        break;
      case 'watched':
        engine.first.noteWatched();
        break;
      case 'protection-lost':
        engine.memory.onProtectionLost?.();
        break;
    }
  }

  #peers(log: CodeLog): Peers {
    const words = this.#words;
    return {
      log,
      sleep: this.#host.sleep,
      get mustStop() {
        return Atomics.load(words, WORD.STOP) !== 0;
      },
      watch: (page) => void this.#call(CALL.WATCH, page),
      release: (page) => this.#call(CALL.RELEASE, page) !== 0,
      exclude: () => {
        Atomics.store(words, WORD.ALONE, 1);
        this.#call(CALL.EXCLUDE, 0);
      },
      share: () => {
        Atomics.store(words, WORD.ALONE, 0);
        this.#ring();
      },
    };
  }

  /** Has the main thread do something. */
  #call(call: number, argument: number): number {
    const words = this.#words;
    const before = Atomics.load(words, WORD.ANSWER);
    Atomics.store(words, WORD.CALL, call);
    Atomics.store(words, WORD.ARGUMENT, argument);
    this.#become(STATE.CALLING);
    this.#host.sleep(words, WORD.ANSWER, before);
    return Atomics.load(words, WORD.RESULT);
  }

  #run(): number {
    const words = this.#words;
    const engine = defined(this.#engines.get(words[WORD.MEMORY] ?? 0), 'a memory is opened first');
    const index = words[WORD.INDEX] ?? 0;
    const vcpu = (engine.vcpus[index] ??= engine.first.createSibling(index));
    const numbers = this.#numbers;
    const { stats } = engine;
    vcpu.pc = numbers[NUMBER.PC] ?? 0;
    vcpu.mode = numbers[NUMBER.MODE] ?? 0;
    vcpu.instructions = numbers[NUMBER.TOTAL] ?? 0;
    vcpu.setPreciseFaults(words[WORD.PRECISE] !== 0);
    const [before, compiled, interpreted] = [
      vcpu.instructions,
      stats.compiledInstructions,
      stats.interpretedInstructions,
    ];
    const exit = vcpu.run(numbers[NUMBER.BUDGET] ?? 0);
    numbers[NUMBER.PC] = vcpu.pc;
    numbers[NUMBER.MODE] = vcpu.mode;
    numbers[NUMBER.EXECUTED] = vcpu.instructions - before;
    numbers[NUMBER.COMPILED] = stats.compiledInstructions - compiled;
    numbers[NUMBER.INTERPRETED] = stats.interpretedInstructions - interpreted;
    return this.#reasonOf(exit);
  }

  #reasonOf(exit: Exit): number {
    switch (exit.kind) {
      case 'syscall':
        return REASON.SYSCALL;
      case 'interrupt':
        return REASON.INTERRUPT;
      case 'budget':
        return REASON.BUDGET;
      case 'trap':
        this.#host.send(exit.trap);
        return REASON.TRAP;
      default:
        unreachable('an exit of another kind');
    }
  }
}
