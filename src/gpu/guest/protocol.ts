/**
 * What guests say to `/dev/hospes-gpu`: requests and replies of little-endian words. `guest-sdk/hospes_gpu.h` describes the
 * same in C; `OPERATION` and the fields below have to agree with it.
 */

export const OPERATION = {
  LIST: 1,
  OPEN: 2,
  BUFFER: 3,
  FREE_BUFFER: 4,
  UPLOAD: 5,
  DOWNLOAD: 6,
  KERNEL: 7,
  FREE_KERNEL: 8,
  LAUNCH: 9,
} as const;

/** Numbers of errno, as all Linux machines have them. */
export const ERRNO = {
  EIO: 5,
  EBADF: 9,
  ENOMEM: 12,
  ENODEV: 19,
  EINVAL: 22,
  ENOSPC: 28,
  EBADMSG: 74,
  ETIMEDOUT: 110,
} as const;

export type ErrnoName = keyof typeof ERRNO;

/** Most data in one upload or download; the library splits what is larger. */
export const LARGEST_PART = 1 << 20;
export const LONGEST_CODE = 256 << 10;
/** `size` and `operation`. */
const REQUEST_HEADER = 8;
/** `size` and `status`. */
const REPLY_HEADER = 8;
/** No request needs more beside its data. */
export const LONGEST_REQUEST = LARGEST_PART + 4096;

/** A request that cannot be granted, with what the guest is told. */
export class Refusal extends Error {
  readonly errno: ErrnoName;

  constructor(errno: ErrnoName, message: string) {
    super(message);
    this.errno = errno;
  }
}

/** Reads a request's fields in order. What is missing or left over is the guest's mistake. */
export class RequestReader {
  readonly operation: number;
  readonly #bytes: Uint8Array<ArrayBuffer>;
  readonly #view: DataView;
  #at = REQUEST_HEADER;

  constructor(bytes: Uint8Array<ArrayBuffer>) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    if (bytes.length < REQUEST_HEADER) throw new Refusal('EINVAL', 'a request has at least 8 bytes');
    this.operation = this.#view.getUint32(4, true);
  }

  u32(): number {
    return this.#view.getUint32(this.#advance(4), true);
  }

  /** Up to 2^53 - 1: nothing that is addressed here is larger. */
  u64(): number {
    const value = this.#view.getBigUint64(this.#advance(8), true);
    if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw new Refusal('EINVAL', 'a number is too large');
    return Number(value);
  }

  words(count: number): number[] {
    // Before anything of that length is made.
    if (count > (this.#bytes.length - this.#at) / 4) throw new Refusal('EINVAL', 'the request is too short');
    return Array.from({ length: count }, () => this.u32());
  }

  bytes(length: number): Uint8Array<ArrayBuffer> {
    const start = this.#advance(length);
    return this.#bytes.subarray(start, start + length);
  }

  rest(): Uint8Array<ArrayBuffer> {
    return this.bytes(this.#bytes.length - this.#at);
  }

  end(): void {
    if (this.#at !== this.#bytes.length) throw new Refusal('EINVAL', 'the request is too long');
  }

  #advance(length: number): number {
    const start = this.#at;
    if (length > this.#bytes.length - start) throw new Refusal('EINVAL', 'the request is too short');
    this.#at += length;
    return start;
  }
}

export function reply(payload: Uint8Array): Uint8Array {
  return message(0, payload);
}

/** The payload is the reason, in English. */
export function refusal({ errno, message: text }: Refusal): Uint8Array {
  return message(ERRNO[errno], new TextEncoder().encode(text));
}

function message(status: number, payload: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(REPLY_HEADER + payload.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, bytes.length, true);
  view.setUint32(4, status, true);
  bytes.set(payload, REPLY_HEADER);
  return bytes;
}

/** A device in the reply to LIST: 128 bytes. */
export function deviceRecord(device: {
  readonly software: boolean;
  readonly invocations: number;
  readonly groups: number;
  readonly largestBuffer: number;
  readonly memory: number;
  readonly name: string;
}): Uint8Array {
  const record = new Uint8Array(128);
  const view = new DataView(record.buffer);
  view.setUint32(0, device.software ? 1 : 0, true);
  view.setUint32(4, device.invocations, true);
  view.setUint32(8, device.groups, true);
  view.setBigUint64(16, BigInt(device.largestBuffer), true);
  view.setBigUint64(24, BigInt(device.memory), true);
  // Ends with a zero, whatever its length.
  new TextEncoder().encodeInto(device.name, record.subarray(32, 127));
  return record;
}
