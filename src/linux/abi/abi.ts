/** What differs between the guests in Linux's user interface. Everything else is written once, for all of them. */
import type { GuestTrap } from '../../engine/exit.ts';
import type { UserMemory } from '../../memory/user-memory.ts';
import type { Stat } from '../vfs/types.ts';
import type { VcpuLike } from '../process/vcpu.ts';

/** The three-word stack_t of sigaltstack(2). */
export interface AlternateStack {
  readonly address: number;
  readonly flags: number;
  readonly size: number;
}

/** What a signal frame holds besides the registers. */
export interface SignalFrameContent {
  /** The 128 bytes of siginfo_t. */
  readonly info: Uint8Array;
  /** Mask to restore at sigreturn. */
  readonly mask: bigint;
  readonly alternateStack: AlternateStack;
}

export interface SignalDelivery extends SignalFrameContent {
  readonly signal: number;
  readonly handler: number;
  /** Where the handler returns to. */
  readonly restorer: number;
  /** The frame is built below this address. */
  readonly stackTop: number;
  /** What the program's own instruction did, if that is the reason. */
  readonly trap: GuestTrap | null;
}

/** What sigreturn takes from the frame besides the registers. */
export interface RestoredSignalState {
  readonly mask: bigint;
  readonly alternateStack: AlternateStack;
}

export interface CloneRegisters {
  readonly stackPointer: number | null;
  readonly threadPointer: bigint | null;
}

/** See process/vsyscall.ts. */
export interface Vsyscall {
  contains(address: bigint): boolean;
  /** System call numbers by address. */
  readonly numbers: ReadonlyMap<bigint, number>;
  /** Leaves the function for its caller. */
  returnTo(vcpu: VcpuLike, caller: bigint): void;
}

export interface LinuxAbi {
  readonly guest: 'riscv64' | 'aarch64' | 'x64';
  /** `machine` of uname(2). */
  readonly machine: string;
  /** The same under personality PER_LINUX32 (COMPAT_UTS_MACHINE). */
  readonly machine32: string;
  /** `e_machine` of ELF files. */
  readonly elfMachine: number;
  /** AT_HWCAP. */
  readonly hwcap: bigint;
  /** AT_PLATFORM; null where the kernel gives none. */
  readonly platform: string | null;
  /** Names by system call number. */
  readonly syscalls: ReadonlyMap<number, string>;
  /** Code that calls rt_sigreturn; mapped where the kernel would have put its vDSO. */
  readonly sigreturnCode: Uint8Array;
  /** Whether struct sigaction has a restorer field (SA_RESTORER). */
  readonly sigactionRestorer: boolean;
  /** Whether struct epoll_event has no padding. */
  readonly packedEpollEvent?: boolean;
  /** Whether struct semid64_ds has a word after each time. */
  readonly spacedSemaphoreTimes?: boolean;

  /** MINSIGSTKSZ, which is AT_MINSIGSTKSZ as well: bytes that an alternate signal stack has at least. */
  readonly minSignalStack: number;
  /** Between this architecture's O_ flags and those of asm-generic/fcntl.h, either way. */
  openFlags(flags: number): number;

  /** The code of SIGFPE after a floating-point trap, where there are such. */
  floatingPointCode?(vcpu: VcpuLike): number;
  /** Whether the processor takes an address for one at all: if not, its use is no page fault. */
  isCanonical?(address: bigint): boolean;
  readonly vsyscall?: Vsyscall;

  syscallNumber(vcpu: VcpuLike): number;
  /** Argument 0 to 5, as a signed number; exact up to 2^53. */
  argument(vcpu: VcpuLike, index: number): number;
  /** Argument 0 to 5 with all its bits. */
  argumentBits(vcpu: VcpuLike, index: number): bigint;
  setResult(vcpu: VcpuLike, value: number | bigint): void;
  /** Puts the vCPU before the system call instruction that it just left, to run it again with its arguments. */
  restartSyscall(vcpu: VcpuLike, firstArgument: bigint): void;
  stackPointer(vcpu: VcpuLike): number;
  /**
   * Registers of a new thread or process, which begin as a copy of its parent's in clone(2): the result is 0, and
   * what is not null is replaced.
   */
  startClone(vcpu: VcpuLike, registers: CloneRegisters): void;
  /** Whether clone(2) takes the thread pointer as its last argument (arch/Kconfig: CLONE_BACKWARDS puts it before). */
  readonly cloneTakesTlsLast: boolean;
  /** Registers of a fresh program: all zero but the stack pointer. */
  startProgram(vcpu: VcpuLike, entry: number, stackPointer: number): void;
  encodeStat(stat: Stat): Uint8Array;
  /** Builds a frame on the guest's stack and makes the vCPU enter the handler. Throws `AccessFault`. */
  enterSignalHandler(vcpu: VcpuLike, memory: UserMemory, delivery: SignalDelivery): void;
  /** Takes the registers back from the frame at the stack pointer; null for a malformed one. Throws `AccessFault`. */
  leaveSignalHandler(vcpu: VcpuLike, memory: UserMemory): RestoredSignalState | null;
}
