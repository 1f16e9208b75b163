/** Who may do what with the names and values kept with files: xattr(7). */
import { encodeName } from '../../common/file-name.ts';
import { CAP } from '../capabilities.ts';
import { fail } from '../errno.ts';
import { R_OK, S_ISVTX, W_OK } from './constants.ts';
import { hasCapability, requireAccess } from './permissions.ts';
import type { Credentials, ExtendedAttributes, Inode } from './types.ts';

/** Where a program's capabilities are kept. */
export const FILE_CAPABILITIES = 'security.capability';
export const XATTR_CREATE = 1;
export const XATTR_REPLACE = 2;

function attributesOf(inode: Inode): ExtendedAttributes {
  return inode.extendedAttributes ?? fail('EOPNOTSUPP');
}

/** Linux: xattr_permission, and the handlers that there are; access lists (`system.`) are not kept. */
function requireNamespace(inode: Inode, name: string, credentials: Credentials, change: boolean): void {
  if (/^(?:user|trusted|security)\.$/.test(name)) fail('EINVAL');
  if (name.startsWith('security.')) {
    const needed = name === FILE_CAPABILITIES ? CAP.SETFCAP : CAP.SYS_ADMIN;
    if (change && !hasCapability(credentials, needed)) fail('EPERM');
  } else if (name.startsWith('trusted.')) {
    if (!hasCapability(credentials, CAP.SYS_ADMIN)) fail(change ? 'EPERM' : 'ENODATA');
  } else if (name.startsWith('user.')) {
    if (inode.kind !== 'file' && inode.kind !== 'directory') fail(change ? 'EPERM' : 'ENODATA');
    if (change && inode.kind === 'directory' && !hasCapability(credentials, CAP.FOWNER)) {
      const { mode, uid } = inode.stat();
      if ((mode & S_ISVTX) !== 0 && uid !== credentials.uid) fail('EPERM');
    }
    requireAccess(inode, credentials, change ? W_OK : R_OK);
  } else fail('EOPNOTSUPP');
}

export function getAttribute(inode: Inode, name: string, credentials: Credentials): Uint8Array {
  const attributes = attributesOf(inode);
  requireNamespace(inode, name, credentials, false);
  return attributes.get(name) ?? fail('ENODATA');
}

export function setAttribute(
  inode: Inode,
  name: string,
  value: Uint8Array,
  flags: number,
  credentials: Credentials,
): void {
  const attributes = attributesOf(inode);
  requireNamespace(inode, name, credentials, true);
  const isThere = attributes.get(name) !== undefined;
  if (isThere && (flags & XATTR_CREATE) !== 0) fail('EEXIST');
  if (!isThere && (flags & XATTR_REPLACE) !== 0) fail('ENODATA');
  attributes.set(name, value);
}

export function removeAttribute(inode: Inode, name: string, credentials: Credentials): void {
  const attributes = attributesOf(inode);
  requireNamespace(inode, name, credentials, true);
  attributes.remove(name);
}

/** NUL-terminated names, one after the other. */
export function listAttributes(inode: Inode, credentials: Credentials): Uint8Array {
  const names = inode.extendedAttributes?.names() ?? [];
  const shown = names.filter((name) => hasCapability(credentials, CAP.SYS_ADMIN) || !name.startsWith('trusted.'));
  return encodeName(shown.map((name) => `${name}\0`).join(''));
}
