/** Loads guests for threads that have no use for all of them: the tables of each take a while. */
import { unreachable } from '../common/assert.ts';
import type { GuestKey } from '../engine/background-messages.ts';
import type { Guest } from '../guest/guest.ts';
import type { CpuLevel } from '../guest/x64/cpuid.ts';

const loaders: Readonly<Record<string, () => Promise<(cpu: string) => Guest>>> = {
  riscv64: async () => {
    const { riscv64 } = await import('../guest/riscv64/index.ts');
    return () => riscv64;
  },
  aarch64: async () => {
    const { aarch64 } = await import('../guest/aarch64/index.ts');
    return () => aarch64;
  },
  x64: async () => {
    const { createX64 } = await import('../guest/x64/index.ts');
    return (cpu) => createX64(cpu === '' ? 'v3' : (cpu as CpuLevel));
  },
};

export class GuestLoader {
  readonly #guests = new Map<string, Guest>();

  async load(key: GuestKey): Promise<void> {
    const name = nameOf(key);
    if (this.#guests.has(name)) return;
    const create = await (loaders[key.name] ?? unreachable(`${key.name} is no guest`))();
    this.#guests.set(name, create(key.cpu));
  }

  /** Undefined for one that was not loaded. */
  find(key: GuestKey): Guest | undefined {
    return this.#guests.get(nameOf(key));
  }
}

function nameOf({ name, cpu }: GuestKey): string {
  return `${name} ${cpu}`;
}
