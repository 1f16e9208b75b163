/** Threads of Node that run guest code. */
import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { MessageChannel, receiveMessageOnPort, Worker, type MessagePort } from 'node:worker_threads';
import type { GuestThread, GuestThreadWords, Sleep } from '../types.ts';
import { enableRelaxedSimd } from './relaxed-simd.ts';

const entry = new URL('../../thread/guest.js', import.meta.url);

export const nodeSleep: Sleep = (words, index, value, milliseconds) => Atomics.wait(words, index, value, milliseconds);

/** How many there can be, and why there are none. */
export function nodeGuestThreads(): { readonly count: number; readonly reason: string | null } {
  if (!existsSync(entry)) return { count: 0, reason: 'Hospes runs from its sources here, and threads need its build' };
  return { count: availableParallelism(), reason: null };
}

export function startGuestThread(words: GuestThreadWords, onWake: () => void): GuestThread {
  // Before, so that V8 runs the thread's code with the flags that the build compiled it under.
  enableRelaxedSimd();
  return new NodeGuestThread(words, onWake);
}

class NodeGuestThread implements GuestThread {
  readonly #worker: Worker;
  readonly #port: MessagePort;
  readonly #wake: MessagePort;
  #failure: Error | null = null;

  constructor({ control, bell }: GuestThreadWords, onWake: () => void) {
    const messages = new MessageChannel();
    const wakes = new MessageChannel();
    this.#port = messages.port1;
    this.#wake = wakes.port1;
    // Flags for this process are not for the thread: one may run a script first, or wait for a debugger.
    this.#worker = new Worker(entry, {
      workerData: { control, bell, port: messages.port2, wake: wakes.port2 },
      transferList: [messages.port2, wakes.port2],
      execArgv: [],
    });
    this.#wake.on('message', onWake);
    const fail = (error: Error): void => {
      this.#failure ??= error;
      onWake();
    };
    this.#worker.on('error', fail);
    this.#worker.on('exit', () => {
      fail(new Error('a thread that runs guest code ended by itself'));
    });
    // Whoever waits for it keeps the event loop alive.
    this.#worker.unref();
    this.#wake.unref();
  }

  get failure(): Error | null {
    return this.#failure;
  }

  send(message: unknown): void {
    this.#port.postMessage(message);
  }

  receive(): unknown {
    return receiveMessageOnPort(this.#port)?.message;
  }

  close(): void {
    this.#port.close();
    this.#wake.close();
    void this.#worker.terminate();
  }
}
