/** The compiler as a service of its own, for the thread that runs it: `thread/main.ts` in Node. */
import { unreachable } from '../common/assert.ts';
import type { BackgroundRequest, CompileReply, GuestKey } from '../engine/background-messages.ts';
import { CompileServer } from '../engine/compile-server.ts';
import type { Guest } from '../guest/guest.ts';
import type { CpuLevel } from '../guest/x64/cpuid.ts';

/** Only the guest that runs is loaded: the tables of each take a while. */
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

export class CompileService {
  readonly #guests = new Map<string, Guest>();
  readonly #server: CompileServer;

  /** `clock`: monotonic time in nanoseconds. */
  constructor(clock: () => bigint) {
    this.#server = new CompileServer((key) => this.#guests.get(nameOf(key)) ?? unreachable('it was loaded'), clock);
  }

  /** Makes ready for requests about a guest. */
  async load(key: GuestKey): Promise<void> {
    const name = nameOf(key);
    if (this.#guests.has(name)) return;
    const create = await (loaders[key.name] ?? unreachable(`${key.name} is no guest`))();
    this.#guests.set(name, create(key.cpu));
  }

  /** Answers a request about a guest that was loaded; null where there is nothing to answer. */
  handle(request: BackgroundRequest): CompileReply | null {
    return this.#server.handle(request);
  }
}

function nameOf({ name, cpu }: GuestKey): string {
  return `${name} ${cpu}`;
}
