/** Moves a vCPU's state between its block in linear memory and struct kvm_run, and the area of xsave. */
import type { Vcpu } from '../../engine/vcpu.ts';
import { loadFxState, storeFxState, XSTATE_COMPONENTS, XSTATE_HEADER, XSTATE_SIZE } from '../../guest/x64/fx-image.ts';
import { readFlags, writeFlags } from '../../guest/x64/index.ts';
import {
  fpTrapsSlot,
  fsBase,
  gsBase,
  registers,
  stackSlots,
  topSlot,
  vectorSlots,
  x87EnvSlot,
  ymmHighSlots,
} from '../../guest/x64/state.ts';
import type { Slot } from '../../ir/state.ts';
import { KVM_RUN, REGISTER_ORDER, REGS, SREGS } from './run-structure.ts';

/** The slots that `XsaveArea` carries. */
const extendedSlots: ReadonlySet<number> = new Set(
  [...vectorSlots, ...ymmHighSlots, ...stackSlots, topSlot, x87EnvSlot, fpTrapsSlot].map(({ offset }) => offset),
);

export function isExtendedSlot({ offset }: Slot): boolean {
  return extendedSlots.has(offset);
}

/** Where user code goes on, and its flags: with a system call or a fault they are not where they are otherwise. */
export interface Resumption {
  readonly rip: bigint;
  readonly rsp: bigint;
  readonly flags: number;
}

const FS_BASE = KVM_RUN.SREGS + SREGS.FS;
const GS_BASE = KVM_RUN.SREGS + SREGS.GS;

/** The registers of one vCPU that are not of the floating-point unit. */
export class RegisterFile {
  readonly #engine: Vcpu;
  readonly #block: DataView;
  /** Where in the block each general register is, in the order of struct kvm_regs. */
  readonly #offsets: readonly number[];

  constructor(engine: Vcpu) {
    this.#engine = engine;
    const [first] = registers;
    const origin = first === undefined ? 0 : engine.slotBytes(first, 8).byteOffset - first.offset;
    this.#block = new DataView(engine.memory.memory.buffer, origin);
    this.#offsets = REGISTER_ORDER.map((number) => registers[number]?.offset ?? 0);
  }

  #read = (slot: Slot): bigint => this.#block.getBigUint64(slot.offset, true);

  #write = (slot: Slot, bits: bigint): void => {
    if (slot.type === 'i64') this.#block.setBigUint64(slot.offset, bits, true);
    else this.#block.setInt32(slot.offset, Number(bits), true);
  };

  /** Fills struct kvm_run from the vCPU; its system registers are those of user code. */
  store(run: DataView): void {
    let at: number = KVM_RUN.REGS;
    for (const offset of this.#offsets) {
      run.setUint32(at, this.#block.getUint32(offset, true), true);
      run.setUint32(at + 4, this.#block.getUint32(offset + 4, true), true);
      at += 8;
    }
    const { pc } = this.#engine;
    run.setUint32(KVM_RUN.REGS + REGS.RIP, pc, true);
    run.setInt32(KVM_RUN.REGS + REGS.RIP + 4, Math.floor(pc / 2 ** 32), true);
    run.setBigUint64(KVM_RUN.REGS + REGS.RFLAGS, BigInt(readFlags(this.#read)), true);
    run.setBigUint64(FS_BASE, this.#read(fsBase), true);
    run.setBigUint64(GS_BASE, this.#read(gsBase), true);
  }

  /** Takes the vCPU's registers from struct kvm_run. */
  load(run: DataView, { rip, rsp, flags }: Resumption): void {
    let at: number = KVM_RUN.REGS;
    for (const offset of this.#offsets) {
      this.#block.setUint32(offset, run.getUint32(at, true), true);
      this.#block.setUint32(offset + 4, run.getUint32(at + 4, true), true);
      at += 8;
    }
    this.#block.setBigUint64(this.#offsets[REGS.RSP / 8] ?? 0, rsp, true);
    this.#engine.pc = Number(BigInt.asIntN(64, rip));
    writeFlags(this.#write, flags);
    this.#block.setBigUint64(fsBase.offset, run.getBigUint64(FS_BASE, true), true);
    this.#block.setBigUint64(gsBase.offset, run.getBigUint64(GS_BASE, true), true);
  }
}

/** The area of xsave with the vCPU's x87, SSE and AVX state. */
export function xsaveArea(engine: Vcpu): Uint8Array {
  const area = new Uint8Array(XSTATE_SIZE);
  storeFxState(engine, area);
  new DataView(area.buffer).setBigUint64(XSTATE_HEADER, XSTATE_COMPONENTS, true);
  return area;
}

/** Takes the vCPU's x87, SSE and AVX state from an area of xsave. */
export function loadXsaveArea(engine: Vcpu, area: Uint8Array): void {
  loadFxState(engine, area.subarray(0, XSTATE_SIZE));
}
