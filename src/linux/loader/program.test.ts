import { readFileSync } from 'node:fs';
import { beforeEach, describe, expect, it } from 'vitest';
import { LoadError } from '../../common/errors.ts';
import { AddressSpace } from '../../memory/address-space.ts';
import { GuestMemory } from '../../memory/guest-memory.ts';
import { UserMemory } from '../../memory/user-memory.ts';
import type { MappedFile } from '../../memory/vma.ts';
import { riscv64 } from '../abi/riscv64.ts';
import { fail, type ErrnoName } from '../errno.ts';
import { buildElf, PT_GNU_STACK, PT_INTERP } from '../testing/elf-builder.ts';
import { AT } from './initial-stack.ts';
import {
  installProgram,
  loadErrorNumber,
  prepareProgram,
  type ExecutableFile,
  type InstalledProgram,
} from './program.ts';
import { findSymbol } from './symbols.ts';

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
const code = new Uint8Array(16).fill(0x13);
const memory = GuestMemory.create(2 ** 28);
let open: number;
let space: AddressSpace;

beforeEach(() => {
  open = 0;
  memory.bytes.fill(0, 0, memory.layout.vcpus);
  space = new AddressSpace(memory);
});

function executable(path: string, bytes: Uint8Array): ExecutableFile {
  open++;
  const mapped = (): MappedFile => ({
    path,
    device: 1,
    inode: 2,
    anonymous: false,
    share: mapped,
    size: () => bytes.length,
    read(offset, into) {
      const part = bytes.subarray(offset, offset + into.length);
      into.set(part);
      return part.length;
    },
    write: () => undefined,
    release: () => undefined,
  });
  const read = (offset: number, length: number): Uint8Array => bytes.slice(offset, offset + length);
  return { path, size: bytes.length, read, mapped, close: () => open-- };
}

type Files = Readonly<Record<string, Uint8Array | string | { error: ErrnoName }>>;

function prepare(files: Files, path = '/bin/x', argv = ['x', 'y']) {
  return prepareProgram({
    abis: [riscv64],
    path,
    argv: argv.map(encode),
    open(name) {
      const content = files[name] ?? { error: 'ENOENT' };
      if (typeof content === 'object' && 'error' in content) return fail(content.error);
      return executable(name, typeof content === 'string' ? encode(content) : content);
    },
  });
}

function load(files: Files, env: readonly string[] = [], path = '/bin/x'): InstalledProgram {
  const prepared = prepare(files, path);
  return installProgram(prepared, {
    abi: riscv64,
    space,
    env: env.map(encode),
    random: new Uint8Array(16).fill(9),
    ids: { uid: 1, euid: 1, gid: 2, egid: 2 },
    isSecure: false,
  });
}

function failure(files: Files, path = '/bin/x'): { code: string; message: string; errno: number; open: number } {
  try {
    load(files, [], path);
  } catch (error) {
    if (error instanceof LoadError)
      return { code: error.code, message: error.message, errno: loadErrorNumber(error), open };
    throw error;
  }
  throw new Error('the program was accepted');
}

const fixed = buildElf({
  segments: [
    { vaddr: 0x10000, content: code },
    { vaddr: 0x12000, content: new Uint8Array(100).fill(7), memorySize: 9000, flags: 6 },
  ],
});
const relocatable = (interpreter?: string): Uint8Array =>
  buildElf({
    type: 3,
    entry: 4,
    segments: [
      { vaddr: 0, content: code },
      { vaddr: 0x2000, content: code, flags: 6, alignment: 0x10000 },
      ...(interpreter === undefined ? [] : [{ vaddr: 0, type: PT_INTERP, content: encode(`${interpreter}\0`) }]),
    ],
  });

describe('a program in memory', () => {
  it('has its segments, with zeros where the file ends', () => {
    const { entry, heapStart, linker } = load({ '/bin/x': fixed });
    expect([entry, heapStart, linker]).toEqual([0x10000, 0x15000, null]);
    expect([0x10000, 0x12000, 0x14000].map((vaddr) => space.pages.permission(vaddr))).toEqual([5, 3, 3]);
    expect(space.find(0x11000)).toBeUndefined();
    expect([memory.bytes[0x10000], memory.bytes[0x12063], memory.bytes[0x12064], memory.bytes[0x14000]]).toEqual([
      0x13, 7, 0, 0,
    ]);
  });

  it('is placed low with its linker high; without a linker, high with its heap low', () => {
    const both = load({ '/bin/x': relocatable('/lib/ld'), '/lib/ld': relocatable() });
    expect(both.main.bias).toBe(0x1000000);
    expect(both.heapStart).toBe(0x1003000);
    expect(both.linker?.bias).toBeGreaterThan(0x2000000);
    expect((both.linker?.bias ?? 1) % 0x10000).toBe(0);
    expect(both.entry).toBe((both.linker?.bias ?? 0) + 4);
    space = new AddressSpace(memory);
    const alone = load({ '/bin/x': relocatable() });
    expect(alone.main.bias).toBeGreaterThan(0x2000000);
    expect(alone.heapStart).toBe(0x1000000);
  });

  it('finds arguments, environment and the auxiliary vector on its stack', () => {
    const { stack, main, sigreturn } = load({ '/bin/x': fixed }, ['A=1', 'B=2']);
    const user = new UserMemory(space);
    const words = (count: number): number[] =>
      Array.from({ length: count }, (_, index) => user.readPointer(stack.stackPointer + index * 8));
    const text = (vaddr: number): string => new TextDecoder().decode(user.readCString(vaddr, 100) ?? undefined);
    const [argc, arg0 = 0, arg1 = 0, end, env0 = 0, env1 = 0, envEnd] = words(7);
    expect([argc, text(arg0), text(arg1), end, text(env0), text(env1), envEnd]).toEqual([
      2,
      'x',
      'y',
      0,
      'A=1',
      'B=2',
      0,
    ]);
    expect(stack.stackPointer % 16).toBe(0);
    const vector = new BigUint64Array(stack.auxiliaryVector.slice().buffer);
    const auxiliary = new Map(
      Array.from({ length: vector.length / 2 }, (_, i) => [Number(vector[2 * i]), Number(vector[2 * i + 1])]),
    );
    expect([...user.readBytes(auxiliary.get(AT.RANDOM) ?? 0, 16)]).toEqual(new Array(16).fill(9));
    expect(text(auxiliary.get(AT.EXECFN)!)).toBe('/bin/x');
    expect(auxiliary.get(AT.PHNUM)).toBe(2);
    expect([auxiliary.get(AT.UID), auxiliary.get(AT.EGID), auxiliary.get(AT.SECURE)]).toEqual([1, 2, 0]);
    expect(auxiliary.get(AT.HWCAP)).toBe(0x112d);
    expect(auxiliary.get(AT.ENTRY)).toBe(main.entry);
    // The headers lie in no segment here.
    expect(auxiliary.get(AT.PHDR)).toBe(0);
    expect([...user.readBytes(sigreturn, 8)]).toEqual([0x93, 0x08, 0xb0, 0x08, 0x73, 0, 0, 0]);
    expect(new TextDecoder().decode(user.readBytes(stack.argStart, stack.envEnd - stack.argStart))).toBe(
      'x\0y\0A=1\0B=2\0',
    );
  });

  it('has a zeroed stack, and keeps what was written below it without a fault', () => {
    const below = space.limit - (4 << 20);
    space.map({ address: below, length: 4096, protection: 3, placement: 'replace' });
    memory.bytes[below] = 1;
    space.unmapAll();
    load({ '/bin/x': fixed });
    expect(memory.bytes[below]).toBe(0);
    memory.bytes[below] = 2;
    expect(space.checkAccess(below, 1, 3)).toBe(true);
    expect(memory.bytes[below]).toBe(2);
  });

  it('gets an executable stack when it asks for one', () => {
    const { stack } = load({
      '/bin/x': buildElf({
        segments: [
          { vaddr: 0x10000, content: code },
          { vaddr: 0, type: PT_GNU_STACK, flags: 7 },
        ],
      }),
    });
    expect(space.pages.permission(stack.stackPointer)).toBe(7);
  });
});

describe('scripts', () => {
  it('run their interpreter with the path in place of their name', () => {
    const prepared = prepare({ '/bin/x': '#!/bin/sh -e -x\n', '/bin/sh': fixed });
    expect(prepared.argv.map((bytes) => new TextDecoder().decode(bytes))).toEqual(['/bin/sh', '-e -x', '/bin/x', 'y']);
    expect([prepared.path, prepared.executable.path, open]).toEqual(['/bin/x', '/bin/sh', 1]);
  });
});

describe('what cannot be run', () => {
  const missing = { error: 'ENOENT' } as const;
  const cases: readonly (readonly [string, Files, string, string, number])[] = [
    ['nothing there', { '/bin/x': missing }, 'program-missing', '/bin/x does not exist', 2],
    [
      'a file as a folder',
      { '/bin/x': { error: 'ENOTDIR' } },
      'program-missing',
      '/bin/x does not exist: a part of its path is not a directory',
      20,
    ],
    [
      'no permission',
      { '/bin/x': { error: 'EACCES' } },
      'program-not-executable',
      '/bin/x cannot be executed: it is not a regular file, or lacks the permission',
      13,
    ],
    ['an error', { '/bin/x': { error: 'EIO' } }, 'program-missing', '/bin/x cannot be opened: EIO', 5],
    ['empty', { '/bin/x': '' }, 'elf-not-elf', '/bin/x is empty', 8],
    [
      'text',
      { '/bin/x': 'echo hi' },
      'elf-not-elf',
      '/bin/x is a text file without an interpreter line; give its interpreter as the program',
      8,
    ],
    ['binary', { '/bin/x': '\0\u0001' }, 'elf-not-elf', '/bin/x is neither an ELF file nor a script', 8],
    [
      'bad script',
      { '/bin/x': '#!\n' },
      'script-interpreter',
      '/bin/x is a script whose first line names no interpreter',
      8,
    ],
    [
      'no interpreter',
      { '/bin/x': '#!/none\n' },
      'script-interpreter-missing',
      "/bin/x needs the interpreter /none, which does not exist in the guest's files",
      2,
    ],
    [
      'nested script',
      { '/bin/x': '#!/s\n', '/s': '#!/bin/sh' },
      'script-nested',
      '/bin/x names /s as its interpreter, which is not an ELF file',
      8,
    ],
    [
      'no linker',
      { '/bin/x': relocatable('/lib/ld') },
      'elf-interpreter-missing',
      "/bin/x needs the dynamic linker /lib/ld, which does not exist in the guest's files",
      2,
    ],
    [
      'closed linker',
      { '/bin/x': relocatable('/lib/ld'), '/lib/ld': { error: 'EACCES' } },
      'elf-interpreter-missing',
      '/bin/x needs the dynamic linker /lib/ld, which is not executable',
      13,
    ],
    [
      'bad linker',
      { '/bin/x': relocatable('/lib/ld'), '/lib/ld': 'text' },
      'elf-not-elf',
      '/lib/ld is not an ELF file',
      8,
    ],
    [
      'too low',
      { '/bin/x': buildElf({ segments: [{ vaddr: 0x1000, content: code }] }) },
      'elf-address',
      "/bin/x must be loaded at 0x1000, outside the guest's addresses (0x10000 to 0xf000000)",
      8,
    ],
    [
      'too large',
      { '/bin/x': buildElf({ type: 3, segments: [{ vaddr: 0, memorySize: 2 ** 33 }] }) },
      'memory-limit',
      '/bin/x does not fit: it takes 8589934592 bytes of address space',
      12,
    ],
  ];
  for (const [name, files, code, message, errno] of cases)
    it(`${name}: one sentence, and no file left open`, () => {
      expect(failure(files)).toEqual({
        code,
        message,
        errno,
        open: code === 'memory-limit' || code === 'elf-address' ? 1 : 0,
      });
    });

  it('because of the memory limit or its arguments', () => {
    space.memoryLimit = 8192;
    expect(failure({ '/bin/x': fixed })).toMatchObject({ code: 'memory-limit', errno: 12 });
    space = new AddressSpace(memory);
    space.stackLimit = 65536;
    const prepared = prepare({ '/bin/x': fixed }, '/bin/x', ['x'.repeat(20000)]);
    const request = {
      abi: riscv64,
      space,
      env: [],
      random: new Uint8Array(16),
      ids: { uid: 1, euid: 0, gid: 0, egid: 0 },
      isSecure: true,
    };
    expect(() => installProgram(prepared, request)).toThrow('its arguments and environment are too long');
  });
});

describe('symbols', () => {
  const bytes = new Uint8Array(readFileSync(new URL('../../../tests/fixtures/riscv64/crash', import.meta.url)));
  const source = executable('/bin/crash', bytes);

  it('are found by address', () => {
    const { entry } = { entry: Number(new DataView(bytes.buffer).getBigUint64(24, true)) };
    expect(findSymbol(source, entry + 2)).toEqual({ name: '_start', offset: 2 });
    expect(findSymbol(source, 0)).toBeNull();
  });

  it('are absent from files without sections', () => {
    expect(findSymbol(executable('x', fixed), 0x10000)).toBeNull();
    expect(findSymbol(executable('x', new Uint8Array(10)), 0x10000)).toBeNull();
  });
});
