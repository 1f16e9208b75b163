/** Names of functions by guest pc. Tables are kept, so that asking often costs little. */
import { locateArea, sourceOf } from '../process/crash.ts';
import type { Process } from '../process/process.ts';
import { findSymbolIn, readSymbols, type SymbolTable } from '../loader/symbols.ts';

export class SymbolFinder {
  /** By path and size of the file: a file that is replaced meanwhile has another size, nearly always. */
  readonly #tables = new Map<string, SymbolTable | null>();

  /** `name`, or `name+0x10` inside; null where no file says. */
  find(process: Process, pc: number): string | null {
    const place = locateArea(process.space, process.abi.elfMachine, pc);
    if (place === null) return null;
    const source = sourceOf(place.file);
    const key = `${String(source.size)} ${source.path}`;
    let table = this.#tables.get(key);
    if (table === undefined) this.#tables.set(key, (table = readSymbols(source)));
    const symbol = table === null ? null : findSymbolIn(table, pc - place.bias);
    if (symbol === null) return null;
    return symbol.offset === 0 ? symbol.name : `${symbol.name}+0x${symbol.offset.toString(16)}`;
  }
}
