/**
 * The x87, SSE and AVX state as xsave lays it out (SDM vol. 1, 10.5.1 and 13.4), for signal frames and debuggers. The
 * addresses of the last x87 instruction and its operand are not kept and come out as 0.
 */
import { CONTROL, STATUS } from '../../fp/extended/environment.ts';
import type { Slot } from '../../ir/state.ts';
import { MXCSR, mxcsrOf, restoreMxcsr } from './mxcsr.ts';
import { fpTrapsSlot, stackSlots, topSlot, vectorSlots, x87EnvSlot, X87_TRAPS, ymmHighSlots } from './state.ts';

/** Bytes of the legacy area, of the header behind it, and of everything with the upper halves of the ymm registers. */
export const FX_SIZE = 512;
export const XSTATE_HEADER = 512;
export const XSTATE_YMM = 576;
export const XSTATE_SIZE = 832;
/** Components: x87, SSE, AVX. */
export const XSTATE_COMPONENTS = 7n;

/** A vCPU's state, as far as it is needed here. */
export interface FxMachine {
  fpEnv: number;
  /** A view of a slot's bytes. */
  slotBytes(slot: Slot, length: number): Uint8Array;
}

const AT = { CONTROL: 0, STATUS: 2, TAGS: 4, MXCSR: 24, MXCSR_MASK: 28, ST: 32, XMM: 160 } as const;
const REGISTER = 16;
const ENCODING = 10;
/** Byte of an x87 register's slot that is 1 where it is not empty. */
const FULL_BYTE = 10;
const TOP_SHIFT = 11;

function wordOf(machine: FxMachine, slot: Slot): DataView {
  const bytes = machine.slotBytes(slot, 4);
  return new DataView(bytes.buffer, bytes.byteOffset, 4);
}

/** Writes the state to an area of 512 bytes, or of `XSTATE_SIZE` with the ymm registers; the header is the caller's. */
export function storeFxState(machine: FxMachine, area: Uint8Array): void {
  const view = new DataView(area.buffer, area.byteOffset, area.byteLength);
  const word = wordOf(machine, x87EnvSlot).getUint32(0, true);
  const top = wordOf(machine, topSlot).getInt32(0, true) & 7;
  area.fill(0, 0, FX_SIZE);
  view.setUint16(AT.CONTROL, (word >>> 16) ^ CONTROL.INITIAL, true);
  view.setUint16(AT.STATUS, (word & 0xffff) | (top << TOP_SHIFT), true);
  let tags = 0;
  for (const [number, slot] of stackSlots.entries()) {
    const register = machine.slotBytes(slot, REGISTER);
    area.set(register.subarray(0, ENCODING), AT.ST + REGISTER * number);
    tags |= ((register[FULL_BYTE] ?? 0) & 1) << ((top + number) & 7);
  }
  view.setUint8(AT.TAGS, tags);
  view.setUint32(AT.MXCSR, mxcsrOf(machine.fpEnv, wordOf(machine, fpTrapsSlot).getInt32(0, true)), true);
  view.setUint32(AT.MXCSR_MASK, MXCSR.WRITABLE, true);
  for (const [number, slot] of vectorSlots.entries())
    area.set(machine.slotBytes(slot, REGISTER), AT.XMM + REGISTER * number);
  if (area.length < XSTATE_SIZE) return;
  for (const [number, slot] of ymmHighSlots.entries())
    area.set(machine.slotBytes(slot, REGISTER), XSTATE_YMM + REGISTER * number);
}

/**
 * Sets the state from an area; the ymm registers' upper halves become 0 where it does not have them. Bits that MXCSR lacks
 * are ignored, as Linux does. The mode may change.
 */
export function loadFxState(machine: FxMachine, area: Uint8Array): void {
  const view = new DataView(area.buffer, area.byteOffset, area.byteLength);
  const status = view.getUint16(AT.STATUS, true);
  const control = (view.getUint16(AT.CONTROL, true) & ~0xe080) | 0x40;
  const top = (status >> TOP_SHIFT) & 7;
  const tags = view.getUint8(AT.TAGS);
  const flags = status & 0xffff & ~(7 << TOP_SHIFT) & ~(STATUS.SUMMARY | STATUS.BUSY);
  const isPending = (flags & ~control & CONTROL.MASKS) !== 0;
  const word = flags | (isPending ? STATUS.SUMMARY | STATUS.BUSY : 0) | ((control ^ CONTROL.INITIAL) << 16);
  wordOf(machine, x87EnvSlot).setInt32(0, word, true);
  wordOf(machine, topSlot).setInt32(0, top, true);
  for (const [number, slot] of stackSlots.entries()) {
    const register = machine.slotBytes(slot, REGISTER);
    register.fill(0);
    register.set(area.subarray(AT.ST + REGISTER * number, AT.ST + REGISTER * number + ENCODING));
    register[FULL_BYTE] = (tags >> ((top + number) & 7)) & 1;
  }
  const { fpEnv, traps } = restoreMxcsr(view.getUint32(AT.MXCSR, true) & MXCSR.WRITABLE);
  machine.fpEnv = fpEnv;
  const hasX87Traps = (~control & CONTROL.MASKS) !== 0;
  wordOf(machine, fpTrapsSlot).setInt32(0, traps | (hasX87Traps ? X87_TRAPS : 0), true);
  const copy = (slots: readonly Slot[], offset: number): void => {
    for (const [number, slot] of slots.entries()) {
      const from = offset + REGISTER * number;
      const register = machine.slotBytes(slot, REGISTER);
      if (from + REGISTER <= area.length) register.set(area.subarray(from, from + REGISTER));
      else register.fill(0);
    }
  };
  copy(vectorSlots, AT.XMM);
  copy(ymmHighSlots, XSTATE_YMM);
}

/** Sets the initial state: everything is 0 and empty, exceptions are masked. The mode may change. */
export function resetFxState(machine: FxMachine): void {
  const area = new Uint8Array(XSTATE_SIZE);
  const view = new DataView(area.buffer);
  view.setUint16(AT.CONTROL, CONTROL.INITIAL, true);
  view.setUint32(AT.MXCSR, MXCSR.INITIAL, true);
  loadFxState(machine, area);
}
