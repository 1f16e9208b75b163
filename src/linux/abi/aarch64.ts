/**
 * Linux on aarch64: registers of system calls, the signal frame (arch/arm64/kernel/signal.c;
 * uapi/asm/{ptrace,sigcontext,ucontext}.h) and the state of a fresh program.
 */
import {
  exclusiveAddress,
  flagsA,
  flagsB,
  flagsKind,
  flagsKindOf,
  fpcrSlot,
  FPCR_MASK,
  fpEnvFlagsOf,
  fpEnvOfFpcr,
  fpsrOf,
  NO_EXCLUSIVE,
  nzcvOf,
  spSlot,
  tpidrSlot,
  vSlots,
  xSlots,
} from '../../guest/aarch64/state.ts';
import type { Slot } from '../../ir/state.ts';
import { defined } from '../../common/assert.ts';
import type { UserMemory } from '../../memory/user-memory.ts';
import type { VcpuLike } from '../process/vcpu.ts';
import type { LinuxAbi, RestoredSignalState, SignalDelivery } from './abi.ts';
import { genericSyscalls } from './generic-syscalls.ts';
import { encodeGenericStat } from './stat.ts';

const SVC_LENGTH = 4;
const FP = 29;
const LR = 30;
const X8 = 8;

/** struct rt_sigframe { siginfo_t info; struct ucontext uc; }, offsets from the stack pointer. */
const FRAME = {
  INFO: 0,
  UC_FLAGS: 128,
  UC_STACK: 144,
  UC_SIGMASK: 168,
  /** struct sigcontext, 16-byte aligned. */
  FAULT_ADDRESS: 304,
  X0: 312,
  SP: 560,
  PC: 568,
  PSTATE: 576,
  /** Records of extended state: each with a magic number and its size, up to one of size 0. */
  RESERVED: 592,
  SIZE: 592 + 4096,
} as const;

/** struct fpsimd_context within a frame's records. */
const FPSIMD = { MAGIC: 0x46508001, SIZE: 528, FPSR: 8, FPCR: 12, V0: 16 } as const;
const ESR_MAGIC = 0x45535201;
const EXTRA_MAGIC = 0x45585401;
const RESERVED_SIZE = 4096;
/** Above the frame: a frame record, so that unwinders walk from the handler into what it interrupted. */
const FRAME_RECORD = 16;

const x = (index: number): Slot => defined(xSlots[index], 'x registers are numbered 0 to 30');
const v = (index: number): Slot => defined(vSlots[index], 'v registers are numbered 0 to 31');

function readWord(vcpu: VcpuLike, slot: Slot): number {
  const bytes = vcpu.slotBytes(slot, 4);
  return new DataView(bytes.buffer, bytes.byteOffset, 4).getInt32(0, true);
}

function writeWord(vcpu: VcpuLike, slot: Slot, value: number): void {
  const bytes = vcpu.slotBytes(slot, 4);
  new DataView(bytes.buffer, bytes.byteOffset, 4).setInt32(0, value, true);
}

function readFpsr(vcpu: VcpuLike): number {
  return fpsrOf(vcpu.fpEnv);
}

function writeFpState(vcpu: VcpuLike, fpsr: number, fpcr: number): void {
  const kept = fpcr & FPCR_MASK;
  vcpu.fpEnv = fpEnvOfFpcr(kept) | fpEnvFlagsOf(fpsr);
  writeWord(vcpu, fpcrSlot, kept);
  vcpu.syncMode();
}

/** No load-exclusive from before a signal may pair with a store-exclusive after it. */
function dropExclusive(vcpu: VcpuLike): void {
  vcpu.setI64(exclusiveAddress, NO_EXCLUSIVE);
}

function writeRegisters(vcpu: VcpuLike, view: DataView): void {
  const u64 = (offset: number, value: number | bigint): void =>
    view.setBigUint64(offset, BigInt.asUintN(64, BigInt(value)), true);
  for (let index = 0; index <= LR; index++) u64(FRAME.X0 + index * 8, vcpu.getU64(x(index)));
  u64(FRAME.SP, vcpu.getU64(spSlot));
  u64(FRAME.PC, vcpu.pc);
  const kind = readWord(vcpu, flagsKind);
  u64(FRAME.PSTATE, nzcvOf(vcpu.getU64(flagsA), vcpu.getU64(flagsB), kind));
}

function writeVectors(vcpu: VcpuLike, frame: Uint8Array, view: DataView): void {
  const at = FRAME.RESERVED;
  view.setUint32(at, FPSIMD.MAGIC, true);
  view.setUint32(at + 4, FPSIMD.SIZE, true);
  view.setUint32(at + FPSIMD.FPSR, readFpsr(vcpu), true);
  view.setUint32(at + FPSIMD.FPCR, readWord(vcpu, fpcrSlot), true);
  for (let index = 0; index < 32; index++) frame.set(vcpu.slotBytes(v(index), 16), at + FPSIMD.V0 + index * 16);
}

function enterSignalHandler(vcpu: VcpuLike, memory: UserMemory, delivery: SignalDelivery): void {
  const record = Math.floor((delivery.stackTop - FRAME_RECORD) / 16) * 16;
  const frame = record - FRAME.SIZE;
  const bytes = memory.writable(frame, FRAME.SIZE + FRAME_RECORD);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const u64 = (offset: number, value: number | bigint): void =>
    view.setBigUint64(offset, BigInt.asUintN(64, BigInt(value)), true);
  bytes.fill(0);
  bytes.set(delivery.info, FRAME.INFO);
  u64(FRAME.UC_STACK, delivery.alternateStack.address);
  view.setUint32(FRAME.UC_STACK + 8, delivery.alternateStack.flags, true);
  u64(FRAME.UC_STACK + 16, delivery.alternateStack.size);
  u64(FRAME.UC_SIGMASK, delivery.mask);
  writeRegisters(vcpu, view);
  writeVectors(vcpu, bytes, view);
  u64(FRAME.SIZE, vcpu.getU64(x(FP)));
  u64(FRAME.SIZE + 8, vcpu.getU64(x(LR)));
  vcpu.setI64(x(0), delivery.signal);
  vcpu.setI64(x(1), frame + FRAME.INFO);
  vcpu.setI64(x(2), frame + FRAME.UC_FLAGS);
  vcpu.setI64(x(FP), record);
  vcpu.setI64(x(LR), delivery.restorer);
  vcpu.setI64(spSlot, frame);
  dropExclusive(vcpu);
  vcpu.pc = delivery.handler;
}

/** Offset of the fpsimd record in a frame, or null where the records are malformed or lack it. */
function findVectors(view: DataView): number | null {
  let found: number | null = null;
  for (let offset = 0; offset + 8 <= RESERVED_SIZE;) {
    const magic = view.getUint32(FRAME.RESERVED + offset, true);
    const size = view.getUint32(FRAME.RESERVED + offset + 4, true);
    if (magic === 0 && size === 0) return found;
    if (size < 16 || size % 16 !== 0 || offset + size > RESERVED_SIZE) return null;
    if (magic === FPSIMD.MAGIC && size >= FPSIMD.SIZE && found === null) found = FRAME.RESERVED + offset;
    else if (magic !== ESR_MAGIC && magic !== EXTRA_MAGIC) return null;
    offset += size;
  }
  return null;
}

function leaveSignalHandler(vcpu: VcpuLike, memory: UserMemory): RestoredSignalState | null {
  const address = vcpu.getI64(spSlot);
  if (address % 16 !== 0) return null;
  const frame = memory.readBytes(address, FRAME.SIZE);
  const view = new DataView(frame.buffer, frame.byteOffset, frame.length);
  const u64 = (offset: number): bigint => view.getBigUint64(offset, true);
  const vectors = findVectors(view);
  // Bits that select AArch32 or another exception level: valid_user_regs.
  if (vectors === null || (u64(FRAME.PSTATE) & 0x1fn) !== 0n) return null;
  dropExclusive(vcpu);
  vcpu.pc = Number(u64(FRAME.PC));
  for (let index = 0; index <= LR; index++) vcpu.setU64(x(index), u64(FRAME.X0 + index * 8));
  vcpu.setU64(spSlot, u64(FRAME.SP));
  writeWord(vcpu, flagsKind, flagsKindOf(Number(u64(FRAME.PSTATE) & 0xf0000000n)));
  for (let index = 0; index < 32; index++) {
    const at = vectors + FPSIMD.V0 + index * 16;
    vcpu.slotBytes(v(index), 16).set(frame.subarray(at, at + 16));
  }
  writeFpState(vcpu, view.getUint32(vectors + FPSIMD.FPSR, true), view.getUint32(vectors + FPSIMD.FPCR, true));
  return {
    mask: u64(FRAME.UC_SIGMASK),
    alternateStack: {
      address: Number(u64(FRAME.UC_STACK)),
      flags: view.getInt32(FRAME.UC_STACK + 8, true),
      size: Number(u64(FRAME.UC_STACK + 16)),
    },
  };
}

/**
 * uapi/asm/fcntl.h: O_DIRECTORY and O_NOFOLLOW have the bits of the generic O_DIRECT and O_LARGEFILE, and the other way
 * round: bits 14 and 15 change places with 16 and 17.
 */
function exchangeFlags(flags: number): number {
  const low = (flags >>> 14) & 3;
  const high = (flags >>> 16) & 3;
  return (flags & ~(15 << 14)) | (low << 16) | (high << 14);
}

/** uapi/asm/hwcap.h: what is complete, and nothing else. */
const HWCAP = {
  FP: 1n << 0n,
  ASIMD: 1n << 1n,
  AES: 1n << 3n,
  PMULL: 1n << 4n,
  SHA1: 1n << 5n,
  SHA2: 1n << 6n,
  CRC32: 1n << 7n,
  ATOMICS: 1n << 8n,
  CPUID: 1n << 11n,
  ASIMDRDM: 1n << 12n,
  LRCPC: 1n << 15n,
  DCPOP: 1n << 16n,
  ASIMDDP: 1n << 20n,
  SB: 1n << 29n,
} as const;

export const aarch64: LinuxAbi = {
  guest: 'aarch64',
  machine: 'aarch64',
  machine32: 'armv8l',
  elfMachine: 183,
  hwcap: Object.values(HWCAP).reduce((bits, bit) => bits | bit),
  platform: 'aarch64',
  syscalls: genericSyscalls,
  // mov x8, #139; svc #0
  sigreturnCode: Uint8Array.of(0x68, 0x11, 0x80, 0xd2, 0x01, 0x00, 0x00, 0xd4),
  sigactionRestorer: true,
  minSignalStack: 5120,
  openFlags: exchangeFlags,

  syscallNumber: (vcpu) => vcpu.getI64(x(X8)),
  argument: (vcpu, index) => vcpu.getI64(x(index)),
  argumentBits: (vcpu, index) => vcpu.getU64(x(index)),
  setResult(vcpu, value) {
    if (typeof value === 'number') vcpu.setI64(x(0), value);
    else vcpu.setU64(x(0), BigInt.asUintN(64, value));
  },
  restartSyscall(vcpu, firstArgument) {
    vcpu.pc -= SVC_LENGTH;
    vcpu.setU64(x(0), firstArgument);
  },
  stackPointer: (vcpu) => vcpu.getI64(spSlot),
  cloneTakesTlsLast: false,
  startClone(vcpu, { stackPointer, threadPointer }) {
    if (stackPointer !== null) vcpu.setI64(spSlot, stackPointer);
    if (threadPointer !== null) vcpu.setU64(tpidrSlot, threadPointer);
    vcpu.setI64(x(0), 0);
    dropExclusive(vcpu);
  },
  startProgram(vcpu, entry, stackPointer) {
    for (let index = 0; index <= LR; index++) vcpu.setU64(x(index), 0n);
    for (let index = 0; index < 32; index++) vcpu.slotBytes(v(index), 16).fill(0);
    writeWord(vcpu, flagsKind, flagsKindOf(0));
    vcpu.setU64(tpidrSlot, 0n);
    writeFpState(vcpu, 0, 0);
    dropExclusive(vcpu);
    vcpu.setI64(spSlot, stackPointer);
    vcpu.pc = entry;
  },
  encodeStat: encodeGenericStat,
  enterSignalHandler,
  leaveSignalHandler,
};
