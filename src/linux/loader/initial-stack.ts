/** The stack of a fresh program: strings, auxiliary vector, environment, arguments (fs/binfmt_elf.c). */
import type { AddressSpace } from '../../memory/address-space.ts';
import { PERMISSION } from '../../memory/layout.ts';
import { pageCeil, pageFloor } from '../../memory/pages.ts';
import { loadFailure } from './elf.ts';

/** Types of auxiliary vector entries (uapi/linux/auxvec.h). */
export const AT = {
  NULL: 0,
  PHDR: 3,
  PHENT: 4,
  PHNUM: 5,
  PAGESZ: 6,
  BASE: 7,
  FLAGS: 8,
  ENTRY: 9,
  UID: 11,
  EUID: 12,
  GID: 13,
  EGID: 14,
  PLATFORM: 15,
  HWCAP: 16,
  CLKTCK: 17,
  SECURE: 23,
  RANDOM: 25,
  HWCAP2: 26,
  EXECFN: 31,
  MINSIGSTKSZ: 51,
} as const;

export interface InitialStackRequest {
  readonly path: string;
  readonly argv: readonly Uint8Array[];
  readonly env: readonly Uint8Array[];
  /** Name of the program as it was given to execve. */
  readonly executable: Uint8Array;
  readonly platform: string | null;
  /** 16 random bytes. */
  readonly random: Uint8Array;
  readonly executableStack: boolean;
  /** Entries whose values are known before the strings are placed, in order. */
  readonly auxiliary: readonly (readonly [type: number, value: bigint])[];
}

export interface InitialStack {
  readonly stackPointer: number;
  /** Where /proc/self/cmdline and environ come from. */
  readonly argStart: number;
  readonly argEnd: number;
  readonly envStart: number;
  readonly envEnd: number;
  /** The auxiliary vector as bytes. */
  readonly auxiliaryVector: Uint8Array;
  /** Top of the stack area. */
  readonly top: number;
}

/** What a program gets beyond its arguments even under a tight memory limit; the rest of the stack appears on faults then. */
const INITIAL_SIZE = 1 << 20;
/** Linux: MAX_ARG_STRLEN. */
const MAX_STRING = 131072;

/** Writes strings downwards from the top of the stack. */
class StringArea {
  readonly #space: AddressSpace;
  position: number;

  constructor(space: AddressSpace, top: number) {
    this.#space = space;
    this.position = top;
  }

  /** Stores `bytes`, with a NUL when `terminated`, and gives their address. */
  push(bytes: Uint8Array, terminated: boolean): number {
    this.position -= bytes.length + (terminated ? 1 : 0);
    this.#space.poke(this.position, bytes);
    return this.position;
  }

  /** Stores strings so that the first has the lowest address; gives their addresses in order. */
  pushAll(strings: readonly Uint8Array[]): number[] {
    return strings
      .toReversed()
      .map((string) => this.push(string, true))
      .toReversed();
  }
}

export function buildInitialStack(space: AddressSpace, request: InitialStackRequest): InitialStack {
  const top = space.limit;
  checkSize(space, request);
  // All that the limit allows is mapped from the start: a fault in compiled code does not keep the state that
  // going on after growth would need. Pages that are not touched cost nothing.
  const needed = pageCeil(stackBytes(request) + INITIAL_SIZE);
  const protection = PERMISSION.READ | PERMISSION.WRITE | (request.executableStack ? PERMISSION.EXECUTE : 0);
  const mapStack = (length: number): number =>
    space.map({
      address: top - length,
      length,
      protection,
      placement: 'exact',
      growsDown: true,
      name: '[stack]',
    });
  const whole = Math.max(Math.min(pageCeil(space.stackLimit), pageFloor(space.limit / 4)), needed);
  let mapped = mapStack(whole);
  if (mapped < 0) mapped = mapStack(needed);
  if (mapped < 0) loadFailure('memory-limit', request.path, 'cannot run: its stack does not fit into the memory limit');

  const strings = new StringArea(space, top - 8);
  const executable = strings.push(request.executable, true);
  const envEnd = strings.position;
  const env = strings.pushAll(request.env);
  const argEnd = strings.position;
  const argv = strings.pushAll(request.argv);
  const argStart = strings.position;
  const platform = request.platform === null ? 0 : strings.push(Uint8Array.from(request.platform, byteOf), true);
  const random = strings.push(request.random, false);

  const auxiliary: (readonly [number, bigint])[] = [
    ...request.auxiliary,
    [AT.RANDOM, BigInt(random)],
    [AT.EXECFN, BigInt(executable)],
    ...(platform === 0 ? [] : [[AT.PLATFORM, BigInt(platform)] as const]),
    [AT.NULL, 0n],
  ];
  const vector = BigUint64Array.from(auxiliary.flatMap(([type, value]) => [BigInt(type), value]));
  const pointers = [...argv, 0, ...env, 0].map(BigInt);
  const words = BigUint64Array.from([BigInt(argv.length), ...pointers, ...vector]);
  const stackPointer = Math.floor((strings.position - words.byteLength) / 16) * 16;
  space.poke(stackPointer, new Uint8Array(words.buffer));
  return {
    stackPointer,
    argStart,
    argEnd,
    envStart: argEnd,
    envEnd,
    auxiliaryVector: new Uint8Array(vector.buffer),
    top,
  };
}

function byteOf(character: string): number {
  return character.charCodeAt(0);
}

function stackBytes({ argv, env, executable, auxiliary }: InitialStackRequest): number {
  const strings = [...argv, ...env, executable].reduce((sum, string) => sum + string.length + 9, 0);
  return strings + (auxiliary.length + 8) * 16 + 256;
}

/** Linux: a quarter of the stack limit, one string at most 128 KiB. */
function checkSize(space: AddressSpace, request: InitialStackRequest): void {
  const longest = [...request.argv, ...request.env].some((string) => string.length >= MAX_STRING);
  if (longest || stackBytes(request) > space.stackLimit / 4)
    loadFailure('arguments-too-long', request.path, 'cannot run: its arguments and environment are too long');
}
