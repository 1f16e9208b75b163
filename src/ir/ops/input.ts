/** Inputs that change by themselves. They are imports of emitted code, so that a replay can supply recorded values. */
import type { OpRow } from '../op.ts';
import { named } from './rows.ts';

function input(summary: string, wasm: string): OpRow {
  return { params: [], result: 'i64', effect: 'input', summary, wasm };
}

export const inputRows = {
  ...named('input.time', input('Monotonic time in nanoseconds.', '$vcpu call:input.time')),
  ...named('input.random', input('64 random bits, cryptographically strong.', '$vcpu call:input.random')),
  ...named('input.instructions', input('Guest instructions retired by this vCPU.', '$vcpu call:input.instructions')),
};
