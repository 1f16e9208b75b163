/**
 * How guest memory accesses of a region are checked. What happens where an access is refused depends on whether the
 * guest may go on. In a *precise* region tier 0 raises the fault, from the state before the instruction: under `host` that is
 * stored before each access, which then traps; else the access leaves, with the state stored. In any other region it
 * traps, which ends the guest, and the module's table of sites tells which guest instruction it was.
 *
 *   host     the host faults on pages that the guest may not touch; only the range needs a check. Atomic accesses check
 *            the permission byte, because not every engine turns their faults into traps
 *   range    one compare keeps the address out of the null page and the runtime's own area
 *   strict   the permission byte of each page
 */
import { GUEST_BASE, PAGE_SHIFT, PERMISSION, type MemoryLayout } from '../../../memory/layout.ts';
import type { FunctionBody } from '../encoder.ts';

export type RegionMemoryModel = 'host' | 'range' | 'strict';
export type AccessKind = 'read' | 'write' | 'update';

/** Bits of a trap site's kind: a store, and a check that failed (rather than the access itself). */
export const SITE = { WRITE: 1, CHECK: 2 } as const;

/** Where emitted code may trap: positions in the function's code, ascending, and the guest instructions there. */
export interface TrapSites {
  readonly positions: number[];
  readonly pcs: number[];
  /** `SITE` bits. */
  readonly kinds: number[];
}

/** Pushes an i32 that is not 0 when the guest address in an i64 local may not be accessed. */
export function emitRefused(
  body: FunctionBody,
  layout: MemoryLayout,
  model: RegionMemoryModel,
  address: number,
  access: AccessKind,
  width: number,
): void {
  switch (model) {
    case 'host':
      body.localGet(address);
      body.emit('i64.const', BigInt(layout.guestLimit));
      body.emit('i64.ge_u');
      return;
    case 'range':
      body.localGet(address);
      body.emit('i64.const', BigInt(GUEST_BASE));
      body.emit('i64.sub');
      body.emit('i64.const', BigInt(layout.guestLimit - GUEST_BASE - width));
      body.emit('i64.gt_u');
      return;
    case 'strict':
      emitRefusedByPage(body, layout, address, access, width);
  }
}

/** Refused: above 4 GiB, or a page without permission, that of the last byte included. */
function emitRefusedByPage(
  body: FunctionBody,
  layout: MemoryLayout,
  address: number,
  access: AccessKind,
  width: number,
): void {
  const needed = { read: PERMISSION.READ, write: PERMISSION.WRITE, update: PERMISSION.READ | PERMISSION.WRITE }[access];
  body.localGet(address);
  body.emit('i64.const', 32n);
  body.emit('i64.shr_u');
  body.emit('i32.wrap_i64');
  pushMissing(body, layout, address, 0, needed);
  body.emit('i32.or');
  if (width === 1) return;
  pushMissing(body, layout, address, width - 1, needed);
  body.emit('i32.or');
}

function pushMissing(
  body: FunctionBody,
  layout: MemoryLayout,
  address: number,
  displacement: number,
  needed: number,
): void {
  body.localGet(address);
  body.emit('i32.wrap_i64');
  if (displacement > 0) {
    body.i32Const(displacement);
    body.emit('i32.add');
  }
  body.i32Const(PAGE_SHIFT);
  body.emit('i32.shr_u');
  body.load('i32.load8_u', layout.permissions);
  body.i32Const(needed);
  body.emit('i32.and');
  body.i32Const(needed);
  body.emit('i32.xor');
}
