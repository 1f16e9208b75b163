/**
 * What CPUID says (SDM vol. 2, CPUID; AMD APM vol. 3, appendix E). A feature is advertised when all its instructions are
 * there and the chosen level of the psABI (x86-64, v2, v3) includes it; features of no level count as v2.
 */
export type CpuLevel = 'x86-64' | 'v2' | 'v3';

export const cpuLevels: readonly CpuLevel[] = ['x86-64', 'v2', 'v3'];

export interface Feature {
  readonly name: string;
  readonly leaf: number;
  readonly register: 'eax' | 'ebx' | 'ecx' | 'edx';
  readonly bit: number;
  readonly level: CpuLevel;
  /** Whether every instruction of the feature is there. */
  readonly isComplete: boolean;
}

function features(
  leaf: number,
  register: Feature['register'],
  level: CpuLevel,
  isComplete: boolean,
  list: string,
): Feature[] {
  return list.split(' ').map((entry) => {
    const [name = '', bit = ''] = entry.split(':');
    return { name, leaf, register, bit: Number(bit), level, isComplete };
  });
}

const EXTENDED = 0x80000000;

export const allFeatures: readonly Feature[] = [
  ...features(1, 'edx', 'x86-64', true, 'tsc:4 cx8:8 cmov:15 clfsh:19'),
  ...features(1, 'edx', 'x86-64', true, 'fpu:0 mmx:23 fxsr:24 sse:25 sse2:26'),
  ...features(1, 'ecx', 'v2', true, 'sse3:0 pclmulqdq:1 ssse3:9 cx16:13 sse4.1:19 sse4.2:20 popcnt:23 aes:25'),
  ...features(1, 'ecx', 'v2', true, 'rdrand:30'),
  ...features(1, 'ecx', 'v3', true, 'movbe:22'),
  ...features(1, 'ecx', 'v3', true, 'fma:12 xsave:26 osxsave:27 avx:28 f16c:29'),
  ...features(7, 'ebx', 'x86-64', true, 'fsgsbase:0'),
  ...features(7, 'ebx', 'v2', true, 'rdseed:18 sha:29'),
  ...features(7, 'ebx', 'v3', true, 'bmi1:3 bmi2:8 adx:19'),
  ...features(7, 'ebx', 'v3', true, 'avx2:5'),
  ...features(EXTENDED + 1, 'ecx', 'v2', true, 'lahf:0'),
  ...features(EXTENDED + 1, 'ecx', 'v3', true, 'abm:5'),
  ...features(EXTENDED + 1, 'edx', 'x86-64', true, 'syscall:11 nx:20 rdtscp:27 lm:29'),
];

export interface CpuidLeaf {
  readonly leaf: number;
  /** Null where ecx does not matter. */
  readonly subleaf: number | null;
  readonly eax: number;
  readonly ebx: number;
  readonly ecx: number;
  readonly edx: number;
}

/** The highest standard and extended leaf. */
const MAX_STANDARD = 13;
const MAX_EXTENDED = EXTENDED + 8;
/** Family 15, model 107, stepping 1: one that no software has special knowledge of. */
const SIGNATURE = 0x00060fb1;
const CLFLUSH_LINE = 8;

/** Four characters as a register holds them. */
function characters(text: string): number {
  return [...text].reduce((word, letter, index) => word | (letter.charCodeAt(0) << (8 * index)), 0) >>> 0;
}

function text(leaf: number, content: string): CpuidLeaf {
  const [eax = 0, ebx = 0, ecx = 0, edx = 0] = (content.match(/[\s\S]{4}/g) ?? []).map(characters);
  return { leaf, subleaf: null, eax, ebx, ecx, edx };
}

export function isAdvertised({ isComplete, level }: Feature, chosen: CpuLevel): boolean {
  return isComplete && cpuLevels.indexOf(level) <= cpuLevels.indexOf(chosen);
}

/** XSAVE_STATE: components x87, SSE and AVX, the last at 576 with 256 bytes; xsaveopt and xsavec are there. */
const XSAVE = 0xd;
const XSAVE_SIZE = 832;
const YMM_OFFSET = 576;

/** Sizes and features of xsave; none below the level that has it (SDM vol. 1, 13.2). */
function xsaveLeaves(level: CpuLevel): CpuidLeaf[] {
  const xsave = allFeatures.find(({ name }) => name === 'xsave');
  if (xsave === undefined || !isAdvertised(xsave, level)) return [];
  const leaf = (subleaf: number, eax: number, ebx: number, ecx: number): CpuidLeaf => ({
    leaf: XSAVE,
    subleaf,
    eax,
    ebx,
    ecx,
    edx: 0,
  });
  return [
    leaf(0, 7, XSAVE_SIZE, XSAVE_SIZE),
    leaf(1, 3, XSAVE_SIZE, 0),
    leaf(2, XSAVE_SIZE - YMM_OFFSET, YMM_OFFSET, 0),
  ];
}

/** All leaves that are not zero. */
export function cpuidLeaves(level: CpuLevel): readonly CpuidLeaf[] {
  const bits = (leaf: number, register: Feature['register']): number =>
    allFeatures
      .filter((feature) => feature.leaf === leaf && feature.register === register && isAdvertised(feature, level))
      .reduce((word, { bit }) => (word | (1 << bit)) >>> 0, 0);
  const featureLeaf = (leaf: number, subleaf: number | null, eax: number, ebx = 0): CpuidLeaf => ({
    leaf,
    subleaf,
    eax,
    ebx: ebx | bits(leaf, 'ebx'),
    ecx: bits(leaf, 'ecx'),
    edx: bits(leaf, 'edx'),
  });
  const brand = 'Hospes virtual CPU'.padEnd(48, '\0');
  const vendor = { ebx: characters('Auth'), ecx: characters('cAMD'), edx: characters('enti') };
  return [
    { leaf: 0, subleaf: null, eax: MAX_STANDARD, ...vendor },
    featureLeaf(1, null, SIGNATURE, (CLFLUSH_LINE << 8) | (1 << 16)),
    featureLeaf(7, 0, 0),
    ...xsaveLeaves(level),
    { leaf: EXTENDED, subleaf: null, eax: MAX_EXTENDED, ...vendor },
    featureLeaf(EXTENDED + 1, null, SIGNATURE),
    text(EXTENDED + 2, brand.slice(0, 16)),
    text(EXTENDED + 3, brand.slice(16, 32)),
    text(EXTENDED + 4, brand.slice(32, 48)),
    // First-level caches: 64 KiB, 2 ways, 64-byte lines; second level: 512 KiB, 16 ways.
    { leaf: EXTENDED + 5, subleaf: null, eax: 0, ebx: 0, ecx: 0x40020140, edx: 0x40020140 },
    { leaf: EXTENDED + 6, subleaf: null, eax: 0, ebx: 0, ecx: 0x02008140, edx: 0 },
    // 48 bits of virtual and physical addresses.
    { leaf: EXTENDED + 8, subleaf: null, eax: 0x3030, ebx: 0, ecx: 0, edx: 0 },
  ];
}

/** Names as /proc/cpuinfo has them. */
export function advertisedNames(level: CpuLevel): readonly string[] {
  const spelled: Readonly<Record<string, string>> = {
    clfsh: 'clflush',
    sse3: 'pni',
    'sse4.1': 'sse4_1',
    'sse4.2': 'sse4_2',
    sha: 'sha_ni',
    lahf: 'lahf_lm',
    osxsave: 'xsave',
  };
  const names = allFeatures.filter((feature) => isAdvertised(feature, level)).map(({ name }) => spelled[name] ?? name);
  return [...new Set(names)];
}
