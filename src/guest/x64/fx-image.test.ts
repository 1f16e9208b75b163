import { describe, expect, it } from 'vitest';
import type { Slot } from '../../ir/state.ts';
import { VCPU_SIZE } from '../../ir/vcpu-layout.ts';
import { loadFxState, storeFxState, XSTATE_SIZE, type FxMachine } from './fx-image.ts';
import { FP_ENV_FIXED, mxcsrOf, restoreMxcsr } from './mxcsr.ts';
import { fpTrapsSlot, stackSlots, topSlot, ymmHighSlots } from './state.ts';

class Machine implements FxMachine {
  readonly block = new Uint8Array(VCPU_SIZE);
  fpEnv: number = FP_ENV_FIXED;
  slotBytes(slot: Slot, length: number): Uint8Array {
    return this.block.subarray(slot.offset, slot.offset + length);
  }
}

function areaOf(machine: Machine): Uint8Array {
  const area = new Uint8Array(XSTATE_SIZE);
  storeFxState(machine, area);
  return area;
}

describe('the state as fxsave has it', () => {
  it('is the initial one of a block of zeros', () => {
    const view = new DataView(areaOf(new Machine()).buffer);
    expect(view.getUint16(0, true)).toBe(0x37f);
    expect(view.getUint16(2, true)).toBe(0);
    expect(view.getUint8(4)).toBe(0);
    expect(view.getUint32(24, true)).toBe(0x1f80);
    expect(view.getUint32(28, true)).toBe(0xffff);
  });

  it('comes back from an area as it was stored', () => {
    const area = Uint8Array.from({ length: XSTATE_SIZE }, (_, at) => (at * 37 + 11) & 0xff);
    const view = new DataView(area.buffer);
    view.setUint16(0, 0x27e, true);
    // Invalid is unmasked and pending: summary and busy follow from that.
    view.setUint16(2, 0xb981, true);
    view.setUint8(4, 0x8f);
    area.fill(0, 5, 24);
    view.setUint32(24, 0xfe40 | 0x21, true);
    view.setUint32(28, 0xffff, true);
    for (let number = 0; number < 8; number++) area.fill(0, 42 + 16 * number, 48 + 16 * number);
    area.fill(0, 416, 576);
    const machine = new Machine();
    loadFxState(machine, area);
    expect(Buffer.from(areaOf(machine)).equals(Buffer.from(area))).toBe(true);
    expect(machine.slotBytes(topSlot, 1)[0]).toBe(7);
    // Physical register 7 is st(0) and not empty; 4 is st(5) and empty.
    expect(stackSlots.map((slot) => machine.slotBytes(slot, 16)[10])).toEqual([1, 1, 1, 1, 1, 0, 0, 0]);
    expect(machine.slotBytes(fpTrapsSlot, 1)[0]).not.toBe(0);
  });

  it('without the upper halves of the ymm registers clears them', () => {
    const machine = new Machine();
    machine.slotBytes(ymmHighSlots[3]!, 16).fill(9);
    const area = new Uint8Array(512);
    storeFxState(machine, area);
    loadFxState(machine, area);
    expect(machine.slotBytes(ymmHighSlots[3]!, 16)).toEqual(new Uint8Array(16));
  });
});

describe('MXCSR', () => {
  it('survives the way through the environment word', () => {
    for (let value = 0; value < 0x10000; value += 37) {
      const { fpEnv, traps } = restoreMxcsr(value);
      expect(mxcsrOf(fpEnv, traps)).toBe(value);
    }
  });
});
