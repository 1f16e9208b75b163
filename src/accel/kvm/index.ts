/** Guest code of x64 on the host's own processor, through KVM. */
import { UnsupportedError } from '../../common/errors.ts';
import type { Vcpu } from '../../engine/vcpu.ts';
import type { CpuLevel } from '../../guest/x64/cpuid.ts';
import type { GuestMemory } from '../../memory/guest-memory.ts';
import type { Virtualization } from '../../platform/types.ts';
import { guestCpuid, type GuestCpuid } from './cpuid.ts';
import { KvmMachine } from './kvm-machine.ts';
import { KvmVcpu, type Native } from './kvm-vcpu.ts';
import { createKvmStats, type KvmStats } from './stats.ts';

export type { KvmStats } from './stats.ts';
export type { KvmVcpu } from './kvm-vcpu.ts';

export interface KvmOptions {
  /** What CPUID tells of, at most. */
  readonly cpu: CpuLevel;
  /** For tests: the translator takes turns with the processor, of so many instructions. */
  readonly alternate?: number;
}

export class KvmAccelerator {
  readonly stats: KvmStats = createKvmStats();
  readonly #host: Virtualization;
  readonly #options: KvmOptions;
  readonly #cpuid: GuestCpuid;
  readonly #machines = new WeakMap<GuestMemory, KvmMachine>();

  constructor(host: Virtualization, options: KvmOptions) {
    this.#host = host;
    this.#options = options;
    this.#cpuid = guestCpuid(options.cpu, host.supportedCpuid);
  }

  /** A vCPU that runs the code of `engine`'s guest natively; `engine` stands by. */
  accelerate(engine: Vcpu): KvmVcpu {
    const { alternate } = this.#options;
    return new KvmVcpu(engine, {
      processor: (memory, index) => this.#processor(memory, index),
      stats: this.stats,
      ...(alternate === undefined ? {} : { alternate }),
    });
  }

  /** Null where the host gives no more machines or processors, so that the translator has to do: not the first time. */
  #processor(memory: GuestMemory, index: number): Native | null {
    try {
      let machine = this.#machines.get(memory);
      if (machine === undefined)
        this.#machines.set(memory, (machine = new KvmMachine(this.#host, memory, this.#cpuid, this.stats)));
      return { machine, ...machine.processor(index) };
    } catch (error) {
      if (!(error instanceof UnsupportedError) || this.stats.runs === 0) throw error;
      return null;
    }
  }
}
