/** An open POSIX message queue: poll(2) knows whether it has messages and room, read(2) gives a line about it. */
import type { Cancel } from '../../platform/types.ts';
import { POLLIN, POLLOUT, POLLRDNORM, POLLWRNORM } from '../vfs/constants.ts';
import { BaseOpenFile } from '../vfs/open-file.ts';
import type { PosixQueue } from './posix-queues.ts';

export const SIGEV_SIGNAL = 0;

export class PosixQueueFile extends BaseOpenFile {
  override readonly inode: PosixQueue;
  override readonly seekable = true;
  #closed = false;

  constructor(queue: PosixQueue) {
    super();
    this.inode = queue;
    queue.opened++;
  }

  override readAt(buffer: Uint8Array, position: number): number {
    const { bytes, notification } = this.inode;
    const fields: readonly (readonly [name: string, value: number, width: number])[] = [
      ['QSIZE', bytes, 10],
      ['NOTIFY', notification?.kind ?? 0, 5],
      ['SIGNO', notification?.kind === SIGEV_SIGNAL ? notification.signal : 0, 5],
      ['NOTIFY_PID', notification?.process.pid ?? 0, 6],
    ];
    const text = fields.map(([name, value, width]) => `${name}:${String(value).padEnd(width)}`).join(' ');
    const part = new TextEncoder().encode(`${text}\n`).subarray(position, position + buffer.length);
    buffer.set(part);
    return part.length;
  }

  override readiness(): number {
    const { count, maximum } = this.inode;
    return (count > 0 ? POLLIN | POLLRDNORM : 0) | (count < maximum ? POLLOUT | POLLWRNORM : 0);
  }

  override onReady(listener: () => void): Cancel {
    return this.inode.onChange(listener);
  }

  override flush(): void {
    this.inode.flush(this.inode.fs.caller());
  }

  override close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.inode.closed();
  }
}
