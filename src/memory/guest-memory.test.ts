import { expect, it } from 'vitest';
import type { PageAccess } from '../platform/types.ts';
import { releasePage, watchPage } from './code-pages.ts';
import { GuestMemory } from './guest-memory.ts';
import { GUEST_BASE, PAGE_SHIFT, PAGE_SIZE, PERMISSION } from './layout.ts';

const [START, END] = [GUEST_BASE, GUEST_BASE + PAGE_SIZE];

/** A memory whose first page has `bits`, and what the host allows there. */
function protectedMemory(bits: number): { readonly memory: GuestMemory; readonly allowed: () => PageAccess } {
  const memory = GuestMemory.create(1 << 26);
  memory.bytes[memory.layout.permissions + (START >>> PAGE_SHIFT)] = bits;
  let access: PageAccess = 'none';
  const protect = (_: Uint8Array, start: number, end: number, wanted: PageAccess): boolean => {
    if (start <= START && end >= END) access = wanted;
    return true;
  };
  expect(memory.protect({ pageSize: PAGE_SIZE, protect })).toBe(true);
  return { memory, allowed: () => access };
}

it('has the host allow what the table does', () => {
  expect(protectedMemory(0).allowed()).toBe('none');
  expect(protectedMemory(PERMISSION.READ).allowed()).toBe('read');
  // Translators read code.
  expect(protectedMemory(PERMISSION.EXECUTE).allowed()).toBe('read');
  expect(protectedMemory(PERMISSION.READ | PERMISSION.WRITE).allowed()).toBe('write');
});

it('leaves what is watched writable on the host, so that its release needs no word to it', () => {
  const { memory, allowed } = protectedMemory(PERMISSION.READ | PERMISSION.WRITE | PERMISSION.EXECUTE);
  watchPage(memory, START >>> PAGE_SHIFT);
  // The kernel reads there, or a virtual machine forgets the page.
  memory.openPages(START, END);
  memory.closePages(START, END);
  releasePage(memory, START >>> PAGE_SHIFT);
  expect(allowed()).toBe('write');
});
