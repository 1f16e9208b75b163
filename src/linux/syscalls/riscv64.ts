/** System calls that riscv64 alone has. */
import { fail } from '../errno.ts';
import type { Process } from '../process/process.ts';
import type { SyscallHandlers } from '../process/syscall-table.ts';

const MAX_CPU_SET = 1024;

/** Answers of riscv_hwprobe by key (uapi/asm/hwprobe.h, Documentation/arch/riscv/hwprobe.rst). */
const answers: ReadonlyMap<bigint, bigint> = new Map([
  // mvendorid, marchid, mimpid
  [0n, 0n],
  [1n, 0n],
  [2n, 0n],
  // BASE_BEHAVIOR: IMA
  [3n, 1n],
  // IMA_EXT_0: FD, C, Zba, Zbb, Zbs
  [4n, (1n << 0n) | (1n << 1n) | (1n << 3n) | (1n << 4n) | (1n << 5n)],
  // CPUPERF_0: misaligned scalar accesses are fast
  [5n, 3n],
]);

/** struct riscv_hwprobe: key, value. A key that is not known becomes -1. */
function probe(
  process: Process,
  [pairs, count, cpuSetSize, cpus, flags]: readonly [number, number, number, number, number, number],
): number {
  // RISCV_HWPROBE_WHICH_CPUS asks the other way round.
  if (flags !== 0) fail('EINVAL');
  if (cpuSetSize > 0 || cpus !== 0) {
    const set = process.memory.readBytes(cpus, Math.min(cpuSetSize, MAX_CPU_SET));
    if (((set[0] ?? 0) & 1) === 0) fail('EINVAL');
  }
  for (let index = 0; index < count; index++) {
    const at = pairs + index * 16;
    const answer = answers.get(process.memory.readI64(at));
    if (answer === undefined) process.memory.writeU64(at, -1n);
    process.memory.writeU64(at + 8, answer ?? 0n);
  }
  return 0;
}

export const riscv64Calls: SyscallHandlers = {
  riscv_hwprobe: probe,
  riscv_flush_icache(process, [, , flags]) {
    if ((flags & ~1) !== 0) fail('EINVAL');
    // As in Linux, the range is only there for the future.
    process.vcpu.synchronizeCode(0, process.space.limit);
    return 0;
  },
};
