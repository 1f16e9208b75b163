/** The lines of --strace: one a call, with its arguments, and its result or the error's name. */
import { AccessFault } from '../../memory/user-memory.ts';
import { ERRNO } from '../errno.ts';
import type { Process } from '../process/process.ts';
import { signalName, type SignalInfo } from '../process/signals.ts';
import type { SyscallArguments, SyscallTracer, TraceRecord } from '../process/syscall-table.ts';
import { REGISTERS_SET, type FinalResult } from '../process/wait.ts';
import { addressResults, signatureOf, type ArgumentKind } from './signatures.ts';

const MAX_TEXT = 32;
const MAX_PATH = 4096;
const MAX_STRINGS = 8;
const MAX_ERRNO = 4095;
const AT_FDCWD = -100;

const errnoNames = new Map<number, string>(Object.entries(ERRNO).map(([name, number]) => [number, name]));

const openFlags: readonly (readonly [bit: number, name: string])[] = [
  [0o100, 'O_CREAT'],
  [0o200, 'O_EXCL'],
  [0o400, 'O_NOCTTY'],
  [0o1000, 'O_TRUNC'],
  [0o2000, 'O_APPEND'],
  [0o4000, 'O_NONBLOCK'],
  [0o10000, 'O_DSYNC'],
  [0o40000, 'O_DIRECT'],
  [0o100000, 'O_LARGEFILE'],
  [0o200000, 'O_DIRECTORY'],
  [0o400000, 'O_NOFOLLOW'],
  [0o1000000, 'O_NOATIME'],
  [0o2000000, 'O_CLOEXEC'],
  [0o10000000, 'O_PATH'],
];
const protFlags: typeof openFlags = [
  [1, 'PROT_READ'],
  [2, 'PROT_WRITE'],
  [4, 'PROT_EXEC'],
];
const mapFlags: typeof openFlags = [
  [1, 'MAP_SHARED'],
  [2, 'MAP_PRIVATE'],
  [0x10, 'MAP_FIXED'],
  [0x20, 'MAP_ANONYMOUS'],
  [0x100, 'MAP_GROWSDOWN'],
  [0x800, 'MAP_DENYWRITE'],
  [0x4000, 'MAP_NORESERVE'],
  [0x8000, 'MAP_POPULATE'],
  [0x20000, 'MAP_STACK'],
  [0x100000, 'MAP_FIXED_NOREPLACE'],
];

function hex(value: number): string {
  return `0x${(value < 0 ? BigInt.asUintN(64, BigInt(value)) : value).toString(16)}`;
}

function flags(value: number, table: typeof openFlags, none: string): string {
  const names = table.filter(([bit]) => (value & bit) !== 0).map(([, name]) => name);
  const rest = table.reduce((left, [bit]) => left & ~bit, value);
  if (rest !== 0) names.push(hex(rest));
  return names.length === 0 ? none : names.join('|');
}

function openText(value: number): string {
  const access = ['O_RDONLY', 'O_WRONLY', 'O_RDWR', 'O_ACCMODE'][value & 3] ?? '';
  const rest = value & ~3;
  return rest === 0 ? access : `${access}|${flags(rest, openFlags, '')}`;
}

/** Bytes in double quotes, with C's escapes. */
function quote(bytes: Uint8Array, more: boolean): string {
  const escapes: Readonly<Record<number, string>> = { 9: '\\t', 10: '\\n', 13: '\\r', 34: '\\"', 92: '\\\\' };
  const text = Array.from(bytes, (byte) => {
    const escape = escapes[byte];
    if (escape !== undefined) return escape;
    return byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : `\\x${byte.toString(16).padStart(2, '0')}`;
  });
  return `"${text.join('')}"${more ? '...' : ''}`;
}

/** Bytes of the guest, or the address where they cannot be read. */
function data(process: Process, address: number, count: number): string {
  return guarded(address, () => quote(process.memory.readable(address, Math.min(count, MAX_TEXT)), count > MAX_TEXT));
}

function string(process: Process, address: number): string {
  return guarded(address, () => {
    const bytes = process.memory.readCString(address, MAX_PATH);
    return bytes === null ? hex(address) : quote(bytes, false);
  });
}

function strings(process: Process, address: number): string {
  return guarded(address, () => {
    const texts: string[] = [];
    for (let index = 0; ; index++) {
      const pointer = process.memory.readPointer(address + index * 8);
      if (pointer === 0) break;
      if (index === MAX_STRINGS) {
        texts.push('...');
        break;
      }
      texts.push(string(process, pointer));
    }
    return `[${texts.join(', ')}]`;
  });
}

function guarded(address: number, read: () => string): string {
  if (address === 0) return 'NULL';
  try {
    return read();
  } catch (error) {
    if (error instanceof AccessFault) return hex(address);
    throw error;
  }
}

function argument(
  process: Process,
  kind: ArgumentKind,
  args: SyscallArguments,
  index: number,
): TraceRecord['parts'][number] {
  const value = args[index] ?? 0;
  switch (kind) {
    case 'fd':
    case 'int':
      return String(value | 0);
    case 'dirfd':
      return (value | 0) === AT_FDCWD ? 'AT_FDCWD' : String(value | 0);
    case 'size':
      return String(value);
    case 'hex':
      return value === 0 ? '0' : hex(value);
    case 'mode':
      return `0${(value & 0o7777777).toString(8)}`;
    case 'address':
      return value === 0 ? 'NULL' : hex(value);
    case 'signal':
      return value > 0 && value <= 64 ? signalName(value) : String(value);
    case 'open':
      return openText(process.abi.openFlags(value | 0));
    case 'prot':
      return flags(value | 0, protFlags, 'PROT_NONE');
    case 'map':
      return flags(value | 0, mapFlags, '0');
    case 'path':
      return string(process, value);
    case 'strings':
      return strings(process, value);
    case 'in':
      return data(process, value, args[index + 1] ?? 0);
    case 'out':
      return (result) => (result < 0 ? hex(value) : data(process, value, result));
  }
}

function resultText(name: string, result: FinalResult | 'restart'): string {
  if (result === 'restart') return '? ERESTARTSYS';
  // execve that returns has failed; exit and rt_sigreturn never return.
  if (result === REGISTERS_SET) return name.startsWith('execve') ? '0' : '?';
  const value = Number(result);
  if (value < 0 && value >= -MAX_ERRNO) return `-1 ${errnoNames.get(-value) ?? String(-value)}`;
  return addressResults.has(name) ? hex(value) : String(result);
}

/** A tracer that gives each line, without newline, to `write`. */
export function createTracer(write: (line: string) => void): SyscallTracer {
  return {
    enter(process, number, args) {
      const name = process.abi.syscalls.get(number) ?? `syscall_${String(number)}`;
      return { name, parts: signatureOf(name).map((kind, index) => argument(process, kind, args, index)) };
    },
    leave(process, { name, parts }, result) {
      const value = typeof result === 'number' || typeof result === 'bigint' ? Number(result) : -1;
      const text = parts.map((part) => (typeof part === 'string' ? part : part(value))).join(', ');
      write(`${prefix(process)}${name}(${text}) = ${resultText(name, result)}`);
    },
    signal(process, info: SignalInfo) {
      write(`${prefix(process)}--- ${signalName(info.signal)} ---`);
    },
    exit(process) {
      const { exit } = process;
      if (exit?.kind === 'exit') write(`${prefix(process)}+++ exited with ${String(exit.code)} +++`);
      else if (exit?.kind === 'signal') write(`${prefix(process)}+++ killed by ${exit.name} +++`);
    },
  };
}

/** Which thread it was, once there was more than one. */
function prefix({ kernel, tid }: Process): string {
  return kernel.forks > 1 ? `[pid ${String(tid)}] ` : '';
}
