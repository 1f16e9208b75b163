/** All system calls that are implemented, by name. What is not here is ENOSYS. */
import type { SyscallHandlers } from '../process/syscall-table.ts';
import { descriptorCalls } from './descriptors.ts';
import { identityCalls } from './identity.ts';
import { legacyCalls } from './legacy.ts';
import { memoryCalls } from './memory.ts';
import { pathCalls } from './paths.ts';
import { processCalls } from './processes.ts';
import { readinessCalls } from './readiness.ts';
import { riscv64Calls } from './riscv64.ts';
import { signalCalls } from './signals.ts';
import { socketCalls } from './sockets.ts';
import { timeCalls } from './time.ts';
import { transferCalls } from './transfer.ts';
import { x64Calls } from './x64.ts';

export const syscallHandlers: SyscallHandlers = {
  ...descriptorCalls,
  ...identityCalls,
  ...legacyCalls,
  ...memoryCalls,
  ...pathCalls,
  ...processCalls,
  ...readinessCalls,
  ...riscv64Calls,
  ...signalCalls,
  ...socketCalls,
  ...timeCalls,
  ...transferCalls,
  ...x64Calls,
};
