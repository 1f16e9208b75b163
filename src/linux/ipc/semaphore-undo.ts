/** SEM_UNDO: in which sets a thread, or several that share it (CLONE_SYSVSEM), leave something to be undone. */
import type { SemaphoreSet } from './semaphores.ts';

export class UndoList {
  /** Threads that have it. */
  users = 1;
  readonly sets = new Set<SemaphoreSet>();
}
