// @ts-check
/**
 * Cases of single instructions, a line each, as the reference emulator answers them:
 *
 *   1e622820 fadd d0, d1, d2 | v1=0:3ff0000000000000 v2=0:4000000000000000 fpsr=10 -> v0=0:4008000000000000
 *
 * Left of the arrow stand the registers that are not 0 before, right of it those that are different afterwards. Vectors
 * are written `high:low`, all in hexadecimal. A base register of memory accesses is `middle`, the middle of a window of
 * 512 bytes; `m-16=...` is the 64-bit word 16 bytes below it. Before, word number n of the window is `windowWord(n)`.
 */
import { fuzzGuests } from '../../fuzz/guests.mjs';
import { CELLS, DATA } from '../../fuzz/layout.mjs';
import { WINDOW } from '../../fuzz/aarch64/sequence.mjs';

/**
 * @typedef {object} RowCase
 * @property {number} encoding
 * @property {string} text                 as the disassembler has it
 * @property {Map<string, bigint>} before  registers by name; of vectors `v1` is the low half, `v1.high` the other
 * @property {number | null} base          the register that holds the middle of the window
 * @property {Map<string, bigint>} after
 */

/** @param {number} index */
export const windowWord = (index) => BigInt.asUintN(64, BigInt(index + 1) * 0x9e3779b97f4a7c15n);

const { aarch64 } = fuzzGuests;
if (aarch64 === undefined) throw new Error('aarch64 can be fuzzed');
const fuzz = aarch64;

/** Offset of a record's window in the data segment, from what the layout does with the address of its middle. */
const POINTER = 29;

/**
 * A program that runs each case by itself, and where the window of each has its middle.
 *
 * @param {import('../../fuzz/guests.mjs').GuestRows & { decode(word: number): { name: string, extract(word: number): Record<string, number> } | null }} rows
 * @param {readonly RowCase[]} cases
 */
export function programOf(rows, cases) {
  const runs = cases.map(({ encoding, before, base }) => {
    const row = rows.decode(encoding);
    if (row === null) throw new RangeError(`no row has the encoding ${encoding.toString(16)}`);
    const value = (/** @type {string} */ name) => before.get(name) ?? 0n;
    const sequence = {
      items: [[{ name: row.name, values: row.extract(encoding) }]],
      pointer: base ?? POINTER,
      displacement: 0,
      x: Array.from({ length: 31 }, (_, i) => value(`x${String(i)}`)),
      v: Array.from({ length: 32 }, (_, i) => [value(`v${String(i)}`), value(`v${String(i)}.high`)]).flat(),
      nzcv: Number(value('nzcv')),
      fpcr: Number(value('fpcr')),
      fpsr: Number(value('fpsr')),
      window: Array.from({ length: WINDOW / 8 }, (_, i) => windowWord(i)),
    };
    return { sequence, limit: Infinity };
  });
  const program = fuzz.layOut(rows, runs);
  return { program, middles: cases.map((_, index) => middleOf(program, index)) };
}

/** @param {import('../../fuzz/layout.mjs').Program} program @param {number} index */
function middleOf({ recordSize }, index) {
  return BigInt(DATA + CELLS + (index + 1) * recordSize - WINDOW / 2);
}

/**
 * What case `index` changed, from the data segment after the run.
 *
 * @param {Uint8Array} data @param {number} index @param {RowCase} of @param {bigint} middle
 * @returns {Map<string, bigint>}
 */
export function changes(data, index, { before, base }, middle) {
  const changed = new Map();
  for (const [name, value] of fuzz.readRecord(data, index)) {
    const word = /^window\+(\d+)$/.exec(name);
    if (word !== null) {
      const offset = Number(word[1]);
      if (value !== windowWord(offset / 8)) changed.set(`m${String(offset - WINDOW / 2)}`, value);
    } else if (name === `x${String(base ?? POINTER)}`) {
      if (value !== middle) changed.set(name, BigInt.asUintN(64, value - middle));
    } else if (value !== (before.get(name) ?? 0n)) changed.set(name, value);
  }
  return changed;
}

/** @param {ReadonlyMap<string, bigint>} values @param {number | null} base @param {ReadonlyMap<string, bigint>} old */
function print(values, base, old = new Map()) {
  const words = [];
  for (const [name, value] of values) {
    if (name.endsWith('.high')) continue;
    if (!name.startsWith('v')) {
      const relative = name === `x${String(base)}` && old !== values ? 'middle+' : '';
      words.push(`${name}=${relative}${value.toString(16)}`);
    }
  }
  for (let i = 0; i < 32; i++) {
    const name = `v${String(i)}`;
    if (!values.has(name) && !values.has(`${name}.high`)) continue;
    const half = (/** @type {string} */ part) => (values.get(part) ?? old.get(part) ?? 0n).toString(16);
    words.push(`${name}=${half(`${name}.high`)}:${half(name)}`);
  }
  return words.join(' ');
}

/** @param {RowCase} of */
export function formatCase({ encoding, text, before, base, after }) {
  const start = [...(base === null ? [] : [`x${String(base)}=middle`]), print(before, null, before)].join(' ').trim();
  return `${encoding.toString(16).padStart(8, '0')} ${text} | ${start} -> ${print(after, base, before)}`.trimEnd();
}

/** @param {string} line @returns {RowCase} */
export function parseCase(line) {
  const match = /^([0-9a-f]{8}) (.*?) \| (.*?) ?->(.*)$/.exec(line);
  if (match === null) throw new SyntaxError(`no case: ${line}`);
  const [, encoding = '', text = '', start = '', end = ''] = match;
  let base = null;
  /** @param {string} list */
  const parse = (list) => {
    const values = new Map();
    for (const word of list.split(' ').filter((part) => part !== '')) {
      const [name = '', value = ''] = word.split('=');
      if (value === 'middle') base = Number(name.slice(1));
      else if (value.includes(':')) {
        const [high, low] = value.split(':');
        values.set(name, BigInt(`0x${low ?? ''}`)).set(`${name}.high`, BigInt(`0x${high ?? ''}`));
      } else values.set(name, BigInt(`0x${value.replace('middle+', '')}`));
    }
    return values;
  };
  const before = parse(start);
  return { encoding: Number.parseInt(encoding, 16), text, before, base, after: parse(end) };
}
