/** struct sockaddr_in and sockaddr_in6 (ip(7), ipv6(7)). */
import { fail } from '../errno.ts';
import { AF_INET, AF_INET6 } from './socket.ts';

export interface InetAddress {
  readonly family: number;
  /** 4 or 16 bytes. */
  readonly bytes: Uint8Array;
  readonly port: number;
}

const SIZE = { 4: 16, 6: 28 } as const;
/** ::ffff:0:0/96: IPv4 in IPv6's clothes. */
const MAPPED = Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff);

export function parseInetAddress(address: Uint8Array, family: number): InetAddress {
  const view = new DataView(address.buffer, address.byteOffset, address.length);
  if (address.length < 2) fail('EINVAL');
  if (view.getUint16(0, true) !== family) fail('EAFNOSUPPORT');
  if (family === AF_INET) {
    if (address.length < SIZE[4]) fail('EINVAL');
    return { family, bytes: address.slice(4, 8), port: view.getUint16(2) };
  }
  if (address.length < 24) fail('EINVAL');
  return { family, bytes: address.slice(8, 24), port: view.getUint16(2) };
}

export function encodeInetAddress({ family, bytes, port }: InetAddress): Uint8Array {
  const result = new Uint8Array(family === AF_INET ? SIZE[4] : SIZE[6]);
  const view = new DataView(result.buffer);
  view.setUint16(0, family, true);
  view.setUint16(2, port);
  result.set(bytes, family === AF_INET ? 4 : 8);
  return result;
}

export function anyAddress(family: number): Uint8Array {
  return new Uint8Array(family === AF_INET ? 4 : 16);
}

export function loopbackAddress(family: number): Uint8Array {
  return family === AF_INET
    ? Uint8Array.of(127, 0, 0, 1)
    : Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1);
}

/** The IPv4 address inside a mapped one; anything else as it is. */
export function unmapped(address: InetAddress): InetAddress {
  if (address.family !== AF_INET6 || !MAPPED.every((byte, index) => address.bytes[index] === byte)) return address;
  return { family: AF_INET, bytes: address.bytes.slice(12), port: address.port };
}

/** An address as a socket of `family` sees it. */
export function asFamily(address: InetAddress, family: number): InetAddress {
  if (address.family === family || family !== AF_INET6) return address;
  return { family, bytes: Uint8Array.of(...MAPPED, ...address.bytes), port: address.port };
}

export function isAny({ bytes }: InetAddress): boolean {
  return bytes.every((byte) => byte === 0);
}

export function isLoopback(address: InetAddress): boolean {
  const { family, bytes } = unmapped(address);
  if (family === AF_INET) return bytes[0] === 127;
  return loopbackAddress(AF_INET6).every((byte, index) => bytes[index] === byte);
}

/** As text: what the host's functions take. */
export function hostText(address: InetAddress): string {
  const { family, bytes } = unmapped(address);
  if (family === AF_INET) return bytes.join('.');
  return Array.from({ length: 8 }, (_, index) =>
    (((bytes[index * 2] ?? 0) << 8) | (bytes[index * 2 + 1] ?? 0)).toString(16),
  ).join(':');
}

/** From the host's text. */
export function fromHostText(text: string, port: number): InetAddress {
  if (!text.includes(':')) return { family: AF_INET, bytes: Uint8Array.from(text.split('.').map(Number)), port };
  const [head = '', tail] = (text.split('%')[0] ?? '').split('::');
  const words = (part: string): number[] => (part === '' ? [] : part.split(':').flatMap(wordsOf));
  const before = words(head);
  const after = tail === undefined ? [] : words(tail);
  const all = [...before, ...Array<number>(Math.max(8 - before.length - after.length, 0)).fill(0), ...after];
  return unmapped({ family: AF_INET6, bytes: Uint8Array.from(all.flatMap((word) => [word >>> 8, word & 255])), port });
}

/** One group of hexadecimal digits, or the IPv4 address at the end. */
function wordsOf(group: string): number[] {
  if (!group.includes('.')) return [parseInt(group, 16)];
  const [a = 0, b = 0, c = 0, d = 0] = group.split('.').map(Number);
  return [(a << 8) | b, (c << 8) | d];
}
