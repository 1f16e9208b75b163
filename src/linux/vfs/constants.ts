/**
 * Numbers of the Linux user ABI that files need. Open flags have the asm-generic values (riscv64, x86-64); aarch64
 * swaps four of them, which its syscall table translates before anything gets here.
 */

export const S_IFMT = 0o170000;
export const FILE_TYPE = {
  file: 0o100000,
  directory: 0o040000,
  symlink: 0o120000,
  char: 0o020000,
  block: 0o060000,
  fifo: 0o010000,
  socket: 0o140000,
} as const;

/** `d_type` of getdents64. */
export const DIRENT_TYPE = { file: 8, directory: 4, symlink: 10, char: 2, block: 6, fifo: 1, socket: 12 } as const;

export const S_ISUID = 0o4000;
export const S_ISGID = 0o2000;
export const S_ISVTX = 0o1000;
export const S_IXGRP = 0o010;

/** Descriptors that a process may have at most: /proc/sys/fs/nr_open. */
export const NR_OPEN = 1048576;

export const O_ACCMODE = 0o3;
export const O_RDONLY = 0o0;
export const O_WRONLY = 0o1;
export const O_RDWR = 0o2;
export const O_CREAT = 0o100;
export const O_EXCL = 0o200;
export const O_NOCTTY = 0o400;
export const O_TRUNC = 0o1000;
export const O_APPEND = 0o2000;
export const O_NONBLOCK = 0o4000;
export const O_DSYNC = 0o10000;
export const O_ASYNC = 0o20000;
export const O_DIRECT = 0o40000;
export const O_LARGEFILE = 0o100000;
export const O_DIRECTORY = 0o200000;
export const O_NOFOLLOW = 0o400000;
export const O_NOATIME = 0o1000000;
export const O_CLOEXEC = 0o2000000;
export const O_SYNC = 0o4010000;
export const O_PATH = 0o10000000;
/** The bit alone; user space always sets it together with O_DIRECTORY. */
export const O_TMPFILE_BIT = 0o20000000;

export const SEEK_SET = 0;
export const SEEK_CUR = 1;
export const SEEK_END = 2;
export const SEEK_DATA = 3;
export const SEEK_HOLE = 4;

/** poll(2) events; epoll uses the same bits. */
export const POLLIN = 0x1;
export const POLLPRI = 0x2;
export const POLLOUT = 0x4;
export const POLLERR = 0x8;
export const POLLHUP = 0x10;
export const POLLNVAL = 0x20;
export const POLLRDNORM = 0x40;
export const POLLWRNORM = 0x100;
export const POLLRDHUP = 0x2000;

/** access(2) and permission checks. */
export const R_OK = 4;
export const W_OK = 2;
export const X_OK = 1;

export const RENAME_NOREPLACE = 1;
export const RENAME_EXCHANGE = 2;

export const FALLOC_FL_KEEP_SIZE = 1;
export const FALLOC_FL_PUNCH_HOLE = 2;
export const FALLOC_FL_ZERO_RANGE = 16;

export const NAME_MAX = 255;
export const PATH_MAX = 4096;
/** Symbolic links followed in one resolution before ELOOP (path_resolution(7)). */
export const MAX_SYMLINKS = 40;
export const PIPE_BUF = 4096;

/** The largest file size: sizes and offsets are JavaScript numbers. */
export const MAX_FILE_SIZE = Number.MAX_SAFE_INTEGER;
