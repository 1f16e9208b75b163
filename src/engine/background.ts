/**
 * Compiling in another thread of the host while the guest goes on. What that thread needs of an address space is sent along:
 * it has no access to guest memory. Results wait until whoever runs the guest asks for them.
 */
import { assert, unreachable } from '../common/assert.ts';
import { PAGE_SHIFT, PAGE_SIZE } from '../memory/layout.ts';
import type { GuestMemory } from '../memory/guest-memory.ts';
import type { CompileThread } from '../platform/types.ts';
import type { CompiledBatch, CompileReply, CompileRequest, GuestKey } from './background-messages.ts';
import type { BatchTask } from './batch.ts';
import type { ExecutedElsewhere } from './executed-elsewhere.ts';
import type { RegionStats } from './stats.ts';

/** Requests that may wait at a time: code that gets hot meanwhile asks again, the hottest first. */
const MAX_WAITING = 3;

/** What tier 0 knows of the code that it executed. */
export interface ExecutedCode {
  /** Pcs of blocks in the order in which they were translated; they begin anew with another `epoch`. */
  readonly pcs: readonly number[];
  readonly epoch: number;
  /** Numbers of the pages that they are on. */
  pages(): Iterable<number>;
  /**
   * Pairs of the pc of a loop or function and how often control came there, without those where that hardly ever was, and without
   * loops far from `start`.
   */
  heat(start: number): Uint32Array;
  /** How often control has to come to a function for it to be compiled with its callers. */
  readonly warmFrom: number;
}

/** What is told with each request; see `CompileRequest`. */
export type Profile = Pick<
  CompileRequest,
  'compiled' | 'functions' | 'jumps' | 'entries' | 'unguarded' | 'speculation' | 'generations'
>;

export interface Submission extends Profile {
  /** Blocks that were executed elsewhere; what was told once is not taken back. */
  readonly executedElsewhere: ExecutedElsewhere;
  readonly task: BatchTask;
  /** True for a page that holds code which may be compiled now. */
  readonly mayCompile: (page: number) => boolean;
}

export interface Finished {
  readonly task: BatchTask;
  /** Null where nothing could be compiled. */
  readonly result: CompiledBatch | null;
}

interface Waiting {
  readonly session: CompileSession;
  /** That of the session when it asked. */
  readonly epoch: number;
  readonly task: BatchTask;
}

/** The compiling thread of a run, which all its address spaces share; it is started when first needed. */
export class BackgroundCompiler {
  readonly #start: () => CompileThread | null;
  readonly #stats: RegionStats;
  #thread: CompileThread | null | undefined;
  readonly #waiting = new Map<number, Waiting>();
  #nextId = 0;
  #nextSession = 0;
  #isWanted = false;
  readonly #isDue: () => boolean;

  /**
   * `start`: gives the thread, null where the host has none to give; `isDue`: true from when a thread is worth its start.
   */
  constructor(start: () => CompileThread | null, stats: RegionStats, isDue = (): boolean => true) {
    this.#start = start;
    this.#stats = stats;
    this.#isDue = isDue;
  }

  /** Whether there is a thread to compile, which is started for the first who asks; else that is up to whoever asks. */
  get isAvailable(): boolean {
    if (this.#thread === undefined) this.#thread = this.#start();
    if (this.#thread?.hasFailed === true) this.#giveUp(this.#thread);
    return this.#thread !== null;
  }

  /** There is code that only the thread should compile, which is started now, or when it is due. True where it is there. */
  want(): boolean {
    this.#isWanted = true;
    return (this.#thread !== undefined || this.#isDue()) && this.isAvailable;
  }

  #giveUp(thread: CompileThread): void {
    thread.close();
    this.#thread = null;
    this.#stats.backgroundFailures++;
    const lost = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const { session, epoch } of lost) session.lose(epoch);
  }

  /** False until it is started: it takes some 100 ms of a processor. */
  get isRunning(): boolean {
    return this.#thread !== undefined;
  }

  /** False while there may be a thread later. */
  get isDecided(): boolean {
    return this.#thread !== undefined || this.#isDue();
  }

  get isBusy(): boolean {
    return this.#waiting.size >= MAX_WAITING;
  }

  open(guest: GuestKey, memory: GuestMemory, code: ExecutedCode): CompileSession {
    return new CompileSession(this, this.#nextSession++, guest, memory, code);
  }

  /** Hands out what is finished; cheap where nothing is. */
  poll(): void {
    if (this.#isWanted && this.#thread === undefined && this.#isDue()) this.#thread = this.#start();
    const thread = this.#thread;
    if (thread === null || thread === undefined) return;
    if (thread.hasFailed) {
      this.#giveUp(thread);
      return;
    }
    while (thread.hasReply) {
      const reply = thread.receive() as CompileReply;
      const waiting = this.#waiting.get(reply.id);
      assert(waiting !== undefined, 'a reply belongs to a request');
      this.#waiting.delete(reply.id);
      this.#take(reply, waiting);
    }
  }

  #take({ took, result, error }: CompileReply, { session, epoch, task }: Waiting): void {
    if (error !== null) unreachable(`the compiler failed: ${error}`);
    this.#stats.backgroundModules++;
    this.#stats.backgroundTime += took;
    session.finish(epoch, { task, result });
  }

  /** For sessions. */
  send(
    session: CompileSession,
    epoch: number,
    { task }: Submission,
    rest: Omit<CompileRequest, 'kind' | 'id' | 'task'>,
  ): void {
    assert(this.isAvailable, 'there is a thread to compile');
    const id = this.#nextId++;
    const { layout: _, ...sent } = task;
    const request: CompileRequest = {
      kind: 'compile',
      ...rest,
      ...{ id, task: sent },
    };
    this.#waiting.set(id, { session, epoch, task });
    this.#thread?.send(request, [request.bytes.buffer as ArrayBuffer]);
  }

  /** For sessions. */
  forget(session: number): void {
    if (this.#thread?.hasFailed === false) this.#thread.send({ kind: 'close', session }, []);
  }

  /** The run is over. */
  close(): void {
    this.#thread?.close();
    this.#thread = null;
  }
}

/** One address space as the compiling thread knows it. */
export class CompileSession {
  readonly #compiler: BackgroundCompiler;
  readonly #id: number;
  readonly #guest: GuestKey;
  readonly #memory: GuestMemory;
  readonly #code: ExecutedCode;
  /** Pages that the other side has as they are, and those that it has to forget. */
  readonly #pages = new Set<number>();
  readonly #gone = new Set<number>();
  #known = { epoch: 0, count: 0 };
  /** How many of the blocks that were executed elsewhere were told, and their pages. */
  #toldElsewhere = 0;
  readonly #pagesElsewhere = new Set<number>();
  #isNew = true;
  #epoch = 0;
  #finished: Finished[] = [];
  #hasLost = false;

  constructor(compiler: BackgroundCompiler, id: number, guest: GuestKey, memory: GuestMemory, code: ExecutedCode) {
    this.#compiler = compiler;
    this.#id = id;
    this.#guest = guest;
    this.#memory = memory;
    this.#code = code;
  }

  /** Whether code can be compiled in another thread at all. */
  get isAvailable(): boolean {
    return this.#compiler.isAvailable;
  }

  /** False until the thread is started. */
  get isRunning(): boolean {
    return this.#compiler.isRunning;
  }

  /** See `BackgroundCompiler`. */
  want(): boolean {
    return this.#compiler.want();
  }

  /** See `BackgroundCompiler`. */
  get isDecided(): boolean {
    return this.#compiler.isDecided;
  }

  /** True while so much waits that code which is not urgent should ask again later. */
  get isBusy(): boolean {
    return this.#compiler.isBusy;
  }

  submit(submission: Submission): void {
    const { compiled, functions, jumps, entries, unguarded, speculation, generations } = submission;
    const before = submission.executedElsewhere.since(this.#toldElsewhere);
    this.#toldElsewhere = submission.executedElsewhere.count;
    for (const pc of before) this.#pagesElsewhere.add(pc >>> PAGE_SHIFT);
    const { pages, gone } = this.#changedPages(submission.mayCompile);
    const bytes = new Uint8Array(pages.length * PAGE_SIZE);
    for (const [index, page] of pages.entries())
      bytes.set(this.#memory.bytes.subarray(page * PAGE_SIZE, (page + 1) * PAGE_SIZE), index * PAGE_SIZE);
    this.#compiler.send(this, this.#epoch, submission, {
      session: this.#id,
      guest: this.#guest,
      memorySize: this.#memory.layout.size,
      areas: this.#memory.layout.areas,
      isNew: this.#isNew,
      ...{ pages: Uint32Array.from(pages), bytes, gone: Uint32Array.from(gone), known: this.#newlyKnown(before) },
      ...{ heat: this.#code.heat(submission.task.start), warmFrom: this.#code.warmFrom },
      ...{ compiled, functions, jumps, entries, unguarded, speculation, generations },
    });
    this.#isNew = false;
  }

  /** What was finished since; what was asked for before the last `reset` is left out. */
  take(): readonly Finished[] {
    this.#compiler.poll();
    if (this.#finished.length === 0) return [];
    const finished = this.#finished;
    this.#finished = [];
    return finished;
  }

  /** True, once, after requests were lost, because the thread broke. */
  takeLoss(): boolean {
    const had = this.#hasLost;
    this.#hasLost = false;
    return had;
  }

  /** Code on these pages may have changed. */
  forgetPages(first: number, last: number): void {
    for (const page of [...this.#pages]) if (page >= first && page <= last) this.#forget(page);
  }

  /** What is being compiled is not wanted any more, and all that was told of this address space is void. */
  reset(): void {
    this.#epoch++;
    this.#finished = [];
    this.#pages.clear();
    this.#gone.clear();
    this.#known = { epoch: this.#code.epoch, count: 0 };
    this.#toldElsewhere = 0;
    this.#pagesElsewhere.clear();
    if (!this.#isNew) this.#compiler.forget(this.#id);
    this.#isNew = true;
  }

  /** For the compiler. */
  finish(epoch: number, finished: Finished): void {
    if (epoch === this.#epoch) this.#finished.push(finished);
  }

  /** For the compiler. */
  lose(epoch: number): void {
    if (epoch === this.#epoch) this.#hasLost = true;
  }

  #changedPages(mayCompile: (page: number) => boolean): { pages: number[]; gone: number[] } {
    const pages: number[] = [];
    const wanted = new Set<number>();
    // Code is read ahead, and a function goes on where it was not executed yet.
    for (const page of this.#code.pages()) wanted.add(page).add(page + 1);
    for (const page of this.#pagesElsewhere) wanted.add(page).add(page + 1);
    for (const page of wanted) {
      const has = this.#pages.has(page);
      if (!mayCompile(page)) {
        if (has) this.#forget(page);
      } else if (!has) {
        pages.push(page);
        this.#pages.add(page);
      }
    }
    const gone = [...this.#gone];
    this.#gone.clear();
    return { pages, gone };
  }

  #forget(page: number): void {
    this.#pages.delete(page);
    this.#gone.add(page);
  }

  /** Pcs that were executed since this was asked for, and `before`. */
  #newlyKnown(before: readonly number[]): Uint32Array {
    const { pcs, epoch } = this.#code;
    const from = this.#known.epoch === epoch ? this.#known.count : 0;
    this.#known = { epoch, count: pcs.length };
    const known = new Uint32Array(pcs.length - from + before.length);
    for (let index = from; index < pcs.length; index++) known[index - from] = pcs[index] ?? 0;
    known.set(before, pcs.length - from);
    return known;
  }
}
