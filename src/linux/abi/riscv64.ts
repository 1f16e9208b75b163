/**
 * Linux on riscv64: registers of system calls, struct stat, the signal frame (arch/riscv/kernel/signal.c;
 * uapi/asm/{ptrace,sigcontext,ucontext}.h) and the state of a fresh program.
 */
import { fcsrOf, frmSlot, fSlots, reservationAddress, restoreFcsr, xSlots } from '../../guest/riscv64/state.ts';
import type { Slot } from '../../ir/state.ts';
import { defined } from '../../common/assert.ts';
import type { UserMemory } from '../../memory/user-memory.ts';
import type { VcpuLike } from '../process/vcpu.ts';
import type { LinuxAbi, RestoredSignalState, SignalDelivery } from './abi.ts';
import { genericSyscalls } from './generic-syscalls.ts';
import { encodeGenericStat } from './stat.ts';

const ECALL_LENGTH = 4;
const RA = 1;
const SP = 2;
const TP = 4;
const A0 = 10;
const A7 = 17;

/** struct rt_sigframe { siginfo_t info; struct ucontext uc; }, offsets from the stack pointer. */
const FRAME = {
  INFO: 0,
  UC_FLAGS: 128,
  UC_LINK: 136,
  UC_STACK: 144,
  UC_SIGMASK: 168,
  /** uc_mcontext is 16-byte aligned because union __riscv_fp_state is. */
  PC: 304,
  /** x1 to x31. */
  X1: 312,
  F0: 560,
  FCSR: 816,
  /** The q extension's reserved words at the end: zero states that no extension contexts follow. */
  RESERVED: 1076,
  SIZE: 1088,
} as const;

/** riscv64's additions to the generic table; renameat was dropped before the port was merged. */
const syscalls = new Map([...genericSyscalls, [258, 'riscv_hwprobe'], [259, 'riscv_flush_icache']] as const);
syscalls.delete(38);

function letterBit(letter: string): bigint {
  return 1n << BigInt(letter.charCodeAt(0) - 'A'.charCodeAt(0));
}

function x(index: number): Slot {
  return defined(xSlots[index], 'x registers are numbered 0 to 31');
}

function f(index: number): Slot {
  return defined(fSlots[index], 'f registers are numbered 0 to 31');
}

function readFcsr(vcpu: VcpuLike): number {
  return fcsrOf(vcpu.fpEnv, vcpu.slotBytes(frmSlot, 1)[0] ?? 0);
}

/** An invalid rounding mode changes how instructions decode, so it is part of the vCPU's mode. */
function writeFcsr(vcpu: VcpuLike, fcsr: number): void {
  const { fpEnv, frm } = restoreFcsr(vcpu.fpEnv, fcsr);
  vcpu.fpEnv = fpEnv;
  vcpu.slotBytes(frmSlot, 4).set([frm, 0, 0, 0]);
  vcpu.syncMode();
}

/** No load-reserved from before a signal may pair with a store-conditional after it. */
function dropReservation(vcpu: VcpuLike): void {
  vcpu.setI64(reservationAddress, -1);
}

function enterSignalHandler(vcpu: VcpuLike, memory: UserMemory, delivery: SignalDelivery): void {
  const frame = Math.floor((delivery.stackTop - FRAME.SIZE) / 16) * 16;
  const bytes = memory.writable(frame, FRAME.SIZE);
  const view = new DataView(bytes.buffer, bytes.byteOffset, FRAME.SIZE);
  const u64 = (offset: number, value: number | bigint): void =>
    view.setBigUint64(offset, BigInt.asUintN(64, BigInt(value)), true);
  bytes.fill(0);
  bytes.set(delivery.info, FRAME.INFO);
  u64(FRAME.UC_STACK, delivery.alternateStack.address);
  view.setUint32(FRAME.UC_STACK + 8, delivery.alternateStack.flags, true);
  u64(FRAME.UC_STACK + 16, delivery.alternateStack.size);
  u64(FRAME.UC_SIGMASK, delivery.mask);
  u64(FRAME.PC, vcpu.pc);
  for (let index = 1; index < 32; index++) u64(FRAME.X1 + (index - 1) * 8, vcpu.getU64(x(index)));
  for (let index = 0; index < 32; index++) u64(FRAME.F0 + index * 8, vcpu.getU64(f(index)));
  view.setUint32(FRAME.FCSR, readFcsr(vcpu), true);
  vcpu.setI64(x(RA), delivery.restorer);
  vcpu.setI64(x(SP), frame);
  vcpu.setI64(x(A0), delivery.signal);
  vcpu.setI64(x(A0 + 1), frame + FRAME.INFO);
  vcpu.setI64(x(A0 + 2), frame + FRAME.UC_FLAGS);
  dropReservation(vcpu);
  vcpu.pc = delivery.handler;
}

function leaveSignalHandler(vcpu: VcpuLike, memory: UserMemory): RestoredSignalState | null {
  const frame = memory.readBytes(vcpu.getI64(x(SP)), FRAME.SIZE);
  const view = new DataView(frame.buffer);
  const u64 = (offset: number): bigint => view.getBigUint64(offset, true);
  if (frame.subarray(FRAME.RESERVED).some((byte) => byte !== 0)) return null;
  dropReservation(vcpu);
  vcpu.pc = Number(u64(FRAME.PC));
  for (let index = 1; index < 32; index++) vcpu.setU64(x(index), u64(FRAME.X1 + (index - 1) * 8));
  for (let index = 0; index < 32; index++) vcpu.setU64(f(index), u64(FRAME.F0 + index * 8));
  writeFcsr(vcpu, view.getUint32(FRAME.FCSR, true));
  return {
    mask: u64(FRAME.UC_SIGMASK),
    alternateStack: {
      address: Number(u64(FRAME.UC_STACK)),
      flags: view.getInt32(FRAME.UC_STACK + 8, true),
      size: Number(u64(FRAME.UC_STACK + 16)),
    },
  };
}

export const riscv64: LinuxAbi = {
  guest: 'riscv64',
  machine: 'riscv64',
  machine32: 'riscv32',
  elfMachine: 243,
  hwcap: [...'IMAFDC'].reduce((bits, letter) => bits | letterBit(letter), 0n),
  platform: null,
  syscalls,
  // li a7, 139; ecall
  sigreturnCode: Uint8Array.of(0x93, 0x08, 0xb0, 0x08, 0x73, 0x00, 0x00, 0x00),
  sigactionRestorer: false,
  minSignalStack: 2048,
  openFlags: (flags) => flags,

  syscallNumber: (vcpu) => vcpu.getI64(x(A7)),
  argument: (vcpu, index) => vcpu.getI64(x(A0 + index)),
  argumentBits: (vcpu, index) => vcpu.getU64(x(A0 + index)),
  setResult(vcpu, value) {
    if (typeof value === 'number') vcpu.setI64(x(A0), value);
    else vcpu.setU64(x(A0), BigInt.asUintN(64, value));
  },
  restartSyscall(vcpu, firstArgument) {
    vcpu.pc -= ECALL_LENGTH;
    vcpu.setU64(x(A0), firstArgument);
  },
  stackPointer: (vcpu) => vcpu.getI64(x(SP)),
  cloneTakesTlsLast: false,
  startClone(vcpu, { stackPointer, threadPointer }) {
    if (stackPointer !== null) vcpu.setI64(x(SP), stackPointer);
    if (threadPointer !== null) vcpu.setU64(x(TP), threadPointer);
    vcpu.setI64(x(A0), 0);
    dropReservation(vcpu);
  },
  startProgram(vcpu, entry, stackPointer) {
    for (let index = 1; index < 32; index++) vcpu.setU64(x(index), 0n);
    for (let index = 0; index < 32; index++) vcpu.setU64(f(index), 0n);
    writeFcsr(vcpu, 0);
    vcpu.setI64(x(SP), stackPointer);
    vcpu.pc = entry;
  },
  encodeStat: encodeGenericStat,
  enterSignalHandler,
  leaveSignalHandler,
};
