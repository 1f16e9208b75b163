// @ts-check
/**
 * Lays sequences out as one program: a driver loads a record's registers, runs its body and stores the
 * registers back into the record; at the end all records go to stdout. No assembler needed: the guest's own rows
 * encode.
 */
import { CELLS, CODE, DATA } from '../layout.mjs';
import { WINDOW } from './sequence.mjs';

/** @typedef {import('./sequence.mjs').Sequence} Sequence */
/** @typedef {import('./sequence.mjs').Instruction} Instruction */
/** @typedef {{ encode(name: string, values: Readonly<Record<string, number>>): number, lengthOf(name: string): number }} Encoder */

/** The driver's cells: current record, end of records, a register put aside, passes left through a body. */
const CELL_ASIDE = 16;
const CELL_PASSES = 24;
const FLOATS = 256;
const FCSR = 512;
export const RECORD_WINDOW = 528;
export const RECORD = RECORD_WINDOW + WINDOW;
const SP = 2;
const TEMPORARY = 5;
const CSR_FCSR = 3;

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
    for (let i = 0; i < this.encoder.lengthOf(name); i++) this.bytes.push((word >>> (i * 8)) & 255);
  }

  /** rd = address, below 2 GiB. @param {number} rd @param {number} address */
  address(rd, address) {
    const { high, low } = split(address);
    this.add('lui', { rd, imm: high });
    this.add('addi', { rd, rs1: rd, imm: low });
  }
}

/** An address as lui and a signed 12-bit rest. @param {number} address */
function split(address) {
  const low = (address << 20) >> 20;
  return { high: (address - low) | 0, low };
}

/** Items of a sequence up to `limit` of them, encoded at the assembler's place. @param {Assembler} out @param {Sequence} sequence @param {number} limit */
function addBody(out, sequence, limit) {
  const items = sequence.items.slice(0, limit);
  /** Offset of each item, and of the end. @type {number[]} */
  const starts = [];
  let at = out.pc;
  for (const item of items) {
    starts.push(at);
    for (const { name } of item) at += out.encoder.lengthOf(name);
  }
  starts.push(at);
  for (const [index, item] of items.entries())
    for (const { name, values, target, from } of item) {
      if (target === undefined) {
        out.add(name, values);
        continue;
      }
      const destination = starts[Math.min(index + 1 + target, items.length)] ?? at;
      out.add(name, { ...values, imm: destination - (from === 'item' ? (starts[index] ?? at) : out.pc) });
    }
}

/** @param {Assembler} out @param {number} cells @param {number} dataSize @returns {{ save: number }} */
function addDriver(out, cells, dataSize) {
  const { high } = split(cells);
  // start and next: the next record, or the end.
  const next = out.pc;
  out.add('lui', { rd: SP, imm: high });
  out.add('ld', { rd: TEMPORARY, rs1: SP, imm: 0 });
  out.add('ld', { rd: 6, rs1: SP, imm: 8 });
  const branch = out.bytes.length;
  out.add('beq', { rs1: TEMPORARY, rs2: 6, imm: 0 });
  out.add('addi', { rd: SP, rs1: TEMPORARY, imm: 0 });
  out.add('ld', { rd: TEMPORARY, rs1: SP, imm: FCSR });
  out.add('csrrw', { rd: 0, csr: CSR_FCSR, rs1: TEMPORARY });
  for (let i = 0; i < 32; i++) out.add('fld', { rd: i, rs1: SP, imm: FLOATS + i * 8 });
  for (let i = 1; i < 32; i++) if (i !== SP) out.add('ld', { rd: i, rs1: SP, imm: i * 8 });
  out.add('ld', { rd: SP, rs1: SP, imm: 0 });
  out.add('jalr', { rd: 0, rs1: SP, imm: 0 });

  const save = out.pc;
  out.add('lui', { rd: SP, imm: high });
  out.add('ld', { rd: SP, rs1: SP, imm: 0 });
  for (let i = 1; i < 32; i++) if (i !== SP) out.add('sd', { rs2: i, rs1: SP, imm: i * 8 });
  for (let i = 0; i < 32; i++) out.add('fsd', { rs2: i, rs1: SP, imm: FLOATS + i * 8 });
  out.add('csrrs', { rd: TEMPORARY, csr: CSR_FCSR, rs1: 0 });
  out.add('sd', { rs2: TEMPORARY, rs1: SP, imm: FCSR });
  out.add('addi', { rd: SP, rs1: SP, imm: RECORD });
  out.add('lui', { rd: TEMPORARY, imm: high });
  out.add('sd', { rs2: SP, rs1: TEMPORARY, imm: 0 });
  out.add('jal', { rd: 0, imm: next - out.pc });

  // finish: write(1, DATA, size), exit_group(0).
  const finish = out.bytes.length;
  out.add('addi', { rd: 10, rs1: 0, imm: 1 });
  out.address(11, DATA);
  out.address(12, dataSize);
  out.add('addi', { rd: 17, rs1: 0, imm: 64 });
  out.add('ecall', {});
  out.add('addi', { rd: 10, rs1: 0, imm: 0 });
  out.add('addi', { rd: 17, rs1: 0, imm: 94 });
  out.add('ecall', {});
  const patched = out.encoder.encode('beq', { rs1: TEMPORARY, rs2: 6, imm: finish - branch });
  for (let i = 0; i < 4; i++) out.bytes[branch + i] = (patched >>> (i * 8)) & 255;
  return { save };
}

/**
 * Ends a body: back to its start until it was run `passes` times, so that it becomes hot; registers and memory go on as
 * they are. @param {Assembler} out @param {number} top @param {number} passes @param {number} save
 */
function addEnd(out, top, passes, save) {
  if (passes > 1) {
    out.add('lui', { rd: SP, imm: split(DATA).high });
    out.add('sd', { rs2: TEMPORARY, rs1: SP, imm: CELL_ASIDE });
    out.add('ld', { rd: TEMPORARY, rs1: SP, imm: CELL_PASSES });
    out.add('addi', { rd: TEMPORARY, rs1: TEMPORARY, imm: -1 });
    out.add('sd', { rs2: TEMPORARY, rs1: SP, imm: CELL_PASSES });
    // Three instructions on: past the way back.
    out.add('beq', { rs1: TEMPORARY, rs2: 0, imm: 12 });
    out.add('ld', { rd: TEMPORARY, rs1: SP, imm: CELL_ASIDE });
    out.add('jal', { rd: 0, imm: top - out.pc });
    out.add('addi', { rd: TEMPORARY, rs1: 0, imm: passes });
    out.add('sd', { rs2: TEMPORARY, rs1: SP, imm: CELL_PASSES });
    out.add('ld', { rd: TEMPORARY, rs1: SP, imm: CELL_ASIDE });
  }
  const { high, low } = split(save);
  out.add('lui', { rd: SP, imm: high });
  out.add('jalr', { rd: 0, rs1: SP, imm: low });
}

/** @typedef {import('../layout.mjs').Program} Program */

/**
 * @param {Encoder} encoder
 * @param {readonly { sequence: Sequence, limit: number }[]} runs  `limit`: items of the sequence that are run
 * @param {number} [passes]  how often each body is run
 * @returns {Program}
 */
export function layOut(encoder, runs, passes = 1) {
  const dataSize = CELLS + runs.length * RECORD;
  const out = new Assembler(encoder, CODE);
  const { save } = addDriver(out, DATA, dataSize);
  const data = new Uint8Array(dataSize);
  const view = new DataView(data.buffer);
  view.setBigUint64(0, BigInt(DATA + CELLS), true);
  view.setBigUint64(8, BigInt(DATA + dataSize), true);
  view.setBigUint64(CELL_PASSES, BigInt(passes), true);
  const bodies = [];
  for (const [index, { sequence, limit }] of runs.entries()) {
    const record = CELLS + index * RECORD;
    view.setBigUint64(record, BigInt(out.pc), true);
    const top = out.pc;
    out.address(SP, DATA + record + RECORD_WINDOW);
    bodies.push(out.pc);
    addBody(out, sequence, limit);
    addEnd(out, top, passes, save);

    for (let i = 1; i < 32; i++) view.setBigUint64(record + i * 8, sequence.x[i] ?? 0n, true);
    view.setBigUint64(record + SP * 8, 0n, true);
    const middle = DATA + record + RECORD_WINDOW + WINDOW / 2;
    view.setBigUint64(record + sequence.pointer * 8, BigInt(middle + sequence.displacement), true);
    for (let i = 0; i < 32; i++) view.setBigUint64(record + FLOATS + i * 8, sequence.f[i] ?? 0n, true);
    view.setBigUint64(record + FCSR, BigInt(sequence.fcsr), true);
    for (const [i, word] of sequence.window.entries()) view.setBigUint64(record + RECORD_WINDOW + i * 8, word, true);
  }
  return { code: Uint8Array.from(out.bytes), data, bodies, recordSize: RECORD };
}

/** What a record holds, by name: for reports. @param {Uint8Array} data @param {number} index @returns {Map<string, bigint>} */
export function readRecord(data, index) {
  const view = new DataView(data.buffer, data.byteOffset + CELLS + index * RECORD, RECORD);
  const found = new Map();
  for (let i = 1; i < 32; i++) if (i !== SP) found.set(`x${String(i)}`, view.getBigUint64(i * 8, true));
  for (let i = 0; i < 32; i++) found.set(`f${String(i)}`, view.getBigUint64(FLOATS + i * 8, true));
  found.set('fcsr', view.getBigUint64(FCSR, true));
  for (let i = 0; i < WINDOW; i += 8) found.set(`window+${String(i)}`, view.getBigUint64(RECORD_WINDOW + i, true));
  return found;
}
