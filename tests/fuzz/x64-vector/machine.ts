/** Runs records on a bare vCPU. */
import type { Exit } from '../../../src/engine/exit.ts';
import { Vcpu } from '../../../src/engine/vcpu.ts';
import { loadFxState, storeFxState, XSTATE_SIZE, XSTATE_YMM } from '../../../src/guest/x64/fx-image.ts';
import { readFlags, writeFlags, x64 } from '../../../src/guest/x64/index.ts';
import { registers } from '../../../src/guest/x64/state.ts';
import type { Slot } from '../../../src/ir/state.ts';
import { GuestMemory } from '../../../src/memory/guest-memory.ts';
import { PAGE_SHIFT, PAGE_SIZE, PERMISSION } from '../../../src/memory/layout.ts';
import { CODE, INPUT, MEMORY, MEMORY_SIZE, OUTPUT, STATE } from './state.ts';

/** Signals by the trap that becomes one. */
const SIGNALS: Readonly<Record<string, number>> = {
  breakpoint: 5,
  'memory-fault': 11,
  protection: 11,
  'illegal-instruction': 4,
  'floating-point': 8,
};
const ENTRY = CODE + 16;
const BUDGET = 1000;
/** Longer than any page is left to tier 0 because its code changed. */
const RUN_TIME = 20_000_000_000n;

function signalOf(exit: Exit): number {
  return exit.kind === 'trap' ? (SIGNALS[exit.trap.kind] ?? -1) : -1;
}

/** In tier 1 whatever runs is compiled, with the state exact at faults. */
export class Machine {
  readonly #memory = GuestMemory.create(1 << 26);
  readonly #vcpu: Vcpu;
  #time = 0n;

  constructor(memoryModel: 'strict' | 'range' = 'strict', tier: 0 | 1 = 0) {
    const { bytes, layout } = this.#memory;
    for (const page of [0, 1]) {
      bytes[layout.permissions + (CODE >> PAGE_SHIFT) + page] = PERMISSION.READ | PERMISSION.EXECUTE;
      bytes[layout.permissions + (MEMORY >> PAGE_SHIFT) + page] = PERMISSION.READ | PERMISSION.WRITE;
    }
    this.#vcpu = new Vcpu({
      guest: x64,
      ...{ memory: this.#memory, memoryModel, tier, clock: () => 0n },
      ...{ compileThreshold: 0, compileClock: () => this.#time },
    });
    this.#vcpu.setPreciseFaults(true);
  }

  /** Instructions retired, and how many of them compiled. */
  get retired(): { readonly all: number; readonly compiled: number } {
    const { instructions, compiledInstructions } = this.#vcpu.stats;
    return { all: instructions, compiled: compiledInstructions };
  }

  /** An output record. */
  run(record: Buffer): Buffer {
    const vcpu = this.#vcpu;
    const { bytes } = this.#memory;
    const state = record.subarray(INPUT.STATE);
    bytes.fill(0xcc, CODE, CODE + 64);
    bytes.set(record.subarray(INPUT.CODE, INPUT.CODE + record.readUInt32LE(INPUT.LENGTH)), ENTRY);
    vcpu.invalidateCode(CODE, CODE + 64);
    this.#time += RUN_TIME;
    bytes.fill(0, MEMORY, MEMORY + 2 * PAGE_SIZE);
    bytes.set(state.subarray(STATE.MEMORY, STATE.MEMORY + MEMORY_SIZE), MEMORY);
    for (const [number, slot] of registers.entries())
      vcpu.setU64(slot, state.readBigUInt64LE(STATE.REGISTERS + 8 * number));
    writeFlags((slot, bits) => this.#write(slot, bits), Number(state.readBigUInt64LE(STATE.FLAGS)));
    loadFxState(vcpu, fxArea(state));
    vcpu.pc = ENTRY;
    vcpu.syncMode();
    const exit = vcpu.run(BUDGET);
    const output = Buffer.alloc(OUTPUT.SIZE);
    output.writeInt32LE(signalOf(exit), OUTPUT.SIGNAL);
    this.#store(output.subarray(OUTPUT.STATE));
    return output;
  }

  #store(state: Buffer): void {
    const vcpu = this.#vcpu;
    for (const [number, slot] of registers.entries())
      state.writeBigUInt64LE(vcpu.getU64(slot), STATE.REGISTERS + 8 * number);
    state.writeBigUInt64LE(BigInt(readFlags((slot) => vcpu.getU64(slot))), STATE.FLAGS);
    const area = Buffer.alloc(XSTATE_SIZE);
    storeFxState(vcpu, area);
    state.writeUInt16LE(area.readUInt16LE(0), STATE.CONTROL);
    state.writeUInt16LE(area.readUInt16LE(2), STATE.STATUS);
    state.writeUInt32LE(area.readUInt8(4), STATE.TAGS);
    state.writeUInt32LE(area.readUInt32LE(24), STATE.MXCSR);
    for (let number = 0; number < 8; number++)
      state.set(area.subarray(32 + 16 * number, 42 + 16 * number), STATE.STACK + 16 * number);
    for (let number = 0; number < 16; number++) {
      state.set(area.subarray(160 + 16 * number, 176 + 16 * number), STATE.VECTORS + 32 * number);
      const upper = XSTATE_YMM + 16 * number;
      state.set(area.subarray(upper, upper + 16), STATE.VECTORS + 16 + 32 * number);
    }
    state.set(this.#memory.bytes.subarray(MEMORY, MEMORY + MEMORY_SIZE), STATE.MEMORY);
  }

  #write(slot: Slot, bits: bigint): void {
    if (slot.type === 'i64') {
      this.#vcpu.setU64(slot, bits);
      return;
    }
    const bytes = this.#vcpu.slotBytes(slot, 4);
    new DataView(bytes.buffer, bytes.byteOffset, 4).setUint32(0, Number(bits), true);
  }
}

/** The floating-point part of a state as xsave has it. */
function fxArea(state: Buffer): Buffer {
  const area = Buffer.alloc(XSTATE_SIZE);
  area.writeUInt16LE(state.readUInt16LE(STATE.CONTROL), 0);
  area.writeUInt16LE(state.readUInt16LE(STATE.STATUS), 2);
  area.writeUInt8(state.readUInt8(STATE.TAGS), 4);
  area.writeUInt32LE(state.readUInt32LE(STATE.MXCSR), 24);
  for (let number = 0; number < 8; number++)
    area.set(state.subarray(STATE.STACK + 16 * number, STATE.STACK + 16 * number + 10), 32 + 16 * number);
  for (let number = 0; number < 16; number++) {
    const at = STATE.VECTORS + 32 * number;
    area.set(state.subarray(at, at + 16), 160 + 16 * number);
    area.set(state.subarray(at + 16, at + 32), XSTATE_YMM + 16 * number);
  }
  return area;
}
