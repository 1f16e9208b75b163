/** A thread of Node that runs the package's compiler. */
import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { MessageChannel, receiveMessageOnPort, Worker, type MessagePort } from 'node:worker_threads';
import { defined } from '../../common/assert.ts';
import type { CompileThread } from '../types.ts';
import { enableRelaxedSimd } from './relaxed-simd.ts';

const entry = new URL('../../thread/main.js', import.meta.url);

/** MiB for what a compilation makes and forgets, three times the default: a seventh of the time went into collecting it. */
const YOUNG_GENERATION = 144;

/** Null where there is no second processor, or no build to run. */
export function startCompileThread(): CompileThread | null {
  if (availableParallelism() < 2 || !existsSync(entry)) return null;
  // Before, so that V8 runs the thread's code with the flags that the build compiled it under.
  enableRelaxedSimd();
  return new NodeCompileThread();
}

class NodeCompileThread implements CompileThread {
  readonly #worker: Worker;
  readonly #port: MessagePort;
  /** Replies that came back, counted by the thread: asking the port each time would take a microsecond. */
  readonly #replies = new Int32Array(new SharedArrayBuffer(4));
  #received = 0;
  #hasFailed = false;

  constructor() {
    const { port1, port2 } = new MessageChannel();
    this.#port = port1;
    // Flags for this process are not for the thread: one may run a script first, or wait for a debugger.
    this.#worker = new Worker(entry, {
      workerData: { port: port2, replies: this.#replies },
      transferList: [port2],
      execArgv: [],
      resourceLimits: { maxYoungGenerationSizeMb: YOUNG_GENERATION },
    });
    const fail = (): void => {
      this.#hasFailed = true;
    };
    this.#worker.on('error', fail);
    this.#worker.on('exit', fail);
    // A program that has ended does not wait for code.
    this.#worker.unref();
  }

  get hasFailed(): boolean {
    return this.#hasFailed;
  }

  get hasReply(): boolean {
    return Atomics.load(this.#replies, 0) !== this.#received;
  }

  send(message: unknown, transfer: readonly ArrayBuffer[]): void {
    this.#port.postMessage(message, transfer);
  }

  receive(): unknown {
    this.#received = (this.#received + 1) | 0;
    return defined(receiveMessageOnPort(this.#port), 'a message was announced').message;
  }

  close(): void {
    this.#port.close();
    void this.#worker.terminate();
  }
}
