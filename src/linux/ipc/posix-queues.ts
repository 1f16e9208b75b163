/** POSIX message queues (mq_overview(7), ipc/mqueue.c): files of a file system of their own, which is mounted nowhere. */
import type { Cancel } from '../../platform/types.ts';
import { fail } from '../errno.ts';
import type { Process } from '../process/process.ts';
import type { SignalInfo } from '../process/signals.ts';
import { FILE_TYPE } from '../vfs/constants.ts';
import type { FsEnvironment } from '../vfs/environment.ts';
import { Notifier } from '../vfs/notifier.ts';
import type {
  AttributeChanges,
  DirectoryInode,
  FileSystem,
  NewAttributes,
  OpenFile,
  SpecialInode,
  Stat,
} from '../vfs/types.ts';
import { MESSAGE_BYTES } from './message-queues.ts';
import type { IpcMemory } from './objects.ts';
import { PosixQueueFile } from './posix-queue-file.ts';

const MQUEUE_MAGIC = 0x19800202;
/** What read(2) gives has about this length; it is all that st_size says. */
const STATUS_SIZE = 80;
/** Messages of one priority are kept together: what the kernel counts for that, for at most so many priorities. */
const TREE_NODE_BYTES = 48;
export const MQ_PRIO_MAX = 32768;

/** Bytes that a queue counts for under RLIMIT_MSGQUEUE. */
export function queueBytes(messages: number, messageSize: number): number {
  return messages * (messageSize + MESSAGE_BYTES) + Math.min(messages, MQ_PRIO_MAX) * TREE_NODE_BYTES;
}

export interface PosixMessage {
  readonly priority: number;
  readonly text: Uint8Array;
}

/** Somebody who waits: for a message, or for room for one. */
export interface QueueWaiter {
  /** The message to be sent, or the one that came. */
  message: PosixMessage | undefined;
  /** It has been taken, or has come. */
  done: boolean;
  wake: () => void;
}

/** mq_notify(2): who wants to know of a message in an empty queue, and by which signal; null for none. */
export interface Notification {
  readonly process: Process;
  /** SIGEV_SIGNAL or SIGEV_NONE. */
  readonly kind: number;
  readonly signal: number;
  readonly infoFrom: (sender: Process) => SignalInfo | null;
}

export class PosixQueue implements SpecialInode {
  /** Not one that can be mapped or truncated, although its type is that of regular files. */
  readonly kind = 'char';
  readonly fs: PosixQueues;
  readonly ino: number;
  readonly maximum: number;
  readonly messageSize: number;
  readonly #changes = new Notifier();
  /** The next to be received first. */
  readonly #messages: PosixMessage[] = [];
  #senders: QueueWaiter[] = [];
  #receivers: QueueWaiter[] = [];
  #attributes: Omit<Stat, 'nlink'>;
  notification: Notification | null = null;
  bytes = 0;
  /** It has a name. */
  linked = true;
  opened = 0;

  constructor(fs: PosixQueues, attributes: NewAttributes, maximum: number, messageSize: number) {
    this.fs = fs;
    this.ino = fs.nextIno();
    this.maximum = maximum;
    this.messageSize = messageSize;
    const time = fs.now();
    const numbers = { dev: fs.dev, ino: this.ino, rdev: 0, size: STATUS_SIZE, blksize: 4096, blocks: 0 };
    const mode = FILE_TYPE.file | (attributes.mode & 0o7777);
    const { uid, gid } = attributes;
    this.#attributes = { ...numbers, mode, uid, gid, atime: time, mtime: time, ctime: time };
  }

  get count(): number {
    return this.#messages.length;
  }

  stat(): Stat {
    return { ...this.#attributes, nlink: this.linked ? 1 : 0 };
  }

  setAttributes({ mode, ...changes }: AttributeChanges): void {
    const permissions = mode === undefined ? {} : { mode: FILE_TYPE.file | (mode & 0o7777) };
    this.#attributes = { ...this.#attributes, ...changes, ...permissions, ctime: this.fs.now() };
  }

  open(): OpenFile {
    return new PosixQueueFile(this);
  }

  closed(): void {
    if (--this.opened === 0) this.fs.release(this);
  }

  onChange(listener: () => void): Cancel {
    return this.#changes.subscribe(listener);
  }

  /** A process closes a descriptor: with any of them its notification goes. */
  flush(process: Process | undefined): void {
    if (this.notification?.process === process) this.notification = null;
  }

  /** Gives the message to whoever has waited longest, or keeps it; false where there is no room. */
  send(message: PosixMessage, sender: Process): boolean {
    if (this.count >= this.maximum) return false;
    const receiver = this.#receivers.shift();
    if (receiver !== undefined) this.#finish(receiver, message);
    else {
      this.#insert(message);
      if (this.count === 1) this.#notify(sender);
    }
    this.#touch();
    return true;
  }

  #finish(waiter: QueueWaiter, message: PosixMessage): void {
    waiter.message = message;
    waiter.done = true;
    waiter.wake();
  }

  /** Behind those of the same priority. */
  #insert(message: PosixMessage): void {
    const behind = this.#messages.findIndex(({ priority }) => priority < message.priority);
    this.#messages.splice(behind < 0 ? this.count : behind, 0, message);
    this.bytes += message.text.length;
  }

  #notify(sender: Process): void {
    const { notification } = this;
    this.notification = null;
    const info = notification?.infoFrom(sender) ?? null;
    if (info !== null) notification?.process.post(info);
  }

  /** Takes the oldest message of the highest priority; a sender who waits gets its room. */
  receive(): PosixMessage | undefined {
    const message = this.#messages.shift();
    if (message === undefined) return undefined;
    this.bytes -= message.text.length;
    const sender = this.#senders.shift();
    if (sender?.message !== undefined) {
      this.#insert(sender.message);
      this.#finish(sender, sender.message);
    }
    this.#touch();
    return message;
  }

  #touch(): void {
    const time = this.fs.now();
    this.#attributes = { ...this.#attributes, atime: time, mtime: time, ctime: time };
    this.#changes.notify();
  }

  enqueue(kind: 'sender' | 'receiver', waiter: QueueWaiter, wake: () => void): Cancel {
    waiter.wake = wake;
    (kind === 'sender' ? this.#senders : this.#receivers).push(waiter);
    return () => {
      this.#senders = this.#senders.filter((other) => other !== waiter);
      this.#receivers = this.#receivers.filter((other) => other !== waiter);
    };
  }
}

export class PosixQueues implements FileSystem {
  readonly type = 'mqueue';
  readonly dev: number;
  readonly readOnly = false;
  readonly #memory: IpcMemory;
  readonly #environment: FsEnvironment;
  readonly #names = new Map<string, PosixQueue>();
  /** Bytes that the queues of a user count for. */
  readonly #bytesOf = new Map<number, number>();
  /** Whom a queue counts for, whoever owns it by now, and for how much. */
  readonly #charges = new Map<PosixQueue, { readonly uid: number; readonly bytes: number }>();
  /** The process that makes the present call, or that ends. */
  readonly caller: () => Process | undefined;
  #lastIno = 1;

  constructor(environment: FsEnvironment, memory: IpcMemory, caller: () => Process | undefined) {
    this.#environment = environment;
    this.dev = environment.nextDevice();
    this.#memory = memory;
    this.caller = caller;
  }

  get root(): DirectoryInode {
    return fail('ENOENT');
  }

  now(): bigint {
    return this.#environment.clock.realtime();
  }

  nextIno(): number {
    return ++this.#lastIno;
  }

  statistics(): ReturnType<FileSystem['statistics']> {
    return { type: MQUEUE_MAGIC, blockSize: 4096, blocks: 0, freeBlocks: 0, files: 0, freeFiles: 0 };
  }

  /** Queues that there are. */
  get size(): number {
    return this.#charges.size;
  }

  find(name: string): PosixQueue | undefined {
    return this.#names.get(name);
  }

  /** Makes a queue, with room for all that it may hold, for user `uid`, whose queues may count for `limit` bytes: EMFILE. */
  create(
    name: string,
    attributes: NewAttributes,
    [maximum, messageSize]: readonly [number, number],
    { uid, limit }: { readonly uid: number; readonly limit: bigint },
  ): PosixQueue {
    const bytes = queueBytes(maximum, messageSize);
    const total = (this.#bytesOf.get(uid) ?? 0) + bytes;
    if (BigInt(total) > limit) fail('EMFILE');
    this.#memory.takeObject(bytes);
    const queue = new PosixQueue(this, attributes, maximum, messageSize);
    this.#bytesOf.set(uid, total);
    this.#charges.set(queue, { uid, bytes });
    this.#names.set(name, queue);
    return queue;
  }

  unlink(name: string, queue: PosixQueue): void {
    this.#names.delete(name);
    queue.linked = false;
    this.release(queue);
  }

  /** Nothing is left of a queue without a name that nobody has open. */
  release(queue: PosixQueue): void {
    const charge = this.#charges.get(queue);
    if (queue.linked || queue.opened > 0 || charge === undefined) return;
    this.#charges.delete(queue);
    this.#bytesOf.set(charge.uid, (this.#bytesOf.get(charge.uid) ?? 0) - charge.bytes);
    this.#memory.giveObject(charge.bytes);
  }
}
