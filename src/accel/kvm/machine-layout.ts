/**
 * What lies where in a guest's virtual machine. Physical addresses below 4 GiB are the guest's linear memory, offset for
 * offset; above lie our own pages, the tables. The guest's virtual addresses are the same numbers; our own pages appear
 * where no program of the guest can be, for the processor alone (supervisor).
 */
export const TABLES_PHYSICAL = 2 ** 32;

/** Offsets in the tables. */
export const TABLES = {
  PML4: 0x0000,
  PDPT: 0x1000,
  /** Four page directories. */
  DIRECTORIES: 0x2000,
  SUPERVISOR_PDPT: 0x6000,
  SUPERVISOR_DIRECTORY: 0x7000,
  SUPERVISOR_TABLE: 0x8000,
  STUBS: 0x9000,
  GDT: 0xa000,
  IDT: 0xa800,
  TSS: 0xb000,
  STACK: 0xc000,
  STACK_END: 0xd000,
  /** Page table entries, 8 bytes for each page of the guest's. */
  ENTRIES: 0x10000,
} as const;

/** Virtual address of the first of our pages, STUBS: the last 512 GiB of the lower half. */
export const SUPERVISOR_BASE = 0x7f8000000000n;

/** Virtual address of what lies at an offset of the tables, from STUBS to STACK_END. */
export function supervisorAddress(offset: number): bigint {
  return SUPERVISOR_BASE + BigInt(offset - TABLES.STUBS);
}

/** Where `syscall` goes (LSTAR): one `hlt`. */
export const SYSCALL_STUB = supervisorAddress(TABLES.STUBS);
/** Where exceptions go: a `hlt` for each vector. */
export const VECTOR_STUBS = 0x100;
export const VECTOR_STUB_SIZE = 16;
export const VECTORS = 32;

/** Selectors as Linux has them; the kernel's are those that STAR implies. */
export const SELECTOR = { KERNEL_CODE: 0x08, KERNEL_DATA: 0x10, USER_DATA: 0x2b, USER_CODE: 0x33, TSS: 0x40 } as const;
