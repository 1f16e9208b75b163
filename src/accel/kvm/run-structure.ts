/** The parts of struct kvm_run, kvm_regs, kvm_sregs and kvm_segment (uapi/asm-x86/kvm.h) that are used here. */
import { SELECTOR, supervisorAddress, TABLES, TABLES_PHYSICAL, VECTORS } from './machine-layout.ts';

export const KVM_RUN = {
  EXIT_REASON: 8,
  VALID_REGS: 288,
  DIRTY_REGS: 296,
  REGS: 304,
  SREGS: 448,
  EVENTS: 760,
} as const;
export const EVENTS_SIZE = 64;

/** Which parts of the structure KVM keeps up to date (KVM_CAP_SYNC_REGS). */
export const SYNC = { REGS: 1, SREGS: 2, EVENTS: 4 } as const;

export const KVM_EXIT = { HLT: 5, SHUTDOWN: 8, FAIL_ENTRY: 9, INTERNAL_ERROR: 17, MEMORY_FAULT: 39 } as const;

/** Offsets in struct kvm_regs, behind the sixteen general registers. */
export const REGS = { RCX: 16, RSP: 48, R11: 88, RIP: 128, RFLAGS: 136 } as const;
/** The guest's numbers of the general registers, in the order of struct kvm_regs. */
export const REGISTER_ORDER: readonly number[] = [0, 3, 1, 2, 6, 7, 4, 5, 8, 9, 10, 11, 12, 13, 14, 15];

const SEGMENT_SIZE = 24;
/** Offsets in struct kvm_sregs. */
export const SREGS = {
  CS: 0,
  DS: SEGMENT_SIZE,
  ES: 2 * SEGMENT_SIZE,
  FS: 3 * SEGMENT_SIZE,
  GS: 4 * SEGMENT_SIZE,
  SS: 5 * SEGMENT_SIZE,
  TR: 6 * SEGMENT_SIZE,
  GDT: 192,
  IDT: 208,
  CR0: 224,
  CR2: 232,
  CR3: 240,
  CR4: 248,
  EFER: 264,
  SIZE: 312,
} as const;
/** Offset in struct kvm_segment. */
export const SEGMENT_DPL = 16;

const CR0 = { PE: 0x1, MP: 0x2, ET: 0x10, NE: 0x20, WP: 0x10000, PG: 0x80000000 } as const;
const CR4 = { PAE: 0x20, OSFXSR: 0x200, OSXMMEXCPT: 0x400, FSGSBASE: 0x10000, OSXSAVE: 0x40000 } as const;
const EFER = { SCE: 0x1, LME: 0x100, LMA: 0x400, NXE: 0x800 } as const;
const TYPE = { DATA: 3, TSS: 11, CODE: 11 } as const;

/** Which parts of the processor a guest is given. */
export interface ProcessorFeatures {
  readonly xsave: boolean;
  readonly fsgsbase: boolean;
}

/** Makes the system registers those of 64-bit user code, on the tables of page-tables.ts. */
export function setUserMode(sregs: DataView, features: ProcessorFeatures): void {
  const segment = (at: number, selector: number, type: number, limit: number, isCode: boolean, base = 0n): void => {
    view64(sregs, at, base);
    sregs.setUint32(at + 8, limit, true);
    sregs.setUint16(at + 12, selector, true);
    const isTss = selector === SELECTOR.TSS;
    // type, present, dpl, db, s, l, g, avl, unusable
    const bytes = [type, 1, isTss ? 0 : 3, isCode || isTss ? 0 : 1, isTss ? 0 : 1, isCode ? 1 : 0, isTss ? 0 : 1, 0, 0];
    for (const [index, byte] of bytes.entries()) sregs.setUint8(at + 14 + index, byte);
  };
  segment(SREGS.CS, SELECTOR.USER_CODE, TYPE.CODE, 0xffffffff, true);
  for (const at of [SREGS.DS, SREGS.ES, SREGS.FS, SREGS.GS, SREGS.SS])
    segment(at, SELECTOR.USER_DATA, TYPE.DATA, 0xffffffff, false);
  segment(SREGS.TR, SELECTOR.TSS, TYPE.TSS, 103, false, supervisorAddress(TABLES.TSS));
  view64(sregs, SREGS.GDT, supervisorAddress(TABLES.GDT));
  sregs.setUint16(SREGS.GDT + 8, 0x7f, true);
  view64(sregs, SREGS.IDT, supervisorAddress(TABLES.IDT));
  sregs.setUint16(SREGS.IDT + 8, VECTORS * 16 - 1, true);
  view64(sregs, SREGS.CR0, BigInt(CR0.PE | CR0.MP | CR0.ET | CR0.NE | CR0.WP) | BigInt(CR0.PG));
  view64(sregs, SREGS.CR3, BigInt(TABLES_PHYSICAL + TABLES.PML4));
  const optional = (features.xsave ? CR4.OSXSAVE : 0) | (features.fsgsbase ? CR4.FSGSBASE : 0);
  view64(sregs, SREGS.CR4, BigInt(CR4.PAE | CR4.OSFXSR | CR4.OSXMMEXCPT | optional));
  view64(sregs, SREGS.EFER, BigInt(EFER.SCE | EFER.LME | EFER.LMA | EFER.NXE));
}

function view64(view: DataView, at: number, value: bigint): void {
  view.setBigUint64(at, value, true);
}

/** MSRs of `syscall` (SDM vol. 3, 5.8.8): STAR, LSTAR, and the flags that it clears (as Linux: all but a few). */
export function syscallMsrs(stub: bigint): readonly (readonly [number, bigint])[] {
  const star = (BigInt(SELECTOR.USER_DATA - 8) << 48n) | (BigInt(SELECTOR.KERNEL_CODE) << 32n);
  return [
    [0xc0000081, star],
    [0xc0000082, stub],
    [0xc0000084, 0x47700n],
  ];
}

/** From now on struct kvm_run has the registers whenever KVM returns. */
export function keepRegisters(run: DataView): void {
  view64(run, KVM_RUN.VALID_REGS, BigInt(SYNC.REGS | SYNC.SREGS));
}

/** KVM is to go on with the registers that it has, and to inject what it was about to. */
export function enterAgain(run: DataView): void {
  view64(run, KVM_RUN.DIRTY_REGS, 0n);
}

/** KVM is to take all registers, these system registers among them; what it was about to inject is not wanted any more. */
export function enterWith(run: DataView, sregs: Uint8Array): void {
  const bytes = new Uint8Array(run.buffer, run.byteOffset);
  bytes.set(sregs, KVM_RUN.SREGS);
  bytes.fill(0, KVM_RUN.EVENTS, KVM_RUN.EVENTS + EVENTS_SIZE);
  view64(run, KVM_RUN.DIRTY_REGS, BigInt(SYNC.REGS | SYNC.SREGS | SYNC.EVENTS));
}
