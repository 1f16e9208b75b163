/** Message queues of System V (msgop(2), ipc/msg.c). */
import type { Cancel } from '../../platform/types.ts';
import type { ErrnoName } from '../errno.ts';
import { Notifier } from '../vfs/notifier.ts';
import type { Ownership } from '../vfs/types.ts';
import { fail } from '../errno.ts';
import type { IpcLimits } from './limits.ts';
import { IpcObject, IpcTable, type IpcIdentity, type IpcMemory } from './objects.ts';

/** What a message takes besides its text: struct msg_msg. */
export const MESSAGE_BYTES = 48;

export interface Message {
  readonly type: bigint;
  readonly text: Uint8Array;
}

/** Which messages somebody wants: any; of one type; of all others; the lowest type up to one; the one at an index. */
export interface Selection {
  readonly kind: 'any' | 'equal' | 'other' | 'up-to' | 'index';
  readonly type: bigint;
}

function isSelected({ kind, type }: Selection, message: Message): boolean {
  switch (kind) {
    case 'equal':
      return message.type === type;
    case 'other':
      return message.type !== type;
    case 'up-to':
      return message.type <= type;
    case 'any':
    case 'index':
      return true;
  }
}

/** Somebody who waits for a message. */
export interface Receiver {
  readonly selection: Selection;
  /** The longest text that is taken; more is E2BIG. */
  readonly maximum: number;
  readonly pid: number;
  /** What came. */
  result: Message | ErrnoName | undefined;
  wake: () => void;
}

export class MessageQueue extends IpcObject {
  readonly #now: () => bigint;
  readonly #memory: IpcMemory;
  /** In the order in which they came. */
  #messages: Message[] = [];
  /** The longest waiting first. */
  #receivers: Receiver[] = [];
  /** Tells those who wait for room. */
  readonly room = new Notifier();
  /** Bytes of the messages' texts, and what they may be. */
  bytes = 0;
  maximumBytes: number;
  lastSender = 0;
  lastReceiver = 0;
  /** Seconds since the epoch; 0 for never. */
  sendTime = 0n;
  receiveTime = 0n;

  constructor(identity: IpcIdentity, maximumBytes: number, memory: IpcMemory, now: () => bigint) {
    super(identity);
    this.maximumBytes = maximumBytes;
    this.#memory = memory;
    this.#now = now;
  }

  get count(): number {
    return this.#messages.length;
  }

  /** Whether a text of so many bytes has room. */
  fits(length: number): boolean {
    return this.bytes + length <= this.maximumBytes && this.count + 1 <= this.maximumBytes;
  }

  /** Gives a message, which has room, to whoever has waited longest for such a one, or keeps it. */
  send(message: Message, pid: number): void {
    const taken = this.#handOver(message);
    if (!taken) {
      this.#memory.take(MESSAGE_BYTES + message.text.length);
      this.#messages.push(message);
      this.bytes += message.text.length;
    }
    this.lastSender = pid;
    this.sendTime = this.#now();
  }

  #handOver(message: Message): boolean {
    for (const receiver of this.#receivers.filter(({ selection }) => isSelected(selection, message))) {
      this.#receivers = this.#receivers.filter((other) => other !== receiver);
      const tooLong = receiver.maximum < message.text.length;
      receiver.result = tooLong ? 'E2BIG' : message;
      receiver.wake();
      if (tooLong) continue;
      this.#received(receiver.pid);
      return true;
    }
    return false;
  }

  #received(pid: number): void {
    this.lastReceiver = pid;
    this.receiveTime = this.#now();
  }

  find(selection: Selection): Message | undefined {
    const { kind, type } = selection;
    if (kind === 'index') return type < 0n ? undefined : this.#messages[Number(type)];
    if (kind !== 'up-to') return this.#messages.find((message) => isSelected(selection, message));
    let lowest: Message | undefined;
    for (const message of this.#messages)
      if (message.type <= type && (lowest === undefined || message.type < lowest.type)) lowest = message;
    return lowest;
  }

  /** Takes a message that `find` gave. */
  take(message: Message, pid: number): void {
    this.#messages.splice(this.#messages.indexOf(message), 1);
    this.bytes -= message.text.length;
    this.#memory.give(MESSAGE_BYTES + message.text.length);
    this.#received(pid);
    this.room.notify();
  }

  enqueue(receiver: Receiver, wake: () => void): Cancel {
    receiver.wake = wake;
    this.#receivers.push(receiver);
    return () => {
      this.#receivers = this.#receivers.filter((other) => other !== receiver);
    };
  }

  /** Permissions or limits are others now: everybody who waits looks again. */
  changed(): void {
    for (const { wake } of [...this.#receivers]) wake();
    this.room.notify();
  }

  /** Gives back what the messages took. */
  clear(): void {
    this.#memory.give(this.count * MESSAGE_BYTES + this.bytes);
    this.#messages = [];
    this.bytes = 0;
  }
}

export class MessageQueues {
  readonly table: IpcTable<MessageQueue>;
  readonly #limits: IpcLimits;
  readonly #memory: IpcMemory;
  readonly #now: () => bigint;

  constructor(limits: IpcLimits, memory: IpcMemory, now: () => bigint) {
    this.#limits = limits;
    this.#memory = memory;
    this.#now = now;
    this.table = new IpcTable(() => limits.msgmni, now);
  }

  add(key: number, owner: Ownership, mode: number): MessageQueue {
    if (this.table.size >= this.#limits.msgmni) fail('ENOSPC');
    this.#memory.takeObject();
    return this.table.add(
      key,
      owner,
      mode,
      (identity) => new MessageQueue(identity, this.#limits.msgmnb, this.#memory, this.#now),
    );
  }

  remove(queue: MessageQueue): void {
    this.table.remove(queue);
    queue.clear();
    this.#memory.giveObject();
    queue.changed();
  }

  /** Messages of all queues, and their bytes. */
  get totals(): { readonly count: number; readonly bytes: number } {
    const queues = this.table.list();
    return {
      count: queues.reduce((sum, { count }) => sum + count, 0),
      bytes: queues.reduce((sum, { bytes }) => sum + bytes, 0),
    };
  }
}
