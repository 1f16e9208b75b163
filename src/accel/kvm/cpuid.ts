/** The guest's CPUID for KVM: what the translator advertises, as far as the host has it. */
import { allFeatures, cpuidLeaves, type CpuidLeaf, type CpuLevel } from '../../guest/x64/cpuid.ts';
import type { ProcessorFeatures } from './run-structure.ts';

/** struct kvm_cpuid_entry2: function, index, flags, eax, ebx, ecx, edx, three words of padding. */
const ENTRY_WORDS = 10;
const [FUNCTION, INDEX, EAX] = [0, 1, 3] as const;
/** KVM_CPUID_FLAG_SIGNIFCANT_INDEX: the entry is for this subleaf alone. */
const SIGNIFICANT_INDEX = 1;
const registerNames = ['eax', 'ebx', 'ecx', 'edx'] as const;

type RegisterName = (typeof registerNames)[number];

export interface GuestCpuid {
  /** Entries of struct kvm_cpuid_entry2. */
  readonly entries: Uint8Array;
  readonly features: ProcessorFeatures;
}

/** Bits that KVM sets by itself when the guest's system registers say so. */
const isDerived = (name: string): boolean => name === 'osxsave';

/** `supported`: entries that tell what the host has. */
export function guestCpuid(level: CpuLevel, supported: Uint8Array): GuestCpuid {
  const host = new Uint32Array(supported.slice().buffer);
  const supportedWord = (leaf: number, register: RegisterName): number => {
    for (let at = 0; at < host.length; at += ENTRY_WORDS)
      if (host[at + FUNCTION] === leaf && host[at + INDEX] === 0)
        return host[at + EAX + registerNames.indexOf(register)] ?? 0;
    return 0;
  };
  const missing = allFeatures.filter(
    ({ name, leaf, register, bit }) => !isDerived(name) && ((supportedWord(leaf, register) >>> bit) & 1) === 0,
  );
  const leaves = cpuidLeaves(level).map((leaf) => without(leaf, missing));
  const words = new Uint32Array(leaves.length * ENTRY_WORDS);
  for (const [index, leaf] of leaves.entries()) {
    const flags = leaf.subleaf === null ? 0 : SIGNIFICANT_INDEX;
    words.set([leaf.leaf, leaf.subleaf ?? 0, flags, ...registerNames.map((name) => leaf[name])], index * ENTRY_WORDS);
  }
  const has = (name: string): boolean =>
    allFeatures.some((feature) => {
      const leaf = leaves.find((candidate) => candidate.leaf === feature.leaf);
      return feature.name === name && leaf !== undefined && ((leaf[feature.register] >>> feature.bit) & 1) !== 0;
    });
  return { entries: new Uint8Array(words.buffer), features: { xsave: has('xsave'), fsgsbase: has('fsgsbase') } };
}

function without(leaf: CpuidLeaf, missing: readonly (typeof allFeatures)[number][]): CpuidLeaf {
  const words: Record<RegisterName, number> = { eax: leaf.eax, ebx: leaf.ebx, ecx: leaf.ecx, edx: leaf.edx };
  for (const { leaf: number, register, bit } of missing)
    if (number === leaf.leaf) words[register] = (words[register] & ~(1 << bit)) >>> 0;
  return { ...leaf, ...words };
}
