/** AF_INET and AF_INET6: the guest's own loopback network, and through `Outside` what lies beyond (tcp(7), udp(7)). */
import type { HostAddress, HostConnection, HostDatagrams } from '../../platform/types.ts';
import { CAP } from '../capabilities.ts';
import { fail, isLinuxError } from '../errno.ts';
import { hasCapability } from '../vfs/permissions.ts';
import type { FsContext } from '../vfs/types.ts';
import type { Vfs } from '../vfs/vfs.ts';
import {
  anyAddress,
  asFamily,
  encodeInetAddress,
  fromHostText,
  hostText,
  isAny,
  isLoopback,
  loopbackAddress,
  parseInetAddress,
  unmapped,
  type InetAddress,
} from './inet-address.ts';
import { HostEnd } from './host-end.ts';
import { LocalSocket } from './local-socket.ts';
import type { Outside } from './outside.ts';
import {
  AF_INET,
  AF_INET6,
  SOCK_DGRAM,
  SOCK_STREAM,
  type IncomingMessage,
  type OutgoingMessage,
  type PeerCredentials,
} from './socket.ts';

const SOL_SOCKET = 1;
const SO_REUSEADDR = 2;
const SO_REUSEPORT = 15;
const IPPROTO_IPV6 = 41;
const IPV6_V6ONLY = 26;
const FIRST_EPHEMERAL = 32768;
const LAST_EPHEMERAL = 60999;
const PRIVILEGED_PORTS = 1024;
/** What a datagram of UDP over IPv4 carries at most. */
const MAX_DATAGRAM = 65507;

/** Who has which port, in the order in which they bound. */
export class Ports {
  readonly #bound = new Map<string, InetSocket[]>();
  #nextEphemeral = FIRST_EPHEMERAL;

  sockets(type: number, port: number): readonly InetSocket[] {
    return this.#bound.get(`${String(type)}:${String(port)}`) ?? [];
  }

  add(socket: InetSocket, port: number): void {
    const key = `${String(socket.type)}:${String(port)}`;
    this.#bound.set(key, [...(this.#bound.get(key) ?? []), socket]);
  }

  remove(socket: InetSocket, port: number): void {
    const key = `${String(socket.type)}:${String(port)}`;
    const left = (this.#bound.get(key) ?? []).filter((other) => other !== socket);
    if (left.length > 0) this.#bound.set(key, left);
    else this.#bound.delete(key);
  }

  /** A port that no socket of the type has. */
  ephemeral(type: number): number {
    for (let tries = FIRST_EPHEMERAL; tries <= LAST_EPHEMERAL; tries++) {
      const port = this.#nextEphemeral;
      this.#nextEphemeral = port === LAST_EPHEMERAL ? FIRST_EPHEMERAL : port + 1;
      if (this.sockets(type, port).length === 0) return port;
    }
    return fail('EADDRINUSE');
  }
}

const ports = new WeakMap<Vfs, Ports>();

export function portsOf(vfs: Vfs): Ports {
  let known = ports.get(vfs);
  if (known === undefined) ports.set(vfs, (known = new Ports()));
  return known;
}

export class InetSocket extends LocalSocket {
  protected readonly vfs: Vfs;
  readonly #ports: Ports;
  #local: InetAddress;
  #remote: InetAddress | null = null;
  /** What lies beyond the guest; null where nothing does. */
  readonly #outside: Outside | null;
  /** A connection to the outside that is not there yet. */
  #connecting: HostConnection | null = null;
  /** How such a connection went, which the next `connect` tells, as long as none did. */
  #outcome: 'open' | 'failed' | null = null;
  /** This end's address on the host, of a connection to the outside. */
  #hostName: InetAddress | null = null;
  /** The host's sockets behind a datagram socket, by family. */
  readonly #datagrams = new Map<4 | 6, HostDatagrams>();

  constructor(vfs: Vfs, family: number, type: number, protocol: number, outside: Outside | null = null) {
    super(vfs.environment, family, type, protocol);
    this.vfs = vfs;
    this.#outside = outside;
    this.#ports = portsOf(vfs);
    this.#local = { family, bytes: anyAddress(family), port: 0 };
  }

  get local(): InetAddress {
    return this.#local;
  }

  #option(level: number, name: number): boolean {
    return (this.options.get(`${level}:${name}`) ?? 0) !== 0;
  }

  override bind(address: Uint8Array, context: FsContext): void {
    const wanted = parseInetAddress(address, this.family);
    if (this.#local.port !== 0) fail('EINVAL');
    if (!isAny(wanted) && !isLoopback(wanted)) fail('EADDRNOTAVAIL');
    if (wanted.port > 0 && wanted.port < PRIVILEGED_PORTS && !hasCapability(context.credentials, CAP.NET_BIND_SERVICE))
      fail('EACCES');
    const port = wanted.port === 0 ? this.#ports.ephemeral(this.type) : wanted.port;
    if (this.#ports.sockets(this.type, port).some((other) => this.#conflicts(other, wanted))) fail('EADDRINUSE');
    this.#local = { ...wanted, port };
    this.#ports.add(this, port);
  }

  #conflicts(other: InetSocket, wanted: InetAddress): boolean {
    const [mine, theirs] = [unmapped(wanted), unmapped(other.#local)];
    const differ = mine.family === theirs.family && !isAny(mine) && !isAny(theirs) && !sameBytes(mine, theirs);
    // One of IPv6 alone leaves IPv4 to others.
    const apart =
      mine.family !== theirs.family && (this.#isV6Only() || other.#isV6Only() || !isAny(mine) || !isAny(theirs));
    if (differ || apart) return false;
    const shared = (name: number): boolean => this.#option(SOL_SOCKET, name) && other.#option(SOL_SOCKET, name);
    if (shared(SO_REUSEPORT)) return false;
    return !(shared(SO_REUSEADDR) && (this.type === SOCK_DGRAM || !other.listening));
  }

  #isV6Only(): boolean {
    return this.family === AF_INET6 && this.#option(IPPROTO_IPV6, IPV6_V6ONLY);
  }

  protected override autobind(): void {
    if (this.#local.port !== 0) return;
    const port = this.#ports.ephemeral(this.type);
    this.#local = { ...this.#local, port };
    this.#ports.add(this, port);
  }

  override listen(backlog: number, owner: PeerCredentials): void {
    this.autobind();
    super.listen(backlog, owner);
  }

  protected override find(address: Uint8Array): LocalSocket {
    const wanted = this.destination(address);
    return this.#inside(wanted) ?? fail(isLoopback(wanted) ? 'ECONNREFUSED' : 'ENETUNREACH');
  }

  /** The socket of this guest that receives at an address. */
  #inside(wanted: InetAddress): InetSocket | undefined {
    if (!isLoopback(wanted)) return undefined;
    const { family } = unmapped(wanted);
    const found = this.#ports
      .sockets(this.type, wanted.port)
      .filter((other) => (this.type === SOCK_DGRAM || other.listening) && other.#receivesAt(wanted, family));
    // The one that asked for this very address comes before those that take any.
    return found.find(({ local }) => !isAny(local)) ?? found[0];
  }

  /** Whether an address is the guest's own, and has no receiver. */
  #isNobody(address: InetAddress): boolean {
    return isLoopback(address) && this.#inside(address) === undefined;
  }

  /** A datagram for nobody: who is connected is told at the next call (udp(7)). */
  #lose({ to, bytes }: OutgoingMessage): number {
    this.failPending();
    if (bytes.length > MAX_DATAGRAM) fail('EMSGSIZE');
    this.autobind();
    if (to === null) {
      this.pendingError = 'ECONNREFUSED';
      this.changes.notify();
    }
    return bytes.length;
  }

  /** Where a message to `address` goes. */
  protected destination(address: Uint8Array): InetAddress {
    const wanted = parseInetAddress(address, this.family);
    if (wanted.port === 0) fail('EADDRNOTAVAIL');
    return isAny(wanted) ? { ...wanted, bytes: loopbackAddress(wanted.family) } : wanted;
  }

  /** The host's address behind one that nobody in the guest has; null where there is no outside. */
  #beyond(wanted: InetAddress): HostAddress | null {
    if (this.#outside === null || this.#inside(wanted) !== undefined) return null;
    const beyond = { address: hostText(wanted), port: wanted.port };
    // Of the host's loopback network the guest learns only where it may go there.
    return isLoopback(wanted) && !this.#outside.allows(beyond) ? null : beyond;
  }

  #receivesAt(wanted: InetAddress, family: number): boolean {
    const mine = unmapped(this.#local);
    if (isAny(mine))
      return mine.family === family || (mine.family === AF_INET6 && family === AF_INET && !this.#isV6Only());
    return sameBytes(mine, unmapped(wanted));
  }

  override connect(...[address, context, owner]: Parameters<LocalSocket['connect']>): void {
    if (this.type === SOCK_DGRAM) this.#forgetPeer();
    if (this.type === SOCK_DGRAM && (address[0] ?? 0) === 0 && (address[1] ?? 0) === 0) return;
    if (this.#connecting !== null) fail('EALREADY');
    if (this.#outcome !== null) {
      this.#tellOutcome(this.#outcome);
      return;
    }
    const remote = this.destination(address);
    if (this.type === SOCK_DGRAM && this.#outside?.writesTo(this.#local.port, nameOf(remote)) === true) {
      this.owner = owner;
      this.#remote = remote;
      return;
    }
    const beyond = this.listening || this.connected ? null : this.#beyond(remote);
    if (beyond !== null) return this.#connectOutside(remote, beyond, owner);
    if (this.type === SOCK_DGRAM && this.#isNobody(remote)) {
      // Whoever may receive there later will.
      this.autobind();
      this.owner = owner;
      this.#remote = remote;
      return;
    }
    super.connect(address, context, owner);
    this.#remote = remote;
    if (isAny(this.#local)) this.#local = { ...this.#local, bytes: remote.bytes };
    const { peer } = this;
    if (this.type === SOCK_DGRAM || !(peer instanceof InetSocket)) return;
    peer.#local = asFamily(unmapped(remote), peer.family);
    peer.#remote = asFamily(unmapped(this.#local), peer.family);
  }

  #connectOutside(remote: InetAddress, beyond: HostAddress, owner: PeerCredentials): void {
    this.#outside?.check(beyond);
    this.owner = owner;
    this.#remote = remote;
    if (this.type === SOCK_DGRAM) return this.autobind();
    const connection = this.#outside?.connect(beyond) ?? fail('ENETUNREACH');
    this.#connecting = connection;
    const cancel = connection.onChange(() => {
      if (connection.state === 'connecting' || this.#connecting === null) return;
      cancel();
      this.#connecting = null;
      this.#settle(connection, remote);
    });
    fail('EINPROGRESS');
  }

  /** Throws why a connection failed; what SO_ERROR has told already is not told again. */
  #tellOutcome(outcome: 'open' | 'failed'): void {
    this.#outcome = null;
    this.failPending();
    if (outcome === 'failed') fail('ECONNABORTED');
  }

  /** What became of a connection to the outside. */
  #settle(connection: HostConnection, remote: InetAddress): void {
    const { state, local } = connection;
    if (state === 'open') {
      if (local !== null) this.#hostName = shownTo(this.family, local);
      new HostEnd(this.vfs.environment, this.family, connection, encodeInetAddress(remote)).join(this);
      this.#outcome = 'open';
    } else if (state !== 'connecting') {
      this.#outcome = 'failed';
      this.#remote = null;
      this.pendingError = state;
      connection.destroy();
    }
    this.changes.notify();
  }

  override connectResult(): 0 | undefined {
    if (this.#connecting !== null) return undefined;
    if (this.#outcome !== null) this.#tellOutcome(this.#outcome);
    return 0;
  }

  /** A connection from outside of the guest; false where nobody takes it. */
  acceptOutside(connection: HostConnection): boolean {
    const { remote } = connection;
    if (!this.listening || remote === null) return false;
    try {
      const end = this.offer(() => this.accepted());
      if (!(end instanceof InetSocket)) return false;
      end.owner = this.owner;
      const { family, port } = this.#local;
      end.#local = { family, port, bytes: isAny(this.#local) ? loopbackAddress(family) : this.#local.bytes };
      if (family === AF_INET6 && isAny(this.#local)) end.#local = asFamily(loopback4(port), family);
      end.#remote = shownTo(family, remote);
      new HostEnd(this.vfs.environment, family, connection, encodeInetAddress(end.#remote)).join(end);
      return true;
    } catch (error) {
      // The backlog is full.
      if (isLinuxError(error)) return false;
      throw error;
    }
  }

  override send(message: OutgoingMessage): number {
    if (this.#connecting !== null) fail('EAGAIN');
    // Of a stream the address is not looked at (tcp_sendmsg_locked).
    if (this.type !== SOCK_DGRAM) return this.connected ? super.send({ ...message, to: null }) : fail('EPIPE');
    const to = message.to === null ? this.#remote : this.destination(message.to);
    if (to !== null && this.#answer(to, message.bytes)) return message.bytes.length;
    const beyond = to === null || (message.to === null && this.peer !== null) ? null : this.#beyond(to);
    if (to !== null && beyond === null && this.peer === null) {
      if (this.#isNobody(to)) return this.#lose(message);
      return super.send({ ...message, to: encodeInetAddress(to) });
    }
    if (to === null || beyond === null) return super.send(message);
    this.failPending();
    if (message.bytes.length > MAX_DATAGRAM) fail('EMSGSIZE');
    this.autobind();
    this.#hostDatagrams(unmapped(to).family === AF_INET ? 4 : 6, message.to === null ? beyond : null).send(
      message.bytes,
      beyond,
    );
    return message.bytes.length;
  }

  /** Sends through the published port to a program of the host that has written to it; false for anybody else. */
  #answer(to: InetAddress, bytes: Uint8Array): boolean {
    const name = nameOf(to);
    if (this.#outside?.writesTo(this.#local.port, name) !== true) return false;
    if (bytes.length > MAX_DATAGRAM) fail('EMSGSIZE');
    return this.#outside.answer(this.#local.port, name, bytes);
  }

  /** A datagram from outside of the guest to this socket's port; the sender's name here, or undefined if it is not for it. */
  takeOutside(bytes: Uint8Array, from: HostAddress, toConnected: boolean): string | undefined {
    const shown = shownTo(this.family, from);
    const expected = this.#remote === null ? null : nameOf(this.#remote);
    if (toConnected ? expected !== nameOf(shown) : expected !== null) return undefined;
    this.takeDatagram(bytes, encodeInetAddress(shown));
    return nameOf(shown);
  }

  #hostDatagrams(family: 4 | 6, peer: HostAddress | null): HostDatagrams {
    let socket = this.#datagrams.get(family);
    if (socket === undefined) {
      socket = this.#outside?.datagrams(family, peer, {
        message: (bytes, from) => {
          this.takeDatagram(bytes, encodeInetAddress(shownTo(this.family, from)));
        },
        failed: (code) => {
          this.pendingError = code;
          this.changes.notify();
        },
      });
      if (socket === undefined) return fail('ENETUNREACH');
      this.#datagrams.set(family, socket);
    }
    return socket;
  }

  /** A datagram socket gets another peer, or none. */
  #forgetPeer(): void {
    this.disconnect();
    this.#remote = null;
    this.#closeDatagrams();
  }

  #closeDatagrams(): void {
    for (const socket of this.#datagrams.values()) void socket.close();
    this.#datagrams.clear();
  }

  override receive(buffer: Uint8Array, peek: boolean): IncomingMessage {
    if (this.#connecting !== null) fail('EAGAIN');
    return super.receive(buffer, peek);
  }

  override shutdown(how: number): void {
    // A datagram socket with a peer outside counts as connected.
    if (this.type === SOCK_DGRAM && this.peer === null && this.#remote !== null) return this.#closeDatagrams();
    super.shutdown(how);
  }

  override readiness(): number {
    if (this.#connecting !== null) return 0;
    return super.readiness();
  }

  override close(): void {
    super.close();
    this.#connecting?.destroy();
    this.#connecting = null;
    this.#closeDatagrams();
  }

  protected override accepted(): InetSocket {
    const socket = new InetSocket(this.vfs, this.family, this.type, this.protocol, this.#outside);
    for (const [key, value] of this.options) socket.options.set(key, value);
    return socket;
  }

  protected override unbind(): void {
    this.#ports.remove(this, this.#local.port);
  }

  override name(): Uint8Array {
    if (this.#hostName !== null) return encodeInetAddress(this.#hostName);
    const { bytes } = this.#local;
    // With a peer, an unbound datagram socket has the address that faces it; the guest has one.
    const faces = isAny(this.#local) && this.type === SOCK_DGRAM && this.#remote !== null;
    return encodeInetAddress({ ...this.#local, bytes: faces ? loopbackAddress(this.family) : bytes });
  }

  /** Where a datagram came from: an unbound address shows as the loopback's. */
  protected override get senderName(): Uint8Array {
    const bytes = isAny(this.#local) ? loopbackAddress(this.family) : this.#local.bytes;
    return encodeInetAddress({ ...this.#local, bytes });
  }

  override peerName(): Uint8Array {
    return this.#remote === null ? fail('ENOTCONN') : encodeInetAddress(this.#remote);
  }
}

/** An address of the host as a socket of `family` can show it: for IPv4, what is of IPv6 counts as this machine's. */
function shownTo(family: number, { address, port }: HostAddress): InetAddress {
  const shown = fromHostText(address, port);
  return family === AF_INET && shown.family !== AF_INET ? loopback4(port) : asFamily(shown, family);
}

function loopback4(port: number): InetAddress {
  return { family: AF_INET, bytes: loopbackAddress(AF_INET), port };
}

/** Hands a connection from outside to the socket that listens at a port of the guest; false where none does. */
export function acceptFromOutside(vfs: Vfs, port: number, connection: HostConnection): boolean {
  const listening = portsOf(vfs)
    .sockets(SOCK_STREAM, port)
    .find((socket) => socket.listening);
  return listening?.acceptOutside(connection) ?? false;
}

/** Hands a datagram from outside to a socket that has a port; the sender's name in the guest, or undefined where none has. */
export function takeFromOutside(vfs: Vfs, port: number, bytes: Uint8Array, from: HostAddress): string | undefined {
  const sockets = portsOf(vfs).sockets(SOCK_DGRAM, port);
  // The one that is connected with the sender comes before those that hear everybody.
  for (const toConnected of [true, false])
    for (const socket of sockets) {
      const name = socket.takeOutside(bytes, from, toConnected);
      if (name !== undefined) return name;
    }
  return undefined;
}

/** An address and port, however it is written. */
function nameOf(address: InetAddress): string {
  return `${hostText(address)} ${String(address.port)}`;
}

function sameBytes(a: InetAddress, b: InetAddress): boolean {
  return a.bytes.length === b.bytes.length && a.bytes.every((byte, index) => byte === b.bytes[index]);
}
