/** Seals of files without a name: what nobody may do to them any more (memfd_create(2), fcntl(2), mm/memfd.c). */
import { fail } from '../errno.ts';
import type { FileInode, Inode } from './types.ts';

export const F_SEAL_SEAL = 1;
export const F_SEAL_SHRINK = 2;
export const F_SEAL_GROW = 4;
export const F_SEAL_WRITE = 8;
/** As F_SEAL_WRITE, but for the mappings that there are. */
export const F_SEAL_FUTURE_WRITE = 16;
/** The x bits stay as they are. */
export const F_SEAL_EXEC = 32;
export const F_ALL_SEALS = 63;
/** What a file that may be executed needs, so that the code stays as it is. */
const CODE_SEALS = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_FUTURE_WRITE;
export const F_SEALS_OF_WRITING = F_SEAL_WRITE | F_SEAL_FUTURE_WRITE;

const PAGE = 4096;

/** The seals of a file, 0 for one that cannot have any. */
export function sealsOf(inode: Inode): number {
  return inode.kind === 'file' ? (inode.seals ?? 0) : 0;
}

/** F_ADD_SEALS; `mapped` tells whether somebody can store into a shared mapping of the file. */
export function addSeals(inode: FileInode, added: number, mapped: () => boolean): void {
  if (inode.seals === undefined || (added & ~F_ALL_SEALS) !== 0) fail('EINVAL');
  if ((inode.seals & F_SEAL_SEAL) !== 0) fail('EPERM');
  if ((added & F_SEAL_WRITE) !== 0 && (inode.seals & F_SEAL_WRITE) === 0 && mapped()) fail('EBUSY');
  const code = (added & F_SEAL_EXEC) !== 0 && (inode.stat().mode & 0o111) !== 0;
  inode.seals |= code ? added | CODE_SEALS : added;
}

/** How much of a write the seals let through: pages that do not end behind a file that may not grow. */
export function writableLength(inode: Inode, position: number, length: number): number {
  const seals = sealsOf(inode);
  if (seals === 0 || length === 0) return length;
  if ((seals & F_SEALS_OF_WRITING) !== 0) fail('EPERM');
  if ((seals & F_SEAL_GROW) === 0) return length;
  const { size } = inode.stat();
  if (position + length <= size) return length;
  const wholePages = Math.floor(size / PAGE) * PAGE - position;
  return wholePages > 0 ? wholePages : fail('EPERM');
}

export function requireResizable(inode: Inode, size: number): void {
  const seals = sealsOf(inode);
  if (seals === 0) return;
  const present = inode.stat().size;
  if (size < present && (seals & F_SEAL_SHRINK) !== 0) fail('EPERM');
  if (size > present && (seals & F_SEAL_GROW) !== 0) fail('EPERM');
}

/** fallocate(2) up to `end`; `punches` where it makes a hole. */
export function requireAllocatable(inode: Inode, end: number, punches: boolean): void {
  const seals = sealsOf(inode);
  if (seals === 0) return;
  if (punches ? (seals & F_SEALS_OF_WRITING) !== 0 : (seals & F_SEAL_GROW) !== 0 && end > inode.stat().size)
    fail('EPERM');
}
