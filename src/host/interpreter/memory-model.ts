/**
 * How guest memory accesses are checked in tier 0.
 *
 *   range    one compare covers the null page, addresses past the limit and the runtime's own area; pages inside the
 *            range that are not mapped read as zeros
 *   strict   the permission byte of each page is checked as well
 *
 * Every model has a short inline check that may refuse an access that is in fact legal (unaligned under `strict`), and
 * a careful one, in a function, that decides and names the faulting address.
 */
import { GUEST_BASE, PAGE_SHIFT, PERMISSION, type MemoryLayout } from '../../memory/layout.ts';
import { VCPU } from '../../ir/vcpu-layout.ts';
import type { FunctionBody } from '../wasm/encoder.ts';
import { EXIT } from './exits.ts';

export type MemoryModel = 'range' | 'strict';
export type AccessKind = 'read' | 'write' | 'update';

export interface CheckLocals {
  /** i64 local that holds the guest address */
  readonly address: number;
  /** i32 local that receives the host offset */
  readonly host: number;
}

function needed(access: AccessKind): number {
  if (access === 'read') return PERMISSION.READ;
  return access === 'write' ? PERMISSION.WRITE : PERMISSION.READ | PERMISSION.WRITE;
}

/** Code for the value of `access` that `careful` takes: the permission bits that an access needs. */
export const accessCode = needed;

/** Pushes an i32 that is 0 when the access of `width` bytes at `address` may go ahead; sets `host`. */
export function emitInlineCheck(
  body: FunctionBody,
  model: MemoryModel,
  layout: MemoryLayout,
  locals: CheckLocals,
  width: number,
  access: AccessKind,
): void {
  if (model === 'range') {
    body.localGet(locals.address);
    body.emit('i32.wrap_i64');
    body.localSet(locals.host);
    body.localGet(locals.address);
    body.emit('i64.const', BigInt(GUEST_BASE));
    body.emit('i64.sub');
    body.emit('i64.const', BigInt(layout.guestLimit - GUEST_BASE - width));
    body.emit('i64.gt_u');
    return;
  }
  const need = needed(access);
  body.localGet(locals.address);
  body.emit('i32.wrap_i64');
  body.localTee(locals.host);
  body.i32Const(PAGE_SHIFT);
  body.emit('i32.shr_u');
  body.load('i32.load8_u', layout.permissions);
  body.i32Const(need);
  body.emit('i32.and');
  body.i32Const(need);
  body.emit('i32.xor');
  body.localGet(locals.address);
  body.emit('i64.const', 32n);
  body.emit('i64.shr_u');
  body.emit('i32.wrap_i64');
  body.emit('i32.or');
  if (width > 1) {
    body.localGet(locals.host);
    body.i32Const(width - 1);
    body.emit('i32.and');
    body.emit('i32.or');
  }
}

/**
 * Body of the careful check: (vcpu i32, address i64, width i32, need i32) -> i32, 1 when the access may go ahead, else
 * 0 with EXIT_REASON and EXIT_VALUE written.
 */
export function emitCarefulCheck(body: FunctionBody, model: MemoryModel, layout: MemoryLayout): void {
  const [vcpu, address, width, need] = [0, 1, 2, 3];
  const last = body.local('i64');
  // last := address + width - 1
  body.localGet(address);
  body.localGet(width);
  body.emit('i64.extend_i32_u');
  body.emit('i64.add');
  body.emit('i64.const', 1n);
  body.emit('i64.sub');
  body.localSet(last);
  body.block();
  {
    body.block();
    {
      emitPageRefused(body, model, layout, address, need);
      body.brIf(0);
      // The first byte may be touched; if the last one may not, the fault is at the start of its page.
      emitPageRefused(body, model, layout, last, need);
      body.emit('i32.eqz');
      body.if();
      body.i32Const(1);
      body.return();
      body.end();
      body.localGet(last);
      body.emit('i64.const', -4096n);
      body.emit('i64.and');
      body.localSet(address);
    }
    body.end();
  }
  body.end();
  body.localGet(vcpu);
  body.localGet(address);
  body.store('i64.store', VCPU.EXIT_VALUE);
  body.localGet(vcpu);
  body.i32Const(EXIT.FAULT_WRITE);
  body.i32Const(EXIT.FAULT_READ);
  body.localGet(need);
  body.i32Const(PERMISSION.WRITE);
  body.emit('i32.and');
  body.emit('select');
  body.store('i32.store', VCPU.EXIT_REASON);
  body.i32Const(0);
}

/** Pushes an i32, not 0 when the byte at `address` (i64 local) may not be touched. */
function emitPageRefused(
  body: FunctionBody,
  model: MemoryModel,
  layout: MemoryLayout,
  address: number,
  need: number,
): void {
  if (model === 'range') {
    body.localGet(address);
    body.emit('i64.const', BigInt(GUEST_BASE));
    body.emit('i64.sub');
    body.emit('i64.const', BigInt(layout.guestLimit - GUEST_BASE));
    body.emit('i64.ge_u');
    return;
  }
  body.localGet(address);
  body.emit('i64.const', 32n);
  body.emit('i64.shr_u');
  body.emit('i32.wrap_i64');
  body.localGet(address);
  body.emit('i32.wrap_i64');
  body.i32Const(PAGE_SHIFT);
  body.emit('i32.shr_u');
  body.load('i32.load8_u', layout.permissions);
  body.localGet(need);
  body.emit('i32.and');
  body.localGet(need);
  body.emit('i32.xor');
  body.emit('i32.or');
}
