/**
 * Files that several address spaces map shared. Each has a copy of its own, because each has a memory of its own; what
 * one of them stores reaches the file and the others before another one runs. As they run one at a time, nobody can
 * tell the difference from pages that are really the same.
 */
import type { AddressSpace, FileChange } from './address-space.ts';
import { PERMISSION } from './layout.ts';
import type { MappedFile, Vma } from './vma.ts';

export class SharedFiles {
  /** Number of areas by space, by file. */
  readonly #users = new Map<string, Map<AddressSpace, number>>();

  /** An address space has one area of a file more, or one less. */
  count(space: AddressSpace, file: MappedFile, change: 1 | -1): void {
    const key = keyOf(file.device, file.inode);
    const spaces = this.#users.get(key) ?? new Map<AddressSpace, number>();
    const areas = (spaces.get(space) ?? 0) + change;
    if (areas > 0) spaces.set(space, areas);
    else spaces.delete(space);
    // From now on they take turns.
    if (change > 0 && spaces.size > 1) for (const each of spaces.keys()) each.memory.others?.stop();
    if (spaces.size > 0) this.#users.set(key, spaces);
    else this.#users.delete(key);
  }

  /** Before a file is read by other means: stores made through mappings reach it. */
  flush(device: number, inode: number): void {
    for (const space of this.#spaces(device, inode)) space.flushFile(device, inode);
  }

  /** After a file was written by other means: its content and size reach the mappings. */
  refresh(device: number, inode: number): void {
    for (const space of this.#spaces(device, inode)) space.refreshFile(device, inode);
  }

  /** Gives what `space` stored to the others that map the file. */
  spread(space: AddressSpace, { device, inode }: MappedFile, changes: readonly FileChange[]): void {
    for (const other of this.#spaces(device, inode)) if (other !== space) other.takeShared(device, inode, changes);
  }

  /** Whether more than one address space maps the file. */
  isContended({ device, inode }: MappedFile): boolean {
    return (this.#users.get(keyOf(device, inode))?.size ?? 0) > 1;
  }

  /** Whether some area can store into the file, or could after mprotect(2). */
  isWritable(device: number, inode: number): boolean {
    const stores = ({ shared, file, maxProtection }: Vma): boolean =>
      shared && file?.device === device && file.inode === inode && (maxProtection & PERMISSION.WRITE) !== 0;
    return this.#spaces(device, inode).some((space) => [...space.areas].some(stores));
  }

  #spaces(device: number, inode: number): AddressSpace[] {
    if (this.#users.size === 0) return [];
    return [...(this.#users.get(keyOf(device, inode))?.keys() ?? [])];
  }
}

function keyOf(device: number, inode: number): string {
  return `${String(device)}:${String(inode)}`;
}
