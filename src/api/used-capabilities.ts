/** Notes which of the host's capabilities a run makes use of, by their names in `hospes doctor`. */
import { fusesMultiplyAdd } from '../host/wasm/fused-multiply-add.ts';
import type { PageProtection, Platform } from '../platform/types.ts';

export class UsedCapabilities {
  readonly #used = new Set<string>();

  /** In the order of first use. */
  get used(): readonly string[] {
    return [...this.#used];
  }

  note(name: string): void {
    this.#used.add(name);
  }

  /** The host's page protection; noted when the first page is protected. */
  pageProtection(platform: Platform): PageProtection | null {
    const { protection } = platform.pageProtection();
    return (
      protection && {
        pageSize: protection.pageSize,
        protect: (bytes, start, end, access) => {
          const done = protection.protect(bytes, start, end, access);
          if (done) this.note('page-protection');
          return done;
        },
      }
    );
  }

  /** Called before the first region is compiled; from then on code may fuse, where the engine does. */
  enableWasmFeatures(platform: Platform): void {
    platform.enableWasmFeatures?.();
    if (fusesMultiplyAdd()) this.note('relaxed-simd');
  }
}
