/** The far end of a connection that leaves the guest: what comes here goes to the host's connection, and back. */
import type { Cancel, HostConnection } from '../../platform/types.ts';
import { fail, isLinuxError } from '../errno.ts';
import type { FsEnvironment } from '../vfs/environment.ts';
import type { FsContext } from '../vfs/types.ts';
import { LocalSocket } from './local-socket.ts';
import { SHUT_WR, SOCK_STREAM, type PeerCredentials } from './socket.ts';

const CHUNK = 1 << 16;
const NOBODY: PeerCredentials = { pid: 0, uid: 0, gid: 0 };
/** Nothing here has a path to look up. */
const noContext = Object.freeze({}) as FsContext;

export class HostEnd extends LocalSocket {
  readonly #connection: HostConnection;
  readonly #name: Uint8Array;
  readonly #cancels: readonly Cancel[];
  readonly #buffer = new Uint8Array(CHUNK);
  /** Taken from the guest, and not taken by the host yet. */
  #outgoing: Uint8Array = new Uint8Array();
  /** Taken from the host, and not taken by the guest yet. */
  #incoming: Uint8Array = new Uint8Array();
  #sendEnded = false;
  #receiveEnded = false;
  #pumping = false;
  #pumpAgain = false;

  /** `name` is the address that the guest's end shows as its peer's. */
  constructor(environment: FsEnvironment, family: number, connection: HostConnection, name: Uint8Array) {
    super(environment, family, SOCK_STREAM, 0);
    this.#connection = connection;
    this.#name = name;
    const pump = (): void => this.#pump();
    this.#cancels = [connection.onChange(pump), this.changes.subscribe(pump)];
  }

  /** Joins the two ends; bytes flow from here on. */
  join(end: LocalSocket): void {
    this.pairWith(end, NOBODY);
    this.#pump();
  }

  /** Each side's progress tells the other one, and comes back here. */
  #pump(): void {
    this.#pumpAgain = true;
    if (this.#pumping || this.closed || this.peer === null) return;
    this.#pumping = true;
    while (this.#pumpAgain) {
      this.#pumpAgain = false;
      this.#toHost();
      this.#toGuest();
    }
    this.#pumping = false;
    if (this.#sendEnded && (this.#receiveEnded || this.guestGone)) this.close();
  }

  /** Whether nobody in the guest holds the other end. */
  get guestGone(): boolean {
    return this.peer === null || this.peer.isClosed;
  }

  #toHost(): void {
    while (!this.#sendEnded) {
      if (this.#outgoing.length === 0) {
        const taken = this.#take();
        if (taken === null) return;
        if (taken.length === 0) {
          this.#sendEnded = true;
          this.#connection.end();
          return;
        }
        this.#outgoing = taken;
      }
      const result = this.#connection.write(this.#outgoing);
      if (result === 'again') return;
      if (typeof result === 'string') this.#sendEnded = true;
      this.#outgoing = new Uint8Array();
    }
  }

  /** What the guest wrote; empty at its end, null when there is nothing now. */
  #take(): Uint8Array | null {
    try {
      return this.#buffer.slice(0, this.receive(this.#buffer, false).count);
    } catch (error) {
      if (isLinuxError(error, 'EAGAIN')) return null;
      // The guest closed with words of ours unread.
      if (isLinuxError(error, 'ECONNRESET')) return new Uint8Array();
      throw error;
    }
  }

  #toGuest(): void {
    while (!this.#receiveEnded && !this.guestGone) {
      if (this.#incoming.length === 0) {
        const result = this.#connection.read(this.#buffer);
        if (result === 'again') return;
        if (typeof result === 'string' && this.peer !== null) this.peer.pendingError = result;
        if (typeof result === 'string' || result === 0) {
          this.#receiveEnded = true;
          this.shutdown(SHUT_WR);
          return;
        }
        this.#incoming = this.#buffer.slice(0, result);
      }
      if (!this.#give()) return;
    }
  }

  /** Hands what came on to the guest; false when that has to wait. */
  #give(): boolean {
    try {
      const sent = this.send({ bytes: this.#incoming, to: null, files: [], sender: NOBODY, context: noContext });
      this.#incoming = this.#incoming.subarray(sent);
      return true;
    } catch (error) {
      if (isLinuxError(error, 'EAGAIN')) return false;
      // The guest reads no more.
      if (!isLinuxError(error, 'EPIPE')) throw error;
      this.#incoming = new Uint8Array();
      this.#receiveEnded = true;
      return false;
    }
  }

  override close(): void {
    if (this.closed) return;
    super.close();
    for (const cancel of this.#cancels) cancel();
    this.#connection.close();
  }

  override name(): Uint8Array {
    return this.#name;
  }

  override bind(): void {
    fail('EINVAL');
  }

  protected override find(): LocalSocket {
    return fail('ECONNREFUSED');
  }

  protected override accepted(): LocalSocket {
    return fail('EINVAL');
  }

  protected override unbind(): void {
    // It has no name in the guest.
  }

  protected override autobind(): void {
    // It needs none.
  }
}
