/**
 * From a WebAssembly trap to the guest instruction that caused it: the error's stack names the module's function and the
 * byte offset in the module, which the table of the module's trap sites turns into a guest pc.
 */
import { SITE, type TrapSites } from '../host/wasm/region/memory-access.ts';

export interface TrapSite {
  /** The guest instruction. */
  readonly pc: number;
  readonly access: 'read' | 'write';
  /** True when emitted code refused the access, and left the address in EXIT_VALUE. */
  readonly isChecked: boolean;
}

const NAME = /hospes-(\d+)\b/;
const OFFSET = /wasm-function\[\d+\]:0x([0-9a-f]+)/;

/** The name that the functions of module `number` carry, so that a stack shows which module trapped. */
export function moduleName(number: number): string {
  return `hospes-${String(number)}`;
}

export class TrapTable {
  readonly #sites = new Map<number, TrapSites>();

  add(number: number, sites: TrapSites): void {
    this.#sites.set(number, sites);
  }

  remove(number: number): void {
    this.#sites.delete(number);
  }

  /** The site of a trap, or null when `error` is none of a known module. */
  find(error: unknown): TrapSite | null {
    if (!(error instanceof WebAssembly.RuntimeError)) return null;
    for (const line of (error.stack ?? '').split('\n')) {
      const offset = OFFSET.exec(line)?.[1];
      if (offset === undefined) continue;
      const sites = this.#sites.get(Number(NAME.exec(line)?.[1] ?? -1));
      return sites === undefined ? null : siteAt(sites, Number.parseInt(offset, 16));
    }
    return null;
  }
}

/** The last site at or before `offset`. */
function siteAt({ positions, pcs, kinds }: TrapSites, offset: number): TrapSite | null {
  let low = 0;
  let high = positions.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((positions[middle] ?? 0) <= offset) low = middle + 1;
    else high = middle;
  }
  const pc = pcs[low - 1];
  const kind = kinds[low - 1] ?? 0;
  if (pc === undefined) return null;
  return { pc, access: (kind & SITE.WRITE) === 0 ? 'read' : 'write', isChecked: (kind & SITE.CHECK) !== 0 };
}
