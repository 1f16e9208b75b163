/**
 * Pages that the guest may write and that hold translated code, where code follows stores without a barrier: such a page
 * loses its WRITE bit and is marked WATCHED, so that a store to it takes the way of a fault. What was translated is
 * dropped then, and the page is writable again until code on it is translated anew.
 */
import type { GuestMemory } from './guest-memory.ts';
import { PAGE_SIZE, PERMISSION } from './layout.ts';

/** Code on page `page` was translated. True where that made a writable page a watched one. */
export function watchPage(memory: GuestMemory, page: number): boolean {
  const { bytes, layout } = memory;
  const at = layout.permissions + page;
  const bits = bytes[at] ?? 0;
  if ((bits & PERMISSION.WRITE) === 0) return false;
  bytes[at] = (bits & ~PERMISSION.WRITE) | PERMISSION.WATCHED;
  memory.onPermissions?.(page * PAGE_SIZE, (page + 1) * PAGE_SIZE);
  return true;
}

/** Makes a watched page writable again; false where the page is none. The caller drops its translations. */
export function releasePage(memory: GuestMemory, page: number): boolean {
  const { bytes, layout } = memory;
  const at = layout.permissions + page;
  const bits = bytes[at] ?? 0;
  if ((bits & PERMISSION.WATCHED) === 0) return false;
  bytes[at] = (bits & ~PERMISSION.WATCHED) | PERMISSION.WRITE;
  memory.onPermissions?.(page * PAGE_SIZE, (page + 1) * PAGE_SIZE);
  return true;
}
