import { fail } from '../errno.ts';
import { bitOf, CAP } from '../capabilities.ts';
import { R_OK, S_IFMT, FILE_TYPE, S_ISVTX, W_OK, X_OK } from './constants.ts';
import type { Credentials, Inode, Stat } from './types.ts';

/** Whether a capability, one of CAP, is in effect. */
export function hasCapability({ uid, capabilities }: Credentials, capability: number): boolean {
  return capabilities === undefined ? uid === 0 : (capabilities & bitOf(capability)) !== 0n;
}

export function inGroup(credentials: Credentials, gid: number): boolean {
  return credentials.gid === gid || credentials.groups.includes(gid);
}

/** Whether `mask` (R_OK, W_OK, X_OK) is granted: path_resolution(7), "Permissions" and "Bypassing permission checks". */
export function isAllowed(stat: Stat, credentials: Credentials, mask: number): boolean {
  const shift = stat.uid === credentials.uid ? 6 : inGroup(credentials, stat.gid) ? 3 : 0;
  if (((stat.mode >> shift) & 7 & mask) === mask) return true;
  const isDirectory = (stat.mode & S_IFMT) === FILE_TYPE.directory;
  const onlyReads = isDirectory ? (mask & W_OK) === 0 : mask === R_OK;
  if (onlyReads && hasCapability(credentials, CAP.DAC_READ_SEARCH)) return true;
  const isExecutable = isDirectory || (mask & X_OK) === 0 || (stat.mode & 0o111) !== 0;
  return isExecutable && hasCapability(credentials, CAP.DAC_OVERRIDE);
}

export function requireAccess(inode: Inode, credentials: Credentials, mask: number): void {
  // Looking at a directory of the host costs a system call; root needs no look.
  if (inode.kind === 'directory' && hasCapability(credentials, CAP.DAC_OVERRIDE)) return;
  if (!isAllowed(inode.stat(), credentials, mask)) fail('EACCES');
}

export function requireSearch(inode: Inode, credentials: Credentials): void {
  requireAccess(inode, credentials, X_OK);
}

/** Adding to and removing from a directory. */
export function requireEntryChange(inode: Inode, credentials: Credentials): void {
  requireAccess(inode, credentials, W_OK | X_OK);
}

/** The restricted deletion flag: in a sticky directory only the owners remove an entry. */
export function requireDeletion(directory: Inode, victim: Inode, credentials: Credentials): void {
  requireEntryChange(directory, credentials);
  if (hasCapability(credentials, CAP.FOWNER)) return;
  const stat = directory.stat();
  if ((stat.mode & S_ISVTX) === 0 || stat.uid === credentials.uid) return;
  if (victim.stat().uid !== credentials.uid) fail('EPERM');
}

/** The access mask that an open mode (`O_ACCMODE` bits) asks for; 3 asks for both. */
export function maskOfAccessMode(accessMode: number): number {
  return accessMode === 0 ? R_OK : accessMode === 1 ? W_OK : R_OK | W_OK;
}
