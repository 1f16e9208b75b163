/**
 * Linux on x86-64: registers of system calls, struct stat, the signal frame (arch/x86/kernel/signal_64.c,
 * uapi/asm/{sigcontext,ucontext}.h) and the state of a fresh program.
 */
import {
  loadFxState,
  resetFxState,
  storeFxState,
  XSTATE_COMPONENTS,
  XSTATE_HEADER,
  XSTATE_SIZE,
} from '../../guest/x64/fx-image.ts';
import { readFlags, writeFlags } from '../../guest/x64/index.ts';
import { FLAG, fsBase, gsBase, registers } from '../../guest/x64/state.ts';
import { FPE_FLTDIV, FPE_FLTINV, FPE_FLTOVF, FPE_FLTRES, FPE_FLTUND } from '../process/signals.ts';
import type { GuestTrap } from '../../engine/exit.ts';
import { defined } from '../../common/assert.ts';
import type { Slot } from '../../ir/state.ts';
import type { UserMemory } from '../../memory/user-memory.ts';
import type { VcpuLike } from '../process/vcpu.ts';
import type { Stat } from '../vfs/types.ts';
import type { LinuxAbi, RestoredSignalState, SignalDelivery, Vsyscall } from './abi.ts';
import { x64Syscalls } from './x64-syscalls.ts';

const SYSCALL_LENGTH = 2;
const [RAX, RCX, RDX, RBX, RSP, RBP, RSI, RDI, R8, R9, R10] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10] as const;
const ARGUMENTS = [RDI, RSI, RDX, R10, R8, R9] as const;

/** Below rsp: leaf functions use it without moving rsp. */
const RED_ZONE = 128;

/** struct rt_sigframe { char *pretcode; struct ucontext uc; struct siginfo info; }, offsets from its start. */
const FRAME = {
  RESTORER: 0,
  UC_FLAGS: 8,
  UC_LINK: 16,
  UC_STACK: 24,
  /** struct sigcontext: r8 to r15, then the order below, rip, flags. */
  R8: 48,
  REGISTERS: 112,
  RIP: 176,
  FLAGS: 184,
  /** cs, gs, fs, ss: 16 bits each. */
  SEGMENTS: 192,
  ERROR: 200,
  TRAP: 208,
  CR2: 224,
  FPSTATE: 232,
  SIGMASK: 304,
  INFO: 312,
  SIZE: 440,
} as const;

/** The order of the other registers in struct sigcontext. */
const CONTEXT_ORDER = [RDI, RSI, RBP, RBX, RDX, RAX, RCX, RSP] as const;
/** UC_FP_XSTATE | UC_SIGCONTEXT_SS | UC_STRICT_RESTORE_SS */
const UC_FLAGS = 7;
const USER_CS = 0x33n;
const USER_SS = 0x2bn;
/** The size of an fxsave area, which is aligned to 64 bytes as the kernel does it. */
/** struct _xstate: the area of xsave with struct _fpx_sw_bytes in its unused bytes, and a mark at the end. */
const FX = {
  SIZE: XSTATE_SIZE + 4,
  LEGACY_SIZE: 512,
  ALIGNMENT: 64,
  MXCSR: 24,
  MAGIC1_AT: 464,
  EXTENDED_SIZE: 468,
  FEATURES: 472,
  XSTATE_SIZE: 480,
  MAGIC1: 0x46505853,
  MAGIC2: 0x46505845,
} as const;
const MXCSR_MASK = 0xffff;
/** Component of XSTATE_BV. */
const AVX = 4n;
const X86_TRAP = { DE: 0, BP: 3, UD: 6, GP: 13, PF: 14, MF: 16, AC: 17, XF: 19 } as const;
const X86_PF = { PRESENT: 1, WRITE: 2, USER: 4, FETCH: 16 } as const;
/** The summary bit of the x87's status: an unmasked exception waits. */
const X87_SUMMARY = 0x80;
/** How far the masks of MXCSR are above its flags. */
const MXCSR_MASKS = 7;
const SIGTRAP = 5;
const TRAP_BRKPT = 1;
const SI_KERNEL = 0x80;

function r(index: number): Slot {
  return defined(registers[index], 'general registers are numbered 0 to 15');
}

function writeWord(vcpu: VcpuLike, slot: Slot, value: number): void {
  const bytes = vcpu.slotBytes(slot, 4);
  new DataView(bytes.buffer, bytes.byteOffset, 4).setInt32(0, value, true);
}

const flagsOf = (vcpu: VcpuLike): number => readFlags((slot) => vcpu.getU64(slot));

function setFlags(vcpu: VcpuLike, flags: number): void {
  writeFlags((slot, bits) => {
    if (slot.type === 'i64') vcpu.setU64(slot, bits);
    else writeWord(vcpu, slot, Number(bits));
  }, flags);
}

function encodeStat(stat: Stat): Uint8Array {
  const bytes = new Uint8Array(144);
  const view = new DataView(bytes.buffer);
  const u64 = (offset: number, value: number | bigint): void =>
    view.setBigUint64(offset, BigInt.asUintN(64, BigInt(value)), true);
  const time = (offset: number, nanoseconds: bigint): void => {
    const fraction = BigInt.asUintN(64, ((nanoseconds % 1_000_000_000n) + 1_000_000_000n) % 1_000_000_000n);
    u64(offset, (nanoseconds - fraction) / 1_000_000_000n);
    u64(offset + 8, fraction);
  };
  u64(0, stat.dev);
  u64(8, stat.ino);
  u64(16, stat.nlink);
  view.setUint32(24, stat.mode, true);
  view.setUint32(28, stat.uid, true);
  view.setUint32(32, stat.gid, true);
  u64(40, stat.rdev);
  u64(48, stat.size);
  u64(56, stat.blksize);
  u64(64, stat.blocks);
  time(72, stat.atime);
  time(88, stat.mtime);
  time(104, stat.ctime);
  return bytes;
}

const floor = (value: number, alignment: number): number => Math.floor(value / alignment) * alignment;

function writeFpState(vcpu: VcpuLike, bytes: Uint8Array, view: DataView): void {
  storeFxState(vcpu, bytes.subarray(0, XSTATE_SIZE));
  view.setUint32(FX.MAGIC1_AT, FX.MAGIC1, true);
  view.setUint32(FX.EXTENDED_SIZE, FX.SIZE, true);
  view.setBigUint64(FX.FEATURES, XSTATE_COMPONENTS, true);
  view.setUint32(FX.XSTATE_SIZE, XSTATE_SIZE, true);
  view.setBigUint64(XSTATE_HEADER, XSTATE_COMPONENTS, true);
  view.setUint32(XSTATE_SIZE, FX.MAGIC2, true);
}

/** False where the state is none that the processor takes. Without its marks it is that of fxsave alone. */
function readFpState(vcpu: VcpuLike, memory: UserMemory, address: number): boolean {
  const legacy = memory.readBytes(address, FX.LEGACY_SIZE);
  const view = new DataView(legacy.buffer, legacy.byteOffset, legacy.length);
  if ((view.getUint32(FX.MXCSR, true) & ~MXCSR_MASK) !== 0) return false;
  loadFxState(vcpu, hasExtension(memory, address, view) ? memory.readBytes(address, XSTATE_SIZE) : legacy);
  return true;
}

function hasExtension(memory: UserMemory, address: number, legacy: DataView): boolean {
  if (legacy.getUint32(FX.MAGIC1_AT, true) !== FX.MAGIC1 || legacy.getUint32(FX.EXTENDED_SIZE, true) !== FX.SIZE)
    return false;
  const rest = memory.readBytes(address + XSTATE_HEADER, FX.SIZE - XSTATE_HEADER);
  const view = new DataView(rest.buffer, rest.byteOffset, rest.length);
  const isMarked = view.getUint32(XSTATE_SIZE - XSTATE_HEADER, true) === FX.MAGIC2;
  return isMarked && (view.getBigUint64(0, true) & AVX) !== 0n;
}

/** x87 control and status words and MXCSR. */
function floatingPointState(vcpu: VcpuLike): { readonly control: number; readonly status: number; mxcsr: number } {
  const bytes = new Uint8Array(XSTATE_SIZE);
  storeFxState(vcpu, bytes);
  const view = new DataView(bytes.buffer);
  return {
    control: view.getUint16(0, true),
    status: view.getUint16(2, true),
    mxcsr: view.getUint32(FX.MXCSR, true),
  };
}

/** From the unmasked exceptions of the x87 where one waits, else of MXCSR (arch/x86/kernel/fpu/core.c). */
function floatingPointCode(vcpu: VcpuLike): number {
  const { control, status, mxcsr } = floatingPointState(vcpu);
  const raised = (status & X87_SUMMARY) !== 0 ? status & ~control : mxcsr & ~(mxcsr >> MXCSR_MASKS);
  const codes: readonly (readonly [exceptions: number, code: number])[] = [
    [0x01, FPE_FLTINV],
    [0x04, FPE_FLTDIV],
    [0x08, FPE_FLTOVF],
    [0x12, FPE_FLTUND],
    [0x20, FPE_FLTRES],
  ];
  return codes.find(([exceptions]) => (raised & exceptions) !== 0)?.[1] ?? FPE_FLTINV;
}

function trapNumber(vcpu: VcpuLike, trap: GuestTrap): number {
  switch (trap.kind) {
    case 'integer-divide':
      return X86_TRAP.DE;
    case 'breakpoint':
      return X86_TRAP.BP;
    case 'illegal-instruction':
      return X86_TRAP.UD;
    case 'protection':
      return X86_TRAP.GP;
    case 'floating-point':
      return (floatingPointState(vcpu).status & X87_SUMMARY) !== 0 ? X86_TRAP.MF : X86_TRAP.XF;
    case 'misaligned-access':
      return X86_TRAP.AC;
    case 'memory-fault':
      return trap.address !== null && isCanonical(trap.address) ? X86_TRAP.PF : X86_TRAP.GP;
  }
}

/** What the processor told about the trap. */
function writeTrap(view: DataView, vcpu: VcpuLike, memory: UserMemory, trap: GuestTrap): void {
  const number = trapNumber(vcpu, trap);
  view.setBigUint64(FRAME.TRAP, BigInt(number), true);
  if (number !== X86_TRAP.PF || trap.kind !== 'memory-fault' || trap.address === null) return;
  const access = { read: 0, write: X86_PF.WRITE, execute: X86_PF.FETCH }[trap.access];
  // A page without any permission counts as absent.
  const present = memory.space.faultKind(trap.address, 'read') === 'none' ? X86_PF.PRESENT : 0;
  view.setBigUint64(FRAME.ERROR, BigInt(X86_PF.USER | access | present), true);
  view.setBigUint64(FRAME.CR2, trap.address, true);
}

/**
 * A breakpoint counts as done when its signal comes, unlike on other machines: the pc is behind it, and siginfo comes from
 * the kernel without an address (arch/x86/kernel/traps.c, do_int3_user).
 */
function passBreakpoint(vcpu: VcpuLike, memory: UserMemory, info: Uint8Array): Uint8Array {
  const view = new DataView(info.buffer, info.byteOffset, info.length);
  const isBreakpoint = view.getInt32(0, true) === SIGTRAP && view.getInt32(8, true) === TRAP_BRKPT;
  if (!isBreakpoint || Number(view.getBigUint64(16, true)) !== vcpu.pc) return info;
  // `int 3` in its long form is CD 03.
  vcpu.pc += memory.readBytes(vcpu.pc, 1)[0] === 0xcd ? 2 : 1;
  const passed = info.slice();
  passed.fill(0, 8);
  new DataView(passed.buffer).setInt32(8, SI_KERNEL, true);
  return passed;
}

function enterSignalHandler(vcpu: VcpuLike, memory: UserMemory, delivery: SignalDelivery): void {
  const { stackTop } = delivery;
  const info = passBreakpoint(vcpu, memory, delivery.info);
  // An alternate stack starts free; on the one in use the red zone stays.
  const top = stackTop === vcpu.getI64(r(RSP)) ? stackTop - RED_ZONE : stackTop;
  const fpState = floor(top - FX.SIZE, FX.ALIGNMENT);
  // As after a call: rsp + 8 is a multiple of 16 at the handler's entry.
  const frame = floor(fpState - FRAME.SIZE, 16) - 8;
  const bytes = memory.writable(frame, fpState + FX.SIZE - frame);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const u64 = (offset: number, value: number | bigint): void =>
    view.setBigUint64(offset, BigInt.asUintN(64, BigInt(value)), true);
  bytes.fill(0);
  const fpBytes = bytes.subarray(fpState - frame);
  writeFpState(vcpu, fpBytes, new DataView(fpBytes.buffer, fpBytes.byteOffset, FX.SIZE));
  u64(FRAME.RESTORER, delivery.restorer);
  u64(FRAME.UC_FLAGS, UC_FLAGS);
  u64(FRAME.UC_STACK, delivery.alternateStack.address);
  view.setUint32(FRAME.UC_STACK + 8, delivery.alternateStack.flags, true);
  u64(FRAME.UC_STACK + 16, delivery.alternateStack.size);
  for (let index = 0; index < 8; index++) u64(FRAME.R8 + 8 * index, vcpu.getU64(r(8 + index)));
  CONTEXT_ORDER.forEach((register, index) => {
    u64(FRAME.REGISTERS + 8 * index, vcpu.getU64(r(register)));
  });
  const flags = flagsOf(vcpu);
  u64(FRAME.RIP, vcpu.pc);
  u64(FRAME.FLAGS, flags);
  u64(FRAME.SEGMENTS, USER_CS | (USER_SS << 48n));
  if (delivery.trap !== null) writeTrap(view, vcpu, memory, delivery.trap);
  u64(FRAME.FPSTATE, fpState);
  u64(FRAME.SIGMASK, delivery.mask);
  bytes.set(info, FRAME.INFO);
  vcpu.setI64(r(RSP), frame);
  vcpu.setI64(r(RDI), delivery.signal);
  vcpu.setI64(r(RSI), frame + FRAME.INFO);
  vcpu.setI64(r(RDX), frame + FRAME.UC_FLAGS);
  vcpu.setI64(r(RAX), 0);
  setFlags(vcpu, flags & ~FLAG.DF);
  resetFxState(vcpu);
  vcpu.syncMode();
  vcpu.pc = delivery.handler;
}

function leaveSignalHandler(vcpu: VcpuLike, memory: UserMemory): RestoredSignalState | null {
  // The handler's return has taken the restorer off the stack.
  const frame = memory.readBytes(vcpu.getI64(r(RSP)) - 8, FRAME.SIZE);
  const view = new DataView(frame.buffer, frame.byteOffset, FRAME.SIZE);
  const u64 = (offset: number): bigint => view.getBigUint64(offset, true);
  const fpState = Number(u64(FRAME.FPSTATE));
  if (fpState === 0) resetFxState(vcpu);
  else if (!readFpState(vcpu, memory, fpState)) return null;
  for (let index = 0; index < 8; index++) vcpu.setU64(r(8 + index), u64(FRAME.R8 + 8 * index));
  CONTEXT_ORDER.forEach((register, index) => {
    vcpu.setU64(r(register), u64(FRAME.REGISTERS + 8 * index));
  });
  setFlags(vcpu, Number(u64(FRAME.FLAGS) & 0xffffffffn));
  vcpu.syncMode();
  vcpu.pc = Number(u64(FRAME.RIP));
  return {
    mask: u64(FRAME.SIGMASK),
    alternateStack: {
      address: Number(u64(FRAME.UC_STACK)),
      flags: view.getInt32(FRAME.UC_STACK + 8, true),
      size: Number(u64(FRAME.UC_STACK + 16)),
    },
  };
}

/** Registers of a new thread or process: a copy of its parent's, the result 0, and what is given replaced. */
const cloning = {
  startClone(
    vcpu: VcpuLike,
    { stackPointer, threadPointer }: { readonly stackPointer: number | null; readonly threadPointer: bigint | null },
  ): void {
    vcpu.setI64(r(RAX), 0);
    if (stackPointer !== null) vcpu.setI64(r(RSP), stackPointer);
    if (threadPointer !== null) vcpu.setU64(fsBase, threadPointer);
  },
  cloneTakesTlsLast: true,
};

/** 48 bits, sign-extended. */
const isCanonical = (address: bigint): boolean => BigInt.asUintN(64, BigInt.asIntN(48, address)) === address;

const VSYSCALL_PAGE = 0xffffffffff600000n;
const vsyscall: Vsyscall = {
  contains: (address) => address >> 12n === VSYSCALL_PAGE >> 12n,
  numbers: new Map(
    ['gettimeofday', 'time', 'getcpu'].map((name, index) => [VSYSCALL_PAGE + 1024n * BigInt(index), numberOf(name)]),
  ),
  returnTo(vcpu, caller) {
    vcpu.pc = Number(BigInt.asIntN(64, caller));
    vcpu.setI64(r(RSP), vcpu.getI64(r(RSP)) + 8);
  },
};

function numberOf(call: string): number {
  const found = [...x64Syscalls].find(([, name]) => name === call);
  return defined(found, 'every vsyscall is a system call')[0];
}

export const x64: LinuxAbi = {
  ...cloning,
  floatingPointCode,
  isCanonical,
  vsyscall,
  guest: 'x64',
  machine: 'x86_64',
  machine32: 'i686',
  elfMachine: 62,
  // The kernel gives edx of CPUID leaf 1; programs ask CPUID themselves.
  hwcap: 0n,
  platform: 'x86_64',
  syscalls: x64Syscalls,
  // mov eax, 15; syscall
  sigreturnCode: Uint8Array.of(0xb8, 0x0f, 0x00, 0x00, 0x00, 0x0f, 0x05),
  sigactionRestorer: true,
  openFlags: (flags) => flags,
  packedEpollEvent: true,
  spacedSemaphoreTimes: true,
  minSignalStack: 2048,

  syscallNumber: (vcpu) => vcpu.getI64(r(RAX)),
  argument: (vcpu, index) => vcpu.getI64(r(defined(ARGUMENTS[index], 'six arguments'))),
  argumentBits: (vcpu, index) => vcpu.getU64(r(defined(ARGUMENTS[index], 'six arguments'))),
  setResult(vcpu, value) {
    if (typeof value === 'number') vcpu.setI64(r(RAX), value);
    else vcpu.setU64(r(RAX), BigInt.asUintN(64, value));
  },
  // rax still holds the number: the result of a call comes with its end.
  restartSyscall(vcpu, firstArgument) {
    vcpu.pc -= SYSCALL_LENGTH;
    vcpu.setU64(r(RDI), firstArgument);
  },
  stackPointer: (vcpu) => vcpu.getI64(r(RSP)),
  startProgram(vcpu, entry, stackPointer) {
    for (const slot of registers) vcpu.setU64(slot, 0n);
    vcpu.setU64(fsBase, 0n);
    vcpu.setU64(gsBase, 0n);
    setFlags(vcpu, 0);
    resetFxState(vcpu);
    vcpu.syncMode();
    vcpu.setI64(r(RSP), stackPointer);
    vcpu.pc = entry;
  },
  encodeStat,
  enterSignalHandler,
  leaveSignalHandler,
};
