import { describe, expect, it } from 'vitest';
import { maxAreas, memoryLayout } from './layout.ts';

describe('a memory that engines share', () => {
  it.each([2 ** 26, 2 ** 28, 2 ** 32])('of %i bytes has disjoint areas behind what all use', (size) => {
    const count = maxAreas(size);
    expect(count).toBeGreaterThanOrEqual(3);
    const whole = memoryLayout(size);
    const areas = Array.from({ length: count }, (_, area) => memoryLayout(size, count, area));
    let end = whole.jumpCache;
    for (const layout of areas) {
      expect(layout.jumpCache).toBeGreaterThanOrEqual(end);
      expect(layout.heapSize).toBeGreaterThan(1 << 20);
      end = layout.heap + layout.heapSize;
      const { guestLimit, permissions, vcpus } = layout;
      expect({ guestLimit, permissions, vcpus }).toEqual({
        guestLimit: whole.guestLimit,
        permissions: whole.permissions,
        vcpus: whole.vcpus,
      });
    }
    expect(end).toBeLessThanOrEqual(size - 0x10000);
    // Code of area 0 is kept under the same name for any number of areas.
    expect(memoryLayout(size, 2).regionCache).toBe(memoryLayout(size, count).regionCache);
    expect(() => memoryLayout(size, count * 2)).toThrow(RangeError);
  });
});
