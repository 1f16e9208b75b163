/** A small machine: one page of code, one of data, registers set and read from outside. */
import type { Exit } from '../../../src/engine/exit.ts';
import type { KvmAccelerator, KvmVcpu } from '../../../src/accel/kvm/index.ts';
import { Vcpu, type VcpuMemoryModel, type VcpuOptions } from '../../../src/engine/vcpu.ts';
import type { CpuLevel } from '../../../src/guest/x64/cpuid.ts';
import { createX64, x64 } from '../../../src/guest/x64/index.ts';
import { readFlags, registers, writeFlags } from '../../../src/guest/x64/state.ts';
import type { Slot } from '../../../src/ir/state.ts';
import { GuestMemory } from '../../../src/memory/guest-memory.ts';
import { PAGE_SHIFT, PERMISSION } from '../../../src/memory/layout.ts';
import type { PageProtection } from '../../../src/platform/types.ts';

export const CODE = 0x1000000;
export const CODE_SIZE = 4096;
export const DATA = 0x2000000;
export const DATA_SIZE = 4096;

export interface MachineState {
  /** rax, rcx, rdx, rbx, rsp, rbp, rsi, rdi, r8 to r15: unsigned. */
  readonly registers: bigint[];
  flags: number;
  readonly memory: Uint8Array;
}

export type TrapName = 'breakpoint' | 'illegal' | 'divide' | 'fault' | 'protection' | 'syscall';

export interface Outcome extends MachineState {
  /** Offset of the instruction that trapped from the start of the code. */
  readonly pc: number;
  readonly trap: TrapName;
}

const BUDGET = 100_000;

const trapNames: Readonly<Record<string, TrapName>> = {
  'illegal-instruction': 'illegal',
  breakpoint: 'breakpoint',
  'integer-divide': 'divide',
  'memory-fault': 'fault',
  protection: 'protection',
};

function trapOf(exit: Exit): TrapName {
  if (exit.kind === 'syscall') return 'syscall';
  const name = exit.kind === 'trap' ? trapNames[exit.trap.kind] : undefined;
  if (name === undefined) throw new Error(`the case ended in ${JSON.stringify(exit)}`);
  return name;
}

/** Longer than any page is left to tier 0 because its code changed. */
const RUN_TIME = 20_000_000_000n;

export interface MachineOptions {
  /** False: faults end a case without its state where the code is compiled, and the guest may not write its code. */
  readonly isPrecise?: boolean;
  readonly pageProtection?: () => PageProtection | null;
  /** What RDRAND and RDSEED take. */
  readonly random?: () => bigint;
  /** Makes the engine; `Vcpu` unless given. */
  readonly makeVcpu?: (options: VcpuOptions) => Vcpu;
  /** What CPUID says; v3 unless given. */
  readonly cpu?: CpuLevel;
  /** What runs the cases instead of the engine. */
  readonly accelerator?: KvmAccelerator;
}

/** In tier 1 whatever runs is compiled. */
export class Machine {
  readonly #memory = GuestMemory.create(1 << 26);
  readonly vcpu: Vcpu | KvmVcpu;
  readonly #engine: Vcpu;
  #time = 0n;

  constructor(memoryModel: VcpuMemoryModel, tier: 0 | 1 = 0, given: MachineOptions = {}) {
    const { isPrecise = true, accelerator, makeVcpu = (of) => new Vcpu(of), cpu = 'v3', ...options } = given;
    const { bytes, layout } = this.#memory;
    bytes[layout.permissions + (CODE >> PAGE_SHIFT)] =
      PERMISSION.READ | PERMISSION.EXECUTE | (isPrecise ? PERMISSION.WRITE : 0);
    bytes[layout.permissions + (DATA >> PAGE_SHIFT)] = PERMISSION.READ | PERMISSION.WRITE;
    this.#engine = makeVcpu({
      guest: createX64(cpu),
      ...{ memory: this.#memory, memoryModel, tier, clock: () => 123_456_789n },
      ...{ compileThreshold: 0, compileClock: () => this.#time, ...options },
    });
    this.vcpu = accelerator?.accelerate(this.#engine) ?? this.#engine;
    this.vcpu.setPreciseFaults(isPrecise);
  }

  /** Instructions retired, and how many of them compiled. */
  get retired(): { readonly all: number; readonly compiled: number } {
    const { instructions, compiledInstructions } = this.#engine.stats;
    return { all: instructions, compiled: compiledInstructions };
  }

  run(code: Uint8Array, start: MachineState): Outcome {
    const { vcpu } = this;
    const { bytes } = this.#memory;
    this.#memory.openPages(CODE, CODE + CODE_SIZE);
    bytes.fill(0xcc, CODE, CODE + CODE_SIZE);
    bytes.set(code, CODE);
    this.#memory.closePages(CODE, CODE + CODE_SIZE);
    vcpu.invalidateCode(CODE, CODE + CODE_SIZE);
    this.#time += RUN_TIME;
    bytes.set(start.memory, DATA);
    registers.forEach((slot, index) => {
      vcpu.setU64(slot, start.registers[index] ?? 0n);
    });
    writeFlags((slot, value) => this.#write(slot, value), start.flags);
    vcpu.fpEnv = x64.initialFpEnv;
    vcpu.syncMode();
    vcpu.pc = CODE;
    const exit = this.#runToEnd();
    const pc = (exit.kind === 'trap' ? exit.trap.pc : vcpu.pc) - CODE;
    return {
      registers: registers.map((slot) => vcpu.getU64(slot)),
      flags: readFlags((slot) => vcpu.getU64(slot)),
      memory: bytes.slice(DATA, DATA + DATA_SIZE),
      pc,
      trap: trapOf(exit),
    };
  }

  /** A processor's turn may be over before the case is, because the machine is busy. */
  #runToEnd(): Exit {
    for (let turn = 0; ; turn++) {
      const exit = this.vcpu.run(BUDGET);
      if (exit.kind !== 'budget' || this.vcpu === this.#engine || turn > 100) return exit;
    }
  }

  #write(slot: Slot, value: bigint): void {
    if (slot.type === 'i64') {
      this.vcpu.setU64(slot, value);
      return;
    }
    const bytes = this.vcpu.slotBytes(slot, 4);
    new DataView(bytes.buffer, bytes.byteOffset, 4).setUint32(0, Number(value), true);
  }
}
