// @ts-check
/**
 * Random straight-line code with forward branches, from the guest's decode rows. Two registers are never written: sp
 * and one of x8..x15 point into the sequence's memory window, so that every load and store has a safe address.
 */
import { floatBits, integerBits, memoryBits } from '../values.mjs';

/** @typedef {import('../random.mjs').Random} Random */
/** @typedef {{ name: string, fields: readonly { property: string, min: number, max: number, step: number, exclude: readonly number[] }[] }} Row */
/**
 * `target` makes `imm` a distance: to the item so many items ahead, counted from this instruction or (`from: 'item'`)
 * from the start of its item.
 * @typedef {{ name: string, values: Record<string, number>, target?: number, from?: 'item' }} Instruction
 */
/** Instructions that belong together: a branch never lands inside. @typedef {readonly Instruction[]} Item */
/**
 * @typedef {object} Sequence
 * @property {readonly Item[]} items
 * @property {number} pointer        the register of x8..x15 that is not written
 * @property {number} displacement   its value minus the address of the window's middle
 * @property {readonly bigint[]} x
 * @property {readonly bigint[]} f
 * @property {number} fcsr
 * @property {readonly bigint[]} window
 */

export const WINDOW = 512;
const SP = 2;

/** Bytes accessed, by the name without its prefix. @type {Readonly<Record<string, number>>} */
const widths = {
  ...{ lb: 1, lbu: 1, sb: 1, lh: 2, lhu: 2, sh: 2, lw: 4, lwu: 4, sw: 4, flw: 4, fsw: 4, ld: 8, sd: 8, fld: 8, fsd: 8 },
  ...{ 'c.lw': 4, 'c.sw': 4, 'c.ld': 8, 'c.sd': 8, 'c.fld': 8, 'c.fsd': 8 },
  ...{ 'c.lwsp': 4, 'c.swsp': 4, 'c.ldsp': 8, 'c.sdsp': 8, 'c.fldsp': 8, 'c.fsdsp': 8 },
};

/** They end the program or trap: the fixtures cover them. */
const excluded = new Set(['ecall', 'ebreak', 'c.ebreak']);
const branches = new Set(['beq', 'bne', 'blt', 'bge', 'bltu', 'bgeu', 'jal', 'c.j', 'c.beqz', 'c.bnez']);
const CSR_FFLAGS = 1;
const CSR_FRM = 2;
const CSR_FCSR = 3;

/** True where the destination is a floating-point register. @param {string} name */
function writesFloat(name) {
  if (/^(c\.)?f(ld|lw)(sp)?$/.test(name)) return true;
  return name.startsWith('f') && !/^(fence|fs[wd]$|fcvt\.[wl]u?\.|fmv\.x\.|feq|flt|fle|fclass)/.test(name);
}

export class SequenceGenerator {
  #random;
  #rows;
  #pointer = 8;
  #displacement = 0;

  /** @param {Random} random @param {readonly Row[]} rows */
  constructor(random, rows) {
    this.#random = random;
    this.#rows = rows.filter(({ name }) => !excluded.has(name));
  }

  /**
   * @param {number} count  instructions, about
   * @param {boolean} [nearest]  start by rounding to nearest: compiled regions exist for that mode alone
   * @returns {Sequence}
   */
  next(count, nearest = false) {
    const random = this.#random;
    this.#pointer = random.between(8, 15);
    // Far displacements reach the ends of the 12-bit immediate.
    this.#displacement = random.chance(0.5) ? 0 : random.between(-224, 224) * 8;
    /** @type {Item[]} */
    const items = [];
    for (let made = 0; made < count;) {
      const item = this.#item(random.pick(this.#rows));
      items.push(item);
      made += item.length;
    }
    return {
      items,
      pointer: this.#pointer,
      displacement: this.#displacement,
      x: Array.from({ length: 32 }, () => integerBits(random)),
      f: Array.from({ length: 32 }, () => floatBits(random)),
      fcsr: (nearest ? 0 : random.below(5) * 32) + (random.chance(0.5) ? 0 : random.below(32)),
      window: Array.from({ length: WINDOW / 8 }, () => memoryBits(random)),
    };
  }

  /** @param {Row} row @returns {Item} */
  #item(row) {
    const { name } = row;
    if (widths[name] !== undefined) return [this.#access(row)];
    if (branches.has(name)) return [{ ...this.#plain(row), target: this.#random.between(0, 4) }];
    if (name === 'jalr' || name === 'c.jr' || name === 'c.jalr') return this.#indirect(row);
    if (/^(lr|sc)\./.test(name)) return this.#reservation(name.slice(-1));
    if (name.startsWith('amo')) return [this.#atomic(row)];
    if (name.startsWith('csr')) return this.#csr(row);
    if (name === 'c.addi16sp') {
      const imm = this.#value(row, 'nzimm');
      return [
        { name, values: { nzimm: imm } },
        { name: 'addi', values: { rd: SP, rs1: SP, imm: -imm } },
      ];
    }
    return [this.#plain(row)];
  }

  /** Any value that the field can hold. @param {Row} row @param {string} property @returns {number} */
  #value(row, property) {
    const field = row.fields.find((one) => one.property === property);
    if (field === undefined) throw new RangeError(`${row.name} has no field ${property}`);
    const steps = (field.max - field.min) / field.step;
    for (;;) {
      const edge = this.#random.chance(0.15);
      const step = edge
        ? this.#random.pick([0, steps, steps / 2 + 0.5, steps / 2 - 0.5].map(Math.floor))
        : this.#random.below(steps + 1);
      const value = field.min + Math.max(0, step) * field.step;
      if (!field.exclude.includes(value)) return value;
    }
  }

  /** A row with fields of any value that keeps the two pointers. @param {Row} row @returns {Instruction} */
  #plain(row) {
    /** @type {Record<string, number>} */
    const values = {};
    for (const { property } of row.fields) {
      if (property === 'rm') values.rm = this.#random.pick([0, 1, 2, 3, 4, 7, 7, 7]);
      else if (property === 'rd' && !writesFloat(row.name)) values.rd = this.#destination(row);
      // Distances are filled in when the code is laid out.
      else if (property === 'imm' && branches.has(row.name)) values.imm = 0;
      else values[property] = this.#value(row, property);
    }
    return { name: row.name, values };
  }

  /** An integer register that may be written. @param {Row} row @returns {number} */
  #destination(row) {
    for (;;) {
      const rd = this.#value(row, 'rd');
      if (rd !== SP && rd !== this.#pointer) return rd;
    }
  }

  /** A load or store inside the window. @param {Row} row @returns {Instruction} */
  #access(row) {
    const { name } = row;
    const width = widths[name] ?? 8;
    const instruction = this.#plain(row);
    const offset = row.fields.find(({ property }) => property === 'imm' || property === 'uimm');
    if (offset === undefined) throw new RangeError(`${name} has no offset`);
    const onStack = name.endsWith('sp') || (!name.startsWith('c.') && this.#random.chance(0.3));
    // Where the base register points, counted from the window's start.
    const base = onStack ? 0 : WINDOW / 2 + this.#displacement;
    const low = Math.max(offset.min, -base);
    const high = Math.min(offset.max, WINDOW - width - base);
    // A compressed access cannot reach back: with a far pointer it goes through the stack pointer's forms instead.
    if (high < low) return { name: 'addi', values: { rd: 0, rs1: 0, imm: 0 } };
    const first = Math.ceil(low / offset.step);
    const last = Math.floor(high / offset.step);
    if (last < first) return { name: 'addi', values: { rd: 0, rs1: 0, imm: 0 } };
    let at = this.#random.between(first, last) * offset.step;
    // Mostly aligned; now and then not.
    if (offset.step === 1 && this.#random.chance(0.7))
      at = Math.max(low, at - ((((at + base) % width) + width) % width));
    instruction.values[offset.property] = at;
    if (!name.endsWith('sp')) instruction.values.rs1 = onStack ? SP : this.#pointer;
    return instruction;
  }

  /** A register with an aligned address inside the window. */
  #aligned() {
    return this.#displacement === 0 && this.#random.chance(0.5) ? this.#pointer : SP;
  }

  /** @param {Row} row @returns {Instruction} */
  #atomic(row) {
    const instruction = this.#plain(row);
    instruction.values.rs1 = this.#aligned();
    return instruction;
  }

  /** What a store-conditional answers is only defined with its load-reserved close before, or with none. @param {string} width @returns {Item} */
  #reservation(width) {
    const random = this.#random;
    const row = this.#rowNamed(`lr.${width}`);
    const store = this.#rowNamed(`sc.${width}`);
    const rs1 = this.#aligned();
    const load = this.#plain(row);
    const pair = [load, this.#plain(store), ...(random.chance(0.3) ? [this.#plain(store)] : [])];
    if (random.chance(0.5)) pair.splice(1, 0, this.#plain(this.#rowNamed(random.pick(['add', 'xor', 'addi', 'max']))));
    for (const one of pair) if (/^(lr|sc)/.test(one.name)) one.values.rs1 = rs1;
    return pair;
  }

  /** @param {string} name */
  #rowNamed(name) {
    const row = this.#rows.find((one) => one.name === name);
    if (row === undefined) throw new RangeError(`no row ${name}`);
    return row;
  }

  /** An indirect jump to an item ahead; its register holds the address just before. @param {Row} row @returns {Item} */
  #indirect(row) {
    const target = this.#random.between(0, 4);
    const register = this.#destination(this.#rowNamed('addi')) || 1;
    const here = { name: 'auipc', values: { rd: register, imm: 0 } };
    if (row.name === 'jalr') {
      const jump = { name: 'jalr', values: { rd: this.#destination(row), rs1: register, imm: 0 }, target };
      return [here, { ...jump, from: /** @type {const} */ ('item') }];
    }
    const add = { name: 'addi', values: { rd: register, rs1: register, imm: 0 }, target };
    return [here, { ...add, from: /** @type {const} */ ('item') }, { name: row.name, values: { rs1: register } }];
  }

  /** Floating-point control and status; an invalid rounding mode may be written and read, but not used. @param {Row} row @returns {Item} */
  #csr(row) {
    const instruction = this.#plain(row);
    const csr = this.#random.pick([CSR_FFLAGS, CSR_FRM, CSR_FCSR]);
    instruction.values.csr = csr;
    if (csr === CSR_FFLAGS) return [instruction];
    const rd = this.#destination(this.#rowNamed('csrrwi'));
    return [instruction, { name: 'csrrwi', values: { csr: CSR_FRM, rd, uimm: this.#random.below(5) } }];
  }
}
