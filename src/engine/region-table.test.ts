import { expect, it } from 'vitest';
import { GuestMemory } from '../memory/guest-memory.ts';
import { RegionTable } from './region-table.ts';

const CALLED = 0x1000;

it('lets the links of a module follow the region that they are for', () => {
  const table = new RegionTable(GuestMemory.create(1 << 26), 0, () => 0);
  table.reserve(1);
  const region = { pc: CALLED, tableIndex: 0 };
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
