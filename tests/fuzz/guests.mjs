// @ts-check
/** The guests that can be fuzzed. What differs among them is here and in the folder of each; the rest is common. */
import { aarch64 } from './aarch64/guest.mjs';
import { riscv64 } from './riscv64/guest.mjs';

/**
 * `target` makes `imm` a distance: to the item so many items ahead, counted from this instruction or (`from: 'item'`)
 * from the start of its item.
 * @typedef {{ name: string, values: Record<string, number>, target?: number, from?: 'item' }} Instruction
 */
/** Instructions that belong together: a branch never lands inside. @typedef {readonly Instruction[]} Item */
/** @typedef {{ name: string, mask: number, value: number, fields: readonly { property: string, min: number, max: number, step: number, exclude: readonly number[] }[] }} Row */
/** What a generator makes; only its `items` are known here. @typedef {{ items: readonly Item[] }} Sequence */
/** @typedef {{ encode(name: string, values: Readonly<Record<string, number>>): number, lengthOf(name: string): number }} Encoder */
/** What the guest's own module says of its rows. @typedef {Encoder & { rows: readonly Row[], classes?: Readonly<Record<string, object>> }} GuestRows */

/**
 * @typedef {object} FuzzGuest
 * @property {string} name
 * @property {readonly string[]} emulator  command and arguments before the program
 * @property {{ machine: number, flags: number }} elf
 * @property {(random: import('./random.mjs').Random, rows: readonly Row[], classes?: Readonly<Record<string, object>>) => { next(count: number, nearest?: boolean): any }} generator
 * @property {(encoder: Encoder, runs: readonly { sequence: any, limit: number }[], passes?: number) => import('./layout.mjs').Program} layOut
 *   `limit`: items of the sequence that are run; `passes`: how often each body is run
 * @property {(data: Uint8Array, index: number) => Map<string, bigint>} readRecord  a record by register names
 * @property {readonly { reason: string, applies: (item: Item, before: Map<string, bigint>) => boolean }[]} exceptions
 * @property {(name: string, pattern: RegExp) => boolean} needs  rows that are kept whatever `--rows` says
 * @property {(name: string) => boolean} notLooped  rows left out where bodies are run several times
 * @property {(name: string, tier: 0 | 1) => boolean} notSampled  rows left out of the programs of fuzz.test.ts
 * @property {(name: string, values: Record<string, number>, before: Map<string, bigint>) => string[]} describeInputs
 */

/** @type {Readonly<Record<string, FuzzGuest>>} */
export const fuzzGuests = { aarch64, riscv64 };

/**
 * The guest of that name, and what it has in `dist` or in the sources.
 *
 * @param {string} name
 * @param {(name: string) => Promise<any>} load  the guest's module
 * @returns {Promise<{ fuzz: FuzzGuest, guest: import('../../src/guest/guest.ts').Guest, rows: GuestRows }>}
 */
export async function loadGuest(name, load) {
  const fuzz = fuzzGuests[name];
  if (fuzz === undefined) throw new RangeError(`no guest ${name}; there are ${Object.keys(fuzzGuests).join(', ')}`);
  const module = await load(name);
  return { fuzz, guest: module[name], rows: module[`${name}Rows`] };
}
