/**
 * What a region looks at where it is entered in its middle: whether the state is what all of its own ways to that place
 * make of it, so that its code may rely on that.
 */
import type { AddressFacts } from '../../../ir/address-flow.ts';
import type { ConstantFacts } from '../../../ir/constant-flow.ts';
import type { SlotSet } from '../../../ir/slot-flow.ts';
import type { Extension } from '../../../ir/state.ts';
import type { FunctionBody } from '../encoder.ts';
import { emitNarrow, emitWiden, type SlotLocal, type SlotLocals } from './slot-locals.ts';

export interface EntryFacts {
  /** The slots that are live, of which the others are facts. */
  readonly live: SlotSet;
  readonly narrow: SlotSet;
  readonly constants: ConstantFacts;
  readonly addresses: AddressFacts;
}

export interface GuardOptions {
  readonly extension: Extension;
  /** First address in range, and the first one out of range. */
  readonly base: number;
  readonly limit: number;
}

/** With the live slots in their 64-bit locals: pushes a condition per fact, and returns how many. */
export function pushBrokenFacts(
  body: FunctionBody,
  locals: SlotLocals,
  { live, narrow, constants, addresses }: EntryFacts,
  { extension, base, limit }: GuardOptions,
): number {
  let count = 0;
  for (const slot of locals.of(live)) {
    const constant = constants.get(slot.offset);
    if (constant !== undefined) {
      body.localGet(slot.local);
      body.i64Const(constant.lo, constant.hi);
      body.emit('i64.ne');
      count++;
      continue;
    }
    if ((narrow & slot.bit) !== 0n) {
      pushWide(body, slot, extension);
      count++;
    }
    const drift = addresses.get(slot.offset);
    if (drift === undefined || slot.type !== 'i64') continue;
    body.localGet(slot.local);
    body.emit('i64.const', BigInt(drift.hi + base));
    body.emit('i64.sub');
    body.emit('i64.const', BigInt(limit - base));
    body.emit('i64.ge_u');
    count++;
  }
  return count;
}

/** Pushes 1 when the value is not given by its low half. */
function pushWide(body: FunctionBody, { local, type }: SlotLocal, extension: Extension): void {
  body.localGet(local);
  if (type === 'f64') {
    body.emit('i64.reinterpret_f64');
    body.emit('i64.const', 32n);
    body.emit('i64.shr_s');
    body.emit('i64.const', -1n);
  } else {
    body.localGet(local);
    emitNarrow(body, type);
    emitWiden(body, type, extension);
  }
  body.emit('i64.ne');
}

/** Puts the live slots where the code behind the guards expects them, constants as such. */
export function settleFacts(
  body: FunctionBody,
  locals: SlotLocals,
  { live, narrow, constants }: Omit<EntryFacts, 'addresses'>,
): void {
  for (const slot of locals.of(live)) {
    const constant = constants.get(slot.offset);
    const isNarrow = (narrow & slot.bit) !== 0n;
    if (constant === undefined && !isNarrow) continue;
    if (constant === undefined) {
      body.localGet(slot.local);
      emitNarrow(body, slot.type);
    } else if (isNarrow) {
      body.i32Const(constant.lo);
    } else {
      body.i64Const(constant.lo, constant.hi);
    }
    body.localSet(isNarrow ? locals.narrowAt(slot.offset) : slot.local);
  }
}
