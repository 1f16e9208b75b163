/** What allocators over shared and unshared memories do differently: locks, and changes of the bitmap. */
import type { FunctionRef, ModuleBuilder } from '../host/wasm/encoder.ts';
import {
  add,
  and,
  atomicLoad,
  call,
  define,
  eq,
  exchange,
  globalGet,
  load8,
  lt,
  ne,
  not,
  or,
  sub,
  type Code,
  type Local,
  type Value,
} from './code.ts';

export interface Sync {
  lock(code: Code, address: Value): void;
  unlock(code: Code, address: Value): void;
  /** Sets the bits of a mask in a byte. */
  setBits(code: Code, address: Value, offset: number, mask: Local): void;
  /** Clears the bits of a mask in a byte; gives the byte from before. */
  clearBits(code: Code, address: Local, offset: number, mask: Local): Local;
}

export const unshared: Sync = {
  lock: () => undefined,
  unlock: () => undefined,
  setBits: (code, address, offset, mask) => {
    const slot = code.let(address);
    code.store8(slot, offset, or(load8(slot, offset), mask));
  },
  clearBits: (code, address, offset, mask) => {
    const before = code.let(load8(address, offset));
    code.store8(address, offset, and(before, complement(mask)));
    return before;
  },
};

const complement = (mask: Local): Value => sub(-1, mask);

/** States of a lock. */
const FREE = 0;
const HELD = 1;
/** Held, and others sleep. */
const AWAITED = 2;
/** Looks at a lock that is held before going to sleep. */
const SPINS = 100;

/** `canWait`: index of a global that is not 0 where the thread may sleep, as a page's main thread may not. */
export function shared(module: ModuleBuilder, canWait: number): Sync {
  const lock = defineLock(module, canWait);
  const unlock = defineUnlock(module);
  return {
    lock: (code, address) => code.run(call(lock, address)),
    unlock: (code, address) => code.run(call(unlock, address)),
    setBits: (code, address, offset, mask) => code.drop(exchange('i32.atomic.rmw8.or_u', address, offset, mask)),
    clearBits: (code, address, offset, mask) =>
      code.let(exchange('i32.atomic.rmw8.and_u', address, offset, complement(mask))),
  };
}

/** A mutex of three states (Drepper, "Futexes Are Tricky", section 5). */
function defineLock(module: ModuleBuilder, canWait: number): FunctionRef {
  return define(module, 'lock', { params: 1, results: 0, exported: true }, (code, address) => {
    // Who has slept does not know whether others still do, and leaves it to the next one to wake them.
    const taken = code.let(HELD);
    const tryTake = (): void =>
      code.if(eq(exchange('i32.atomic.rmw.cmpxchg', address, 0, FREE, taken), FREE), () => code.return());
    tryTake();
    code.while(1, () => {
      const spins = code.let(0);
      code.while(lt(spins, SPINS), () => {
        code.if(not(atomicLoad(address)), tryTake);
        code.set(spins, add(spins, 1));
      });
      code.if(globalGet(canWait), () => {
        code.if(eq(exchange('i32.atomic.rmw.xchg', address, 0, AWAITED), FREE), () => code.return());
        code.drop((body) => {
          body.localGet(address.index);
          body.i32Const(AWAITED);
          body.emit('i64.const', -1n);
          body.access('memory.atomic.wait32');
        });
        code.set(taken, AWAITED);
      });
    });
  });
}

function defineUnlock(module: ModuleBuilder): FunctionRef {
  return define(module, 'unlock', { params: 1, results: 0, exported: true }, (code, address) => {
    code.if(ne(exchange('i32.atomic.rmw.xchg', address, 0, FREE), HELD), () => {
      code.drop(exchange('memory.atomic.notify', address, 0, 1));
    });
  });
}
