import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AddressSpace } from './address-space.ts';
import { GuestMemory } from './guest-memory.ts';
import { PAGE_SIZE, PERMISSION } from './layout.ts';

/** A window of pages, each described naively; every operation is checked against the address space. */
const BASE = 0x100000;
const PAGES = 24;
const memory = GuestMemory.create(1 << 26);

interface Page {
  protection: number;
  tag: number;
}

const page = fc.integer({ min: 0, max: PAGES - 1 });
const count = fc.integer({ min: 1, max: 8 });
const protection = fc.constantFrom(0, 1, 3, 5, 7);
const operation = fc.oneof(
  fc.record({ kind: fc.constant('map' as const), page, count, protection }),
  fc.record({ kind: fc.constant('unmap' as const), page, count }),
  fc.record({ kind: fc.constant('protect' as const), page, count, protection }),
  fc.record({ kind: fc.constant('write' as const), page, tag: fc.integer({ min: 1, max: 255 }) }),
  fc.record({ kind: fc.constant('discard' as const), page, count }),
  fc.record({ kind: fc.constant('move' as const), page, count, target: page }),
);
type Operation = typeof operation extends fc.Arbitrary<infer T> ? T : never;

function hole(model: (Page | null)[], from: number, pages: number): number {
  for (let index = from; index < from + pages; index++) if ((model[index] ?? null) === null) return index;
  return from + pages;
}

function apply(space: AddressSpace, model: (Page | null)[], step: Operation): void {
  const vaddr = BASE + step.page * PAGE_SIZE;
  const pages = 'count' in step ? Math.min(step.count, PAGES - step.page) : 1;
  const length = pages * PAGE_SIZE;
  const each = (change: (page: Page) => void, until = step.page + pages): void => {
    for (let index = step.page; index < until; index++) change(model[index]!);
  };
  switch (step.kind) {
    case 'map':
      expect(space.map({ address: vaddr, length, protection: step.protection, placement: 'replace' })).toBe(vaddr);
      for (let index = step.page; index < step.page + pages; index++)
        model[index] = { protection: step.protection, tag: 0 };
      return;
    case 'unmap':
      expect(space.unmap(vaddr, length)).toBe(0);
      model.fill(null, step.page, step.page + pages);
      return;
    case 'protect': {
      const stop = hole(model, step.page, pages);
      expect(space.protect(vaddr, length, step.protection)).toBe(stop === step.page + pages ? 0 : -12);
      each((target) => (target.protection = step.protection), stop);
      return;
    }
    case 'write': {
      const target = model[step.page] ?? null;
      const allowed = target !== null && (target.protection & PERMISSION.WRITE) !== 0;
      expect(space.checkAccess(vaddr, PAGE_SIZE, PERMISSION.WRITE)).toBe(allowed);
      if (!allowed) return;
      memory.bytes.fill(step.tag, vaddr, vaddr + PAGE_SIZE);
      target.tag = step.tag;
      return;
    }
    case 'discard': {
      const stop = hole(model, step.page, pages);
      expect(space.discard(vaddr, length)).toBe(stop === step.page + pages ? 0 : -12);
      each((target) => (target.tag = 0), stop);
      return;
    }
    case 'move': {
      if (step.target + pages > PAGES) return;
      const target = BASE + step.target * PAGE_SIZE;
      const result = space.remap({ address: vaddr, oldLength: length, newLength: length, mayMove: true, target });
      const overlap = Math.abs(step.target - step.page) < pages;
      const first = model[step.page] ?? null;
      if (overlap) expect(result).toBe(-22);
      else if (hole(model, step.page, pages) !== step.page + pages) expect(result).toBe(-14);
      else {
        // Alike neighbours are one area, so a range can be moved exactly when its pages have one protection.
        const alike = model
          .slice(step.page, step.page + pages)
          .every((entry) => entry?.protection === first?.protection);
        expect(result).toBe(alike ? target : -14);
        if (!alike) return;
        for (let index = 0; index < pages; index++) {
          model[step.target + index] = model[step.page + index] ?? null;
          model[step.page + index] = null;
        }
      }
    }
  }
}

function compare(space: AddressSpace, model: readonly (Page | null)[]): void {
  let mapped = 0;
  let charged = 0;
  model.forEach((expected, index) => {
    const vaddr = BASE + index * PAGE_SIZE;
    const area = space.find(vaddr);
    expect(area?.protection ?? null).toBe(expected?.protection ?? null);
    expect(space.pages.permission(vaddr)).toBe(expected?.protection ?? 0);
    if (expected === null) return;
    mapped += PAGE_SIZE;
    if (expected.protection !== 0) charged += PAGE_SIZE;
    expect([memory.bytes[vaddr], memory.bytes[vaddr + PAGE_SIZE - 1]]).toEqual([expected.tag, expected.tag]);
  });
  expect([space.mappedBytes, space.chargedBytes]).toEqual([mapped, charged]);
  const areas = [...space.areas];
  areas.forEach((area, index) => {
    const next = areas[index + 1];
    if (next !== undefined)
      expect(area.end < next.start || (area.end === next.start && area.protection !== next.protection)).toBe(true);
  });
}

describe('an address space', () => {
  it('behaves as an array of pages', () => {
    const space = new AddressSpace(memory);
    fc.assert(
      fc.property(fc.array(operation, { minLength: 1, maxLength: 40 }), (steps) => {
        space.unmapAll();
        const model: (Page | null)[] = new Array<Page | null>(PAGES).fill(null);
        for (const step of steps) apply(space, model, step);
        compare(space, model);
      }),
      { numRuns: 300 },
    );
  });
});
