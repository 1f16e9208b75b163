import { expect, it } from 'vitest';
import { GuestMemory } from '../memory/guest-memory.ts';
import { MAX_REGIONS } from '../memory/layout.ts';
import { RegionTable } from './region-table.ts';

const CALLED = 0x1000;

it('lets the links of a module follow the region that they are for', () => {
  const table = new RegionTable(GuestMemory.create(1 << 26), 0, () => 0);
  const region = { pc: CALLED, tableIndex: table.takeNumber() };
  const newLinks = () => ({
    table: new WebAssembly.Table({ element: 'anyfunc', initial: 2 }),
    pcs: [0x2000, CALLED],
  });
  const [early, late] = [newLinks(), newLinks()];
  // Any function will do for a region's: nothing is called.
  const code = table.call;
  table.link(early);
  expect([early.table.get(0), early.table.get(1)]).toEqual([table.miss, table.miss]);
  table.set(region, code);
  table.link(late);
  expect([early.table.get(0), early.table.get(1)]).toEqual([table.miss, code]);
  expect([late.table.get(0), late.table.get(1)]).toEqual([table.miss, code]);
  table.unlink(late);
  table.clear(region);
  expect([early.table.get(1), late.table.get(1)]).toEqual([table.miss, code]);
});

it('gives a number to as many regions as there can be, and again when one is gone', () => {
  const table = new RegionTable(GuestMemory.create(1 << 26), 0, () => 0);
  const regions = Array.from({ length: MAX_REGIONS }, (_, at) => ({ pc: at * 4, tableIndex: table.takeNumber() }));
  expect(new Set(regions.map(({ tableIndex }) => tableIndex)).size).toBe(MAX_REGIONS);
  for (const region of [regions[7]!, regions[MAX_REGIONS - 1]!]) table.set(region, table.call);
  expect(table.hasRoomFor(1)).toBe(false);
  expect(() => table.takeNumber()).toThrow('there is room');
  table.clear(regions[7]!);
  expect([table.hasRoomFor(1), table.hasRoomFor(2)]).toEqual([true, false]);
  expect(table.takeNumber()).toBe(regions[7]!.tableIndex);
});
