/** The compiler as a service of its own, for the thread that runs it: `thread/main.ts` in Node. */
import { CompileServer } from '../engine/compile-server.ts';
import { unreachable } from '../common/assert.ts';
import type { Guest } from '../guest/guest.ts';
import type { GuestKey } from '../engine/background-messages.ts';
import { guests } from './guests.ts';
import type { CpuLevel } from './types.ts';

/** `clock`: monotonic time in nanoseconds. */
export function createCompileServer(clock: () => bigint): CompileServer {
  const made = new Map<string, Guest>();
  return new CompileServer((key) => {
    const name = `${key.name} ${key.cpu}`;
    const guest = made.get(name) ?? guestOf(key);
    made.set(name, guest);
    return guest;
  }, clock);
}

function guestOf({ name, cpu }: GuestKey): Guest {
  const support = guests.find(({ guest }) => guest.name === name) ?? unreachable(`${name} is no guest`);
  return cpu === '' ? support.guest : (support.withCpu?.(cpu as CpuLevel).guest ?? unreachable(`${name} has one kind`));
}
