/** Tells a parent about its child: a signal, and whoever waits for it. */
import type { Process } from '../process/process.ts';

export interface ChildChange {
  /** CLD_EXITED and the like. */
  readonly code: number;
  /** Exit code or signal. */
  readonly status: number;
  /** The signal to send; 0 for none. */
  readonly signal: number;
}

export function notifyParent(child: Process, parent: Process, { code, status, signal }: ChildChange): void {
  if (signal !== 0) {
    const origin = { kind: 'child', pid: child.pid, uid: child.ids.uid, status, userTime: child.cpuTime } as const;
    parent.post({ signal, code, origin });
  }
  parent.childEvents.notify();
}
