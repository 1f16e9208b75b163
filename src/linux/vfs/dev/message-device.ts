/**
 * A character device that answers messages: write(2) a request, in one piece or several, then read(2) the reply. A request
 * begins with its length in bytes, itself included, as a little-endian 32-bit number. While an answer is due, reading
 * waits (or says EAGAIN), and so does writing until the reply is read; poll(2) tells.
 */
import type { MessageService, MessageSession } from '../../../common/message-service.ts';
import type { Cancel } from '../../../platform/types.ts';
import { fail } from '../../errno.ts';
import { POLLERR, POLLIN, POLLOUT, POLLRDNORM, POLLWRNORM } from '../constants.ts';
import { makeDevice, type FsEnvironment } from '../environment.ts';
import type { MemoryFileSystem } from '../memory/memory-fs.ts';
import { Notifier } from '../notifier.ts';
import { BaseOpenFile } from '../open-file.ts';
import type { SpecialInode } from '../types.ts';

/** The first of the numbers for local use (admin-guide/devices.rst). */
const LOCAL_MAJOR = 240;
const HEADER = 4;

/** Puts `/dev/<name>` into the tree, for everybody to open. */
export function addMessageDevice(
  environment: FsEnvironment,
  dev: MemoryFileSystem,
  name: string,
  service: MessageService,
): void {
  const rdev = makeDevice(LOCAL_MAJOR, 0);
  environment.registerDevice('char', rdev, (inode) => {
    const session = service.open() ?? fail('EBUSY');
    return new MessageFile(inode, session, service.longestRequest);
  });
  dev.root.mknod(name, 'char', rdev, { mode: 0o666, uid: 0, gid: 0 });
}

class MessageFile extends BaseOpenFile {
  override readonly inode: SpecialInode;
  readonly #session: MessageSession;
  readonly #longest: number;
  readonly #changes = new Notifier();
  /** The request so far: its header, then all of it. */
  #request = new Uint8Array(HEADER);
  #length = 0;
  #state: 'writing' | 'answering' | 'reading' | 'failed' = 'writing';
  #reply: Uint8Array = new Uint8Array(0);
  #read = 0;

  constructor(inode: SpecialInode, session: MessageSession, longest: number) {
    super();
    this.inode = inode;
    this.#session = session;
    this.#longest = longest;
  }

  /** A length that cannot be leaves nothing to go on with: what was written of the request is dropped. */
  override writeAt(buffer: Uint8Array): number {
    if (this.#state === 'failed') fail('EIO');
    if (this.#state !== 'writing') fail('EAGAIN');
    let taken = 0;
    if (this.#length < HEADER) {
      taken = this.#take(buffer);
      if (this.#length < HEADER) return taken;
      const size = new DataView(this.#request.buffer).getUint32(0, true);
      if (size < HEADER || size > this.#longest) {
        this.#begin();
        fail('EINVAL');
      }
      const whole = new Uint8Array(size);
      whole.set(this.#request);
      this.#request = whole;
    }
    taken += this.#take(buffer.subarray(taken));
    if (this.#length === this.#request.length) this.#ask();
    return taken;
  }

  #take(buffer: Uint8Array): number {
    const count = Math.min(buffer.length, this.#request.length - this.#length);
    this.#request.set(buffer.subarray(0, count), this.#length);
    this.#length += count;
    return count;
  }

  #begin(): void {
    this.#request = new Uint8Array(HEADER);
    this.#length = 0;
    this.#state = 'writing';
  }

  #ask(): void {
    const request = this.#request;
    this.#begin();
    this.#state = 'answering';
    this.#session.answer(request).then(
      (reply) => this.#finish('reading', reply),
      () => this.#finish('failed', new Uint8Array(0)),
    );
  }

  #finish(state: 'reading' | 'failed', reply: Uint8Array): void {
    this.#state = state;
    this.#reply = reply;
    this.#read = 0;
    this.#changes.notify();
  }

  override readAt(buffer: Uint8Array): number {
    switch (this.#state) {
      case 'writing':
        // No answer will come before the question.
        return fail('EINVAL');
      case 'answering':
        return fail('EAGAIN');
      case 'failed':
        return fail('EIO');
      case 'reading': {
        const part = this.#reply.subarray(this.#read, this.#read + buffer.length);
        buffer.set(part);
        this.#read += part.length;
        if (this.#read === this.#reply.length) {
          this.#begin();
          this.#reply = new Uint8Array(0);
          this.#changes.notify();
        }
        return part.length;
      }
    }
  }

  override readiness(): number {
    switch (this.#state) {
      case 'writing':
        return POLLOUT | POLLWRNORM;
      case 'answering':
        return 0;
      case 'reading':
        return POLLIN | POLLRDNORM;
      case 'failed':
        return POLLERR | POLLIN | POLLOUT;
    }
  }

  override onReady(listener: () => void): Cancel {
    return this.#changes.subscribe(listener);
  }

  override close(): void {
    this.#session.close();
  }
}
