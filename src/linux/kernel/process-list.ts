/** The processes of one guest by number. Made before its files, which show it, and filled afterwards. */
import type { Process } from '../process/process.ts';
import type { Thread } from '../process/thread.ts';
import { viewOf } from '../process/view.ts';
import type { ProcessTable, ProcessView } from '../vfs/types.ts';

export class ProcessList implements ProcessTable {
  readonly #processes = new Map<number, Process>();
  readonly #threads = new Map<number, Thread>();

  add(process: Process): void {
    this.#processes.set(process.pid, process);
    this.addThread(process.thread);
  }

  /** Also frees the pid. */
  remove(process: Process): void {
    this.#processes.delete(process.pid);
  }

  addThread(thread: Thread): void {
    this.#threads.set(thread.tid, thread);
  }

  removeThread(thread: Thread): void {
    if (this.#threads.get(thread.tid) === thread) this.#threads.delete(thread.tid);
  }

  /** Threads that run, and processes that nobody waited for. */
  get taskCount(): number {
    return Math.max(this.#threads.size, this.#processes.size);
  }

  /** Whether a number belongs to a process, a thread, a group or a session. */
  isTaken(id: number): boolean {
    if (this.#processes.has(id) || this.#threads.has(id)) return true;
    for (const { processGroup, session } of this.#processes.values())
      if (processGroup === id || session === id) return true;
    return false;
  }

  pids(): readonly number[] {
    return [...this.#processes.keys()];
  }

  get(pid: number): ProcessView | undefined {
    const process = this.#processes.get(pid);
    return process === undefined ? undefined : viewOf(process);
  }

  process(pid: number): Process | undefined {
    return this.#processes.get(pid);
  }

  thread(tid: number): Thread | undefined {
    return this.#threads.get(tid);
  }

  all(): Process[] {
    return [...this.#processes.values()];
  }

  /** The processes of a group, zombies included. */
  group(id: number): Process[] {
    return this.all().filter(({ processGroup }) => processGroup === id);
  }
}
