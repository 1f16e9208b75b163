import { expect, it } from 'vitest';
import { AddressSpace } from './address-space.ts';
import { PERMISSION } from './layout.ts';
import { MemoryPool } from './pool.ts';

const SIZE = 1 << 28;
const AT = 0x100000;

function used(pool: MemoryPool, length: number): AddressSpace {
  const space = new AddressSpace(pool.take());
  const protection = PERMISSION.READ | PERMISSION.WRITE;
  expect(space.map({ address: AT, length, protection, placement: 'exact' })).toBe(AT);
  space.memory.bytes[AT + 5] = 7;
  return space;
}

it('gives a memory out again, zeroed and without permissions', () => {
  const pool = new MemoryPool(SIZE);
  const space = used(pool, 0x10000);
  pool.give(space);
  expect(pool.free).toBe(1);
  const memory = pool.take();
  expect(memory).toBe(space.memory);
  expect(memory.bytes[AT + 5]).toBe(0);
  expect(new AddressSpace(memory).pages.permission(AT)).toBe(0);
  expect(pool.free).toBe(0);
});

it('drops a memory of which much was touched, and what exceeds its room', () => {
  const pool = new MemoryPool(SIZE);
  pool.give(used(pool, 80 << 20));
  expect(pool.free).toBe(0);
  const spaces = Array.from({ length: 34 }, () => used(pool, 4096));
  for (const space of spaces) pool.give(space);
  expect(pool.free).toBe(32);
});
