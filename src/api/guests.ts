/** The guests of this version: an architecture and its Linux interface, found by the program's ELF header. */
import { LoadError } from '../common/errors.ts';
import type { Guest } from '../guest/guest.ts';
import { aarch64 } from '../guest/aarch64/index.ts';
import { riscv64 } from '../guest/riscv64/index.ts';
import { advertisedNames, type CpuLevel } from '../guest/x64/cpuid.ts';
import { createX64, x64 } from '../guest/x64/index.ts';
import type { LinuxAbi } from '../linux/abi/abi.ts';
import { linuxAbis } from '../linux/index.ts';
import { machineName, peekMachine } from '../linux/loader/elf.ts';
import { parseScript } from '../linux/loader/script.ts';
import { decodeName } from '../common/file-name.ts';

export interface GuestSupport {
  readonly guest: Guest;
  readonly abi: LinuxAbi;
  /** Text of `/proc/cpuinfo`. */
  readonly cpuInfo: string;
  /** The same guest on a lesser processor; absent where there is one kind only. */
  readonly withCpu?: (level: CpuLevel) => GuestSupport;
}

const riscv64Support: GuestSupport = {
  guest: riscv64,
  abi: linuxAbis.riscv64,
  cpuInfo: 'processor\t: 0\nhart\t\t: 0\nisa\t\t: rv64imafdc_zicsr_zifencei_zba_zbb_zbs\nmmu\t\t: sv39\n\n',
};

const aarch64Support: GuestSupport = {
  guest: aarch64,
  abi: linuxAbis.aarch64,
  cpuInfo: `processor\t: 0
BogoMIPS\t: 2000.00
Features\t: cpuid
CPU implementer\t: 0x00
CPU architecture: 8
CPU variant\t: 0x0
CPU part\t: 0x000
CPU revision\t: 0

`,
};

const x64On = (level: CpuLevel): GuestSupport => ({
  guest: level === 'v3' ? x64 : createX64(level),
  abi: linuxAbis.x64,
  withCpu: x64On,
  cpuInfo: `processor\t: 0
vendor_id\t: AuthenticAMD
cpu family\t: 15
model\t\t: 107
model name\t: Hospes virtual CPU
stepping\t: 1
cpu MHz\t\t: 1000.000
flags\t\t: ${advertisedNames(level).join(' ')}
bogomips\t: 2000.00
clflush size\t: 64
address sizes\t: 48 bits physical, 48 bits virtual

`,
});

export const guests: readonly GuestSupport[] = [riscv64Support, aarch64Support, x64On('v3')];

/** First bytes of a file, enough for an ELF header's machine or a script's first line. */
export const HEAD_LENGTH = 256;

/**
 * The guest for the program at `path`. `readHead` gives a file's first bytes, or undefined where there is none. What is
 * no 64-bit little-endian ELF file gets the first guest, whose loader says what is wrong with it.
 */
export function guestFor(path: string, readHead: (path: string) => Uint8Array | undefined): GuestSupport {
  const machine = machineOf(path, readHead);
  if (machine === undefined) return riscv64Support;
  const support = guests.find(({ guest }) => guest.elfMachine === machine);
  if (support !== undefined) return support;
  const names = guests.map(({ guest }) => guest.name).join(', ');
  throw new LoadError(
    'elf-machine',
    `${path} is a program for ${machineName(machine)}, a guest that is not supported yet; this version runs ${names}`,
    { context: { path, machine } },
  );
}

/** `e_machine` of the program at `path`, or of a script's interpreter; undefined where it is no program that can be run. */
export function machineOf(path: string, readHead: (path: string) => Uint8Array | undefined): number | undefined {
  const head = readHead(path);
  if (head === undefined) return undefined;
  const script = parseScript(head);
  const program = script === null || script === 'invalid' ? head : readHead(decodeName(script.interpreter));
  if (program?.[4] !== 2 || program[5] !== 1) return undefined;
  return peekMachine(program);
}
