/** Which signal an instruction's trap is (arch/riscv/kernel/traps.c, mm/fault.c, and alike elsewhere). */
import type { GuestTrap } from '../../engine/exit.ts';
import {
  BUS_ADRALN,
  BUS_ADRERR,
  FPE_FLTINV,
  FPE_INTDIV,
  ILL_ILLOPC,
  SEGV_ACCERR,
  SEGV_MAPERR,
  SI_KERNEL,
  SIGNAL,
  TRAP_BRKPT,
  type SignalInfo,
} from './signals.ts';
import type { Thread } from './thread.ts';

export function signalOfTrap(trap: GuestTrap, { process: { space, abi }, vcpu }: Thread): SignalInfo {
  const fault = (signal: number, code: number, address: bigint): SignalInfo => ({
    signal,
    code,
    origin: { kind: 'fault', address },
  });
  const pc = BigInt(trap.pc);
  switch (trap.kind) {
    case 'illegal-instruction':
      return fault(SIGNAL.SIGILL, ILL_ILLOPC, pc);
    case 'breakpoint':
      return fault(SIGNAL.SIGTRAP, TRAP_BRKPT, pc);
    case 'integer-divide':
      return fault(SIGNAL.SIGFPE, FPE_INTDIV, pc);
    case 'floating-point':
      return fault(SIGNAL.SIGFPE, abi.floatingPointCode?.(vcpu) ?? FPE_FLTINV, pc);
    case 'protection':
      return fault(SIGNAL.SIGSEGV, SI_KERNEL, 0n);
    case 'misaligned-access':
      return fault(SIGNAL.SIGBUS, BUS_ADRALN, trap.address);
    case 'memory-fault': {
      if (trap.address === null) return fault(SIGNAL.SIGSEGV, SEGV_MAPERR, 0n);
      if (abi.isCanonical?.(trap.address) === false) return fault(SIGNAL.SIGSEGV, SI_KERNEL, 0n);
      const kind = space.faultKind(trap.address, trap.access);
      if (kind === 'beyond-file') return fault(SIGNAL.SIGBUS, BUS_ADRERR, trap.address);
      const code = kind === 'unmapped' ? SEGV_MAPERR : SEGV_ACCERR;
      return fault(SIGNAL.SIGSEGV, code, trap.address);
    }
  }
}
