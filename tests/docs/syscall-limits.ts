/** What implemented system calls refuse that Linux would do: each row is tried out, and told in docs/syscalls.md. */
import type { ErrnoName } from '../../src/linux/errno.ts';
import type { Call } from '../../src/linux/testing/scripted.ts';

export interface Refusal {
  /** What is not there. */
  readonly what: string;
  readonly call: Call;
  readonly gives: ErrnoName;
}

/** Memory that can be read. */
const SOMEWHERE = 0x2000_0000;
const words = (...values: readonly number[]): Uint8Array =>
  new Uint8Array(BigUint64Array.from(values.map(BigInt)).buffer);

/** In the order of the calls' names. The scripts have a terminal's worth of nothing: descriptors 0 to 2, and a file `f`. */
export const refusals: readonly Refusal[] = [
  { what: 'namespaces', call: ['clone', 0x10000011, 0, 0, 0, 0], gives: 'EINVAL' },
  {
    what: 'threads that share less than everything',
    call: ['clone', 0x10000 | 0x100 | 0x800, 0, 0, 0, 0],
    gives: 'EINVAL',
  },
  { what: '`set_tid` and `cgroup`', call: ['clone3', words(0, 0, 0, 0, 17, 0, 0, 0, 4096, 1), 80], gives: 'E2BIG' },
  { what: 'leases', call: ['fcntl', 0, 1024, 0], gives: 'EINVAL' },
  { what: 'FUTEX_WAIT_REQUEUE_PI and FUTEX_CMP_REQUEUE_PI', call: ['futex', words(0), 11, 0, 0], gives: 'ENOSYS' },
  { what: 'huge pages', call: ['memfd_create', 'name', 4], gives: 'EINVAL' },
  { what: 'barriers for SYNC_CORE and RSEQ', call: ['membarrier', 32, 0], gives: 'EINVAL' },
  {
    what: 'SIGEV_THREAD, whose socket (AF_NETLINK) is not there',
    call: ['mq_notify', 0, words(SOMEWHERE, 2 * 2 ** 32), 0],
    gives: 'ENOTSOCK',
  },
  { what: 'PIDFD_THREAD', call: ['pidfd_open', 2, 0o200], gives: 'EINVAL' },
  { what: 'deadlines', call: ['sched_setscheduler', 0, 6, words(0)], gives: 'EBUSY' },
  {
    what: 'access lists (`system.`)',
    call: ['setxattr', 'f', 'system.posix_acl_access', 'value', 5, 0],
    gives: 'EOPNOTSUPP',
  },
  { what: 'huge pages', call: ['shmget', 0, 4096, 0o4600], gives: 'EINVAL' },
  { what: 'SS_AUTODISARM', call: ['sigaltstack', words(4096, 0x80000000, 65536), 0], gives: 'EINVAL' },
];
