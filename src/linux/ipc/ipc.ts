/** The objects of one guest by which processes communicate: System V IPC and POSIX message queues. */
import type { Process } from '../process/process.ts';
import type { FsEnvironment, IpcFiles } from '../vfs/environment.ts';
import { MemoryBudget } from '../vfs/memory/memory-fs.ts';
import { IpcLimits } from './limits.ts';
import { MessageQueues } from './message-queues.ts';
import { IpcMemory } from './objects.ts';
import { PosixQueues } from './posix-queues.ts';
import { messageQueuesText, semaphoresText, sharedMemoryText } from './proc-text.ts';
import { Semaphores } from './semaphores.ts';
import { SharedMemory } from './shared-memory.ts';

const SECOND = 1_000_000_000n;

export class Ipc implements IpcFiles {
  readonly limits = new IpcLimits();
  readonly sharedMemory: SharedMemory;
  readonly semaphores: Semaphores;
  readonly messageQueues: MessageQueues;
  readonly posixQueues: PosixQueues;

  /** `caller`: the process that makes the present call, or that ends. */
  constructor(environment: FsEnvironment, caller: () => Process | undefined) {
    const { limits } = this;
    const memory = new IpcMemory(new MemoryBudget({}, environment.disk));
    const now = (): bigint => environment.clock.realtime() / SECOND;
    this.sharedMemory = new SharedMemory(limits, memory, now, () => caller()?.pid ?? 0);
    this.semaphores = new Semaphores(limits, memory, now);
    this.messageQueues = new MessageQueues(limits, memory, now);
    this.posixQueues = new PosixQueues(environment, memory, caller);
  }

  table(name: 'shm' | 'sem' | 'msg'): string {
    switch (name) {
      case 'shm':
        return sharedMemoryText(this.sharedMemory);
      case 'sem':
        return semaphoresText(this.semaphores);
      case 'msg':
        return messageQueuesText(this.messageQueues);
    }
  }

  setting(path: string): string {
    return this.limits.text(path);
  }

  store(path: string, text: string): void {
    this.limits.store(path, text);
  }
}
