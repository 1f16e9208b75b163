/** What of root's power a process has: capabilities(7), and how it changes with ids and programs (security/commoncap.c). */

/** Numbers of the capabilities that something here asks for (linux/capability.h). */
export const CAP = {
  CHOWN: 0,
  DAC_OVERRIDE: 1,
  DAC_READ_SEARCH: 2,
  FOWNER: 3,
  FSETID: 4,
  KILL: 5,
  SETGID: 6,
  SETUID: 7,
  SETPCAP: 8,
  LINUX_IMMUTABLE: 9,
  NET_BIND_SERVICE: 10,
  IPC_LOCK: 14,
  IPC_OWNER: 15,
  SYS_CHROOT: 18,
  SYS_PTRACE: 19,
  SYS_ADMIN: 21,
  SYS_NICE: 23,
  SYS_RESOURCE: 24,
  MKNOD: 27,
  SETFCAP: 31,
  MAC_OVERRIDE: 32,
} as const;
/** /proc/sys/kernel/cap_last_cap. */
export const CAP_LAST = 40;

export const ALL_CAPABILITIES = (1n << BigInt(CAP_LAST + 1)) - 1n;

export function isCapability(number: number): boolean {
  return number >= 0 && number <= CAP_LAST;
}

export function bitOf(capability: number): bigint {
  return 1n << BigInt(capability);
}

/** Bits of prctl(PR_SET_SECUREBITS); each has one beside it that locks it. */
export const SECURE = {
  NOROOT: 1,
  NO_SETUID_FIXUP: 4,
  KEEP_CAPS: 16,
  KEEP_CAPS_LOCKED: 32,
  NO_CAP_AMBIENT_RAISE: 64,
} as const;

/** The sets of a process, as bits. */
export interface Capabilities {
  readonly permitted: bigint;
  readonly effective: bigint;
  readonly inheritable: bigint;
  readonly bounding: bigint;
  readonly ambient: bigint;
  /** SECURE bits. */
  readonly secure: number;
}

export function initialCapabilities(uid: number): Capabilities {
  const own = uid === 0 ? ALL_CAPABILITIES : 0n;
  const none = { inheritable: 0n, ambient: 0n, secure: 0 };
  return { permitted: own, effective: own, bounding: ALL_CAPABILITIES, ...none };
}

export interface UserIds {
  readonly uid: number;
  readonly euid: number;
  readonly suid: number;
}

/** Who stops being root gives up what root may do (cap_emulate_setxuid). */
export function afterUserChange(own: Capabilities, before: UserIds, after: UserIds): Capabilities {
  if ((own.secure & SECURE.NO_SETUID_FIXUP) !== 0) return own;
  const hasRoot = ({ uid, euid, suid }: UserIds): boolean => uid === 0 || euid === 0 || suid === 0;
  let { permitted, effective, ambient } = own;
  if (hasRoot(before) && !hasRoot(after)) {
    if ((own.secure & SECURE.KEEP_CAPS) === 0) permitted = effective = 0n;
    ambient = 0n;
  }
  if (before.euid === 0 && after.euid !== 0) effective = 0n;
  if (before.euid !== 0 && after.euid === 0) effective = permitted;
  return { ...own, permitted, effective, ambient };
}

const ABOUT_FILES = [
  ...[CAP.CHOWN, CAP.DAC_OVERRIDE, CAP.DAC_READ_SEARCH, CAP.FOWNER, CAP.FSETID],
  ...[CAP.LINUX_IMMUTABLE, CAP.MKNOD, CAP.MAC_OVERRIDE],
].reduce((all, capability) => all | bitOf(capability), 0n);

/** setfsuid(2): only what concerns files changes (cap_task_fix_setuid). */
export function afterFileUserChange(own: Capabilities, before: number, after: number): Capabilities {
  if ((own.secure & SECURE.NO_SETUID_FIXUP) !== 0 || (before === 0) === (after === 0)) return own;
  const effective = before === 0 ? own.effective & ~ABOUT_FILES : own.effective | (own.permitted & ABOUT_FILES);
  return { ...own, effective };
}

/** What a file's `security.capability` says: VFS_CAP_REVISION_2 or 3 in linux/capability.h. */
export interface FileCapabilities {
  readonly permitted: bigint;
  readonly inheritable: bigint;
  readonly isEffective: boolean;
}

/** Null where the bytes are none that are known, or are meant for another root. */
export function parseFileCapabilities(bytes: Uint8Array): FileCapabilities | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const length = bytes.length >= 4 ? FILE_REVISIONS.get(view.getUint8(3)) : undefined;
  if (length !== bytes.length || (length === 24 && view.getUint32(20, true) !== 0)) return null;
  const pair = (low: number, high: number): bigint =>
    (BigInt(view.getUint32(high, true)) << 32n) | BigInt(view.getUint32(low, true));
  const [permitted, inheritable] = [pair(4, 12) & ALL_CAPABILITIES, pair(8, 16) & ALL_CAPABILITIES];
  return { permitted, inheritable, isEffective: (view.getUint8(0) & 1) !== 0 };
}

/** By revision, the bytes that there are. */
const FILE_REVISIONS: ReadonlyMap<number, number> = new Map([
  [2, 20],
  [3, 24],
]);

export interface ExecChange {
  /** With the file's set-user-ID bit looked at. */
  readonly after: UserIds;
  /** Another effective user or group than the real one. */
  readonly changesId: boolean;
  readonly file: FileCapabilities | null;
  /** prctl(PR_SET_NO_NEW_PRIVS): nothing is permitted that was not. */
  readonly gainsNothing: boolean;
}

/**
 * The sets of a new program, and whether it has more power than who started it (AT_SECURE). Null where the file's own are not to
 * be had and the program would not know (execve(2), EPERM).
 */
export function afterExec(
  own: Capabilities,
  { after, changesId, file, gainsNothing }: ExecChange,
): { readonly capabilities: Capabilities; readonly isSecure: boolean } | null {
  let permitted = 0n;
  let isEffective = false;
  if (file !== null) {
    permitted = (file.permitted & own.bounding) | (file.inheritable & own.inheritable);
    isEffective = file.isEffective;
    if (isEffective && (file.permitted & ~permitted) !== 0n) return null;
  }
  const isRoot = (own.secure & SECURE.NOROOT) === 0;
  // A file with capabilities that is set-user-ID root as well gives only those.
  const isLimited = file !== null && after.euid === 0 && after.uid !== 0;
  if (isRoot && !isLimited) {
    if (after.euid === 0 || after.uid === 0) permitted = own.bounding | own.inheritable;
    if (after.euid === 0) isEffective = true;
  }
  if (gainsNothing) permitted &= own.permitted;
  const ambient = file !== null || changesId ? 0n : own.ambient;
  permitted |= ambient;
  const effective = isEffective ? permitted : ambient;
  const grows = after.uid !== 0 && (isEffective || (permitted & ~ambient) !== 0n);
  const secure = own.secure & ~SECURE.KEEP_CAPS;
  return { capabilities: { ...own, permitted, effective, ambient, secure }, isSecure: changesId || grows };
}
