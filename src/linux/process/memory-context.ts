/**
 * A memory with a program in it: what threads share, and a child of vfork(2) with its parent until it executes
 * another program.
 */
import { AddressSpace } from '../../memory/address-space.ts';
import type { GuestMemory } from '../../memory/guest-memory.ts';
import type { MemoryAccount } from '../../memory/memory-account.ts';
import type { SharedFiles } from '../../memory/shared-files.ts';
import { UserMemory } from '../../memory/user-memory.ts';
import { fail } from '../errno.ts';
import type { InstalledProgram } from '../loader/program.ts';
import { MAX_THREADS, type Personality, type VcpuLike } from './vcpu.ts';

export class MemoryContext {
  readonly personality: Personality;
  readonly space: AddressSpace;
  readonly memory: UserMemory;
  #image: InstalledProgram | undefined;
  /** Processes that run here. */
  users = 1;
  /** Whether who runs here said that it will use membarrier(2)'s private barriers. */
  wantsBarriers = false;
  readonly #first: VcpuLike;
  /** vCPUs by index, undefined where the index is free. */
  readonly #vcpus: (VcpuLike | undefined)[];

  constructor(personality: Personality, memory: GuestMemory, shared: SharedFiles, account: MemoryAccount) {
    this.personality = personality;
    this.space = new AddressSpace(memory, undefined, shared, account);
    this.memory = new UserMemory(this.space);
    this.#first = personality.createVcpu(memory);
    this.#vcpus = [];
    this.space.onCodeChange = (start, end) => {
      this.#first.invalidateCode(start, end);
    };
  }

  get image(): InstalledProgram | undefined {
    return this.#image;
  }

  set image(image: InstalledProgram | undefined) {
    this.#image = image;
    if (image !== undefined) this.#first.setProgram(image.name);
  }

  /** A vCPU that nobody uses. EAGAIN when there is none. */
  takeVcpu(): VcpuLike {
    let index = 0;
    while (this.#vcpus[index] !== undefined) index++;
    if (index >= MAX_THREADS) fail('EAGAIN');
    const vcpu = index === 0 ? this.#first : this.#first.createSibling(index);
    this.#vcpus[index] = vcpu;
    return vcpu;
  }

  /** Nobody runs here any more. */
  release(): void {
    this.#first.release();
  }

  giveVcpu(vcpu: VcpuLike): void {
    const index = this.#vcpus.indexOf(vcpu);
    if (index >= 0) this.#vcpus[index] = undefined;
  }
}
