/** The lines of --strace, one a call, with its arguments, and its result or the error's name; and the same as events. */
import { AccessFault } from '../../memory/user-memory.ts';
import { ERRNO } from '../errno.ts';
import type { Process } from '../process/process.ts';
import { SIGNAL, signalName, type SignalInfo } from '../process/signals.ts';
import type { NoResult, SyscallArguments, SyscallTracer, TraceRecord } from '../process/syscall-table.ts';
import type { Thread } from '../process/thread.ts';
import { REGISTERS_SET, type FinalResult } from '../process/wait.ts';
import type { ProcessExitEvent, RunEvents } from './events.ts';
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

function resultText(name: string, result: FinalResult | NoResult): string {
  if (result === 'restart') return '? ERESTARTSYS';
  if (result === 'unfinished') return '?';
  // execve that returns has failed; exit and rt_sigreturn never return.
  if (result === REGISTERS_SET) return name.startsWith('execve') ? '0' : '?';
  const value = Number(result);
  if (value < 0 && value >= -MAX_ERRNO) return `-1 ${errnoNames.get(-value) ?? String(-value)}`;
  return addressResults.has(name) ? hex(value) : String(result);
}

/** Where a trace goes. */
export interface TraceOutputs {
  /** Takes each line of --strace, without newline. */
  readonly line?: (line: string) => void;
  readonly events?: RunEvents;
}

export function createTracer({ line, events }: TraceOutputs): SyscallTracer {
  const write = (thread: Thread, text: string): void => line?.(`${prefix(thread)}${text}`);
  return {
    enter({ process }, number, args) {
      const name = process.abi.syscalls.get(number) ?? `syscall_${String(number)}`;
      const parts = signatureOf(name).map((kind, index) => argument(process, kind, args, index));
      return { name, parts, begun: events?.now() ?? 0 };
    },
    leave(thread, { name, parts, begun }, result) {
      const value = typeof result === 'number' || typeof result === 'bigint' ? Number(result) : -1;
      const args = parts.map((part) => (typeof part === 'string' ? part : part(value))).join(', ');
      const text = resultText(name, result);
      const duration = events === undefined ? 0 : events.now() - begun;
      events?.emit(thread, { kind: 'syscall', name, args, result: text, duration }, begun);
      if (result !== 'unfinished') write(thread, `${name}(${args}) = ${text}`);
    },
    signal(thread, info: SignalInfo, action) {
      const signal = signalName(info.signal);
      events?.emit(thread, { kind: 'signal', signal, action });
      if (action === 'handle') write(thread, `--- ${signal} ---`);
    },
    begin(thread, parent) {
      const { process } = thread;
      const name = commOf(thread);
      if (process.leader !== thread) events?.emit(thread, { kind: 'thread-start', name });
      else events?.emit(thread, { kind: 'process-start', parent: parent?.pid ?? null, name });
    },
    exec(thread, program) {
      events?.emit(thread, { kind: 'exec', program, name: commOf(thread) });
    },
    end(thread) {
      events?.emit(thread, { kind: 'thread-exit' });
    },
    exit(process) {
      const { exit, thread } = process;
      events?.emit({ process, tid: process.pid }, exitEvent(process));
      if (exit?.kind === 'exit') write(thread, `+++ exited with ${String(exit.code)} +++`);
      else if (exit?.kind === 'signal') write(thread, `+++ killed by ${exit.name} +++`);
    },
  };
}

function commOf({ comm }: Thread): string {
  return new TextDecoder().decode(comm);
}

function exitEvent({ exit }: Process): ProcessExitEvent {
  const kind = 'process-exit';
  if (exit?.kind === 'exit') return { kind, code: exit.code, signal: null, crash: null };
  if (exit?.kind === 'signal') return { kind, code: null, signal: exit.name, crash: exit.crash?.text ?? null };
  // A limit of the embedder's, which is kept to with SIGKILL.
  return { kind, code: null, signal: signalName(SIGNAL.SIGKILL), crash: null };
}

/** Which thread it was, once there was more than one. */
function prefix({ process, tid }: Thread): string {
  return process.kernel.forks > 1 ? `[pid ${String(tid)}] ` : '';
}
