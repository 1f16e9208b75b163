// @ts-check
/** How aarch64 is fuzzed; see guests.mjs. */
import { exceptions } from './exceptions.mjs';
import { layOut, readRecord } from './program.mjs';
import { SequenceGenerator } from './sequence.mjs';

/** What other items are made with. */
const helpers =
  /^(movz|movn|movk|adr|add \((immediate|shifted register)\)|sub \((immediate|extended register)\)|clrex|msr|ldxr|ldaxr|ldxp|ldaxp|stxr|stlxr|stxp|stlxp)$/;

/** @type {import('../guests.mjs').FuzzGuest} */
export const aarch64 = {
  name: 'aarch64',
  // A processor of about what the guest has; `max` clears 512 bytes with DC ZVA.
  emulator: ['qemu-aarch64-static', '-cpu', 'neoverse-n1'],
  elf: { machine: 183, flags: 0 },
  generator: (random, rows, classes) => new SequenceGenerator(random, rows, classes ?? {}),
  layOut,
  readRecord,
  exceptions,
  needs: (name) => helpers.test(name),
  // IC IVAU drops all compiled code, and after a few drops nothing is compiled any more.
  notLooped: (name) => name === 'ic ivau',
  notSampled: (name, tier) => tier === 1 && name === 'ic ivau',
  describeInputs: (name, values, before) =>
    Object.entries(values)
      .filter(([field]) => /^R[nmast]2?$/.test(field))
      .map(([field, register]) => {
        const show = (/** @type {string} */ key) => `0x${(before.get(key) ?? 0n).toString(16).padStart(16, '0')}`;
        const number = String(register);
        return `${name} ${field}: x${number} ${show(`x${number}`)}, v${number} ${show(`v${number}.high`)} ${show(`v${number}`)}`;
      }),
};
