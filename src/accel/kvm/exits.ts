/** What the processor stopped for, from struct kvm_run and the frame that it pushed. */
import { SYSCALL_STUB, supervisorAddress, TABLES, VECTORS, VECTOR_STUB_SIZE, VECTOR_STUBS } from './machine-layout.ts';
import type { Resumption } from './processor-state.ts';
import { KVM_EXIT, KVM_RUN, REGS, SEGMENT_DPL, SREGS } from './run-structure.ts';

export const VECTOR = { DEBUG: 1, BREAKPOINT: 3, PAGE_FAULT: 14 } as const;
/** Exceptions that push an error code (SDM vol. 3, 6.3.1). */
const withErrorCode: ReadonlySet<number> = new Set([8, 10, 11, 12, 13, 14, 17, 21, 29, 30]);
const TRAP_FLAG = 0x100;
/** Bits of a page fault's error code. */
const ERROR = { WRITE: 2, FETCH: 16 } as const;

export interface PageFault {
  readonly address: bigint;
  readonly access: 'read' | 'write' | 'execute';
}

export type NativeExit =
  | { readonly kind: 'syscall'; readonly at: Resumption }
  | {
      readonly kind: 'exception';
      readonly vector: number;
      readonly at: Resumption;
      /** Null for other exceptions. */
      readonly fault: PageFault | null;
    }
  /** User code was stopped between two instructions, or KVM does not know how to go on. */
  | { readonly kind: 'stopped'; readonly reason: number; readonly at: Resumption }
  /** Not in user code, nor where it can have left to. */
  | { readonly kind: 'lost'; readonly reason: number };

/** `tables`: the bytes of the tables, with the stack for frames. */
export function decodeExit(run: DataView, tables: DataView): NativeExit {
  const reason = run.getUint32(KVM_RUN.EXIT_REASON, true);
  if (reason === KVM_EXIT.FAIL_ENTRY) return { kind: 'lost', reason };
  const regs = (offset: number): bigint => run.getBigUint64(KVM_RUN.REGS + offset, true);
  const at: Resumption = { rip: regs(REGS.RIP), rsp: regs(REGS.RSP), flags: lowWord(regs(REGS.RFLAGS)) };
  // rcx and r11 hold the return address and the flags, as a program sees it.
  const syscall = (rsp: bigint): NativeExit => ({
    kind: 'syscall',
    at: { rip: regs(REGS.RCX), rsp, flags: lowWord(regs(REGS.R11)) },
  });
  const isUser = run.getUint8(KVM_RUN.SREGS + SREGS.CS + SEGMENT_DPL) === 3;
  const isStub = at.rip === SYSCALL_STUB || at.rip === SYSCALL_STUB + 1n;
  if (isStub) return syscall(at.rsp);
  if (isUser) return { kind: 'stopped', reason, at };
  const vector = vectorOf(at.rip);
  if (vector === null) return { kind: 'lost', reason };
  const frame = Number(at.rsp - supervisorAddress(0)) + (withErrorCode.has(vector) ? 8 : 0);
  if (!(frame >= TABLES.STACK && frame + 40 <= TABLES.STACK_END)) return { kind: 'lost', reason };
  const pushed = (index: number): bigint => tables.getBigUint64(frame + 8 * index, true);
  const interrupted: Resumption = { rip: pushed(0), flags: lowWord(pushed(2)), rsp: pushed(3) };
  // Where `syscall` does not change the privilege level before it fetches (as under kvm_pvm), it cannot fetch the stub.
  if (vector === VECTOR.PAGE_FAULT && interrupted.rip === SYSCALL_STUB) return syscall(interrupted.rsp);
  if (vector !== VECTOR.PAGE_FAULT) return { kind: 'exception', vector, at: interrupted, fault: null };
  const error = lowWord(pushed(-1));
  const access = (error & ERROR.FETCH) !== 0 ? 'execute' : (error & ERROR.WRITE) !== 0 ? 'write' : 'read';
  const address = run.getBigUint64(KVM_RUN.SREGS + SREGS.CR2, true);
  return { kind: 'exception', vector, at: interrupted, fault: { address, access } };
}

const lowWord = (value: bigint): number => Number(value & 0xffffffffn);

function vectorOf(rip: bigint): number | null {
  const offset = Number(rip - supervisorAddress(TABLES.STUBS + VECTOR_STUBS));
  const vector = Math.floor(offset / VECTOR_STUB_SIZE);
  // Before or behind its `hlt`.
  return vector >= 0 && vector < VECTORS && offset % VECTOR_STUB_SIZE <= 1 ? vector : null;
}

/** Whether an exception only says that the trap flag is set, which guests are not given. */
export function isSingleStep(exit: NativeExit & { kind: 'exception' }): boolean {
  return exit.vector === VECTOR.DEBUG && (exit.at.flags & TRAP_FLAG) !== 0;
}
