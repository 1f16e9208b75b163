/** Who may change mode, owner and times, and what new files get: chmod(2), chown(2), utimensat(2), inode(7). */
import { fail } from '../errno.ts';
import { CAP } from '../capabilities.ts';
import { S_ISGID, S_ISUID, S_IXGRP, W_OK } from './constants.ts';
import { hasCapability, inGroup, isAllowed } from './permissions.ts';
import type {
  AttributeChanges,
  DirectoryInode,
  FsContext,
  Inode,
  Location,
  NewAttributes,
  OpenFile,
  Stat,
} from './types.ts';

/** What attributes are changed of: a place, or an open file (which may have lost its name). */
export type AttributeTarget = Location | { readonly file: OpenFile; readonly location: Location };
export type TimeChange = bigint | 'now' | undefined;

export function locationOf(target: AttributeTarget): Location {
  return 'file' in target ? target.location : target;
}

function accessor(target: AttributeTarget): { stat(): Stat; setAttributes(changes: AttributeChanges): void } {
  const inode: Inode = locationOf(target).dentry.inode;
  return 'file' in target ? target.file : inode;
}

export function changeMode(context: FsContext, target: AttributeTarget, mode: number): void {
  if (locationOf(target).dentry.inode.kind === 'symlink') fail('EOPNOTSUPP');
  const file = accessor(target);
  const { credentials } = context;
  const stat = file.stat();
  if (!hasCapability(credentials, CAP.FOWNER) && stat.uid !== credentials.uid) fail('EPERM');
  const keepsSetgid = hasCapability(credentials, CAP.FSETID) || inGroup(credentials, stat.gid);
  file.setAttributes({ mode: mode & (keepsSetgid ? 0o7777 : 0o7777 & ~S_ISGID) });
}

export function changeOwner(
  context: FsContext,
  target: AttributeTarget,
  uid: number | undefined,
  gid: number | undefined,
): void {
  const file = accessor(target);
  const { credentials } = context;
  const stat = file.stat();
  if (!hasCapability(credentials, CAP.CHOWN)) {
    const keepsUid = uid === undefined || uid === stat.uid;
    const givesGid = gid === undefined || gid === stat.gid || inGroup(credentials, gid);
    if (stat.uid !== credentials.uid || !keepsUid || !givesGid) fail('EPERM');
  }
  if (uid === undefined && gid === undefined) return;
  const directory = locationOf(target).dentry.inode.kind === 'directory';
  file.setAttributes({
    ...(uid === undefined ? {} : { uid }),
    ...(gid === undefined ? {} : { gid }),
    ...(directory ? {} : { mode: withoutSetId(stat.mode) }),
  });
}

/** The set-id bits go with the old owner; a setgid bit without group execute is a lock mark and stays. */
function withoutSetId(mode: number): number {
  const setgid = (mode & S_IXGRP) === 0 ? 0 : S_ISGID;
  return mode & 0o7777 & ~(S_ISUID | setgid);
}

export function changeTimes(
  context: FsContext,
  target: AttributeTarget,
  atime: TimeChange,
  mtime: TimeChange,
  now: () => bigint,
): void {
  if (atime === undefined && mtime === undefined) return;
  const file = accessor(target);
  const { credentials } = context;
  const stat = file.stat();
  if (!hasCapability(credentials, CAP.FOWNER) && stat.uid !== credentials.uid) {
    if (atime !== 'now' || mtime !== 'now') fail('EPERM');
    if (!isAllowed(stat, credentials, W_OK)) fail('EACCES');
  }
  const moment = atime === 'now' || mtime === 'now' ? now() : 0n;
  file.setAttributes({
    ...(atime === undefined ? {} : { atime: atime === 'now' ? moment : atime }),
    ...(mtime === undefined ? {} : { mtime: mtime === 'now' ? moment : mtime }),
  });
}

/** Mode after umask; the group of a setgid directory is inherited. */
export function newAttributes(context: FsContext, parent: DirectoryInode, mode: number): NewAttributes {
  const { uid, gid } = context.credentials;
  const stat = parent.stat();
  const inherited = (stat.mode & S_ISGID) !== 0;
  return { mode: mode & 0o7777 & ~context.umask, uid, gid: inherited ? stat.gid : gid };
}

/** Below a setgid directory new directories are setgid too. */
export function inheritSetgid(parent: DirectoryInode, attributes: NewAttributes): NewAttributes {
  const inherited = parent.stat().mode & S_ISGID;
  return inherited === 0 ? attributes : { ...attributes, mode: attributes.mode | inherited };
}
