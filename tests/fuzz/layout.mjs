// @ts-check
/** What the programs of all guests have in common: addresses, the data segment, the file. */

export const CODE = 0x100000;
export const DATA = 0x1000000;
/** Bytes of the driver's cells at the start of the data segment; records follow. */
export const CELLS = 64;

/**
 * @typedef {object} Program
 * @property {Uint8Array} code
 * @property {Uint8Array} data
 * @property {number[]} bodies      address of each body's first item
 * @property {number} recordSize
 */

/**
 * A static ELF64 executable with two segments.
 *
 * @param {Program} program
 * @param {{ machine: number, flags: number }} elf
 */
export function elfFile({ code, data }, { machine, flags: machineFlags }) {
  const codeAt = 0x1000;
  const dataAt = codeAt + Math.ceil(code.length / 0x1000) * 0x1000;
  const file = new Uint8Array(dataAt + data.length);
  const view = new DataView(file.buffer);
  file.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  view.setUint16(16, 2, true);
  view.setUint16(18, machine, true);
  view.setUint32(20, 1, true);
  view.setBigUint64(24, BigInt(CODE), true);
  view.setBigUint64(32, 64n, true);
  view.setUint32(48, machineFlags, true);
  view.setUint16(52, 64, true);
  view.setUint16(54, 56, true);
  view.setUint16(56, 2, true);
  const segment = (
    /** @type {number} */ index,
    /** @type {number} */ flags,
    /** @type {number} */ offset,
    /** @type {number} */ address,
    /** @type {number} */ size,
  ) => {
    const at = 64 + index * 56;
    view.setUint32(at, 1, true);
    view.setUint32(at + 4, flags, true);
    for (const [i, value] of [offset, address, address, size, size, 0x1000].entries())
      view.setBigUint64(at + 8 + i * 8, BigInt(value), true);
  };
  segment(0, 5, codeAt, CODE, code.length);
  segment(1, 6, dataAt, DATA, data.length);
  file.set(code, codeAt);
  file.set(data, dataAt);
  return file;
}

/**
 * The first record from number `from` on in which two runs differ, or -1.
 *
 * @param {Uint8Array} a
 * @param {Uint8Array} b
 * @param {number} recordSize
 * @param {number} [from]
 */
export function firstDifference(a, b, recordSize, from = 0) {
  if (a.length !== b.length) return 0;
  for (let at = from; CELLS + at * recordSize < a.length; at++) {
    const start = CELLS + at * recordSize;
    if (Buffer.compare(a.subarray(start, start + recordSize), b.subarray(start, start + recordSize)) !== 0) return at;
  }
  return -1;
}
