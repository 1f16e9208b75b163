/** CPUID at each level of `--cpu`, executed: the features of the psABI's levels (x86-64 psABI, section 3.1.1) and no others of them. */
import { describe, expect, it } from 'vitest';
import { cpuLevels, type CpuLevel } from '../../../src/guest/x64/cpuid.ts';
import { DATA_SIZE, Machine } from './machine.ts';

const EXTENDED = 0x80000001;
/** Leaf, register (eax, ecx, edx, ebx by number) and bit of each feature that the psABI names. */
const [ECX, EDX, EBX] = [1, 2, 3];
const levels: Readonly<
  Record<CpuLevel, readonly (readonly [name: string, leaf: number, register: number, bit: number])[]>
> = {
  'x86-64': [
    ...(
      [
        ['fpu', 0],
        ['cx8', 8],
        ['cmov', 15],
        ['mmx', 23],
        ['fxsr', 24],
        ['sse', 25],
        ['sse2', 26],
      ] as const
    ).map(([name, bit]) => [name, 1, EDX, bit] as const),
    ['syscall', EXTENDED, EDX, 11],
  ],
  v2: [
    ...(
      [
        ['sse3', 0],
        ['ssse3', 9],
        ['cmpxchg16b', 13],
        ['sse4.1', 19],
        ['sse4.2', 20],
        ['popcnt', 23],
      ] as const
    ).map(([name, bit]) => [name, 1, ECX, bit] as const),
    ['lahf-sahf', EXTENDED, ECX, 0],
  ],
  v3: [
    ...(
      [
        ['fma', 12],
        ['movbe', 22],
        ['osxsave', 27],
        ['avx', 28],
        ['f16c', 29],
      ] as const
    ).map(([name, bit]) => [name, 1, ECX, bit] as const),
    ['bmi1', 7, EBX, 3],
    ['avx2', 7, EBX, 5],
    ['bmi2', 7, EBX, 8],
    ['lzcnt', EXTENDED, ECX, 5],
  ],
};
/** Of x86-64-v4, and others that nobody may find: avx512f, avx512dq, avx512cd, avx512bw, avx512vl; rtm; mpx; pku. */
const absent: readonly (readonly [leaf: number, register: number, bit: number])[] = [
  ...[11, 14, 16, 17, 28, 30, 31].map((bit) => [7, EBX, bit] as const),
  [7, ECX, 3],
];

const start = { flags: 2, memory: new Uint8Array(DATA_SIZE) };

/** eax, ecx, edx, ebx after CPUID. */
function cpuid(machine: Machine, leaf: number): readonly number[] {
  const registers = Array.from({ length: 16 }, () => 0n);
  registers[0] = BigInt(leaf);
  const { registers: after, trap } = machine.run(Uint8Array.of(0x0f, 0xa2), { ...start, registers });
  expect(trap).toBe('breakpoint');
  return after.slice(0, 4).map(Number);
}

describe.each([0, 1] as const)('tier %i', (tier) => {
  it.each(cpuLevels)('CPUID of %s has its features and no others', (cpu) => {
    const machine = new Machine('strict', tier, { cpu });
    const has = (leaf: number, register: number, bit: number): boolean =>
      (((cpuid(machine, leaf)[register] ?? 0) >>> bit) & 1) === 1;
    for (const level of cpuLevels)
      for (const [name, ...place] of levels[level])
        expect([name, has(...place)]).toEqual([name, cpuLevels.indexOf(level) <= cpuLevels.indexOf(cpu)]);
    for (const place of absent) expect([place, has(...place)]).toEqual([place, false]);
  });
});
