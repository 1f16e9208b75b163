/** Who and where: user and group ids, uname, sysinfo, random bytes. */
import { decodeName, encodeName } from '../../common/file-name.ts';
import { ADDRESS_SPACE } from '../../memory/layout.ts';
import { afterFileUserChange, afterUserChange, CAP } from '../capabilities.ts';
import { fail } from '../errno.ts';
import { PERSONA } from '../process/personality.ts';
import type { Identity, Process } from '../process/process.ts';
import type { SyscallHandlers } from '../process/syscall-table.ts';
import { NANOSECONDS } from './support.ts';

const GRND_FLAGS = 7;
const GRND_RANDOM = 2;
const GRND_INSECURE = 4;
/** Platforms give this much random at a time (Web Crypto: 65,536 bytes). */
const RANDOM_CHUNK = 65536;
const UTSNAME_FIELD = 65;
const MAX_GROUPS = 65536;
/** The Linux whose interface this is. glibc refuses to run below its own minimum. */
export const RELEASE = '6.12.0-hospes';
export const VERSION = '#1 SMP';
/** The same to who cannot do with a number from 3 on: 2.6.(40 + minor), as kernel/sys.c counts. */
const RELEASE_26 = '2.6.72-hospes';
const MAX_NAME = 64;

function uname(process: Process, address: number): number {
  const { hostname, domainname, persona, abi } = process;
  const machine = (persona & PERSONA.KIND) === PERSONA.LINUX32 ? abi.machine32 : abi.machine;
  const release = (persona & PERSONA.UNAME26) === 0 ? RELEASE : RELEASE_26;
  const fields = ['Linux', hostname, release, VERSION, machine, domainname];
  const bytes = new Uint8Array(fields.length * UTSNAME_FIELD);
  fields.forEach((field, index) => {
    bytes.set(encodeName(field).subarray(0, UTSNAME_FIELD - 1), index * UTSNAME_FIELD);
  });
  process.memory.writeBytes(address, bytes);
  return 0;
}

/** struct sysinfo of 64-bit guests: 112 bytes. */
function systemInformation(process: Process, address: number): number {
  const bytes = new Uint8Array(112);
  const view = new DataView(bytes.buffer);
  // As /proc/meminfo has it.
  const { limit, used } = process.kernel.memory;
  const total = Math.min(limit, ADDRESS_SPACE);
  view.setBigUint64(0, (process.platform.clock.monotonic() - process.bootTime) / NANOSECONDS, true);
  view.setBigUint64(32, BigInt(total), true);
  view.setBigUint64(40, BigInt(Math.max(total - used, 0)), true);
  view.setUint16(80, 1, true);
  view.setUint32(104, 1, true);
  process.memory.writeBytes(address, bytes);
  return 0;
}

function random(process: Process, address: number, length: number, flags: number): number {
  if ((flags & ~GRND_FLAGS) !== 0 || (flags & GRND_FLAGS & (GRND_RANDOM | GRND_INSECURE)) === 6) fail('EINVAL');
  const bytes = process.memory.writablePrefix(address, Math.min(length, 0x1ffffff));
  for (let offset = 0; offset < bytes.length; offset += RANDOM_CHUNK)
    process.platform.random(bytes.subarray(offset, offset + RANDOM_CHUNK));
  return bytes.length;
}

function setName(process: Process, address: number, length: number): string {
  if (!process.can(CAP.SYS_ADMIN)) fail('EPERM');
  if (length < 0 || length > MAX_NAME) fail('EINVAL');
  const bytes = process.memory.readBytes(address, length);
  const end = bytes.indexOf(0);
  return decodeName(end < 0 ? bytes : bytes.subarray(0, end));
}

type IdName = keyof Identity;

/** -1 keeps an id; an unprivileged process may choose among the ids that it has. */
function setIds(
  process: Process,
  family: 'u' | 'g',
  wanted: readonly [real: number, effective: number, saved: number],
): number {
  const names: readonly [IdName, IdName, IdName] = family === 'u' ? ['uid', 'euid', 'suid'] : ['gid', 'egid', 'sgid'];
  const present = names.map((name) => process.ids[name]);
  const privileged = process.can(family === 'u' ? CAP.SETUID : CAP.SETGID);
  const allowed = (id: number): boolean => privileged || present.includes(id);
  if (wanted.some((id) => id !== -1 && !allowed(id >>> 0))) fail('EPERM');
  const next = { ...process.ids };
  names.forEach((name, index) => {
    const id = wanted[index] ?? -1;
    if (id !== -1) next[name] = id >>> 0;
  });
  // Files follow the effective id.
  next[family === 'u' ? 'fsuid' : 'fsgid'] = family === 'u' ? next.euid : next.egid;
  process.capabilities = afterUserChange(process.capabilities, process.ids, next);
  process.ids = next;
  return 0;
}

/** setfsuid(2): the id that decides about files alone. The result is the one before, whatever came of it. */
function setFileId(process: Process, family: 'u' | 'g', id: number): number {
  const { ids } = process;
  const before = family === 'u' ? ids.fsuid : ids.fsgid;
  const own = family === 'u' ? [ids.uid, ids.euid, ids.suid] : [ids.gid, ids.egid, ids.sgid];
  const allowed = [before, ...own].includes(id >>> 0) || process.can(family === 'u' ? CAP.SETUID : CAP.SETGID);
  if (id === -1 || !allowed) return before;
  process.ids = family === 'u' ? { ...ids, fsuid: id >>> 0 } : { ...ids, fsgid: id >>> 0 };
  if (family === 'u') process.capabilities = afterFileUserChange(process.capabilities, before, id >>> 0);
  return before;
}

/** setuid(2): all three for who may have any, the effective one for others. */
function setId(process: Process, family: 'u' | 'g', id: number): number {
  const privileged = process.can(family === 'u' ? CAP.SETUID : CAP.SETGID);
  return setIds(process, family, privileged ? [id, id, id] : [-1, id, -1]);
}

/** setreuid(2): the saved id follows the effective one when the real one changes or another effective one is set. */
function setRealEffective(process: Process, family: 'u' | 'g', real: number, effective: number): number {
  const current = family === 'u' ? process.ids.uid : process.ids.gid;
  const follows = real !== -1 || (effective !== -1 && effective >>> 0 !== current);
  const resulting = effective !== -1 ? effective : family === 'u' ? process.ids.euid : process.ids.egid;
  return setIds(process, family, [real, effective, follows ? resulting : -1]);
}

function writeIds(process: Process, addresses: readonly number[], names: readonly IdName[]): number {
  names.forEach((name, index) => {
    process.memory.writeU32(addresses[index] ?? 0, process.ids[name]);
  });
  return 0;
}

function getGroups(process: Process, size: number, address: number): number {
  const { groups } = process;
  if (size < 0) fail('EINVAL');
  if (size === 0) return groups.length;
  if (size < groups.length) fail('EINVAL');
  groups.forEach((group, index) => {
    process.memory.writeU32(address + index * 4, group);
  });
  return groups.length;
}

function setGroups(process: Process, count: number, address: number): number {
  if (!process.can(CAP.SETGID)) fail('EPERM');
  if (count < 0 || count > MAX_GROUPS) fail('EINVAL');
  process.groups = Array.from({ length: count }, (_, index) => process.memory.readU32(address + index * 4));
  return 0;
}

export const identityCalls: SyscallHandlers = {
  getuid: ({ ids }) => ids.uid,
  geteuid: ({ ids }) => ids.euid,
  getgid: ({ ids }) => ids.gid,
  getegid: ({ ids }) => ids.egid,
  getresuid: (process, addresses) => writeIds(process, addresses, ['uid', 'euid', 'suid']),
  getresgid: (process, addresses) => writeIds(process, addresses, ['gid', 'egid', 'sgid']),
  setuid: (process, [id]) => setId(process, 'u', id | 0),
  setgid: (process, [id]) => setId(process, 'g', id | 0),
  setreuid: (process, [real, effective]) => setRealEffective(process, 'u', real | 0, effective | 0),
  setregid: (process, [real, effective]) => setRealEffective(process, 'g', real | 0, effective | 0),
  setresuid: (process, [real, effective, saved]) => setIds(process, 'u', [real | 0, effective | 0, saved | 0]),
  setresgid: (process, [real, effective, saved]) => setIds(process, 'g', [real | 0, effective | 0, saved | 0]),
  setfsuid: (process, [id]) => setFileId(process, 'u', id | 0),
  setfsgid: (process, [id]) => setFileId(process, 'g', id | 0),
  getgroups: (process, [size, address]) => getGroups(process, size | 0, address),
  setgroups: (process, [count, address]) => setGroups(process, count | 0, address),
  sethostname(process, [address, length]) {
    process.kernel.hostname = setName(process, address, length | 0);
    return 0;
  },
  setdomainname(process, [address, length]) {
    process.kernel.domainname = setName(process, address, length | 0);
    return 0;
  },
  uname: (process, [address]) => uname(process, address),
  sysinfo: (process, [address]) => systemInformation(process, address),
  getrandom: (process, [address, length, flags]) => random(process, address, length, flags | 0),
};
