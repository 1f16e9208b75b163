// @ts-check
/**
 * Random straight-line code with forward branches, from the guest's decode rows. Two registers keep their values: sp and
 * one X register point into the sequence's memory window, so that every load and store has a safe address.
 */
import { floatBits, integerBits, memoryBits } from '../values.mjs';

/** @typedef {import('../random.mjs').Random} Random */
/** @typedef {import('../guests.mjs').Row} Row */
/** @typedef {import('../guests.mjs').Instruction} Instruction */
/** @typedef {import('../guests.mjs').Item} Item */
/**
 * @typedef {object} Sequence
 * @property {readonly Item[]} items
 * @property {number} pointer        the X register that is not written
 * @property {number} displacement   its value minus the address of the window's middle
 * @property {readonly bigint[]} x
 * @property {readonly bigint[]} v   two words a register
 * @property {number} nzcv
 * @property {number} fpcr
 * @property {number} fpsr
 * @property {readonly bigint[]} window
 */

export const WINDOW = 512;
/** The pointer of single examples. */
export const EXAMPLE_POINTER = 28;
const SP = 31;
const ZVA = 64;

/** System registers: o0, op1, CRn, CRm, op2. */
const register = (/** @type {number[]} */ ...parts) =>
  parts.reduce((bits, part, i) => (bits << ([1, 3, 4, 4, 3][i] ?? 0)) | part, 0);
const NZCV = register(1, 3, 4, 2, 0);
const FPCR = register(1, 3, 4, 4, 0);
const FPSR = register(1, 3, 4, 4, 1);
const TPIDR = register(1, 3, 13, 0, 2);
export const registers = { NZCV, FPCR, FPSR, TPIDR };

/** They end the program, trap, or show what the reference has other values for. */
const excluded = new Set(['svc', 'brk', 'hlt', 'udf', 'sb', 'dc cvap']);
const branches = new Set(['b', 'bl', 'b.cond', 'cbz', 'cbnz', 'tbz', 'tbnz']);
const indirect = new Set(['br', 'blr', 'ret']);

/** FPCR: rounding modes, default NaN, flush to zero, the alternative half-precision format. */
const DN = 1 << 25;
const FZ = 1 << 24;
const AHP = 1 << 26;

/** Where 31 in Rd is the stack pointer. */
const writesSp = /^(add|sub) \((immediate|extended register)\)$|^(and|orr|eor) \(immediate\)$/;

/** @param {Random} random @param {boolean} plain */
export function fpcrBits(random, plain) {
  if (random.chance(0.4)) return 0;
  let bits = random.below(4) << 22;
  if (random.chance(0.3)) bits |= DN;
  if (random.chance(0.3)) bits |= FZ;
  if (!plain && random.chance(0.15)) bits |= AHP;
  return bits;
}

/** FPSR: the cumulative flags. @param {Random} random */
const fpsrBits = (random) => (random.chance(0.5) ? 0 : random.u32() & 0x0800009f);

export class SequenceGenerator {
  #random;
  #rows;
  /** @type {Map<string, string>} */
  #classOf;
  #pointer = 8;
  #displacement = 0;
  #plainModes = false;

  /** @param {Random} random @param {readonly Row[]} rows @param {Readonly<Record<string, object>>} classes */
  constructor(random, rows, classes) {
    this.#random = random;
    this.#rows = rows.filter(({ name }) => !excluded.has(name));
    this.#classOf = new Map(
      Object.entries(classes).flatMap(([key, list]) => Object.keys(list).map((name) => [name, key])),
    );
  }

  /**
   * @param {number} count  instructions, about
   * @param {boolean} [plain]  in the mode that compiled regions exist for
   * @returns {Sequence}
   */
  next(count, plain = false) {
    const random = this.#random;
    this.#plainModes = plain;
    this.#pointer = random.between(0, 28);
    // Far displacements reach the ends of the immediates; always a multiple of 16.
    this.#displacement = random.pick([0, 0, random.between(-14, 14) * 16, -random.between(0, 4000) * 16]);
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
      x: Array.from({ length: 31 }, () => integerBits(random)),
      v: Array.from({ length: 64 }, () => (random.chance(0.5) ? floatBits(random) : memoryBits(random))),
      nzcv: random.below(16) * 2 ** 28,
      fpcr: fpcrBits(random, plain),
      fpsr: fpsrBits(random),
      window: Array.from({ length: WINDOW / 8 }, () => memoryBits(random)),
    };
  }

  /** One use of a row, with the pointers where `sequenceOf` has them. @param {Row} row @returns {Item} */
  example(row) {
    this.#pointer = EXAMPLE_POINTER;
    this.#displacement = 0;
    for (;;) {
      const item = this.#item(row);
      if (item.length > 0) return item;
    }
  }

  /** @param {Row} row @returns {Item} */
  #item(row) {
    const { name } = row;
    if (branches.has(name)) return [{ ...this.#plain(row, { imm: 0 }), target: this.#random.between(0, 4) }];
    if (indirect.has(name)) return this.#indirect(row);
    if (name === 'mrs' || name === 'msr') return this.#systemRegister(row);
    if (name.startsWith('dc ')) return this.#cache(row);
    switch (this.#classOf.get(name)) {
      case 'single':
        return this.#access(row, row.value >>> 30);
      case 'vector':
        return this.#vector(row);
      case 'literal':
        return [this.#plain(row, { imm: this.#random.between(-2, 4) * 4 })];
      case 'pair':
        return this.#pair(row);
      case 'exclusive':
        return this.#exclusive(row);
      case 'atomic':
        return [this.#keepingBase(row, {})];
      case 'structure':
        return this.#structure(row);
      default:
        return [this.#plain(row)];
    }
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

  /**
   * A row with fields of any value, some given, that keeps the two pointers. Written registers are in Rd, Rt, Rt2 and
   * Rs; vector registers of the pointer's number are left out for simplicity.
   * @param {Row} row @param {Record<string, number>} [given] @returns {Instruction}
   */
  #plain(row, given = {}) {
    for (;;) {
      /** @type {Record<string, number>} */
      const values = {};
      for (const { property } of row.fields) {
        const isWritten = property === 'Rd' || property === 'Rt' || property === 'Rt2' || property === 'Rs';
        values[property] =
          given[property] ?? (isWritten ? this.#destination(row, property) : this.#value(row, property));
      }
      if (this.#isEncodable(row, values)) return { name: row.name, values };
    }
  }

  /** @param {Row} row @param {Record<string, number>} values */
  #isEncodable(row, values) {
    try {
      /** @type {any} */ (row).encode(values);
      return true;
    } catch (error) {
      if (error instanceof RangeError) return false;
      throw error;
    }
  }

  /** A register that may be written. @param {Row} row @param {string} property */
  #destination(row, property) {
    for (;;) {
      const register = this.#value(row, property);
      if (register === this.#pointer || (register === SP && property === 'Rd' && writesSp.test(row.name))) continue;
      // CASP writes the next one too.
      if (row.name === 'casp' && register + 1 === this.#pointer) continue;
      return register;
    }
  }

  /** Base register and the offset from the window's middle that it points to. */
  #base() {
    return this.#random.chance(0.5) ? { Rn: SP, at: 0 } : { Rn: this.#pointer, at: this.#displacement };
  }

  /** A base with an aligned address inside the window. */
  #aligned() {
    return this.#displacement > -240 && this.#displacement < 200 && this.#random.chance(0.5) ? this.#pointer : SP;
  }

  /**
   * An offset, a multiple of `step` in [low, high], that keeps `width` bytes at base + offset inside the window; null
   * where there is none.
   * @param {number} at @param {number} width @param {number} low @param {number} high @param {number} step
   */
  #offset(at, width, low, high, step) {
    const first = Math.ceil(Math.max(low, -WINDOW / 2 - at) / step);
    const last = Math.floor(Math.min(high, WINDOW / 2 - width - at) / step);
    if (last < first) return null;
    const offset = this.#random.between(first, last) * step;
    const misalignment = (((offset + at) % width) + width) % width;
    // Mostly aligned; now and then not.
    const aligned = offset - (misalignment % step === 0 ? misalignment : 0);
    return this.#random.chance(0.7) && aligned >= first * step ? aligned : offset;
  }

  /** The displacement of an access and the instruction that takes a write-back back. @param {number} Rn @param {number} by @returns {Instruction[]} */
  #undo(Rn, by) {
    if (by === 0) return [];
    return [
      {
        name: by > 0 ? 'sub (immediate)' : 'add (immediate)',
        values: { sf: 1, sh: 0, imm12: Math.abs(by), Rn, Rd: Rn },
      },
    ];
  }

  /** @param {Row} row @returns {Item} */
  #vector(row) {
    // Quad registers have rows of their own.
    if (!row.fields.some(({ property }) => property === 'size')) return this.#access(row, 4);
    const size = this.#random.below(4);
    return this.#access(row, size, { size });
  }

  /** A load or store of 2^scale bytes inside the window. @param {Row} row @param {number} scale @param {Record<string, number>} [given] @returns {Item} */
  #access(row, scale, given = {}) {
    const width = 1 << scale;
    const { Rn, at } = this.#base();
    const has = (/** @type {string} */ property) => row.fields.some((one) => one.property === property);
    if (has('Rm')) return this.#indexed(row, scale, given);
    const offset = has('imm12')
      ? this.#offset(at, width, 0, 4095 * width, width)
      : this.#offset(at, width, -256, 255, 1);
    if (offset === null) return this.#access(row, scale, given);
    if (has('imm12')) return [this.#plain(row, { ...given, Rn, imm12: offset / width })];
    const isPost = row.name.includes('post-index');
    // The access itself is at the base.
    if (isPost && (at < -WINDOW / 2 || at > WINDOW / 2 - width)) return this.#access(row, scale, given);
    const instruction = this.#plain(row, { ...given, Rn, imm9: offset });
    return isPost || row.name.includes('pre-index') ? [instruction, ...this.#undo(Rn, offset)] : [instruction];
  }

  /** An index register with a value that fits, garbage above bit 31 where only the low half counts. @param {Row} row @param {number} scale @param {Record<string, number>} given @returns {Item} */
  #indexed(row, scale, given) {
    const random = this.#random;
    const width = 1 << scale;
    const S = random.below(2);
    const option = random.pick([2, 3, 6, 7]);
    const { Rn, at } = this.#base();
    const step = S === 1 ? width : 1;
    const low = option === 2 ? 0 : -0x10000 * step;
    const offset = this.#offset(at, width, low, 0xffff * step, step);
    const Rm = this.#free();
    if (offset === null || Rm === Rn) return this.#indexed(row, scale, given);
    const index = offset / step;
    const isNegative = index < 0;
    const move = {
      name: isNegative ? 'movn' : 'movz',
      values: { sf: 1, hw: 0, imm16: isNegative ? -index - 1 : index, Rd: Rm },
    };
    const garbage = { name: 'movk', values: { sf: 1, hw: random.between(2, 3), imm16: random.below(65536), Rd: Rm } };
    const isNarrow = (option & 1) === 0;
    return [move, ...(isNarrow ? [garbage] : []), this.#plain(row, { ...given, Rn, Rm, option, S })];
  }

  /** An X register that may be written. */
  #free() {
    for (;;) {
      const register = this.#random.below(31);
      if (register !== this.#pointer) return register;
    }
  }

  /** Log2 of the bytes of one register of a pair. @param {Row} row */
  #pairScale({ value }) {
    const opc = value >>> 30;
    if ((value & (1 << 26)) !== 0) return 2 + opc;
    return opc === 2 ? 3 : 2;
  }

  /** @param {Row} row @returns {Item} */
  #pair(row) {
    const scale = this.#pairScale(row);
    const width = 1 << scale;
    const { Rn, at } = this.#base();
    const isPost = row.name.includes('post-index');
    const offset = this.#offset(at, 2 * width, -64 * width, 63 * width, width);
    if (offset === null || (isPost && (at < -WINDOW / 2 || at > WINDOW / 2 - 2 * width))) return this.#pair(row);
    const instruction = this.#plain(row, { Rn, imm7: offset / width });
    // Loading both into one register is unpredictable.
    if (row.name.startsWith('ld') && instruction.values.Rt === instruction.values.Rt2) return this.#pair(row);
    return isPost || row.name.includes('pre-index') ? [instruction, ...this.#undo(Rn, offset)] : [instruction];
  }

  /** An access at an aligned base. @param {Row} row @param {Record<string, number>} given @returns {Instruction} */
  #keepingBase(row, given) {
    return this.#plain(row, { ...given, Rn: this.#aligned() });
  }

  /** Load-acquire and store-release by themselves; what a store-exclusive answers is only defined close to its load. @param {Row} row @returns {Item} */
  #exclusive(row) {
    const { name } = row;
    if (/^(stlr|stllr|ldar|ldlar)$/.test(name)) return [this.#keepingBase(row, {})];
    const random = this.#random;
    const isPair = name.endsWith('p');
    const shape = isPair ? { sz: random.below(2) } : { size: random.below(4) };
    const Rn = this.#aligned();
    const load = this.#rowNamed(random.pick(isPair ? ['ldxp', 'ldaxp'] : ['ldxr', 'ldaxr']));
    const store = this.#rowNamed(random.pick(isPair ? ['stxp', 'stlxp'] : ['stxr', 'stlxr']));
    const first = this.#distinct(load, { ...shape, Rn });
    const between = random.chance(0.5) ? [this.#plain(this.#rowNamed('add (shifted register)'))] : [];
    const again = random.chance(0.3) ? [this.#distinct(store, { ...shape, Rn })] : [];
    const cleared = random.chance(0.1) ? [this.#plain(this.#rowNamed('clrex'))] : [];
    return [first, ...between, ...cleared, this.#distinct(store, { ...shape, Rn }), ...again];
  }

  /** With different registers in Rt, Rt2 and Rs: the same ones are unpredictable. @param {Row} row @param {Record<string, number>} given @returns {Instruction} */
  #distinct(row, given) {
    for (;;) {
      const instruction = this.#plain(row, given);
      const used = ['Rt', 'Rt2', 'Rs'].flatMap((field) => instruction.values[field] ?? []);
      if (new Set(used).size === used.length) return instruction;
    }
  }

  /** Accesses of Advanced SIMD structures: at the window's middle, at most 64 bytes. @param {Row} row @returns {Item} */
  #structure(row) {
    const has = row.fields.some(({ property }) => property === 'Rm');
    if (!has) return [this.#plain(row, { Rn: SP })];
    const Rm = this.#free();
    // 31 adds the number of bytes accessed.
    if (this.#random.chance(0.5))
      return [
        { name: 'add (immediate)', values: { sf: 1, sh: 0, imm12: 0, Rn: SP, Rd: Rm } },
        this.#plain(row, { Rn: Rm, Rm: 31 }),
      ];
    const instruction = this.#plain(row, { Rn: SP, Rm });
    const move = { name: 'movz', values: { sf: 1, hw: 0, imm16: this.#random.below(64), Rd: Rm } };
    const back = { name: 'sub (extended register)', values: { sf: 1, Rm, option: 3, imm3: 0, Rn: SP, Rd: SP } };
    return [move, instruction, back];
  }

  /** @param {Row} row @returns {Item} */
  #cache(row) {
    if (row.name !== 'dc zva') return [this.#plain(row, { Rt: this.#pointer })].filter(() => this.#displacement === 0);
    const Rt = this.#free();
    const imm12 = this.#random.below(WINDOW / 2 - ZVA);
    return [
      { name: 'add (immediate)', values: { sf: 1, sh: 0, imm12, Rn: SP, Rd: Rt } },
      { name: row.name, values: { Rt } },
    ];
  }

  /** @param {Row} row @returns {Item} */
  #systemRegister(row) {
    const register = this.#random.pick([NZCV, NZCV, FPCR, FPSR, TPIDR]);
    if (row.name === 'mrs') return [this.#plain(row, { register })];
    const Rt = this.#free();
    const bits = register === FPCR ? fpcrBits(this.#random, this.#plainModes) : fpsrBits(this.#random);
    if (register === NZCV || register === TPIDR) return [this.#plain(row, { register, Rt: this.#random.below(32) })];
    return [
      { name: 'movz', values: { sf: 1, hw: 0, imm16: bits & 0xffff, Rd: Rt } },
      { name: 'movk', values: { sf: 1, hw: 1, imm16: (bits >>> 16) & 0xffff, Rd: Rt } },
      { name: 'msr', values: { register, Rt } },
    ];
  }

  /** An indirect branch to an item ahead; its register holds the address just before. @param {Row} row @returns {Item} */
  #indirect(row) {
    const Rd = this.#free();
    return [
      { name: 'adr', values: { Rd, imm: 0 }, target: this.#random.between(0, 4), from: 'item' },
      { name: row.name, values: { Rn: Rd } },
    ];
  }

  /** @param {string} name */
  #rowNamed(name) {
    const row = this.#rows.find((one) => one.name === name);
    if (row === undefined) throw new RangeError(`no row ${name}`);
    return row;
  }
}
