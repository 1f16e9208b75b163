import { expect, it } from 'vitest';
import { PAGE_SIZE } from '../memory/layout.ts';
import { CodeSnapshot } from './code-snapshot.ts';

it('keeps code as it was when it was first read', () => {
  const bytes = new Uint8Array(4 * PAGE_SIZE).fill(1);
  const source = { readU8: (pc: number) => (pc < 3 * PAGE_SIZE ? (bytes[pc] ?? -1) : -1), readU16: () => -1 };
  const snapshot = new CodeSnapshot(source, bytes);
  expect(snapshot.readU8(PAGE_SIZE)).toBe(1);
  bytes.fill(2);
  expect(snapshot.readU8(PAGE_SIZE + 7)).toBe(1);
  // Across pages, of which the second one is read only now.
  expect(snapshot.readU16(2 * PAGE_SIZE - 1)).toBe(0x0201);
  expect(snapshot.readU16(3 * PAGE_SIZE - 1)).toBe(-1);
  const range = { start: 2 * PAGE_SIZE - 2, end: 2 * PAGE_SIZE + 2 };
  expect([...snapshot.codeIn([range, { start: PAGE_SIZE, end: PAGE_SIZE + 1 }])]).toEqual([1, 1, 2, 2, 1]);
  expect(snapshot.codeIn([{ start: PAGE_SIZE, end: 3 * PAGE_SIZE + 1 }])).toHaveLength(0);
});
