import { describe, expect, it } from 'vitest';
import { cpuidLeaves } from '../../guest/x64/cpuid.ts';
import { guestCpuid } from './cpuid.ts';

/** Entries of struct kvm_cpuid_entry2: leaf, subleaf, eax, ebx, ecx, edx. */
function entries(rows: readonly (readonly [number, number, number, number, number, number])[]): Uint8Array {
  const words = new Uint32Array(rows.length * 10);
  for (const [index, [leaf, subleaf, ...registers]] of rows.entries())
    words.set([leaf, subleaf, 0, ...registers], index * 10);
  return new Uint8Array(words.buffer);
}

function read(bytes: Uint8Array): { leaf: number; subleaf: number; flags: number; registers: number[] }[] {
  const words = new Uint32Array(bytes.buffer);
  return Array.from({ length: words.length / 10 }, (_, index) => {
    const [leaf = 0, subleaf = 0, flags = 0, ...registers] = words.subarray(index * 10, index * 10 + 7);
    return { leaf, subleaf, flags, registers };
  });
}

const all = 0xffffffff;
const everything = entries([
  [1, 0, all, all, all, all],
  [7, 0, all, all, all, all],
  [0x80000001, 0, all, all, all, all],
]);

describe('the CPUID of a guest under KVM', () => {
  it("is the translator's where the host has everything", () => {
    const { entries: bytes, features } = guestCpuid('v3', everything);
    expect(features).toEqual({ xsave: true, fsgsbase: true });
    expect(read(bytes).map(({ leaf, registers }) => [leaf, ...registers])).toEqual(
      cpuidLeaves('v3').map(({ leaf, eax, ebx, ecx, edx }) => [leaf, eax, ebx, ecx, edx]),
    );
    // Leaf 7 and 13 have subleaves.
    expect(read(bytes).flatMap(({ leaf, flags }) => (flags === 1 ? [leaf] : []))).toEqual([7, 13, 13, 13]);
  });

  it('lacks what the host lacks', () => {
    const avx2 = 1 << 5;
    const fsgsbase = 1;
    const sse42 = 1 << 20;
    const host = entries([
      [1, 0, all, all, (all & ~sse42) >>> 0, all],
      [7, 0, all, (all & ~(avx2 | fsgsbase)) >>> 0, all, all],
      [0x80000001, 0, all, all, all, all],
    ]);
    const { entries: bytes, features } = guestCpuid('v3', host);
    const leaf = (number: number): number[] => read(bytes).find((entry) => entry.leaf === number)?.registers ?? [];
    expect(leaf(7)[1]! & (avx2 | fsgsbase)).toBe(0);
    expect(leaf(1)[2]! & sse42).toBe(0);
    expect(features).toEqual({ xsave: true, fsgsbase: false });
  });

  it('has no more than its level', () => {
    const { entries: bytes, features } = guestCpuid('v2', everything);
    expect(features.xsave).toBe(false);
    expect(read(bytes).some(({ leaf }) => leaf === 13)).toBe(false);
  });
});
