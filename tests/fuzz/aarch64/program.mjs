// @ts-check
/**
 * Lays sequences out as one program: a driver loads a record's registers, runs its body and stores the registers back
 * into the record; at the end all records go to stdout. No assembler needed: the guest's own rows encode. Throughout a
 * body sp points to the middle of the record's window, which is how the record is found again.
 */
import { CELLS, CODE, DATA } from '../layout.mjs';
import { registers, WINDOW } from './sequence.mjs';

/** @typedef {import('./sequence.mjs').Sequence} Sequence */
/** @typedef {import('../guests.mjs').Encoder} Encoder */

const VECTORS = 256;
const SYSTEM = VECTORS + 512;
/** Offsets in a record. `BODY`: where the body starts; `PASSES`: how often it is still to run; `ASIDE`: a register's place. */
const AT = {
  NZCV: SYSTEM,
  FPCR: SYSTEM + 8,
  FPSR: SYSTEM + 16,
  BODY: SYSTEM + 24,
  PASSES: SYSTEM + 32,
  ASIDE: SYSTEM + 40,
};
const RECORD_WINDOW = SYSTEM + 64;
const RECORD = RECORD_WINDOW + WINDOW;
const MIDDLE = RECORD_WINDOW + WINDOW / 2;
const SP = 31;

class Assembler {
  /** @type {number[]} */
  bytes = [];

  /** @param {Encoder} encoder @param {number} base */
  constructor(encoder, base) {
    this.encoder = encoder;
    this.base = base;
  }

  get pc() {
    return this.base + this.bytes.length;
  }

  /** @param {string} name @param {Record<string, number>} values */
  add(name, values) {
    const word = this.encoder.encode(name, values);
    for (let i = 0; i < 4; i++) this.bytes.push((word >>> (i * 8)) & 255);
  }

  /** Rd = value, below 2^32. @param {number} Rd @param {number} value */
  constant(Rd, value) {
    this.add('movz', { sf: 1, hw: 0, imm16: value & 0xffff, Rd });
    this.add('movk', { sf: 1, hw: 1, imm16: value >>> 16, Rd });
  }

  /** Rd = Rn + by. @param {number} Rd @param {number} Rn @param {number} by */
  addConstant(Rd, Rn, by) {
    this.add(by < 0 ? 'sub (immediate)' : 'add (immediate)', { sf: 1, sh: 0, imm12: Math.abs(by), Rn, Rd });
  }

  /** @param {'ldr' | 'str'} name @param {number} Rt @param {number} Rn @param {number} offset */
  access(name, Rt, Rn, offset) {
    this.add(`${name} (64-bit, unsigned offset)`, { imm12: offset / 8, Rn, Rt });
  }
}

/** Items of a sequence up to `limit` of them, encoded at the assembler's place. @param {Assembler} out @param {Sequence} sequence @param {number} limit */
function addBody(out, sequence, limit) {
  const items = sequence.items.slice(0, limit);
  /** Offset of each item, and of the end. @type {number[]} */
  const starts = [];
  let at = out.pc;
  for (const item of items) {
    starts.push(at);
    at += item.length * 4;
  }
  starts.push(at);
  for (const [index, item] of items.entries())
    for (const { name, values, target } of item) {
      const destination = starts[Math.min(index + 1 + (target ?? 0), items.length)] ?? at;
      out.add(name, target === undefined ? values : { ...values, imm: destination - out.pc });
    }
}

const systemSlots = /** @type {const} */ ([
  [registers.NZCV, AT.NZCV],
  [registers.FPCR, AT.FPCR],
  [registers.FPSR, AT.FPSR],
]);

/** @param {Assembler} out @param {number} dataSize @returns {{ save: number }} */
function addDriver(out, dataSize) {
  // start and next: the next record, or the end.
  const next = out.pc;
  out.constant(0, DATA);
  out.access('ldr', 1, 0, 0);
  out.access('ldr', 2, 0, 8);
  out.add('sub (shifted register)', { sf: 1, shift: 0, Rm: 2, imm6: 0, Rn: 1, Rd: 3 });
  const branch = out.bytes.length;
  out.add('cbz', { sf: 1, imm: 0, Rt: 3 });
  out.addConstant(SP, 1, 0);
  for (const [register, offset] of systemSlots) {
    out.access('ldr', 3, SP, offset);
    out.add('msr', { register, Rt: 3 });
  }
  for (let i = 0; i < 32; i += 2)
    out.add('ldp (Q, offset)', { imm7: (VECTORS + i * 16) / 16, Rt2: i + 1, Rn: SP, Rt: i });
  out.access('ldr', 30, SP, AT.BODY);
  for (let i = 0; i < 30; i += 2) out.add('ldp (64-bit, offset)', { imm7: i, Rt2: i + 1, Rn: SP, Rt: i });
  out.add('br', { Rn: 30 });

  const save = out.pc;
  for (let i = 0; i < 30; i += 2) out.add('stp (64-bit, offset)', { imm7: i, Rt2: i + 1, Rn: SP, Rt: i });
  out.access('str', 30, SP, 240);
  for (let i = 0; i < 32; i += 2)
    out.add('stp (Q, offset)', { imm7: (VECTORS + i * 16) / 16, Rt2: i + 1, Rn: SP, Rt: i });
  for (const [register, offset] of systemSlots) {
    out.add('mrs', { register, Rt: 3 });
    out.access('str', 3, SP, offset);
  }
  out.addConstant(1, SP, RECORD);
  out.constant(0, DATA);
  out.access('str', 1, 0, 0);
  out.add('b', { imm: next - out.pc });

  // finish: write(1, DATA, size), exit_group(0).
  const finish = out.bytes.length;
  out.constant(0, 1);
  out.constant(1, DATA);
  out.constant(2, dataSize);
  out.constant(8, 64);
  out.add('svc', { imm16: 0 });
  out.constant(0, 0);
  out.constant(8, 94);
  out.add('svc', { imm16: 0 });
  const patched = out.encoder.encode('cbz', { sf: 1, imm: finish - branch, Rt: 3 });
  for (let i = 0; i < 4; i++) out.bytes[branch + i] = (patched >>> (i * 8)) & 255;
  return { save };
}

/** Ends a body: back to `top` until it was run as often as its record says. @param {Assembler} out @param {number} top @param {number} save @param {boolean} loops */
function addEnd(out, top, save, loops) {
  out.addConstant(SP, SP, -MIDDLE);
  if (loops) {
    out.access('str', 0, SP, AT.ASIDE);
    out.access('ldr', 0, SP, AT.PASSES);
    out.addConstant(0, 0, -1);
    out.access('str', 0, SP, AT.PASSES);
    // Past the way back.
    out.add('cbz', { sf: 1, imm: 16, Rt: 0 });
    out.access('ldr', 0, SP, AT.ASIDE);
    out.addConstant(SP, SP, MIDDLE);
    out.add('b', { imm: top - out.pc });
    out.access('ldr', 0, SP, AT.ASIDE);
  }
  out.add('b', { imm: save - out.pc });
}

/**
 * @param {Encoder} encoder
 * @param {readonly { sequence: Sequence, limit: number }[]} runs
 * @param {number} [passes]
 * @returns {import('../layout.mjs').Program}
 */
export function layOut(encoder, runs, passes = 1) {
  const dataSize = CELLS + runs.length * RECORD;
  const out = new Assembler(encoder, CODE);
  const { save } = addDriver(out, dataSize);
  const data = new Uint8Array(dataSize);
  const view = new DataView(data.buffer);
  view.setBigUint64(0, BigInt(DATA + CELLS), true);
  view.setBigUint64(8, BigInt(DATA + dataSize), true);
  const bodies = [];
  for (const [index, { sequence, limit }] of runs.entries()) {
    const record = CELLS + index * RECORD;
    view.setBigUint64(record + AT.BODY, BigInt(out.pc), true);
    view.setBigUint64(record + AT.PASSES, BigInt(passes), true);
    out.access('ldr', 30, SP, 240);
    out.addConstant(SP, SP, MIDDLE);
    bodies.push(out.pc);
    const top = out.pc;
    addBody(out, sequence, limit);
    addEnd(out, top, save, passes > 1);

    for (const [i, value] of sequence.x.entries()) view.setBigUint64(record + i * 8, value, true);
    const pointer = DATA + record + MIDDLE + sequence.displacement;
    view.setBigUint64(record + sequence.pointer * 8, BigInt(pointer), true);
    for (const [i, value] of sequence.v.entries()) view.setBigUint64(record + VECTORS + i * 8, value, true);
    view.setBigUint64(record + AT.NZCV, BigInt(sequence.nzcv), true);
    view.setBigUint64(record + AT.FPCR, BigInt(sequence.fpcr), true);
    view.setBigUint64(record + AT.FPSR, BigInt(sequence.fpsr), true);
    for (const [i, word] of sequence.window.entries()) view.setBigUint64(record + RECORD_WINDOW + i * 8, word, true);
  }
  return { code: Uint8Array.from(out.bytes), data, bodies, recordSize: RECORD };
}

/** What a record holds, by name: for reports. @param {Uint8Array} data @param {number} index @returns {Map<string, bigint>} */
export function readRecord(data, index) {
  const view = new DataView(data.buffer, data.byteOffset + CELLS + index * RECORD, RECORD);
  const found = new Map();
  for (let i = 0; i < 31; i++) found.set(`x${String(i)}`, view.getBigUint64(i * 8, true));
  for (let i = 0; i < 32; i++) {
    found.set(`v${String(i)}`, view.getBigUint64(VECTORS + i * 16, true));
    found.set(`v${String(i)}.high`, view.getBigUint64(VECTORS + i * 16 + 8, true));
  }
  found.set('nzcv', view.getBigUint64(AT.NZCV, true));
  found.set('fpcr', view.getBigUint64(AT.FPCR, true));
  found.set('fpsr', view.getBigUint64(AT.FPSR, true));
  for (let i = 0; i < WINDOW; i += 8) found.set(`window+${String(i)}`, view.getBigUint64(RECORD_WINDOW + i, true));
  return found;
}
