import { beforeEach, describe, expect, it } from 'vitest';
import { AddressSpace, MEMORY_ERROR, type MapRequest } from './address-space.ts';
import { GuestMemory } from './guest-memory.ts';
import { PAGE_SIZE, PERMISSION } from './layout.ts';
import type { MappedFile } from './vma.ts';

const { READ, WRITE, EXECUTE } = PERMISSION;
const RW = READ | WRITE;
const MIB = 1 << 20;
const { EPERM, ENOMEM, EACCES, EFAULT, EEXIST, EINVAL } = MEMORY_ERROR;

class FakeFile implements MappedFile {
  readonly path = '/lib/x.so';
  readonly device = 8;
  readonly inode = 77;
  anonymous = false;
  released = 0;
  writes = 0;
  content: Uint8Array;

  constructor(content: Uint8Array) {
    this.content = content;
  }
  size(): number {
    return this.content.length;
  }
  read(offset: number, into: Uint8Array): number {
    // At most 5000 bytes a call: readers have to loop.
    const part = this.content.subarray(offset, offset + Math.min(into.length, 5000));
    into.set(part);
    return part.length;
  }
  write(offset: number, from: Uint8Array): void {
    this.writes++;
    this.content.set(from, offset);
  }
  share(): FakeFile {
    return new FakeFile(this.content);
  }
  release(): void {
    this.released++;
  }
}

let space: AddressSpace;
let changes: [number, number][];
const memory = GuestMemory.create(64 * MIB);

beforeEach(() => {
  memory.bytes.fill(0, memory.layout.permissions, memory.layout.vcpus);
  memory.bytes.fill(0, 0, memory.layout.guestLimit);
  space = new AddressSpace(memory);
  changes = [];
  space.onCodeChange = (start, end) => changes.push([start, end]);
});

function map(request: Partial<MapRequest>): number {
  return space.map({ address: 0, length: PAGE_SIZE, protection: RW, ...request });
}

function layout(): string[] {
  return [...space.areas].map(
    (area) => `${area.start.toString(16)}-${area.end.toString(16)}:${String(area.protection)}`,
  );
}

describe('map', () => {
  it('places areas top-down and deterministically, below the reserve of the stack', () => {
    const first = map({ length: 3 * PAGE_SIZE });
    const second = map({ length: PAGE_SIZE, protection: READ });
    expect(first).toBe(space.limit - 8 * MIB - MIB - 3 * PAGE_SIZE);
    expect(second).toBe(first - PAGE_SIZE);
    space.unmap(first + PAGE_SIZE, PAGE_SIZE);
    expect(map({ length: 100 })).toBe(first + PAGE_SIZE);
  });

  it('honours alignment for places it chooses', () => {
    map({});
    expect(map({ alignment: 0x10000 }) % 0x10000).toBe(0);
  });

  it('takes a free hint, rounded down, and ignores one that is taken or out of range', () => {
    expect(map({ address: 0x100010 })).toBe(0x100000);
    expect(map({ address: 0x100000 })).toBeGreaterThan(MIB * 20);
    expect(map({ address: space.limit })).toBeLessThan(space.limit);
    expect(map({ address: 4096 })).toBeGreaterThan(MIB);
  });

  it('refuses what cannot be mapped', () => {
    expect(map({ length: 0 })).toBe(-EINVAL);
    expect(map({ length: 2 ** 63 })).toBe(-ENOMEM);
    expect(map({ length: 40 * MIB })).toBe(-ENOMEM);
    expect(map({ address: 0x100001, placement: 'replace' })).toBe(-EINVAL);
    expect(map({ address: 0x1000, placement: 'replace' })).toBe(-EPERM);
    expect(map({ address: -PAGE_SIZE, placement: 'replace' })).toBe(-ENOMEM);
    expect(map({ address: space.limit - PAGE_SIZE, length: 2 * PAGE_SIZE, placement: 'replace' })).toBe(-ENOMEM);
    map({ address: 0x100000 });
    expect(map({ address: 0x100000, placement: 'exact' })).toBe(-EEXIST);
    expect(map({ address: 0x101000, placement: 'exact' })).toBe(0x101000);
  });

  it('replaces what MAP_FIXED covers and gives zeroed pages', () => {
    map({ address: 0x100000, length: 4 * PAGE_SIZE });
    memory.bytes.fill(7, 0x100000, 0x104000);
    expect(map({ address: 0x101000, placement: 'replace', protection: READ })).toBe(0x101000);
    expect(layout()).toEqual(['100000-101000:3', '101000-102000:1', '102000-104000:3']);
    expect([memory.bytes[0x100fff], memory.bytes[0x101000], memory.bytes[0x102000]]).toEqual([7, 0, 7]);
  });

  it('joins neighbours that are alike', () => {
    map({ address: 0x100000 });
    map({ address: 0x102000 });
    map({ address: 0x101000 });
    expect(layout()).toEqual(['100000-103000:3']);
  });

  it('enforces the limits on accessible memory and on address space', () => {
    space.memoryLimit = 4 * PAGE_SIZE;
    expect(map({ length: 100 * PAGE_SIZE, protection: 0 })).toBeGreaterThan(0);
    const start = map({ length: 4 * PAGE_SIZE });
    expect(start).toBeGreaterThan(0);
    expect(map({})).toBe(-ENOMEM);
    expect(map({ address: start, placement: 'replace' })).toBe(start);
    space.unmap(start, PAGE_SIZE);
    expect([space.chargedBytes, space.peakChargedBytes]).toEqual([3 * PAGE_SIZE, 4 * PAGE_SIZE]);
    space.addressLimit = space.mappedBytes;
    expect(map({ protection: 0 })).toBe(-ENOMEM);
  });

  it('reports changes of executable ranges only', () => {
    const code = map({ protection: READ | EXECUTE });
    map({ protection: READ });
    expect(changes).toEqual([[code, code + PAGE_SIZE]]);
    space.protect(code, PAGE_SIZE, READ);
    space.unmap(code, PAGE_SIZE);
    expect(changes).toHaveLength(2);
  });
});

describe('unmap', () => {
  it('splits areas, and pages that come back read as zero', () => {
    map({ address: 0x100000, length: 3 * PAGE_SIZE });
    memory.bytes.fill(9, 0x100000, 0x103000);
    expect(space.unmap(0x101000, 1)).toBe(0);
    expect(layout()).toEqual(['100000-101000:3', '102000-103000:3']);
    expect(space.pages.permission(0x101000)).toBe(0);
    map({ address: 0x101000 });
    expect(memory.bytes.subarray(0x101000, 0x102000).every((byte) => byte === 0)).toBe(true);
    expect(memory.bytes[0x102000]).toBe(9);
  });

  it('checks its arguments and accepts holes', () => {
    expect(space.unmap(1, PAGE_SIZE)).toBe(-EINVAL);
    expect(space.unmap(0x100000, 0)).toBe(-EINVAL);
    expect(space.unmap(-PAGE_SIZE, PAGE_SIZE)).toBe(-EINVAL);
    expect(space.unmap(space.limit, PAGE_SIZE)).toBe(-EINVAL);
    expect(space.unmap(0x100000, PAGE_SIZE)).toBe(0);
  });
});

describe('protect', () => {
  it('splits, joins again and writes permission bytes', () => {
    map({ address: 0x100000, length: 3 * PAGE_SIZE });
    expect(space.protect(0x101000, PAGE_SIZE, READ)).toBe(0);
    expect(layout()).toEqual(['100000-101000:3', '101000-102000:1', '102000-103000:3']);
    expect([0x100000, 0x101000, 0x102000].map((vaddr) => space.pages.permission(vaddr))).toEqual([3, 1, 3]);
    expect(space.protect(0x101000, PAGE_SIZE, RW)).toBe(0);
    expect(layout()).toEqual(['100000-103000:3']);
    expect(space.protect(0x100000, PAGE_SIZE, WRITE)).toBe(0);
    expect(space.pages.permission(0x100000)).toBe(RW);
  });

  it('fails where a part is not mapped, after changing what lies before', () => {
    map({ address: 0x100000 });
    map({ address: 0x102000 });
    expect(space.protect(0x100000, 3 * PAGE_SIZE, READ)).toBe(-ENOMEM);
    expect(layout()).toEqual(['100000-101000:1', '102000-103000:3']);
    expect(space.protect(0x200000, PAGE_SIZE, READ)).toBe(-ENOMEM);
    expect(space.protect(0x100001, PAGE_SIZE, READ)).toBe(-EINVAL);
    expect(space.protect(space.limit, PAGE_SIZE, READ)).toBe(-ENOMEM);
    expect(space.protect(0x100000, 0, READ)).toBe(0);
  });

  it('counts memory that becomes accessible', () => {
    const start = map({ length: 8 * PAGE_SIZE, protection: 0 });
    space.memoryLimit = 2 * PAGE_SIZE;
    expect(space.protect(start, 3 * PAGE_SIZE, RW)).toBe(-ENOMEM);
    expect(space.protect(start, 2 * PAGE_SIZE, RW)).toBe(0);
  });
});

describe('remap', () => {
  beforeEach(() => {
    map({ address: 0x100000, length: 2 * PAGE_SIZE });
    memory.bytes.fill(5, 0x100000, 0x102000);
  });
  const remap = (oldPages: number, newPages: number, mayMove: boolean, target?: number): number =>
    space.remap({
      address: 0x100000,
      oldLength: oldPages * PAGE_SIZE,
      newLength: newPages * PAGE_SIZE,
      mayMove,
      ...(target === undefined ? {} : { target }),
    });

  it('shrinks and grows in place', () => {
    expect(remap(2, 1, false)).toBe(0x100000);
    expect(remap(1, 3, false)).toBe(0x100000);
    expect(layout()).toEqual(['100000-103000:3']);
    expect([memory.bytes[0x100fff], memory.bytes[0x101000]]).toEqual([5, 0]);
  });

  it('moves when it must and may', () => {
    map({ address: 0x102000, protection: READ });
    expect(remap(2, 3, false)).toBe(-ENOMEM);
    const moved = remap(2, 3, true);
    expect(moved).toBeGreaterThan(0x103000);
    expect([memory.bytes[moved], memory.bytes[moved + 0x1fff], memory.bytes[moved + 0x2000]]).toEqual([5, 5, 0]);
    expect(space.find(0x100000)).toBeUndefined();
  });

  it('moves to a given place, replacing what is there', () => {
    map({ address: 0x200000, length: 4 * PAGE_SIZE, protection: READ });
    expect(remap(2, 2, true, 0x201000)).toBe(0x201000);
    expect(layout()).toEqual(['200000-201000:1', '201000-203000:3', '203000-204000:1']);
    expect(memory.bytes[0x202fff]).toBe(5);
  });

  it('refuses bad requests', () => {
    expect(remap(3, 4, true)).toBe(-EFAULT);
    expect(remap(2, 0, true)).toBe(-EINVAL);
    expect(remap(2, 2, true, 0x101000)).toBe(-EINVAL);
    expect(remap(2, 2, true, 0x200001)).toBe(-EINVAL);
    expect(remap(2, 2, true, 0x1000)).toBe(-EPERM);
    expect(remap(2, 2, false, 0x200000)).toBe(-EINVAL);
    expect(remap(0, 1, true)).toBe(-EINVAL);
    expect(space.remap({ address: 0x300000, oldLength: 1, newLength: 1, mayMove: true })).toBe(-EFAULT);
    expect(space.remap({ address: 3, oldLength: 1, newLength: 1, mayMove: true })).toBe(-EINVAL);
    space.memoryLimit = 2 * PAGE_SIZE;
    expect(remap(2, 3, true)).toBe(-ENOMEM);
  });
});

describe('brk', () => {
  it('grows, shrinks, zeroes and stops at neighbours and limits', () => {
    space.setHeapStart(0x100010);
    expect(space.brk(0)).toBe(0x101000);
    expect(space.brk(0x101100)).toBe(0x101100);
    memory.bytes[0x101000] = 1;
    expect(space.brk(0x104000)).toBe(0x104000);
    expect(layout()).toEqual(['101000-104000:3']);
    expect(space.brk(0x101000)).toBe(0x101000);
    expect(space.brk(0x101001)).toBe(0x101001);
    expect(memory.bytes[0x101000]).toBe(0);
    map({ address: 0x103000 });
    expect(space.brk(0x104000)).toBe(0x101001);
    space.memoryLimit = 0;
    expect(space.brk(0x103000)).toBe(0x101001);
    expect(space.brk(0x100000)).toBe(0x101001);
    expect(space.find(0x101000)?.name).toBe('[heap]');
  });
});

describe('stack', () => {
  let top: number;
  beforeEach(() => {
    top = space.limit;
    const length = 4 * PAGE_SIZE;
    map({ address: top - length, length, placement: 'replace', growsDown: true, name: '[stack]' });
  });

  it('grows on a fault within its limit and keeps the gap below', () => {
    const start = top - 4 * PAGE_SIZE;
    expect(space.handleFault(BigInt(start - 8), 'write')).toBe(true);
    expect(space.find(start - 8)?.start).toBe(start - 256 * 1024);
    expect(space.handleFault(BigInt(top - 8 * MIB), 'read')).toBe(true);
    expect(space.handleFault(BigInt(top - 8 * MIB - 1), 'read')).toBe(false);
    expect(space.handleFault(BigInt(top), 'read')).toBe(false);
    expect(space.handleFault(2n ** 64n - 8n, 'read')).toBe(false);
    expect(space.handleFault(BigInt(start), 'execute')).toBe(false);
  });

  it('stops at the guard gap above another area and at the memory limit', () => {
    map({ address: top - 4 * MIB, placement: 'replace' });
    expect(space.handleFault(BigInt(top - 3 * MIB), 'write')).toBe(false);
    expect(space.handleFault(BigInt(top - 2 * MIB), 'write')).toBe(true);
    space.memoryLimit = space.chargedBytes;
    expect(space.handleFault(BigInt(top - 2 * MIB - 256 * 1024 - 1), 'write')).toBe(false);
  });

  it('grows for accesses of the kernel', () => {
    expect(space.checkAccess(top - MIB, MIB, RW)).toBe(true);
    expect(space.checkAccess(top - MIB, MIB + 1, RW)).toBe(false);
  });
});

describe('files', () => {
  const content = Uint8Array.from({ length: 3 * PAGE_SIZE + 100 }, (_, index) => (index % 251) + 1);
  let file: FakeFile;
  beforeEach(() => {
    file = new FakeFile(content.slice());
  });

  it('shows the content, zeros behind the end in the last page, and SIGBUS pages after it', () => {
    const start = map({ length: 5 * PAGE_SIZE, file, fileOffset: PAGE_SIZE, protection: READ });
    expect(memory.bytes[start]).toBe(content[PAGE_SIZE]);
    expect(memory.bytes[start + 2 * PAGE_SIZE + 99]).toBe(content[3 * PAGE_SIZE + 99]);
    expect(memory.bytes[start + 2 * PAGE_SIZE + 100]).toBe(0);
    expect(space.faultKind(BigInt(start), 'read')).toBe('none');
    expect(space.faultKind(BigInt(start), 'write')).toBe('protected');
    expect(space.faultKind(BigInt(start + 3 * PAGE_SIZE), 'read')).toBe('beyond-file');
    expect(space.faultKind(BigInt(start + 5 * PAGE_SIZE), 'read')).toBe('unmapped');
    expect(space.faultKind(2n ** 63n, 'read')).toBe('unmapped');
  });

  it('keeps private stores private and reads the file again after discard', () => {
    const start = map({ length: PAGE_SIZE, file });
    memory.bytes[start] = 99;
    space.sync(start, PAGE_SIZE);
    expect(file.writes).toBe(0);
    expect(space.discard(start, PAGE_SIZE)).toBe(0);
    expect(memory.bytes[start]).toBe(1);
  });

  it('writes shared stores back at sync and unmap, only where they differ', () => {
    const start = map({ length: 4 * PAGE_SIZE, file, shared: true });
    expect(space.sync(start, 4 * PAGE_SIZE)).toBe(0);
    expect(file.writes).toBe(0);
    memory.bytes[start + 5] = 200;
    space.sync(start, PAGE_SIZE);
    expect(file.content[5]).toBe(200);
    memory.bytes[start + 3 * PAGE_SIZE + 7] = 201;
    space.unmap(start, 4 * PAGE_SIZE);
    expect(file.content[3 * PAGE_SIZE + 7]).toBe(201);
    expect(file.content.length).toBe(content.length);
    expect(file.released).toBe(1);
  });

  it('shows what was stored through one mapping in another, which does not bring the old content back', () => {
    const first = map({ length: 2 * PAGE_SIZE, file, shared: true });
    const second = map({ length: 2 * PAGE_SIZE, file, shared: true });
    memory.bytes[second + PAGE_SIZE + 5] = 200;
    space.unmap(second, 2 * PAGE_SIZE);
    expect(memory.bytes[first + PAGE_SIZE + 5]).toBe(200);
    space.unmap(first, 2 * PAGE_SIZE);
    expect(file.content[PAGE_SIZE + 5]).toBe(200);
  });

  it('exchanges content with reads and writes of the same file', () => {
    const start = map({ length: 5 * PAGE_SIZE, file, shared: true });
    memory.bytes[start] = 50;
    space.flushFile(8, 78);
    expect(file.content[0]).toBe(1);
    space.flushFile(8, 77);
    expect(file.content[0]).toBe(50);
    file.content = new Uint8Array(5 * PAGE_SIZE).fill(3);
    space.refreshFile(8, 77);
    expect([memory.bytes[start], memory.bytes[start + 5 * PAGE_SIZE - 1]]).toEqual([3, 3]);
    expect(space.pages.permission(start + 4 * PAGE_SIZE)).toBe(RW);
  });

  it('releases a file once, when its last part is gone', () => {
    const start = map({ length: 3 * PAGE_SIZE, file });
    space.unmap(start + PAGE_SIZE, PAGE_SIZE);
    space.protect(start, PAGE_SIZE, READ);
    expect(file.released).toBe(0);
    space.unmapAll();
    expect(file.released).toBe(1);
    expect(space.mappedBytes).toBe(0);
  });

  it('refuses permissions that the file was not opened for', () => {
    const start = map({ file, shared: true, protection: READ, maxProtection: READ });
    expect(space.protect(start, PAGE_SIZE, RW)).toBe(-EACCES);
  });

  it('moves and duplicates shared mappings', () => {
    const start = map({ file, shared: true });
    memory.bytes[start] = 44;
    const copy = space.remap({ address: start, oldLength: 0, newLength: PAGE_SIZE, mayMove: true });
    expect(memory.bytes[copy]).toBe(44);
    expect(space.remap({ address: start, oldLength: 0, newLength: PAGE_SIZE, mayMove: true, target: 0x300000 })).toBe(
      0x300000,
    );
    map({ address: start + PAGE_SIZE, placement: 'replace' });
    const moved = space.remap({ address: start, oldLength: PAGE_SIZE, newLength: 2 * PAGE_SIZE, mayMove: true });
    expect([memory.bytes[moved], memory.bytes[moved + PAGE_SIZE]]).toEqual([44, content[PAGE_SIZE]]);
    expect(file.released).toBe(0);
  });
});

describe('queries', () => {
  it('discards anonymous pages', () => {
    map({ address: 0x100000, length: 2 * PAGE_SIZE });
    memory.bytes.fill(1, 0x100000, 0x102000);
    expect(space.discard(0x100000, PAGE_SIZE)).toBe(0);
    expect([memory.bytes[0x100000], memory.bytes[0x101000]]).toEqual([0, 1]);
    expect(space.discard(0x101000, 2 * PAGE_SIZE)).toBe(-ENOMEM);
    expect(space.discard(0x1, PAGE_SIZE)).toBe(-EINVAL);
  });

  it('knows holes', () => {
    map({ address: 0x100000 });
    map({ address: 0x101000, protection: READ });
    expect(space.isMapped(0x100000, 2 * PAGE_SIZE)).toBe(true);
    expect(space.isMapped(0x100000, 3 * PAGE_SIZE)).toBe(false);
    expect(space.sync(0x100000, 3 * PAGE_SIZE)).toBe(-ENOMEM);
    expect(space.sync(0x100001, 1)).toBe(-EINVAL);
  });

  it('pokes through protection, and the bytes do not survive unmap', () => {
    map({ address: 0x100000, protection: READ });
    space.poke(0x100ffe, new Uint8Array([1, 2]));
    expect(memory.bytes[0x100fff]).toBe(2);
    space.unmap(0x100000, PAGE_SIZE);
    map({ address: 0x100000, protection: READ });
    expect(memory.bytes[0x100fff]).toBe(0);
    expect(() => {
      space.poke(0x100fff, new Uint8Array(2));
    }).toThrow('mapped pages');
  });
});
