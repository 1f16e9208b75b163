/** System calls that x86-64 alone has. */
import { fsBase, gsBase } from '../../guest/x64/state.ts';
import { fail } from '../errno.ts';
import type { Process } from '../process/process.ts';
import type { SyscallHandlers } from '../process/syscall-table.ts';

/** uapi/asm/prctl.h */
const ARCH = { SET_GS: 0x1001, SET_FS: 0x1002, GET_FS: 0x1003, GET_GS: 0x1004 } as const;
/** TASK_SIZE_MAX: bases from here on are refused. */
const LIMIT = 2 ** 47 - 4096;

function archPrctl({ vcpu, memory }: Process, code: number, address: number): number {
  switch (code) {
    case ARCH.SET_FS:
    case ARCH.SET_GS:
      if (address < 0 || address >= LIMIT) fail('EPERM');
      vcpu.setI64(code === ARCH.SET_FS ? fsBase : gsBase, address);
      return 0;
    case ARCH.GET_FS:
    case ARCH.GET_GS:
      memory.writeU64(address, vcpu.getU64(code === ARCH.GET_FS ? fsBase : gsBase));
      return 0;
    default:
      // No shadow stacks, no CPUID faulting, no LAM.
      return fail('EINVAL');
  }
}

export const x64Calls: SyscallHandlers = {
  arch_prctl: (process, [code, address]) => archPrctl(process, code | 0, address),
};
