import { beforeEach, describe, expect, it } from 'vitest';
import { AddressSpace } from '../../memory/address-space.ts';
import { releasePage, watchPage } from '../../memory/code-pages.ts';
import { GuestMemory } from '../../memory/guest-memory.ts';
import { GUEST_BASE, PAGE_SIZE, PERMISSION } from '../../memory/layout.ts';
import { supervisorAddress, TABLES, TABLES_PHYSICAL } from './machine-layout.ts';
import { PageTables, tablesSize } from './page-tables.ts';

const { READ, WRITE, EXECUTE } = PERMISSION;

interface Mapping {
  readonly physical: number;
  readonly user: boolean;
  readonly write: boolean;
  readonly execute: boolean;
}

/** What the processor makes of a virtual address (SDM vol. 3, 4.5.4): a walk of its own over the bytes. */
function walk(tables: Uint8Array, vaddr: bigint): Mapping | null {
  const view = new DataView(tables.buffer);
  let table = TABLES_PHYSICAL + TABLES.PML4;
  const rights = { user: true, write: true, execute: true };
  for (const shift of [39n, 30n, 21n, 12n]) {
    const at = table - TABLES_PHYSICAL + Number((vaddr >> shift) & 511n) * 8;
    if (at + 8 > tables.length) return null;
    const entry = view.getBigUint64(at, true);
    if ((entry & 1n) === 0n) return null;
    rights.write &&= (entry & 2n) !== 0n;
    rights.user &&= (entry & 4n) !== 0n;
    rights.execute &&= entry >> 63n === 0n;
    // The processor is to write nothing into the tables.
    expect(entry & 0x20n).toBe(0x20n);
    table = Number(entry & 0x000ffffffffff000n);
  }
  return { physical: table + Number(vaddr & 0xfffn), ...rights };
}

let memory: GuestMemory;
let bytes: Uint8Array;
let tables: PageTables;
let space: AddressSpace;

beforeEach(() => {
  memory = GuestMemory.create(1 << 26);
  space = new AddressSpace(memory);
  bytes = new Uint8Array(tablesSize(memory.layout.guestLimit));
  tables = new PageTables(bytes, memory, { withholdsCpuid: false });
  memory.onPermissions = (start, end) => {
    tables.update(start, end);
  };
});

const mapAt = (address: number, pages: number, protection: number): number =>
  space.map({ address, length: pages * PAGE_SIZE, protection, placement: 'replace' });
const rightsAt = (vaddr: number): string => {
  const mapping = walk(bytes, BigInt(vaddr));
  if (mapping === null) return '---';
  expect(mapping.physical).toBe(vaddr);
  expect(mapping.user).toBe(true);
  return `r${mapping.write ? 'w' : '-'}${mapping.execute ? 'x' : '-'}`;
};

describe('page tables of a guest', () => {
  it('map nothing at first, and nothing of the runtime ever', () => {
    const { guestLimit, size } = memory.layout;
    for (const vaddr of [0, GUEST_BASE, 0x1234567, guestLimit - 1, guestLimit, size - 1, 2 ** 32 - 1, 2 ** 32])
      expect(walk(bytes, BigInt(vaddr))).toBeNull();
  });

  it('say what protections say', () => {
    const cases: [number, string][] = [
      [0, '---'],
      [READ, 'r--'],
      [WRITE, 'rw-'],
      [READ | WRITE, 'rw-'],
      [EXECUTE, 'r-x'],
      [READ | EXECUTE, 'r-x'],
      [READ | WRITE | EXECUTE, 'rwx'],
    ];
    for (const [protection, expected] of cases) {
      mapAt(0x400000, 3, protection);
      expect([0x3ff000, 0x400000, 0x402fff, 0x403000].map(rightsAt)).toEqual(['---', expected, expected, '---']);
      space.unmap(0x400000, 3 * PAGE_SIZE);
      expect(rightsAt(0x401000)).toBe('---');
    }
  });

  it('reach the last page below the limit', () => {
    const last = memory.layout.guestLimit - PAGE_SIZE;
    expect(mapAt(last, 1, READ)).toBe(last);
    expect(rightsAt(last)).toBe('r--');
    expect(walk(bytes, BigInt(memory.layout.guestLimit))).toBeNull();
  });

  it('follow mprotect, brk, and pages watched for their code', () => {
    mapAt(0x400000, 4, READ | WRITE | EXECUTE);
    space.protect(0x401000, PAGE_SIZE, READ);
    expect([0x400000, 0x401000, 0x402000].map(rightsAt)).toEqual(['rwx', 'r--', 'rwx']);
    watchPage(memory, 0x402);
    expect(rightsAt(0x402000)).toBe('r-x');
    releasePage(memory, 0x402);
    expect(rightsAt(0x402000)).toBe('rwx');
    space.setHeapStart(0x800000);
    space.brk(0x801001);
    expect([0x800000, 0x801000, 0x802000].map(rightsAt)).toEqual(['rw-', 'rw-', '---']);
    space.brk(0x800001);
    expect(rightsAt(0x801000)).toBe('---');
  });

  it('take over what was mapped before', () => {
    mapAt(0x400000, 1, READ | EXECUTE);
    bytes = new Uint8Array(tablesSize(memory.layout.guestLimit));
    expect(new PageTables(bytes, memory, { withholdsCpuid: false }).takeLowered()).toEqual([]);
    expect(rightsAt(0x400000)).toBe('r-x');
  });

  it('show our own pages to the processor alone', () => {
    for (let offset: number = TABLES.STUBS; offset < TABLES.STACK_END; offset += PAGE_SIZE) {
      const mapping = walk(bytes, supervisorAddress(offset));
      expect(mapping).toMatchObject({ physical: TABLES_PHYSICAL + offset, user: false });
      expect(mapping?.write).toBe(offset !== TABLES.STUBS);
    }
    expect(walk(bytes, supervisorAddress(TABLES.STUBS) - 1n)).toBeNull();
    expect(walk(bytes, supervisorAddress(TABLES.STACK_END))).toBeNull();
  });
});

describe('pages that lost permissions', () => {
  const lowered = (): string[] =>
    tables.takeLowered().map(({ start, end }) => `${start.toString(16)}-${end.toString(16)}`);

  it('are those that allow less than before', () => {
    mapAt(0x400000, 8, READ);
    expect(lowered()).toEqual([]);
    space.protect(0x400000, 8 * PAGE_SIZE, READ | WRITE | EXECUTE);
    expect(lowered()).toEqual([]);
    space.protect(0x402000, PAGE_SIZE, READ | EXECUTE);
    expect(lowered()).toEqual(['402000-403000']);
    space.protect(0x404000, PAGE_SIZE, READ | WRITE);
    expect(lowered()).toEqual(['404000-405000']);
    space.protect(0x406000, PAGE_SIZE, 0);
    space.unmap(0x400000, PAGE_SIZE);
    expect(lowered()).toEqual(['406000-407000', '400000-401000']);
    space.unmap(0x406000, PAGE_SIZE);
    expect(lowered()).toEqual([]);
    watchPage(memory, 0x403);
    expect(lowered()).toEqual(['403000-404000']);
  });

  it('are joined where they touch', () => {
    mapAt(0x400000, 8, READ | WRITE);
    for (const page of [2, 3, 4]) space.protect(0x400000 + page * PAGE_SIZE, PAGE_SIZE, READ);
    expect(lowered()).toEqual(['402000-405000']);
  });

  it('are covered by one range when there are many', () => {
    mapAt(0x400000, 400, READ | WRITE);
    for (let page = 0; page < 400; page += 2) space.protect(0x400000 + page * PAGE_SIZE, PAGE_SIZE, READ);
    const ranges = tables.takeLowered();
    expect(ranges.length).toBeLessThanOrEqual(64);
    for (let page = 0; page < 400; page += 2) {
      const vaddr = 0x400000 + page * PAGE_SIZE;
      expect(ranges.some(({ start, end }) => start <= vaddr && vaddr + PAGE_SIZE <= end)).toBe(true);
    }
  });
});

describe('pages with CPUID', () => {
  beforeEach(() => {
    bytes = new Uint8Array(tablesSize(memory.layout.guestLimit));
    tables = new PageTables(bytes, memory, { withholdsCpuid: true });
  });

  const place = (at: number, ...code: number[]): void => {
    memory.bytes.set(code, at);
  };

  it("are the translator's, wherever the bytes are in them", () => {
    mapAt(0x400000, 6, READ | WRITE);
    place(0x400000, 0x0f, 0xa2);
    place(0x401123, 0x0f, 0x0f, 0xa2);
    place(0x402ffe, 0x0f, 0xa2);
    place(0x403ffe, 0xa2, 0x0f);
    place(0x404100, 0xa2, 0x0f, 0x05);
    space.protect(0x400000, 6 * PAGE_SIZE, READ | EXECUTE);
    const pages = [0, 1, 2, 3, 4, 5].map((page) => 0x400000 + page * PAGE_SIZE);
    expect(pages.map(rightsAt)).toEqual(['r--', 'r--', 'r--', 'r-x', 'r-x', 'r-x']);
    expect(pages.map((page) => tables.isWithheld(page + 7))).toEqual([true, true, true, false, false, false]);
    space.protect(0x400000, 6 * PAGE_SIZE, READ);
    expect(tables.isWithheld(0x400000)).toBe(false);
    expect([-1, 2 ** 32, 0x900000].map((at) => tables.isWithheld(at))).toEqual([false, false, false]);
  });

  it('may end in the next one, mapped before or after', () => {
    mapAt(0x400000, 2, READ | WRITE);
    place(0x400fff, 0x0f, 0xa2);
    space.protect(0x400000, 2 * PAGE_SIZE, READ | EXECUTE);
    expect([0x400000, 0x401000].map(rightsAt)).toEqual(['r--', 'r-x']);
    space.protect(0x401000, PAGE_SIZE, 0);
    expect(rightsAt(0x400000)).toBe('r-x');
    space.protect(0x401000, PAGE_SIZE, READ | EXECUTE);
    expect([0x400000, 0x401000].map(rightsAt)).toEqual(['r--', 'r-x']);
  });

  it('are of no interest where KVM virtualizes it', () => {
    tables = new PageTables(bytes, memory, { withholdsCpuid: false });
    mapAt(0x400000, 1, READ | WRITE);
    place(0x400000, 0x0f, 0xa2);
    space.protect(0x400000, PAGE_SIZE, READ | EXECUTE);
    expect(rightsAt(0x400000)).toBe('r-x');
    expect(tables.isWithheld(0x400000)).toBe(false);
  });
});
