/** System registers that EL0 sees (Arm ARM D24), and the identification registers as Linux shows them. */

/** The 15 bits o0, op1, CRn, CRm, op2 of MRS and MSR; o0 stands for op0 - 2. */
const encode = (op0: number, op1: number, crn: number, crm: number, op2: number): number =>
  ((op0 - 2) << 14) | (op1 << 11) | (crn << 7) | (crm << 3) | op2;

export const SYSTEM_REGISTER = {
  ctr_el0: encode(3, 3, 0, 0, 1),
  dczid_el0: encode(3, 3, 0, 0, 7),
  nzcv: encode(3, 3, 4, 2, 0),
  fpcr: encode(3, 3, 4, 4, 0),
  fpsr: encode(3, 3, 4, 4, 1),
  tpidr_el0: encode(3, 3, 13, 0, 2),
  tpidrro_el0: encode(3, 3, 13, 0, 3),
  cntfrq_el0: encode(3, 3, 14, 0, 0),
  cntvct_el0: encode(3, 3, 14, 0, 2),
} as const;

export type SystemRegister = keyof typeof SYSTEM_REGISTER;

const names: ReadonlyMap<number, SystemRegister> = new Map(
  Object.entries(SYSTEM_REGISTER).map(([name, register]) => [register, name as SystemRegister]),
);
const writable: ReadonlySet<number> = new Set(
  (['nzcv', 'fpcr', 'fpsr', 'tpidr_el0'] as const).map((name) => SYSTEM_REGISTER[name]),
);

/** The register's name where EL0 has access to it directly. */
export function systemRegister(register: number): SystemRegister | undefined {
  return names.get(register);
}

/**
 * Log2 of words. The instruction cache's line is announced as 4 KiB: one IC IVAU then does for all that a program
 * usually writes at once.
 */
export const ICACHE_LINE = 10;
const DCACHE_LINE = 4;

/** CTR_EL0: RES1, cache writeback granule, exclusives granule, PIPT, line sizes. */
export const CTR_EL0 = 2 ** 31 + (4 << 24) + (4 << 20) + (DCACHE_LINE << 16) + (3 << 14) + ICACHE_LINE;

/** Log2 of the words that DC ZVA clears. */
const ZVA_BLOCK = 4;
export const DCZID_EL0 = ZVA_BLOCK;
export const ZVA_SIZE = 4 << ZVA_BLOCK;

/** CNTVCT_EL0 counts nanoseconds. */
export const CNTFRQ_EL0 = 1_000_000_000;

/** o0, op1 and CRn of the identification registers. */
const ID_SPACE = encode(3, 0, 0, 0, 0) >>> 7;

/**
 * The fields of identification registers that Linux shows to EL0 and that are not 0, by CRm and op2. MIDR_EL1 names
 * no implementer ("reserved for software use"), MPIDR_EL1 has its RES1 bit.
 */
const identification: ReadonlyMap<number, bigint> = new Map([
  // MIDR_EL1: architecture by features
  [0o00, 0xf0000n],
  // MPIDR_EL1
  [0o05, 0x80000000n],
  // ID_AA64ISAR0_EL1: AES and PMULL, SHA1, SHA256, CRC32, LSE, RDM, DP
  [0o60, (2n << 4n) | (1n << 8n) | (1n << 12n) | (1n << 16n) | (2n << 20n) | (1n << 28n) | (1n << 44n)],
  // ID_AA64ISAR1_EL1: DPB, LRCPC, SB
  [0o61, 1n | (1n << 20n) | (1n << 36n)],
]);

/**
 * The value of an identification register as Linux emulates it (arch/arm64/kernel/cpufeature.c, emulate_sys_reg),
 * undefined where it delivers SIGILL: CRm is 0 or 2 to 7; registers without visible fields read as zero.
 */
export function identificationValue(register: number): bigint | undefined {
  if (register >>> 7 !== ID_SPACE) return undefined;
  const crm = (register >>> 3) & 15;
  if (crm === 1 || crm > 7) return undefined;
  const op2 = register & 7;
  if (crm === 0 && op2 !== 0 && op2 !== 5 && op2 !== 6) return undefined;
  return identification.get((crm << 3) | op2) ?? 0n;
}

export function isReadable(register: number): boolean {
  return names.has(register) || identificationValue(register) !== undefined;
}

export function isWritable(register: number): boolean {
  return writable.has(register);
}

/** As an assembler takes it. */
export function systemRegisterName(register: number): string {
  const name = names.get(register);
  if (name !== undefined) return name;
  const parts = [(register >>> 11) & 7, (register >>> 7) & 15, (register >>> 3) & 15, register & 7];
  const [op1, crn, crm, op2] = parts.map(String);
  return `s${String((register >>> 14) + 2)}_${String(op1)}_c${String(crn)}_c${String(crm)}_${String(op2)}`;
}
