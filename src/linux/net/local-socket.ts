/** Sockets whose both ends are in the guest: queues of messages, listening, connecting. */
import type { Cancel } from '../../platform/types.ts';
import { fail } from '../errno.ts';
import { POLLERR, POLLHUP, POLLIN, POLLOUT, POLLRDHUP, POLLRDNORM, POLLWRNORM } from '../vfs/constants.ts';
import type { FileDescription } from '../vfs/file-description.ts';
import { Notifier } from '../vfs/notifier.ts';
import type { FsContext } from '../vfs/types.ts';
import {
  SHUT_RD,
  SHUT_WR,
  SOCK_DGRAM,
  Socket,
  type IncomingMessage,
  type OutgoingMessage,
  type PeerCredentials,
} from './socket.ts';

/** Bytes that wait to be read at most (net.core.wmem_default). */
const CAPACITY = 212992;
/** Messages that wait at most (net.unix.max_dgram_qlen is 10; what fits in bytes fits here). */
const MAX_MESSAGES = 512;
const MAX_BACKLOG = 4096;

interface Packet {
  bytes: Uint8Array;
  readonly from: Uint8Array | null;
  files: readonly FileDescription[];
  readonly sender: PeerCredentials | null;
}

export abstract class LocalSocket extends Socket {
  protected readonly changes = new Notifier();
  #inbox: Packet[] = [];
  #inboxBytes = 0;
  protected peer: LocalSocket | null = null;
  #wasConnected = false;
  /** Whom it connected or sent to last. */
  #target: LocalSocket | null = null;
  #backlog: LocalSocket[] | null = null;
  #backlogLimit = 0;
  #readShut = false;
  #writeShut = false;
  #peerCredentials: PeerCredentials | null = null;
  protected closed = false;

  get isClosed(): boolean {
    return this.closed;
  }

  /** The socket that listens or receives at an address. ECONNREFUSED where none does. */
  protected abstract find(address: Uint8Array, context: FsContext): LocalSocket;
  /** A socket for the other end of a new connection, with this one's name. */
  protected abstract accepted(): LocalSocket;
  /** Frees the name. */
  protected abstract unbind(): void;
  /** Gives a name to a socket that connects or sends without one, where its family has such names. */
  protected abstract autobind(): void;

  /** socketpair(2). */
  pairWith(other: LocalSocket, owner: PeerCredentials): void {
    this.#connectTo(other, owner);
    other.#connectTo(this, owner);
  }

  #connectTo(peer: LocalSocket, credentials: PeerCredentials): void {
    this.peer = peer;
    this.#wasConnected = true;
    this.#peerCredentials = credentials;
  }

  protected get connected(): boolean {
    return this.#wasConnected;
  }

  /** Takes in a datagram that came from outside of the guest; what finds no room is lost. */
  protected takeDatagram(bytes: Uint8Array, from: Uint8Array): void {
    if (bytes.length > CAPACITY - this.#inboxBytes || this.#inbox.length >= MAX_MESSAGES) return;
    this.#inboxBytes += bytes.length;
    this.#inbox.push({ bytes, from, files: [], sender: null });
    this.changes.notify();
  }

  /** Where a datagram says that it comes from; null where the family has no name for that. */
  protected get senderName(): Uint8Array | null {
    return this.name();
  }

  override get listening(): boolean {
    return this.#backlog !== null;
  }

  override listen(backlog: number, owner: PeerCredentials): void {
    if (this.type === SOCK_DGRAM) fail('EOPNOTSUPP');
    if (this.peer !== null) fail('EINVAL');
    this.owner = owner;
    this.#backlog ??= [];
    this.#backlogLimit = backlog < 0 ? MAX_BACKLOG : Math.min(backlog, MAX_BACKLOG);
  }

  override accept(): Socket {
    if (this.#backlog === null) return fail('EINVAL');
    const socket = this.#backlog.shift();
    if (socket === undefined) return fail(this.#readShut ? 'EINVAL' : 'EAGAIN');
    this.changes.notify();
    return socket;
  }

  /** Puts a connection into the backlog; EAGAIN when that is full. */
  protected offer(make: () => LocalSocket): LocalSocket {
    if (this.#backlog === null || this.#readShut) return fail('ECONNREFUSED');
    if (this.#backlog.length > this.#backlogLimit) fail('EAGAIN');
    const socket = make();
    this.#backlog.push(socket);
    this.changes.notify();
    return socket;
  }

  override connect(address: Uint8Array, context: FsContext, owner: PeerCredentials): void {
    if (this.listening) fail('EINVAL');
    if (this.type !== SOCK_DGRAM && this.#wasConnected) fail('EISCONN');
    const target = this.find(address, context);
    if (target.type !== this.type) fail('EPROTOTYPE');
    this.autobind();
    this.owner = owner;
    if (this.type === SOCK_DGRAM) {
      this.#connectTo(target, target.owner);
      return;
    }
    this.#target = target;
    const other = target.offer(() => target.accepted());
    other.owner = target.owner;
    other.#connectTo(this, owner);
    this.#connectTo(other, target.owner);
    this.changes.notify();
  }

  /** connect(2) to AF_UNSPEC: a datagram socket has no peer any more. */
  protected disconnect(): void {
    this.peer = null;
    this.#wasConnected = false;
  }

  override peerName(): Uint8Array {
    return this.peer === null ? fail('ENOTCONN') : this.peer.name();
  }

  override peerCredentials(): PeerCredentials {
    return this.#peerCredentials ?? super.peerCredentials();
  }

  override send(message: OutgoingMessage): number {
    const { bytes, to, context } = message;
    if (this.#writeShut) fail('EPIPE');
    if (this.type === SOCK_DGRAM) {
      const target = to === null ? this.#peerOrFail('EDESTADDRREQ') : this.find(to, context);
      if (target.type !== this.type) fail('EPROTOTYPE');
      if (target.closed) fail('ECONNREFUSED');
      this.autobind();
      this.#target = target;
      return target.#take(message, this.senderName);
    }
    if (to !== null && to.length > 0) fail(this.#wasConnected ? 'EISCONN' : 'EOPNOTSUPP');
    const target = this.#peerOrFail(this.#wasConnected ? 'EPIPE' : 'ENOTCONN');
    if (target.closed || target.#readShut) fail('EPIPE');
    return this.isStream && bytes.length === 0 && message.files.length === 0 ? 0 : target.#take(message, null);
  }

  #peerOrFail(error: 'EDESTADDRREQ' | 'EPIPE' | 'ENOTCONN'): LocalSocket {
    return this.peer ?? fail(error);
  }

  /** Takes a message in; of a stream, a part of it. */
  #take({ bytes, files, sender }: OutgoingMessage, from: Uint8Array | null): number {
    const room = CAPACITY - this.#inboxBytes;
    if (!this.isStream && bytes.length > CAPACITY) fail('EMSGSIZE');
    if (this.isStream ? room <= 0 : bytes.length > room || this.#inbox.length >= MAX_MESSAGES) fail('EAGAIN');
    const taken = this.isStream ? bytes.slice(0, room) : bytes.slice();
    this.#inboxBytes += taken.length;
    this.#inbox.push({ bytes: taken, from, files: files.map((file) => file.retain()), sender });
    this.changes.notify();
    return taken.length;
  }

  /** What receiving fails with before there is a connection. */
  protected whenUnconnected(): 'EINVAL' | 'ENOTCONN' {
    return 'ENOTCONN';
  }

  override receive(buffer: Uint8Array, peek: boolean): IncomingMessage {
    if (this.listening) fail('EINVAL');
    const first = this.#inbox[0];
    if (first === undefined) return this.#receiveNothing(buffer.length);
    if (this.isStream) return this.#receiveStream(buffer, peek, first);
    const count = Math.min(buffer.length, first.bytes.length);
    buffer.set(first.bytes.subarray(0, count));
    const files = peek ? first.files.map((file) => file.retain()) : first.files;
    if (!peek) this.#consume(first, first.bytes.length);
    return { count, length: first.bytes.length, from: first.from, files, sender: first.sender };
  }

  #receiveNothing(wanted: number): IncomingMessage {
    this.failPending();
    if (this.type !== SOCK_DGRAM && !this.#wasConnected) fail(this.whenUnconnected());
    const ended = this.#readShut || (this.type !== SOCK_DGRAM && this.#peerEnded());
    if (!ended && (wanted > 0 || !this.isStream)) fail('EAGAIN');
    return { count: 0, length: 0, from: null, files: [], sender: null };
  }

  /** Throws what failed meanwhile, once. */
  protected failPending(): void {
    const error = this.pendingError;
    this.pendingError = null;
    if (error !== null) fail(error);
  }

  #peerEnded(): boolean {
    return this.peer === null || this.peer.closed || this.peer.#writeShut;
  }

  /** Bytes up to the next message that carries descriptors or comes from another sender. */
  #receiveStream(buffer: Uint8Array, peek: boolean, first: Packet): IncomingMessage {
    let count = 0;
    const { files, sender } = first;
    for (const packet of [...this.#inbox]) {
      if (count === buffer.length && count > 0) break;
      if (packet !== first && packet.files.length > 0) break;
      const part = packet.bytes.subarray(0, buffer.length - count);
      buffer.set(part, count);
      count += part.length;
      if (!peek) this.#consume(packet, part.length);
    }
    const given = peek ? files.map((file) => file.retain()) : files;
    return { count, length: count, from: null, files: given, sender };
  }

  #consume(packet: Packet, count: number): void {
    this.#inboxBytes -= count;
    packet.files = [];
    if (count === packet.bytes.length) this.#inbox.shift();
    else packet.bytes = packet.bytes.subarray(count);
    this.#notifyBoth();
  }

  /** Who sends here waits for room: the peer, or anybody who has this socket for a peer. */
  #notifyBoth(): void {
    this.changes.notify();
    this.peer?.changes.notify();
  }

  override shutdown(how: number): void {
    if (how !== SHUT_RD && how !== SHUT_WR && how !== SHUT_RD + SHUT_WR + 1) fail('EINVAL');
    if (!this.#wasConnected && !this.listening) fail('ENOTCONN');
    if (how !== SHUT_WR) this.#readShut = true;
    if (how !== SHUT_RD) this.#writeShut = true;
    this.#notifyBoth();
  }

  override get available(): number {
    return this.isStream ? this.#inboxBytes : (this.#inbox[0]?.bytes.length ?? 0);
  }

  override readiness(): number {
    if (this.#backlog !== null) return this.#backlog.length > 0 ? POLLIN | POLLRDNORM : 0;
    let events = this.pendingError === null ? 0 : POLLERR;
    if (this.#inbox.length > 0) events |= POLLIN | POLLRDNORM;
    if (this.type === SOCK_DGRAM) return events | this.#roomAtPeer();
    if (!this.#wasConnected) return events | POLLOUT | POLLWRNORM | POLLHUP;
    if (this.#readShut || this.#peerEnded()) events |= POLLIN | POLLRDNORM | POLLRDHUP;
    const gone = this.peer === null || this.peer.closed;
    if (gone || (this.#readShut && this.#writeShut)) events |= POLLHUP;
    return events | this.#roomAtPeer();
  }

  #roomAtPeer(): number {
    const { peer } = this;
    const full = peer !== null && !peer.closed && (peer.#inboxBytes >= CAPACITY || peer.#inbox.length >= MAX_MESSAGES);
    return full ? 0 : POLLOUT | POLLWRNORM;
  }

  override onReady(listener: () => void): Cancel {
    // Room in the target's queues is what a sender or a caller waits for.
    const cancels = [this.changes, this.#target?.changes, this.peer?.changes].map((each) => each?.subscribe(listener));
    return () => {
      for (const cancel of cancels) cancel?.();
    };
  }

  override close(): void {
    if (this.closed) return;
    this.closed = true;
    this.unbind();
    for (const { files } of this.#inbox) for (const file of files) file.release();
    // A peer whose words were not read learns that they were in vain.
    if (this.#inbox.length > 0 && this.peer !== null && this.type !== SOCK_DGRAM) this.peer.pendingError = 'ECONNRESET';
    this.#inbox = [];
    for (const waiting of this.#backlog ?? []) waiting.close();
    this.#notifyBoth();
  }
}
