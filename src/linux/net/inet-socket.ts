/** AF_INET and AF_INET6 inside the guest: the loopback network (tcp(7), udp(7)). */
import { fail } from '../errno.ts';
import type { FsContext } from '../vfs/types.ts';
import type { Vfs } from '../vfs/vfs.ts';
import {
  anyAddress,
  asFamily,
  encodeInetAddress,
  isAny,
  isLoopback,
  loopbackAddress,
  parseInetAddress,
  unmapped,
  type InetAddress,
} from './inet-address.ts';
import { LocalSocket } from './local-socket.ts';
import { AF_INET, AF_INET6, SOCK_DGRAM, type PeerCredentials } from './socket.ts';

const SOL_SOCKET = 1;
const SO_REUSEADDR = 2;
const SO_REUSEPORT = 15;
const IPPROTO_IPV6 = 41;
const IPV6_V6ONLY = 26;
const FIRST_EPHEMERAL = 32768;
const LAST_EPHEMERAL = 60999;
const PRIVILEGED_PORTS = 1024;

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

  constructor(vfs: Vfs, family: number, type: number, protocol: number) {
    super(vfs.environment, family, type, protocol);
    this.vfs = vfs;
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
    if (wanted.port > 0 && wanted.port < PRIVILEGED_PORTS && context.credentials.uid !== 0) fail('EACCES');
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
    const { family } = unmapped(wanted);
    const found = this.#ports
      .sockets(this.type, wanted.port)
      .filter((other) => (this.type === SOCK_DGRAM || other.listening) && other.#receivesAt(wanted, family));
    // The one that asked for this very address comes before those that take any.
    return found.find(({ local }) => !isAny(local)) ?? found[0] ?? fail('ECONNREFUSED');
  }

  /** Where a message to `address` goes; anything but the loopback network is out of reach here. */
  protected destination(address: Uint8Array): InetAddress {
    const wanted = parseInetAddress(address, this.family);
    if (wanted.port === 0) fail('EADDRNOTAVAIL');
    const { family } = wanted;
    const resolved = isAny(wanted) ? { ...wanted, bytes: loopbackAddress(family) } : wanted;
    return isLoopback(resolved) ? resolved : fail('ENETUNREACH');
  }

  #receivesAt(wanted: InetAddress, family: number): boolean {
    const mine = unmapped(this.#local);
    if (isAny(mine))
      return mine.family === family || (mine.family === AF_INET6 && family === AF_INET && !this.#isV6Only());
    return sameBytes(mine, unmapped(wanted));
  }

  override connect(...[address, context, owner]: Parameters<LocalSocket['connect']>): void {
    if (this.type === SOCK_DGRAM && (address[0] ?? 0) === 0 && (address[1] ?? 0) === 0) return this.disconnect();
    super.connect(address, context, owner);
    const remote = this.destination(address);
    this.#remote = remote;
    if (isAny(this.#local)) this.#local = { ...this.#local, bytes: remote.bytes };
    const { peer } = this;
    if (this.type === SOCK_DGRAM || !(peer instanceof InetSocket)) return;
    peer.#local = asFamily(unmapped(remote), peer.family);
    peer.#remote = asFamily(unmapped(this.#local), peer.family);
  }

  protected override accepted(): InetSocket {
    const socket = new InetSocket(this.vfs, this.family, this.type, this.protocol);
    for (const [key, value] of this.options) socket.options.set(key, value);
    return socket;
  }

  protected override unbind(): void {
    this.#ports.remove(this, this.#local.port);
  }

  override name(): Uint8Array {
    const { bytes } = this.#local;
    const shown = isAny(this.#local) && this.type === SOCK_DGRAM && this.#remote !== null ? this.#remote.bytes : bytes;
    return encodeInetAddress({ ...this.#local, bytes: shown });
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

function sameBytes(a: InetAddress, b: InetAddress): boolean {
  return a.bytes.length === b.bytes.length && a.bytes.every((byte, index) => byte === b.bytes[index]);
}
