import { beforeEach, describe, expect, it } from 'vitest';
import { AddressSpace } from './address-space.ts';
import { GuestMemory } from './guest-memory.ts';
import { PAGE_SIZE, PERMISSION } from './layout.ts';
import { AccessFault, UserMemory } from './user-memory.ts';

const RW = PERMISSION.READ | PERMISSION.WRITE;
const memory = GuestMemory.create(1 << 26);
const BASE = 0x100000;
let user: UserMemory;

beforeEach(() => {
  const space = new AddressSpace(memory);
  memory.bytes.fill(0, memory.layout.permissions, memory.layout.vcpus);
  space.map({ address: BASE, length: 2 * PAGE_SIZE, protection: RW, placement: 'replace' });
  space.map({ address: BASE + 2 * PAGE_SIZE, length: PAGE_SIZE, protection: PERMISSION.READ, placement: 'replace' });
  memory.bytes.fill(0, BASE, BASE + 3 * PAGE_SIZE);
  user = new UserMemory(space);
});

describe('UserMemory', () => {
  it('reads back every width, little-endian', () => {
    user.writeU64(BASE, -2n);
    expect(user.readU64(BASE)).toBe(0xfffffffffffffffen);
    expect(user.readI64(BASE)).toBe(-2n);
    expect(user.readI32(BASE)).toBe(-2);
    expect(user.readU32(BASE + 4)).toBe(0xffffffff);
    user.writeU32(BASE, -1);
    user.writeU16(BASE + 4, 0x1234);
    user.writeU8(BASE + 6, 0x56);
    expect([...user.readBytes(BASE, 8)]).toEqual([255, 255, 255, 255, 0x34, 0x12, 0x56, 255]);
    expect([user.readU16(BASE + 4), user.readU8(BASE + 6)]).toEqual([0x1234, 0x56]);
    user.writeU64(BASE, 0x1234567890);
    expect(user.readPointer(BASE)).toBe(0x1234567890);
  });

  it('does not take what lies around the permissions of pages for more of them', () => {
    const { bytes, layout } = memory;
    const pages = user.space.limit / PAGE_SIZE;
    const around = [-1, -2, pages, pages + 1];
    const before = around.map((page) => bytes[layout.permissions + page] ?? 0);
    around.forEach((page) => (bytes[layout.permissions + page] = PERMISSION.WATCHED | PERMISSION.READ));
    for (const page of around)
      expect(() => {
        user.writeU8(page * PAGE_SIZE, 1);
      }).toThrow(AccessFault);
    expect(around.map((page) => bytes[layout.permissions + page])).toEqual(
      around.map(() => PERMISSION.WATCHED | PERMISSION.READ),
    );
    around.forEach((page, index) => (bytes[layout.permissions + page] = before[index] ?? 0));
  });

  it('refuses unmapped, read-only and absurd addresses', () => {
    const end = BASE + 3 * PAGE_SIZE;
    for (const vaddr of [0, end - 3, end, -8, 2 ** 63, NaN])
      expect(() => user.readU32(vaddr), String(vaddr)).toThrow(AccessFault);
    expect(() => {
      user.writeU8(BASE + 2 * PAGE_SIZE, 1);
    }).toThrow(AccessFault);
    expect(() => user.writable(BASE, 2 * PAGE_SIZE + 1)).toThrow(AccessFault);
    expect(() => user.readable(BASE, -1)).toThrow(AccessFault);
    expect(() => user.readable(BASE, 2 ** 60)).toThrow(AccessFault);
    expect(user.readable(0, 0)).toHaveLength(0);
  });

  it('reads strings up to the NUL and not a page further', () => {
    const last = BASE + 3 * PAGE_SIZE;
    memory.bytes.set([65, 66, 0], last - 3);
    expect([...(user.readCString(last - 3, 4096) ?? [])]).toEqual([65, 66]);
    expect(user.readCString(last - 3, 2)).toBeNull();
    memory.bytes.fill(67, last - PAGE_SIZE - 1, last - 1);
    expect(user.readCString(last - PAGE_SIZE - 1, 5000)).toHaveLength(PAGE_SIZE);
    memory.bytes[last - 1] = 67;
    expect(() => user.readCString(last - 3, 4096)).toThrow(AccessFault);
  });

  it('gives what is accessible of a buffer', () => {
    expect(user.writablePrefix(BASE, 3 * PAGE_SIZE)).toHaveLength(2 * PAGE_SIZE);
    expect(user.readablePrefix(BASE, 1e6)).toHaveLength(3 * PAGE_SIZE);
    expect(user.readablePrefix(BASE, 10)).toHaveLength(10);
    expect(() => user.writablePrefix(BASE + 2 * PAGE_SIZE, 1)).toThrow(AccessFault);
  });

  it('writes bytes', () => {
    user.writeBytes(BASE + PAGE_SIZE - 1, new Uint8Array([1, 2]));
    expect([...user.readable(BASE + PAGE_SIZE - 1, 2)]).toEqual([1, 2]);
  });
});
