import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LoadError } from '../../common/errors.ts';
import { buildElf, PT_GNU_STACK, PT_INTERP, type ElfOptions } from '../testing/elf-builder.ts';
import { machineName, parseElf, peekMachine, type ElfSource } from './elf.ts';

const RISCV = 243;
const code = new Uint8Array(16).fill(1);
const good: ElfOptions = { segments: [{ vaddr: 0x10000, content: code }] };

function source(bytes: Uint8Array): ElfSource {
  return { path: '/bin/x', size: bytes.length, read: (offset, length) => bytes.slice(offset, offset + length) };
}

function failure(bytes: Uint8Array): { code: string; message: string } {
  try {
    parseElf(source(bytes), RISCV);
  } catch (error) {
    if (error instanceof LoadError) return { code: error.code, message: error.message };
    throw error;
  }
  throw new Error('the file was accepted');
}

function patched(change: (bytes: Uint8Array) => void): Uint8Array {
  const bytes = buildElf(good);
  change(bytes);
  return bytes;
}

describe('a good file', () => {
  it('gives segments, interpreter and flags', () => {
    const image = parseElf(
      source(
        buildElf({
          type: 3,
          entry: 0x40,
          segments: [
            { vaddr: 0x1000, content: code, memorySize: 100, flags: 6, alignment: 0x10000 },
            { vaddr: 0x3000, content: new TextEncoder().encode('/lib/ld.so\0'), type: PT_INTERP },
            { vaddr: 0, type: PT_GNU_STACK, flags: 7 },
            { vaddr: 0x5000, memorySize: 0 },
          ],
        }),
      ),
      RISCV,
    );
    expect(image).toMatchObject({
      relocatable: true,
      entry: 0x40,
      alignment: 0x10000,
      interpreter: '/lib/ld.so',
      executableStack: true,
      programHeaders: { offset: 64, count: 4, entrySize: 56 },
      segments: [{ vaddr: 0x1000, offset: 4096, fileSize: 16, memorySize: 100, protection: 3 }],
    });
  });

  it('needs no interpreter and asks for no executable stack', () => {
    expect(parseElf(source(buildElf(good)), RISCV)).toMatchObject({
      relocatable: false,
      interpreter: null,
      executableStack: false,
      segments: [{ protection: 5 }],
    });
  });
});

describe('a bad file is refused', () => {
  const cases: readonly (readonly [name: string, bytes: Uint8Array, code: string, message: string])[] = [
    ['empty', new Uint8Array(), 'elf-not-elf', '/bin/x is not an ELF file'],
    ['text', new TextEncoder().encode('#!/bin/sh\n'), 'elf-not-elf', '/bin/x is not an ELF file'],
    [
      'cut header',
      buildElf(good).slice(0, 40),
      'elf-truncated',
      '/bin/x is truncated: an ELF header takes 64 bytes, the file has 40',
    ],
    ['32 bit', patched((b) => (b[4] = 1)), 'elf-class', '/bin/x is a 32-bit ELF file; Hospes runs 64-bit programs'],
    ['class 9', patched((b) => (b[4] = 9)), 'elf-class', '/bin/x has the unknown ELF class 9'],
    [
      'big-endian',
      patched((b) => (b[5] = 2)),
      'elf-endianness',
      '/bin/x is a big-endian ELF file; Hospes runs little-endian programs',
    ],
    ['version', patched((b) => (b[6] = 3)), 'elf-version', '/bin/x has the unknown ELF version 3'],
    ['object', buildElf({ ...good, type: 1 }), 'elf-type', '/bin/x is a relocatable object, not a program'],
    ['type 77', buildElf({ ...good, type: 77 }), 'elf-type', '/bin/x is an ELF file of type 77, not a program'],
    ['machine', buildElf({ ...good, machine: 62 }), 'elf-machine', '/bin/x is a program for x86-64, not for riscv64'],
    [
      'no headers',
      buildElf({ segments: [] }),
      'elf-no-segments',
      '/bin/x has no program headers: nothing of it can be loaded',
    ],
    [
      'header size',
      buildElf({ ...good, programHeaderSize: 32 }),
      'elf-program-headers',
      '/bin/x has program headers of 32 bytes instead of 56',
    ],
    [
      'headers outside',
      buildElf({ ...good, programHeaderOffset: 1 << 20 }),
      'elf-truncated',
      '/bin/x is truncated: its program headers lie beyond the end of the file',
    ],
    [
      'segment outside',
      buildElf({ ...good, size: 4100 }),
      'elf-truncated',
      '/bin/x is truncated: its segment at 0x10000 lies beyond the end of the file',
    ],
    [
      'only notes',
      buildElf({ segments: [{ vaddr: 0, type: 4, content: code }] }),
      'elf-no-segments',
      '/bin/x has no segments to load',
    ],
    [
      'file over memory',
      buildElf({ segments: [{ vaddr: 0x10000, content: code, memorySize: 8 }] }),
      'elf-segment',
      '/bin/x has a segment at 0x10000 that is larger in the file than in memory',
    ],
    [
      'past 2^64',
      buildElf({ segments: [{ vaddr: 2n ** 64n - 4096n, memorySize: 8192 }] }),
      'elf-segment',
      '/bin/x has a segment at 0xfffffffffffff000 that ends past the address space',
    ],
    [
      'skewed',
      buildElf({ segments: [{ vaddr: 0x10010, content: code }] }),
      'elf-segment',
      '/bin/x has a segment at 0x10010 whose address and file offset differ within the page',
    ],
    [
      'alignment',
      buildElf({ segments: [{ vaddr: 0x10000, content: code, alignment: 12 }] }),
      'elf-segment',
      '/bin/x has a segment at 0x10000 with an alignment that is no power of two up to 2 GiB',
    ],
    [
      'overlap',
      buildElf({
        segments: [
          { vaddr: 0x10000, memorySize: 5000 },
          { vaddr: 0x11000, content: code },
        ],
      }),
      'elf-segment',
      '/bin/x has segments that overlap or are out of order at 0x11000',
    ],
    [
      'order',
      buildElf({
        segments: [
          { vaddr: 0x20000, content: code },
          { vaddr: 0x10000, content: code },
        ],
      }),
      'elf-segment',
      '/bin/x has segments that overlap or are out of order at 0x10000',
    ],
    [
      'interpreter name',
      buildElf({
        segments: [
          { vaddr: 0x10000, content: code },
          { vaddr: 0, type: PT_INTERP, content: code },
        ],
      }),
      'elf-interpreter',
      '/bin/x names no usable dynamic linker: the name is not terminated',
    ],
    [
      'interpreter outside',
      buildElf({
        segments: [
          { vaddr: 0x10000, content: code },
          { vaddr: 0, type: PT_INTERP, offset: 1 << 20, fileSize: 9 },
        ],
      }),
      'elf-interpreter',
      '/bin/x names no usable dynamic linker: the name lies outside the file',
    ],
  ];
  for (const [name, bytes, code, message] of cases)
    it(name, () => {
      expect(failure(bytes)).toEqual({ code, message });
    });

  it('whose headers cannot be read though the size says so', () => {
    const bytes = buildElf(good);
    const lying: ElfSource = {
      path: '/bin/x',
      size: 1 << 20,
      read: (offset, length) => bytes.slice(offset, offset + Math.min(length, 64)),
    };
    expect(() =>
      parseElf({ ...lying, read: (o, l) => (o === 0 ? lying.read(o, l) : new Uint8Array()) }, RISCV),
    ).toThrow('its program headers cannot be read');
  });

  it('however it is damaged: parsing ends in an image or a LoadError', () => {
    const bytes = buildElf({
      segments: [
        { vaddr: 0x10000, content: code },
        { vaddr: 0x20000, content: new TextEncoder().encode('/l\0'), type: PT_INTERP },
      ],
    });
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(200), fc.nat(255)), { maxLength: 6 }), fc.nat(9000), (edits, size) => {
        const damaged = bytes.slice(0, size);
        for (const [at, value] of edits) if (at < damaged.length) damaged[at] = value;
        try {
          const image = parseElf(source(damaged), RISCV);
          for (const { offset, fileSize } of image.segments)
            expect(offset + fileSize).toBeLessThanOrEqual(damaged.length);
        } catch (error) {
          expect(error).toBeInstanceOf(LoadError);
        }
      }),
      { numRuns: 500 },
    );
  });
});

it('names machines', () => {
  expect([183, 243, 9999].map(machineName)).toEqual(['aarch64', 'riscv64', 'machine 9999']);
  expect(peekMachine(buildElf(good).slice(0, 20))).toBe(243);
  expect(peekMachine(new Uint8Array(20))).toBeUndefined();
  expect(peekMachine(buildElf(good).slice(0, 19))).toBeUndefined();
});
