/** The virtual machine behind one guest memory, and its processors, made when they are first used. */
import type { GuestMemory } from '../../memory/guest-memory.ts';
import type { VirtualMachine, VirtualProcessor, Virtualization } from '../../platform/types.ts';
import type { GuestCpuid } from './cpuid.ts';
import { SYSCALL_STUB, TABLES_PHYSICAL } from './machine-layout.ts';
import { PageTables, tablesSize } from './page-tables.ts';
import { keepRegisters, setUserMode, SREGS, syscallMsrs } from './run-structure.ts';
import type { KvmStats } from './stats.ts';

/** XCR0: x87, SSE and AVX. */
const XCR0_AVX = 7;

/** A virtual processor, and the system registers with which it enters user code: struct kvm_sregs. */
export interface UserProcessor {
  readonly processor: VirtualProcessor;
  readonly sregs: Uint8Array;
}

export class KvmMachine {
  readonly #machine: VirtualMachine;
  readonly #memory: GuestMemory;
  readonly #pageTables: PageTables;
  readonly #cpuid: GuestCpuid;
  readonly #stats: KvmStats;
  readonly #processors: UserProcessor[] = [];
  /** Our own pages, as the processor sees them. */
  readonly tables: DataView;

  constructor(host: Virtualization, memory: GuestMemory, cpuid: GuestCpuid, stats: KvmStats) {
    const { guestLimit } = memory.layout;
    this.#memory = memory;
    this.#cpuid = cpuid;
    this.#stats = stats;
    this.#machine = host.createMachine();
    try {
      const bytes = this.#machine.allocate(tablesSize(guestLimit));
      this.tables = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      // What lies above the guest's limit is the runtime's, and no page of the machine.
      this.#machine.addMemory(0, memory.bytes.subarray(0, guestLimit));
      this.#machine.addMemory(TABLES_PHYSICAL, bytes);
      this.#pageTables = new PageTables(bytes, memory, { withholdsCpuid: !host.virtualizesCpuid });
    } catch (error) {
      this.#machine.close();
      throw error;
    }
    memory.onPermissions = (start, end) => {
      this.#pageTables.update(start, end);
    };
    memory.onDropped = () => {
      this.close();
    };
    stats.machines++;
  }

  /** The processor for the vCPU of this index in the memory. */
  processor(index: number): UserProcessor {
    return (this.#processors[index] ??= this.#createProcessor());
  }

  #createProcessor(): UserProcessor {
    const { entries, features } = this.#cpuid;
    const sregs = new DataView(new ArrayBuffer(SREGS.SIZE));
    const processor = this.#machine.createProcessor({
      cpuid: entries,
      msrs: syscallMsrs(SYSCALL_STUB),
      initialSregs: new Uint8Array(sregs.buffer),
    });
    setUserMode(sregs, features);
    keepRegisters(processor.shared);
    if (features.xsave) processor.setXcr0(XCR0_AVX);
    return { processor, sregs: new Uint8Array(sregs.buffer) };
  }

  /** Makes the processors forget what the page tables do not say any more; before guest code runs. */
  synchronize(): void {
    for (const { start, end } of this.#pageTables.takeLowered()) {
      this.#machine.forget(this.#memory.bytes.subarray(start, end));
      this.#memory.closePages(start, end);
      this.#stats.forgottenRanges++;
    }
  }

  /** Whether the translator is to execute what is at an address, because the processor would give away its own CPUID. */
  isWithheld(vaddr: number): boolean {
    return this.#pageTables.isWithheld(vaddr);
  }

  close(): void {
    this.#memory.onPermissions = null;
    this.#memory.onDropped = null;
    this.#machine.close();
  }
}
