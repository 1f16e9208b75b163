/**
 * Graphics for a guest, in a process apart. A kernel that never ends cannot be stopped, and keeps its driver busy; a driver
 * may crash of what a guest gives it. So the process is killed then, everything in it is lost, and the next one takes its
 * place, a few times.
 */
import { fork, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { MessageSession } from '../../common/message-service.ts';
import { setNodeTimer } from '../../platform/node/clock.ts';
import { LONGEST_REQUEST, OPERATION, Refusal, refusal } from '../guest/protocol.ts';
import { GUEST_LIMITS } from '../guest/service.ts';
import { addGpuStats, createGpuStats, type GpuStats } from '../stats.ts';
import type { GuestGraphics } from '../types.ts';
import type { FromProcess, ToProcess } from './process-messages.ts';

/** Milliseconds beyond a launch's longest time, after which the process is taken to hang. */
const GRACE = 10_000;

export interface GraphicsProcessOptions {
  /** The script that answers. */
  readonly script?: string;
  /** Processes that were lost, after which there is no other. */
  readonly patience?: number;
  /** Milliseconds for an answer. */
  readonly timeout?: number;
}

interface Question {
  readonly resolve: (reply: Uint8Array) => void;
  readonly stopTimer: () => void;
}

/** One run of the process. */
interface Life {
  readonly child: ChildProcess;
  readonly questions: Map<number, Question>;
  counters: GpuStats;
}

export class GraphicsProcess implements GuestGraphics {
  readonly longestRequest = LONGEST_REQUEST;
  readonly #script: string;
  readonly #patience: number;
  readonly #timeout: number;
  #life: Life | undefined;
  /** Of processes that have ended. */
  #past = createGpuStats();
  #lost = 0;
  #sessions = 0;
  #lastSession = 0;
  #lastQuestion = 0;

  constructor(options: GraphicsProcessOptions = {}) {
    this.#script = options.script ?? mainScript();
    this.#patience = options.patience ?? 3;
    this.#timeout = options.timeout ?? GUEST_LIMITS.timeout + GRACE;
  }

  readonly #kill = (): void => void this.#life?.child.kill('SIGKILL');

  open(): MessageSession | null {
    if (this.#sessions >= GUEST_LIMITS.sessions) return null;
    this.#sessions++;
    const id = ++this.#lastSession;
    /** The process in which the session's device is. */
    let home: Life | undefined;
    let closed = false;
    return {
      answer: (request) => {
        const opens = operationOf(request) === OPERATION.OPEN;
        if (this.#lost >= this.#patience)
          return refused(`graphics failed ${String(this.#lost)} times; the guest gets no other device`);
        if (home !== undefined && home !== this.#life && !opens) return refused('the device was lost; open it again');
        const life = (this.#life ??= this.#start());
        if (opens) home = life;
        return this.#ask(life, id, request);
      },
      close: () => {
        if (closed) return;
        closed = true;
        this.#sessions--;
        this.#send(this.#life, { kind: 'close', session: id });
      },
    };
  }

  #start(): Life {
    const child = fork(this.#script, [], {
      ...{ serialization: 'advanced', execArgv: [], stdio: ['ignore', 'ignore', 'ignore', 'ipc'] },
    });
    // Whoever ends this process takes the other one along, hanging or not.
    process.off('exit', this.#kill).once('exit', this.#kill);
    const life: Life = { child, questions: new Map(), counters: createGpuStats() };
    // What the guest waits for keeps this process alive, not the channel.
    child.unref();
    child.channel?.unref();
    child.on('message', (message: FromProcess) => this.#take(life, message));
    child.on('error', (error) => this.#end(life, `it cannot be started: ${error.message}`));
    child.on('exit', (status, signal) => this.#end(life, `it ended with ${signal ?? `status ${String(status)}`}`));
    return life;
  }

  #ask(life: Life, session: number, request: Uint8Array): Promise<Uint8Array> {
    const number = ++this.#lastQuestion;
    return new Promise((resolve) => {
      const stopTimer = setNodeTimer(BigInt(this.#timeout) * 1_000_000n, () =>
        this.#end(life, `it gave no answer within ${String(this.#timeout)} ms`),
      );
      life.questions.set(number, { resolve, stopTimer });
      this.#send(life, { kind: 'ask', session, number, request });
    });
  }

  #send(life: Life | undefined, message: ToProcess): void {
    // Of one that has just ended, the end is told soon.
    if (life?.child.connected === true) life.child.send(message, () => undefined);
  }

  #take(life: Life, { number, reply, counters }: FromProcess): void {
    const question = life.questions.get(number);
    if (question === undefined) return;
    life.questions.delete(number);
    life.counters = counters;
    question.stopTimer();
    question.resolve(reply);
    // Its processors are busy with something that will not end.
    if (counters.timeouts > 0) this.#end(life, 'a kernel did not end');
  }

  /** Ends the process, if it has not, and everything that was asked of it. */
  #end(life: Life, reason: string): void {
    if (this.#life !== life) return;
    this.#life = undefined;
    this.#lost++;
    this.#past = addGpuStats(this.#past, life.counters);
    // Besides the devices that it lost itself, these went with it.
    this.#past.devicesLost += life.counters.devicesOpened - life.counters.devicesLost;
    life.child.kill('SIGKILL');
    const text = refusal(new Refusal('EIO', `the process for graphics was lost: ${reason}`));
    for (const { resolve, stopTimer } of life.questions.values()) {
      stopTimer();
      resolve(text);
    }
    life.questions.clear();
  }

  counters(): GpuStats {
    return addGpuStats(this.#past, this.#life?.counters ?? createGpuStats());
  }

  async close(): Promise<void> {
    process.off('exit', this.#kill);
    const life = this.#life;
    if (life === undefined) return;
    // Nothing else may keep this process alive until then.
    life.child.ref();
    const ended = new Promise<void>((resolve) => life.child.once('exit', () => resolve()));
    this.#life = undefined;
    this.#past = addGpuStats(this.#past, life.counters);
    life.child.kill('SIGKILL');
    for (const { stopTimer } of life.questions.values()) stopTimer();
    await ended;
  }
}

function operationOf(request: Uint8Array): number {
  return request.length < 8 ? 0 : new DataView(request.buffer, request.byteOffset, request.length).getUint32(4, true);
}

function refused(text: string): Promise<Uint8Array> {
  return Promise.resolve(refusal(new Refusal('EIO', text)));
}

/** The same from this file as from the bundle of the command; from sources, the built package's. */
function mainScript(): string {
  const beside = fileURLToPath(new URL('../../gpu/node/process-main.js', import.meta.url));
  return existsSync(beside)
    ? beside
    : fileURLToPath(new URL('../../../dist/gpu/node/process-main.js', import.meta.url));
}
