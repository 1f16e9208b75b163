/** All system calls that are implemented, by name. What is not here is ENOSYS. */
import type { SyscallHandlers } from '../process/syscall-table.ts';
import { capabilityCalls } from './capabilities.ts';
import { childCalls } from './children.ts';
import { descriptorCalls } from './descriptors.ts';
import { extendedAttributeCalls } from './extended-attributes.ts';
import { futexCalls } from './futex.ts';
import { identityCalls } from './identity.ts';
import { inotifyCalls } from './inotify.ts';
import { messageCalls } from './ipc-messages.ts';
import { semaphoreCalls } from './ipc-semaphores.ts';
import { sharedMemoryCalls } from './ipc-shared-memory.ts';
import { legacyCalls } from './legacy.ts';
import { memoryCalls } from './memory.ts';
import { pathCalls } from './paths.ts';
import { pidfdCalls } from './pidfd.ts';
import { posixQueueCalls } from './posix-queues.ts';
import { processCalls } from './processes.ts';
import { readinessCalls } from './readiness.ts';
import { riscv64Calls } from './riscv64.ts';
import { remoteMemoryCalls } from './remote-memory.ts';
import { schedulingCalls } from './scheduling.ts';
import { signalCalls } from './signals.ts';
import { socketCalls } from './sockets.ts';
import { spliceCalls } from './splice.ts';
import { timeCalls } from './time.ts';
import { timerCalls } from './timers.ts';
import { transferCalls } from './transfer.ts';
import { x64Calls } from './x64.ts';

export const syscallHandlers: SyscallHandlers = {
  ...capabilityCalls,
  ...childCalls,
  ...descriptorCalls,
  ...extendedAttributeCalls,
  ...futexCalls,
  ...identityCalls,
  ...inotifyCalls,
  ...legacyCalls,
  ...memoryCalls,
  ...messageCalls,
  ...pathCalls,
  ...pidfdCalls,
  ...posixQueueCalls,
  ...processCalls,
  ...readinessCalls,
  ...riscv64Calls,
  ...remoteMemoryCalls,
  ...schedulingCalls,
  ...semaphoreCalls,
  ...sharedMemoryCalls,
  ...signalCalls,
  ...socketCalls,
  ...spliceCalls,
  ...timeCalls,
  ...timerCalls,
  ...transferCalls,
  ...x64Calls,
};
