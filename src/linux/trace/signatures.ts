/** What --strace shows of each call: the kinds of its arguments, in order, and of its result where it is no number. */

/**
 * `fd` a descriptor, `dirfd` the same or AT_FDCWD, `path` a string, `in` bytes whose count is the next argument,
 * `out` bytes whose count is the result, `address` a pointer or address, `int` a signed 32-bit number, `size` a
 * 64-bit number, `hex` bits, `mode` octal, `strings` an array of strings; the others name sets of flags.
 */
export type ArgumentKind =
  | 'fd'
  | 'dirfd'
  | 'path'
  | 'in'
  | 'out'
  | 'address'
  | 'int'
  | 'size'
  | 'hex'
  | 'mode'
  | 'signal'
  | 'open'
  | 'prot'
  | 'map'
  | 'strings';

const rows: Readonly<Record<string, string>> = {
  openat: 'dirfd path open mode',
  openat2: 'dirfd path address size',
  close: 'fd',
  close_range: 'fd fd hex',
  read: 'fd out size',
  write: 'fd in size',
  pread64: 'fd out size size',
  pwrite64: 'fd in size size',
  readv: 'fd address int',
  writev: 'fd address int',
  preadv: 'fd address int size',
  pwritev: 'fd address int size',
  lseek: 'fd size int',
  dup: 'fd',
  dup3: 'fd fd open',
  fcntl: 'fd int hex',
  ioctl: 'fd hex address',
  flock: 'fd int',
  pipe2: 'address open',
  eventfd2: 'int hex',
  memfd_create: 'path hex',
  fsync: 'fd',
  fdatasync: 'fd',
  ftruncate: 'fd size',
  truncate: 'path size',
  fallocate: 'fd hex size size',
  fadvise64: 'fd size size int',
  sendfile: 'fd fd address size',
  copy_file_range: 'fd address fd address size hex',
  newfstatat: 'dirfd path address hex',
  fstat: 'fd address',
  statx: 'dirfd path hex hex address',
  statfs: 'path address',
  fstatfs: 'fd address',
  faccessat: 'dirfd path mode',
  faccessat2: 'dirfd path mode hex',
  readlinkat: 'dirfd path out size',
  getdents64: 'fd address size',
  mkdirat: 'dirfd path mode',
  mknodat: 'dirfd path mode hex',
  unlinkat: 'dirfd path hex',
  renameat: 'dirfd path dirfd path',
  renameat2: 'dirfd path dirfd path hex',
  linkat: 'dirfd path dirfd path hex',
  symlinkat: 'path dirfd path',
  fchmod: 'fd mode',
  fchmodat: 'dirfd path mode',
  fchmodat2: 'dirfd path mode hex',
  fchown: 'fd int int',
  fchownat: 'dirfd path int int hex',
  utimensat: 'dirfd path address hex',
  getcwd: 'out size',
  chdir: 'path',
  fchdir: 'fd',
  chroot: 'path',
  umask: 'mode',
  mmap: 'address size prot map fd size',
  munmap: 'address size',
  mprotect: 'address size prot',
  mremap: 'address size size hex address',
  brk: 'address',
  madvise: 'address size int',
  msync: 'address size hex',
  execve: 'path strings address',
  execveat: 'dirfd path strings address hex',
  exit: 'int',
  exit_group: 'int',
  clone: 'hex address address address address',
  clone3: 'address size',
  wait4: 'int address hex address',
  kill: 'int signal',
  tkill: 'int signal',
  tgkill: 'int int signal',
  rt_sigaction: 'signal address address size',
  rt_sigprocmask: 'int address address size',
  rt_sigsuspend: 'address size',
  rt_sigtimedwait: 'address address address size',
  rt_sigreturn: '',
  sigaltstack: 'address address',
  nanosleep: 'address address',
  clock_gettime: 'int address',
  clock_getres: 'int address',
  clock_nanosleep: 'int hex address address',
  gettimeofday: 'address address',
  getitimer: 'int address',
  setitimer: 'int address address',
  times: 'address',
  futex: 'address hex int address',
  set_tid_address: 'address',
  set_robust_list: 'address size',
  rseq: 'address size hex hex',
  prlimit64: 'int int address address',
  getrlimit: 'int address',
  setrlimit: 'int address',
  getrusage: 'int address',
  prctl: 'int hex hex hex hex',
  ppoll: 'address int address address size',
  pselect6: 'int address address address address address',
  epoll_create1: 'open',
  epoll_ctl: 'fd int fd address',
  epoll_pwait: 'fd address int int address size',
  getrandom: 'address size hex',
  uname: 'address',
  sysinfo: 'address',
  getpid: '',
  getppid: '',
  gettid: '',
  getuid: '',
  geteuid: '',
  getgid: '',
  getegid: '',
  getgroups: 'int address',
  setuid: 'int',
  setgid: 'int',
  getpgid: 'int',
  getsid: 'int',
  setpgid: 'int int',
  setsid: '',
  sync: '',
  sched_yield: '',
  sched_getaffinity: 'int size address',
  sched_setaffinity: 'int size address',
  socket: 'int hex int',
  riscv_hwprobe: 'address size size address hex',
  riscv_flush_icache: 'address address hex',
  shmget: 'hex size hex',
  shmat: 'int address hex',
  shmdt: 'address',
  shmctl: 'int int address',
  semget: 'hex int hex',
  semop: 'int address int',
  semtimedop: 'int address int address',
  semctl: 'int int int hex',
  msgget: 'hex hex',
  msgsnd: 'int address size hex',
  msgrcv: 'int address size size hex',
  msgctl: 'int int address',
  mq_open: 'path open mode address',
  mq_unlink: 'path',
  mq_timedsend: 'fd in size int address',
  mq_timedreceive: 'fd out size address address',
  mq_notify: 'fd address',
  mq_getsetattr: 'fd address address',
};

/** Shown for calls without a row. */
const unknown: readonly ArgumentKind[] = ['hex', 'hex', 'hex', 'hex', 'hex', 'hex'];

export const signatures: ReadonlyMap<string, readonly ArgumentKind[]> = new Map(
  Object.entries(rows).map(([name, row]) => [name, row.split(' ').filter((kind) => kind !== '') as ArgumentKind[]]),
);

export function signatureOf(name: string): readonly ArgumentKind[] {
  return signatures.get(name) ?? unknown;
}

/** Calls whose result is an address. */
export const addressResults: ReadonlySet<string> = new Set(['mmap', 'mremap', 'brk', 'shmat']);
