/** Runs assembly cases on the engine. */
import { Vcpu } from '../../../src/engine/vcpu.ts';
import type { Exit } from '../../../src/engine/exit.ts';
import { riscv64, fcsrOf, restoreFcsr } from '../../../src/guest/riscv64/index.ts';
import { frmSlot, fSlots, modeOfFrm, reservationAddress, xSlots } from '../../../src/guest/riscv64/state.ts';
import { GuestMemory } from '../../../src/memory/guest-memory.ts';
import { PAGE_SHIFT, PERMISSION } from '../../../src/memory/layout.ts';
import { CODE, CODE_SIZE, DATA, DATA_WORDS, type MachineState, type Outcome, type TrapName } from './case-file.ts';

/** More than any case takes: one that runs away ends with an error. */
const BUDGET = 10_000;

const trapNames = {
  'illegal-instruction': 'illegal',
  breakpoint: 'breakpoint',
  'misaligned-access': 'misaligned',
  'memory-fault': 'fault',
} as const;

function trapOf(exit: Exit): TrapName {
  if (exit.kind === 'syscall') return 'syscall';
  if (exit.kind === 'trap' && exit.trap.kind in trapNames) return trapNames[exit.trap.kind as keyof typeof trapNames];
  throw new Error(`the case ended in ${JSON.stringify(exit)}`);
}

export class Machine {
  readonly #memory = GuestMemory.create(1 << 26);
  readonly #vcpu: Vcpu;

  constructor(memoryModel: 'strict' | 'range') {
    const { bytes, layout } = this.#memory;
    bytes[layout.permissions + (CODE >> PAGE_SHIFT)] = PERMISSION.READ | PERMISSION.WRITE | PERMISSION.EXECUTE;
    bytes[layout.permissions + (DATA >> PAGE_SHIFT)] = PERMISSION.READ | PERMISSION.WRITE;
    this.#vcpu = new Vcpu({ guest: riscv64, memory: this.#memory, memoryModel, clock: () => 123_456_789n });
  }

  run(code: Uint8Array, start: MachineState): Outcome {
    this.#load(code, start);
    const exit = this.#vcpu.run(BUDGET);
    const pc = (exit.kind === 'trap' ? exit.trap.pc : this.#vcpu.pc) - CODE;
    return { ...this.#state(), pc, trap: trapOf(exit) };
  }

  #load(code: Uint8Array, start: MachineState): void {
    const vcpu = this.#vcpu;
    const { bytes, view } = this.#memory;
    for (let at = 0; at < CODE_SIZE; at += 2) view.setUint16(CODE + at, 0x9002, true);
    bytes.set(code, CODE);
    vcpu.invalidateCode(CODE, CODE + CODE_SIZE);
    start.memory.forEach((word, i) => {
      view.setBigUint64(DATA + 8 * i, word, true);
    });
    for (let i = 1; i < 32; i++) vcpu.setU64(xSlots[i]!, start.x[i]!);
    for (let i = 0; i < 32; i++) vcpu.setU64(fSlots[i]!, start.f[i]!);
    vcpu.setU64(reservationAddress, 0xffffffffffffffffn);
    const { fpEnv, frm } = restoreFcsr(riscv64.initialFpEnv, start.fcsr);
    vcpu.fpEnv = fpEnv;
    vcpu.slotBytes(frmSlot, 4).set([frm, 0, 0, 0]);
    vcpu.mode = modeOfFrm(frm);
    vcpu.pc = CODE;
  }

  #state(): MachineState {
    const vcpu = this.#vcpu;
    return {
      x: xSlots.map((slot, i) => (i === 0 ? 0n : vcpu.getU64(slot))),
      f: fSlots.map((slot) => vcpu.getU64(slot)),
      memory: Array.from({ length: DATA_WORDS }, (_, i) => this.#memory.view.getBigUint64(DATA + 8 * i, true)),
      fcsr: fcsrOf(vcpu.fpEnv, vcpu.slotBytes(frmSlot, 1)[0]!),
    };
  }
}
