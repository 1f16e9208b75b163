/** Signals for files that become ready: O_ASYNC, F_SETOWN, F_SETSIG and their like (fcntl(2), fs/fcntl.c). */
import { fail } from '../errno.ts';
import { RLIMIT } from '../process/rlimits.ts';
import type { Process } from '../process/process.ts';
import { kernelSignal, SIGNAL, SIGNAL_COUNT, type SignalInfo } from '../process/signals.ts';
import { O_DIRECT, O_ASYNC, POLLIN, POLLOUT, POLLRDNORM, POLLWRNORM } from '../vfs/constants.ts';
import { PipeEnd } from '../vfs/pipe.ts';
import type { FileDescription } from '../vfs/file-description.ts';

/** F_OWNER_TID, F_OWNER_PID, F_OWNER_PGRP. */
const OWNER = { thread: 0, process: 1, group: 2 } as const;
const POLL_IN = { code: 1, band: POLLIN | POLLRDNORM };
const POLL_OUT = { code: 2, band: POLLOUT | POLLWRNORM | 0x200 };

const OWNER_COMMANDS = {
  F_SETOWN: 8,
  F_GETOWN: 9,
  F_SETSIG: 10,
  F_GETSIG: 11,
  F_SETOWN_EX: 15,
  F_GETOWN_EX: 16,
} as const;

const COMMANDS: ReadonlySet<number> = new Set(Object.values(OWNER_COMMANDS));

/** Whose signals a description's news are. */
class FileOwner {
  type: number = OWNER.process;
  /** 0 for nobody. */
  id = 0;
  /** 0: SIGIO, which says nothing of the file. */
  signal = 0;
  /** Ends the watching while O_ASYNC is set. */
  stop: (() => void) | undefined;
  /** Ids of the process that named the owner, whose rights count when signals are sent. */
  #sender = { uid: 0, euid: 0 };

  name(process: Process, type: number, id: number): void {
    const { processes } = process.kernel;
    const known =
      type === OWNER.thread
        ? processes.thread(id) !== undefined
        : type === OWNER.process
          ? processes.process(id) !== undefined
          : processes.group(id).length > 0;
    if (id !== 0 && !known) fail('ESRCH');
    this.type = type;
    this.id = id;
    this.#sender = { uid: process.ids.uid, euid: process.ids.euid };
  }

  /** The owner as F_GETOWN tells it; nobody once it has ended. */
  number({ kernel: { processes } }: Process): number {
    if (this.type === OWNER.group) return processes.group(this.id).length > 0 ? -this.id : 0;
    const known = this.type === OWNER.thread ? processes.thread(this.id) : processes.process(this.id);
    return known === undefined ? 0 : this.id;
  }

  send({ kernel: { processes } }: Process, info: SignalInfo): void {
    if (this.id === 0) return;
    if (this.type === OWNER.thread) {
      const thread = processes.thread(this.id);
      if (thread !== undefined && this.#may(thread.process)) thread.process.post(within(thread.process, info), thread);
      return;
    }
    const targets = this.type === OWNER.group ? processes.group(this.id) : [processes.process(this.id)];
    for (const target of targets) if (target !== undefined && this.#may(target)) target.post(within(target, info));
  }

  #may({ ids }: Process): boolean {
    const { uid, euid } = this.#sender;
    return euid === 0 || [ids.uid, ids.suid].some((id) => id === uid || id === euid);
  }
}

/** Where no more signals can be queued, SIGIO tells at least that there is news. */
function within(target: Process, info: SignalInfo): SignalInfo {
  return BigInt(target.signals.queued) < target.limits.soft(RLIMIT.SIGPENDING) ? info : kernelSignal(SIGNAL.SIGIO);
}

const owners = new WeakMap<FileDescription, FileOwner>();

function ownerOf(description: FileDescription): FileOwner {
  let owner = owners.get(description);
  if (owner === undefined) owners.set(description, (owner = new FileOwner()));
  return owner;
}

/** F_SETOWN, and FIOSETOWN of sockets: a process, or a group as a negative number. */
export function setOwner(process: Process, description: FileDescription, id: number): number {
  if (id === -0x80000000) fail('EINVAL');
  ownerOf(description).name(process, id < 0 ? OWNER.group : OWNER.process, Math.abs(id));
  return 0;
}

export function getOwner(process: Process, description: FileDescription): number {
  return ownerOf(description).number(process);
}

/** fcntl(2); undefined for other commands. */
export function ownerCommand(
  process: Process,
  description: FileDescription,
  command: number,
  argument: number,
): number | undefined {
  if (!COMMANDS.has(command)) return undefined;
  const { memory } = process;
  const owner = ownerOf(description);
  switch (command) {
    case OWNER_COMMANDS.F_SETOWN:
      return setOwner(process, description, argument | 0);
    case OWNER_COMMANDS.F_GETOWN:
      return getOwner(process, description);
    case OWNER_COMMANDS.F_SETOWN_EX: {
      const type = memory.readI32(argument);
      if (type < OWNER.thread || type > OWNER.group) fail('EINVAL');
      owner.name(process, type, memory.readI32(argument + 4));
      return 0;
    }
    case OWNER_COMMANDS.F_GETOWN_EX:
      memory.writeU32(argument, owner.type);
      memory.writeU32(argument + 4, Math.abs(owner.number(process)));
      return 0;
    case OWNER_COMMANDS.F_SETSIG:
      if (argument < 0 || argument > SIGNAL_COUNT) fail('EINVAL');
      owner.signal = argument;
      return 0;
    case OWNER_COMMANDS.F_GETSIG:
      return owner.signal;
    default:
      return fail('EINVAL');
  }
}

/** Pipes, sockets and terminals; O_ASYNC of other files is not even kept. */
export function canTell({ file: { inode } }: FileDescription): boolean {
  return inode.kind === 'fifo' || inode.kind === 'socket' || inode.kind === 'char';
}

/** F_SETFL: the status flags, and whether the owner is told of news from now on; `fd` is the one that is named. */
export function setStatusFlags(process: Process, description: FileDescription, fd: number, flags: number): void {
  const kept = canTell(description) ? flags : flags & ~O_ASYNC;
  const owner = ownerOf(description);
  description.setStatusFlags(kept);
  const { file } = description;
  if (file instanceof PipeEnd) file.packetized = (kept & O_DIRECT) !== 0;
  if ((kept & O_ASYNC) === 0) {
    owner.stop?.();
    owner.stop = undefined;
    return;
  }
  if (owner.stop !== undefined) return;
  const cancel = description.file.onReady(() => {
    owner.send(process, newsOf(description, owner, fd));
  });
  owner.stop = cancel;
  description.onClose(() => owner.stop?.());
}

function newsOf(description: FileDescription, { signal }: FileOwner, fd: number): SignalInfo {
  if (signal === 0) return kernelSignal(SIGNAL.SIGIO);
  const reads = description.readable && (!description.writable || (description.file.readiness() & POLLIN) !== 0);
  const { code, band } = reads ? POLL_IN : POLL_OUT;
  return { signal, code, origin: { kind: 'file', band, fd } };
}
