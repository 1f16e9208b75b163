/** capget(2), capset(2), and what prctl(2) knows of capabilities. */
import { ALL_CAPABILITIES, bitOf, CAP, isCapability, SECURE } from '../capabilities.ts';
import { fail } from '../errno.ts';
import type { Process } from '../process/process.ts';
import type { SyscallHandlers } from '../process/syscall-table.ts';

/** By version in the header, how many words of 32 bits each set has. */
const VERSIONS: ReadonlyMap<number, number> = new Map([
  [0x19980330, 1],
  [0x20071026, 2],
  [0x20080522, 2],
]);
const LATEST = 0x20080522;
const SETS = ['effective', 'permitted', 'inheritable'] as const;

const PR_GET_KEEPCAPS = 7;
const PR_SET_KEEPCAPS = 8;
const PR_CAPBSET_READ = 23;
const PR_CAPBSET_DROP = 24;
const PR_GET_SECUREBITS = 27;
const PR_SET_SECUREBITS = 28;
const PR_CAP_AMBIENT = 47;
const AMBIENT = { IS_SET: 1, RAISE: 2, LOWER: 3, CLEAR_ALL: 4 } as const;
const SECURE_BITS = 0x55;
const SECURE_LOCKS = 0xaa;

/** Words of each set by the header's version, of which the header is told where it is not known. */
function wordsOf({ memory }: Process, header: number): number {
  const words = VERSIONS.get(memory.readU32(header));
  if (words !== undefined) return words;
  memory.writeU32(header, LATEST);
  return fail('EINVAL');
}

function get(process: Process, header: number, data: number): number {
  const { memory, kernel } = process;
  if (data === 0 && !VERSIONS.has(memory.readU32(header))) {
    memory.writeU32(header, LATEST);
    return 0;
  }
  const words = wordsOf(process, header);
  const pid = memory.readI32(header + 4);
  if (pid < 0) fail('EINVAL');
  const target = pid === 0 ? process : (kernel.processes.thread(pid)?.process ?? fail('ESRCH'));
  if (data === 0) return 0;
  for (let word = 0; word < words; word++)
    SETS.forEach((set, index) => {
      const bits = (target.capabilities[set] >> BigInt(32 * word)) & 0xffff_ffffn;
      memory.writeU32(data + (word * SETS.length + index) * 4, Number(bits));
    });
  return 0;
}

function set(process: Process, header: number, data: number): number {
  const { memory, capabilities: own } = process;
  const words = wordsOf(process, header);
  const pid = memory.readI32(header + 4);
  if (pid !== 0 && process.kernel.processes.thread(pid)?.process !== process) fail('EPERM');
  const [effective, permitted, inheritable] = SETS.map((_, index) => {
    let bits = 0n;
    for (let word = 0; word < words; word++)
      bits |= BigInt(memory.readU32(data + (word * SETS.length + index) * 4)) << BigInt(32 * word);
    return bits & ALL_CAPABILITIES;
  }) as [bigint, bigint, bigint];
  const isWithin = (bits: bigint, limit: bigint): boolean => (bits & ~limit) === 0n;
  if (!process.can(CAP.SETPCAP) && !isWithin(inheritable, own.inheritable | own.permitted)) fail('EPERM');
  if (!isWithin(inheritable, own.inheritable | own.bounding)) fail('EPERM');
  if (!isWithin(permitted, own.permitted) || !isWithin(effective, permitted)) fail('EPERM');
  const ambient = own.ambient & permitted & inheritable;
  process.capabilities = { ...own, effective, permitted, inheritable, ambient };
  return 0;
}

function setSecureBits(process: Process, bits: number): number {
  const { secure } = process.capabilities;
  const locked = (secure & SECURE_LOCKS) >> 1;
  const refused =
    (locked & (secure ^ bits)) !== 0 ||
    (secure & SECURE_LOCKS & ~bits) !== 0 ||
    (bits & ~(SECURE_BITS | SECURE_LOCKS)) !== 0;
  if (refused || !process.can(CAP.SETPCAP)) fail('EPERM');
  process.capabilities = { ...process.capabilities, secure: bits };
  return 0;
}

function changeAmbient(process: Process, command: number, capability: number): number {
  const { capabilities: own } = process;
  if (command === AMBIENT.CLEAR_ALL) {
    if (capability !== 0) fail('EINVAL');
    process.capabilities = { ...own, ambient: 0n };
    return 0;
  }
  if (!isCapability(capability)) fail('EINVAL');
  const bit = bitOf(capability);
  switch (command) {
    case AMBIENT.IS_SET:
      return (own.ambient & bit) === 0n ? 0 : 1;
    case AMBIENT.RAISE:
      if ((own.permitted & own.inheritable & bit) === 0n || (own.secure & SECURE.NO_CAP_AMBIENT_RAISE) !== 0)
        fail('EPERM');
      process.capabilities = { ...own, ambient: own.ambient | bit };
      return 0;
    case AMBIENT.LOWER:
      process.capabilities = { ...own, ambient: own.ambient & ~bit };
      return 0;
    default:
      return fail('EINVAL');
  }
}

type Arguments = readonly [number, number, number, number];

function dropFromBounds(process: Process, capability: number): number {
  if (!process.can(CAP.SETPCAP)) fail('EPERM');
  if (!isCapability(capability)) fail('EINVAL');
  const { bounding } = process.capabilities;
  process.capabilities = { ...process.capabilities, bounding: bounding & ~bitOf(capability) };
  return 0;
}

function keep(process: Process, value: number): number {
  const { secure } = process.capabilities;
  if (value !== 0 && value !== 1) fail('EINVAL');
  if ((secure & SECURE.KEEP_CAPS_LOCKED) !== 0) fail('EPERM');
  const changed = value === 0 ? secure & ~SECURE.KEEP_CAPS : secure | SECURE.KEEP_CAPS;
  process.capabilities = { ...process.capabilities, secure: changed };
  return 0;
}

const controls: ReadonlyMap<number, (process: Process, values: Arguments) => number> = new Map([
  [PR_GET_KEEPCAPS, ({ capabilities }: Process) => ((capabilities.secure & SECURE.KEEP_CAPS) === 0 ? 0 : 1)],
  [PR_SET_KEEPCAPS, (process: Process, [value]: Arguments) => keep(process, value)],
  [
    PR_CAPBSET_READ,
    ({ capabilities }: Process, [capability]: Arguments) =>
      !isCapability(capability) ? fail('EINVAL') : (capabilities.bounding & bitOf(capability)) === 0n ? 0 : 1,
  ],
  [PR_CAPBSET_DROP, (process: Process, [capability]: Arguments) => dropFromBounds(process, capability)],
  [PR_GET_SECUREBITS, ({ capabilities }: Process) => capabilities.secure],
  [PR_SET_SECUREBITS, (process: Process, [bits]: Arguments) => setSecureBits(process, bits)],
  [
    PR_CAP_AMBIENT,
    (process: Process, [command, capability, third, fourth]: Arguments) =>
      third !== 0 || fourth !== 0 ? fail('EINVAL') : changeAmbient(process, command, capability),
  ],
]);

/** Undefined for an option about something else. */
export function controlCapabilities(process: Process, option: number, values: Arguments): number | undefined {
  return controls.get(option)?.(process, values);
}

export const capabilityCalls: SyscallHandlers = {
  capget: (process, [header, data]) => get(process, header, data),
  capset: (process, [header, data]) => set(process, header, data),
};
