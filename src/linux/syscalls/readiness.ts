/** Waiting for many files: ppoll, pselect6, epoll. */
import { fail } from '../errno.ts';
import type { Cancel } from '../../platform/types.ts';
import { PERSONA } from '../process/personality.ts';
import type { Process } from '../process/process.ts';
import type { SyscallHandlers } from '../process/syscall-table.ts';
import { Wait, type SyscallResult } from '../process/wait.ts';
import { O_CLOEXEC, POLLERR, POLLHUP, POLLIN, POLLNVAL, POLLOUT, POLLPRI } from '../vfs/constants.ts';
import type { FileDescription } from '../vfs/file-description.ts';
import { createEpoll, EpollFile } from './epoll.ts';
import { deadlineIn, readTimespec, readTimeval, writeTimespec, writeTimeval } from './support.ts';

const SIGSET_SIZE = 8;
/** What select(2) means by readable, writable and exceptional (fs/select.c). */
const READ_EVENTS = POLLIN | POLLHUP | POLLERR;
const WRITE_EVENTS = POLLOUT | POLLERR;
const EXCEPT_EVENTS = POLLPRI;

/** Nanoseconds in which the end of a pipe makes its way through the host's event loop. */
const TURNS = 1_000_000n;

interface Watch {
  readonly description: FileDescription;
}

/** Waits until `attempt` finds something, with the guest's timeout and temporary signal mask. */
function waitForAny(
  process: Process,
  watches: readonly Watch[],
  attempt: () => number,
  timeout: bigint | null,
  mask: number,
): SyscallResult {
  if (mask !== 0) process.thread.useTemporaryMask(process.memory.readU64(mask));
  const found = attempt();
  // The host tells of its streams in its event loop alone: who asks without waiting gets some turns of it now and then.
  if (found > 0 || (timeout === 0n && !process.turnDue())) return found;
  const patience = timeout === 0n ? TURNS : timeout;
  return new Wait({
    attempt: () => {
      const count = attempt();
      return count > 0 ? count : undefined;
    },
    subscribe: (wake) => subscribeAll(watches, wake),
    ...deadlineIn(process, patience),
    onDeadline: attempt,
    restartable: false,
  });
}

function subscribeAll(watches: readonly Watch[], wake: () => void): Cancel {
  const cancels = watches.map(({ description }) => description.file.onReady(wake));
  return () => {
    for (const cancel of cancels) cancel();
  };
}

function describe(process: Process, fd: number): FileDescription | null {
  return process.fds.find(fd) ?? null;
}

/** struct pollfd: fd, events, revents. */
function poll(process: Process, address: number, count: number, timeout: bigint | null, mask: number): SyscallResult {
  const { memory, fds } = process;
  if (count > fds.limit) fail('EINVAL');
  const entries = Array.from({ length: count }, (_, index) => {
    const at = address + index * 8;
    const fd = memory.readI32(at);
    return { at, events: memory.readU16(at + 4), fd, description: fd < 0 ? null : describe(process, fd) };
  });
  const attempt = (): number => {
    let ready = 0;
    for (const { at, events, fd, description } of entries) {
      let result = fd < 0 ? 0 : POLLNVAL;
      if (description !== null) result = description.file.readiness() & (events | POLLERR | POLLHUP);
      memory.writeU16(at + 6, result);
      if (result !== 0) ready++;
    }
    return ready;
  };
  const watches = entries.flatMap(({ description }) => (description === null ? [] : [{ description }]));
  return waitForAny(process, watches, attempt, timeout, mask);
}

/** Writes back what is left of the timeout, as the raw calls do, unless the personality keeps what was asked for. */
function withRemaining(
  process: Process,
  result: SyscallResult,
  address: number,
  timeout: bigint | null,
  write = writeTimespec,
): SyscallResult {
  if (timeout === null || (process.persona & PERSONA.STICKY_TIMEOUTS) !== 0) return result;
  const end = process.platform.clock.monotonic() + timeout;
  const update = <T>(value: T): T => {
    const left = end - process.platform.clock.monotonic();
    write(process, address, left > 0n ? left : 0n);
    return value;
  };
  if (!(result instanceof Wait)) return update(result);
  const { attempt, onDeadline } = result.options;
  return new Wait({
    ...result.options,
    attempt: () => {
      const value = attempt?.();
      return value === undefined ? undefined : update(value);
    },
    onDeadline: () => update(onDeadline?.() ?? 0),
    onInterrupt: () => update(fail('EINTR')),
  });
}

function ppoll(
  process: Process,
  [address, count, timeoutAddress, mask, size]: readonly [number, number, number, number, number, number],
): SyscallResult {
  if (mask !== 0 && size !== SIGSET_SIZE) fail('EINVAL');
  const timeout = timeoutAddress === 0 ? null : readTimespec(process, timeoutAddress);
  return withRemaining(process, poll(process, address, count >>> 0, timeout, mask), timeoutAddress, timeout);
}

class FdSet {
  readonly address: number;
  readonly #bytes: Uint8Array | null;
  readonly #result: Uint8Array;

  constructor(process: Process, address: number, count: number) {
    const length = Math.ceil(count / 64) * 8;
    this.address = address;
    this.#bytes = address === 0 ? null : process.memory.readBytes(address, length);
    this.#result = new Uint8Array(length);
  }

  has(fd: number): boolean {
    return this.#bytes !== null && (((this.#bytes[fd >>> 3] ?? 0) >>> (fd & 7)) & 1) !== 0;
  }

  clear(): void {
    this.#result.fill(0);
  }

  add(fd: number): void {
    this.#result[fd >>> 3] = (this.#result[fd >>> 3] ?? 0) | (1 << (fd & 7));
  }

  store(process: Process): void {
    if (this.#bytes !== null) process.memory.writeBytes(this.address, this.#result);
  }
}

/** The first four arguments of select(2) and pselect6(2). */
type SelectArguments = readonly [count: number, read: number, write: number, except: number];

function pselect6(
  process: Process,
  [count, read, write, except, timeoutAddress, maskArgument]: readonly [number, number, number, number, number, number],
): SyscallResult {
  const timeout = timeoutAddress === 0 ? null : readTimespec(process, timeoutAddress);
  const mask = maskArgument === 0 ? 0 : process.memory.readPointer(maskArgument);
  if (mask !== 0 && process.memory.readPointer(maskArgument + 8) !== SIGSET_SIZE) fail('EINVAL');
  const result = selectFiles(process, [count, read, write, except], timeout, mask);
  return withRemaining(process, result, timeoutAddress, timeout);
}

/** The timeout is a struct timeval. */
function select(
  process: Process,
  [count, read, write, except, timeoutAddress]: readonly [number, number, number, number, number, number],
): SyscallResult {
  const timeout = timeoutAddress === 0 ? null : readTimeval(process, timeoutAddress);
  const result = selectFiles(process, [count, read, write, except], timeout, 0);
  return withRemaining(process, result, timeoutAddress, timeout, writeTimeval);
}

function selectFiles(
  process: Process,
  [count, read, write, except]: SelectArguments,
  timeout: bigint | null,
  mask: number,
): SyscallResult {
  if (count < 0) fail('EINVAL');
  const limit = Math.min(count, process.fds.limit);
  const sets = [
    { set: new FdSet(process, read, limit), events: READ_EVENTS },
    { set: new FdSet(process, write, limit), events: WRITE_EVENTS },
    { set: new FdSet(process, except, limit), events: EXCEPT_EVENTS },
  ];
  const watches: { fd: number; description: FileDescription }[] = [];
  for (let fd = 0; fd < limit; fd++)
    if (sets.some(({ set }) => set.has(fd))) watches.push({ fd, description: process.fds.getFile(fd) });
  const attempt = (): number => {
    let ready = 0;
    for (const { set } of sets) set.clear();
    for (const { fd, description } of watches) {
      const readiness = description.file.readiness();
      for (const { set, events } of sets) {
        if (!set.has(fd) || (readiness & events) === 0) continue;
        set.add(fd);
        ready++;
      }
    }
    for (const { set } of sets) set.store(process);
    return ready;
  };
  return waitForAny(process, watches, attempt, timeout, mask);
}

function epollOf(process: Process, fd: number): EpollFile {
  const { file } = process.fds.getFile(fd | 0);
  return file instanceof EpollFile ? file : fail('EINVAL');
}

/** struct epoll_event: 32-bit events, 64-bit data; packed on x86-64 alone. */
function epollEvent(process: Process): { readonly size: number; readonly data: number } {
  return process.abi.packedEpollEvent === true ? { size: 12, data: 4 } : { size: 16, data: 8 };
}

function epollControl(process: Process, epollFd: number, operation: number, fd: number, address: number): number {
  const EPOLL_CTL_DEL = 2;
  const target = process.fds.getFile(fd);
  const epoll = epollOf(process, epollFd);
  if (operation === EPOLL_CTL_DEL) {
    epoll.remove(fd, target);
    return 0;
  }
  if (operation !== 1 && operation !== 3) fail('EINVAL');
  const events = process.memory.readU32(address);
  const data = process.memory.readU64(address + epollEvent(process).data);
  if (operation === 1) epoll.add(fd, target, events, data);
  else epoll.modify(fd, target, events, data);
  return 0;
}

function epollWait(
  process: Process,
  epollFd: number,
  address: number,
  maximum: number,
  timeout: bigint | null,
  mask: number,
  size: number,
): SyscallResult {
  if (maximum <= 0) fail('EINVAL');
  if (mask !== 0 && size !== SIGSET_SIZE) fail('EINVAL');
  const description = process.fds.getFile(epollFd);
  const epoll = epollOf(process, epollFd);
  const event = epollEvent(process);
  const attempt = (): number => {
    let count = 0;
    epoll.collect(maximum, (events, data) => {
      process.memory.writeU32(address + count * event.size, events);
      process.memory.writeU64(address + count * event.size + event.data, data);
      count++;
    });
    return count;
  };
  return waitForAny(process, [{ description }], attempt, timeout, mask);
}

/** Milliseconds, negative for no timeout. */
function milliseconds(value: number): bigint | null {
  return value < 0 ? null : BigInt(value) * 1_000_000n;
}

export const readinessCalls: SyscallHandlers = {
  poll: (process, [address, count, timeout]) => poll(process, address, count >>> 0, milliseconds(timeout | 0), 0),
  select,
  ppoll,
  pselect6,
  epoll_create1(process, [flags]) {
    if ((flags & ~O_CLOEXEC) !== 0) fail('EINVAL');
    return process.fds.install(createEpoll(process.vfs), (flags & O_CLOEXEC) !== 0);
  },
  epoll_ctl: (process, [epollFd, operation, fd, event]) =>
    epollControl(process, epollFd | 0, operation | 0, fd | 0, event),
  epoll_pwait: (process, [epollFd, events, maximum, timeout, mask, size]) =>
    epollWait(process, epollFd | 0, events, maximum | 0, milliseconds(timeout | 0), mask, size),
  epoll_pwait2: (process, [epollFd, events, maximum, timeout, mask, size]) =>
    epollWait(
      process,
      epollFd | 0,
      events,
      maximum | 0,
      timeout === 0 ? null : readTimespec(process, timeout),
      mask,
      size,
    ),
};
