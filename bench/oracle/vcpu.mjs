// @ts-check
/**
 * A plain interpreter of the IR over BigInts: a step a row, nothing optimized, no WebAssembly for what has a folder. The
 * oracle of the tiers, and the naive way to which their speed is compared. It stands in for the engine's vCPU under the
 * Linux personality. Writes to code are noticed where the guest demands it; threads share nothing but the memory.
 */
import { Rows } from './rows.mjs';

const dist = new URL('../../dist/', import.meta.url).href;
/** @type {typeof import('../../src/ir/block.ts')} */
const { TRAP } = await import(`${dist}ir/block.js`);
/** @type {typeof import('../../src/ir/constant.ts')} */
const { constantBits } = await import(`${dist}ir/constant.js`);
/** @type {typeof import('../../src/ir/evaluate-memory.ts')} */
const { evaluateAtomic, extendLoad } = await import(`${dist}ir/evaluate-memory.js`);
/** @type {typeof import('../../src/ir/vcpu-layout.ts')} */
const { VCPU, VCPU_SIZE } = await import(`${dist}ir/vcpu-layout.js`);
/** @type {typeof import('../../src/memory/layout.ts')} */
const { PAGE_SHIFT, PERMISSION } = await import(`${dist}memory/layout.js`);

/**
 * @typedef {import('../../src/engine/exit.ts').Exit} Exit
 * @typedef {import('../../src/engine/exit.ts').GuestTrap} GuestTrap
 * @typedef {import('../../src/guest/guest.ts').Guest} Guest
 * @typedef {import('../../src/ir/block.ts').Block} Block
 * @typedef {import('../../src/ir/block.ts').Inst} Inst
 * @typedef {import('../../src/ir/state.ts').Slot} Slot
 * @typedef {import('../../src/memory/guest-memory.ts').GuestMemory} GuestMemory
 * @typedef {import('../../src/linux/process/vcpu.ts').VcpuLike} VcpuLike
 * @typedef {{ guest: Guest, memory: GuestMemory, clock: () => bigint, random: () => bigint }} Options
 */

/** Guest instructions in a block at most, as in tier 0. */
const MAX_BLOCK = 64;
/** Blocks that are remembered; when there are more, all are forgotten. */
const MAX_BLOCKS = 20_000;

/** Leaves a block in its middle. */
class Leave {
  /** @param {Exit | 'careful' | 'stale'} reason */
  constructor(reason) {
    this.reason = reason;
  }
}

/**
 * A block as steps. `end` gives the next pc, or an exit.
 *
 * @typedef {{ readonly steps: readonly (() => Leave | undefined)[], readonly end: () => number | Exit | 'resync', readonly guestInstructions: number }} Code
 */

/** @implements {VcpuLike} */
export class OracleVcpu {
  /** @type {Options} */
  #options;
  #state = new WebAssembly.Memory({ initial: 1, maximum: 1 });
  #view = new DataView(this.#state.buffer);
  #words = new BigUint64Array(this.#state.buffer);
  #halves = new Uint32Array(this.#state.buffer);
  /** @type {Rows} */
  #rows;
  /** Code by location, for this vCPU's state alone. @type {Map<number, Code>} */
  #blocks = new Map();
  /** Pages that it was made from. @type {Set<number>} */
  #pages = new Set();
  /** All vCPUs of one memory. @type {Set<OracleVcpu>} */
  #family = new Set([this]);
  #interrupted = false;
  #mode = 0;
  #isStale = false;
  /** Guest instruction that runs, and how many of its block ran before it. */
  #at = 0;
  #before = 0;
  pc = 0;
  instructions = 0;

  /** @param {Options} options */
  constructor(options) {
    this.#options = options;
    this.#rows = new Rows(this.#state, {
      time: options.clock,
      random: options.random,
      instructions: () => BigInt(this.instructions + this.#before),
    });
    this.fpEnv = options.guest.initialFpEnv;
  }

  get guest() {
    return this.#options.guest;
  }

  get fpEnv() {
    return this.#view.getInt32(VCPU.FP_ENV, true);
  }
  set fpEnv(word) {
    this.#view.setInt32(VCPU.FP_ENV, word, true);
  }

  /** @param {Slot} slot */
  getU64(slot) {
    return this.#view.getBigUint64(slot.offset, true);
  }
  /** @param {Slot} slot @param {bigint} value */
  setU64(slot, value) {
    this.#view.setBigUint64(slot.offset, value, true);
  }
  /** @param {Slot} slot */
  getI64(slot) {
    return Number(this.#view.getBigInt64(slot.offset, true));
  }
  /** @param {Slot} slot @param {number} value */
  setI64(slot, value) {
    this.#view.setBigInt64(slot.offset, BigInt(value), true);
  }
  /** @param {Slot} slot @param {number} length */
  slotBytes(slot, length) {
    return new Uint8Array(this.#state.buffer, slot.offset, length);
  }

  interrupt() {
    this.#interrupted = true;
  }

  setProgram() {
    // The oracle keeps no code.
  }

  setPreciseFaults() {
    // All faults are.
  }

  synchronizeCode() {
    this.invalidateCode();
  }

  release() {
    // The oracle compiles nothing.
  }

  invalidateCode() {
    for (const vcpu of this.#family) {
      vcpu.#blocks.clear();
      vcpu.#pages.clear();
      vcpu.#isStale = true;
    }
  }

  /** @returns {OracleVcpu} */
  createSibling() {
    const sibling = new OracleVcpu(this.#options);
    sibling.#family = this.#family.add(sibling);
    return sibling;
  }

  /** @param {VcpuLike} from */
  copyState(from) {
    if (!(from instanceof OracleVcpu)) throw new TypeError('an oracle copies the state of oracles');
    new Uint8Array(this.#state.buffer, 0, VCPU_SIZE).set(new Uint8Array(from.#state.buffer, 0, VCPU_SIZE));
    this.pc = from.pc;
    this.#mode = from.#mode;
  }

  syncMode() {
    this.#mode = this.guest.currentMode?.((slot) => this.getU64(slot), this.fpEnv) ?? 0;
  }

  /** @param {number} budget @returns {Exit} */
  run(budget) {
    const end = this.instructions + budget;
    while (this.instructions < end) {
      if (this.#interrupted) {
        this.#interrupted = false;
        return { kind: 'interrupt' };
      }
      const exit = this.#block(this.#mode, MAX_BLOCK);
      if (exit !== null) return exit;
    }
    return { kind: 'budget' };
  }

  /** Runs the block at the pc. @param {number} mode @param {number} length @returns {Exit | null} */
  #block(mode, length) {
    const code = this.#codeAt(mode, length);
    if (code === null) return this.#fetchFault();
    this.#before = 0;
    this.#isStale = false;
    for (const step of code.steps) {
      const left = step();
      if (left !== undefined) return this.#leave(left.reason);
    }
    this.instructions += code.guestInstructions;
    this.#before = 0;
    const end = code.end();
    if (typeof end === 'number') this.pc = end;
    else if (end !== 'resync') {
      if (end.kind === 'trap') this.instructions--;
      return end;
    } else this.syncMode();
    return null;
  }

  /** @param {Exit | 'careful' | 'stale'} reason @returns {Exit | null} */
  #leave(reason) {
    this.instructions += this.#before;
    this.#before = 0;
    this.pc = this.#at;
    if (reason === 'stale') return null;
    if (reason !== 'careful') return reason;
    // That instruction alone, in its careful form.
    return this.#block(this.#mode | (this.guest.careful ?? 0), 1);
  }

  /** @param {number} mode @param {number} length */
  #codeAt(mode, length) {
    const [blocks, pages] = [this.#blocks, this.#pages];
    const location = this.pc + mode * 0x100000000;
    const known = blocks.get(location);
    if (known !== undefined) return known;
    if (!this.#isExecutable(this.pc)) return null;
    const source = {
      readU8: (/** @type {number} */ pc) => (this.#isExecutable(pc) ? (this.#options.memory.bytes[pc] ?? -1) : -1),
      readU16: (/** @type {number} */ pc) => {
        const [low, high] = [source.readU8(pc), source.readU8(pc + 1)];
        return low < 0 || high < 0 ? -1 : low | (high << 8);
      },
    };
    const block = this.guest.liftBlock(source, this.pc, mode, length);
    const { terminator } = block;
    if (block.guestInstructions === 0 && terminator.kind === 'trap' && terminator.trap === TRAP.FETCH_FAULT)
      return null;
    const code = this.#translate(block);
    if (blocks.size >= MAX_BLOCKS) blocks.clear();
    blocks.set(location, code);
    for (let page = block.pc >>> PAGE_SHIFT; page <= (block.endPc - 1) >>> PAGE_SHIFT; page++) pages.add(page);
    return code;
  }

  /** @param {number} pc */
  #isExecutable(pc) {
    const { bytes, layout } = this.#options.memory;
    if (!(pc >= 0 && pc < layout.guestLimit)) return false;
    return ((bytes[layout.permissions + (pc >>> PAGE_SHIFT)] ?? 0) & PERMISSION.EXECUTE) !== 0;
  }

  /** @param {Block} block @returns {Code} */
  #translate(block) {
    const { instructions } = block;
    /** Values by the instruction's index. @type {bigint[]} */
    const values = new Array(instructions.length).fill(0n);
    const indices = new Map(instructions.map((inst, index) => [inst, index]));
    const of = (/** @type {Inst | null} */ inst) => (inst === null ? -1 : (indices.get(inst) ?? -1));
    /** @type {Code['steps'][number][]} */
    const steps = [];
    let count = 0;
    for (const [index, inst] of instructions.entries()) {
      if (inst.kind === 'const') values[index] = constantBits(inst);
      else if (inst.kind === 'instruction')
        steps.push(this.#mark(block.pc + ((inst.lo - (block.pc | 0)) >>> 0), count++));
      else steps.push(this.#step(block, inst, index, values, of));
    }
    return { steps, end: this.#end(block, values, of), guestInstructions: block.guestInstructions };
  }

  /** A guest instruction begins. @param {number} pc @param {number} before @returns {() => Leave | undefined} */
  #mark(pc, before) {
    return () => {
      this.#at = pc;
      this.#before = before;
      return this.#isStale ? new Leave('stale') : undefined;
    };
  }

  /**
   * @param {Block} block @param {Inst} inst @param {number} index @param {bigint[]} values
   * @param {(inst: Inst | null) => number} of @returns {() => Leave | undefined}
   */
  #step(block, inst, index, values, of) {
    const [a, b, c] = [of(inst.a), of(inst.b), of(inst.c)];
    const value = (/** @type {number} */ at) => values[at] ?? 0n;
    switch (inst.kind) {
      case 'get': {
        const read = this.#reader(block, inst.lo);
        return () => void (values[index] = read());
      }
      case 'set': {
        const write = this.#writer(block, inst.lo);
        return () => write(value(a));
      }
      case 'trap_if': {
        const code = inst.lo;
        return () => (value(a) === 0n ? undefined : new Leave(this.#trap(code, this.#at, 0)));
      }
      case 'op': {
        const { op } = inst;
        if (op === null) throw new TypeError('an operation has a row');
        if (op.effect === 'load' || op.effect === 'store' || op.effect === 'atomic')
          return this.#access(inst, op, index, values, of);
        const compute = this.#rows.compute(op, inst);
        return () => void (values[index] = compute(value(a), value(b), value(c)));
      }
      case 'const':
      case 'instruction':
        throw new TypeError(`${inst.kind} is no step`);
    }
  }

  /** @param {Block} block @param {number} offset @returns {() => bigint} */
  #reader({ layout }, offset) {
    const [words, halves] = [this.#words, this.#halves];
    switch (layout.at(offset)?.type) {
      case 'i32':
      case 'f32':
        return () => BigInt(halves[offset >> 2] ?? 0);
      case 'v128':
        return () => (words[offset >> 3] ?? 0n) | ((words[(offset >> 3) + 1] ?? 0n) << 64n);
      default:
        return () => words[offset >> 3] ?? 0n;
    }
  }

  /** @param {Block} block @param {number} offset @returns {(bits: bigint) => undefined} */
  #writer({ layout }, offset) {
    const [words, halves] = [this.#words, this.#halves];
    switch (layout.at(offset)?.type) {
      case 'i32':
      case 'f32':
        return (bits) => void (halves[offset >> 2] = Number(bits));
      case 'v128':
        return (bits) => {
          words[offset >> 3] = bits;
          words[(offset >> 3) + 1] = bits >> 64n;
        };
      default:
        return (bits) => void (words[offset >> 3] = bits);
    }
  }

  /**
   * @param {Inst} inst @param {import('../../src/ir/op.ts').Op} op @param {number} index @param {bigint[]} values
   * @param {(inst: Inst | null) => number} of @returns {() => Leave | undefined}
   */
  #access(inst, op, index, values, of) {
    const [a, b, c] = [of(inst.a), of(inst.b), of(inst.c)];
    const offset = BigInt(inst.lo);
    const width = op.width ?? 0;
    const address = () => BigInt.asUintN(64, (values[a] ?? 0n) + offset);
    const value = (/** @type {number} */ at) => values[at] ?? 0n;
    if (op.effect === 'load') {
      const isPlain = /^[if]\d+\.load(\d+_u)?$/.test(op.name);
      return () => {
        const vaddr = address();
        if (!this.#mayAccess(vaddr, width, PERMISSION.READ)) return this.#fault(vaddr, 'read');
        const bits = this.#load(Number(vaddr), width);
        values[index] = isPlain ? bits : extendLoad(op, bits);
        return undefined;
      };
    }
    if (op.effect === 'store')
      return () => {
        const vaddr = address();
        if (!this.#mayAccess(vaddr, width, PERMISSION.WRITE)) return this.#fault(vaddr, 'write');
        this.#store(Number(vaddr), width, value(b));
        return undefined;
      };
    return () => {
      const vaddr = address();
      if (!this.#mayAccess(vaddr, width, PERMISSION.READ)) return this.#fault(vaddr, 'read');
      const old = this.#load(Number(vaddr), width);
      const operands = [...(b < 0 ? [] : [value(b)]), ...(c < 0 ? [] : [value(c)])];
      const stored = evaluateAtomic(op, old, operands);
      if (stored !== null) {
        if (!this.#mayAccess(vaddr, width, PERMISSION.WRITE)) return this.#fault(vaddr, 'write');
        this.#store(Number(vaddr), width, stored);
      }
      values[index] = old;
      return undefined;
    };
  }

  /** @param {bigint} address @param {number} width @param {number} bit */
  #mayAccess(address, width, bit) {
    const { bytes, layout } = this.#options.memory;
    if (address >= BigInt(layout.guestLimit - width)) return false;
    const vaddr = Number(address);
    const first = layout.permissions + (vaddr >>> PAGE_SHIFT);
    const last = layout.permissions + ((vaddr + width - 1) >>> PAGE_SHIFT);
    return ((bytes[first] ?? 0) & (bytes[last] ?? 0) & bit) !== 0;
  }

  /** @param {number} vaddr @param {number} width @returns {bigint} */
  #load(vaddr, width) {
    const { view } = this.#options.memory;
    switch (width) {
      case 1:
        return BigInt(view.getUint8(vaddr));
      case 2:
        return BigInt(view.getUint16(vaddr, true));
      case 4:
        return BigInt(view.getUint32(vaddr, true));
      case 8:
        return view.getBigUint64(vaddr, true);
      default:
        return view.getBigUint64(vaddr, true) | (view.getBigUint64(vaddr + 8, true) << 64n);
    }
  }

  /** @param {number} vaddr @param {number} width @param {bigint} bits */
  #store(vaddr, width, bits) {
    const { view } = this.#options.memory;
    switch (width) {
      case 1:
        view.setUint8(vaddr, Number(bits & 0xffn));
        break;
      case 2:
        view.setUint16(vaddr, Number(bits & 0xffffn), true);
        break;
      case 4:
        view.setUint32(vaddr, Number(bits & 0xffffffffn), true);
        break;
      case 8:
        view.setBigUint64(vaddr, bits, true);
        break;
      default:
        view.setBigUint64(vaddr, bits, true);
        view.setBigUint64(vaddr + 8, bits >> 64n, true);
    }
    const isCode = (/** @type {number} */ at) => [...this.#family].some((vcpu) => vcpu.#pages.has(at >>> PAGE_SHIFT));
    if (this.guest.coherentCode === true && (isCode(vaddr) || isCode(vaddr + width - 1))) this.invalidateCode();
  }

  /** @param {bigint} address @param {'read' | 'write'} access */
  #fault(address, access) {
    return new Leave({ kind: 'trap', trap: { kind: 'memory-fault', pc: this.#at, address, access } });
  }

  /** @returns {Exit} */
  #fetchFault() {
    const { pc } = this;
    const address = BigInt.asUintN(64, BigInt(pc));
    return { kind: 'trap', trap: { kind: 'memory-fault', pc, address, access: 'execute' } };
  }

  /**
   * @param {Block} block @param {bigint[]} values @param {(inst: Inst | null) => number} of @returns {Code['end']}
   */
  #end({ terminator }, values, of) {
    switch (terminator.kind) {
      case 'jump':
        return () => terminator.target;
      case 'branch': {
        const condition = of(terminator.condition);
        return () => (values[condition] === 0n ? terminator.fallthrough : terminator.taken);
      }
      case 'indirect': {
        const target = of(terminator.target);
        return () => Number(BigInt.asIntN(64, values[target] ?? 0n));
      }
      case 'syscall':
        return () => {
          this.pc = terminator.next;
          return { kind: 'syscall' };
        };
      case 'resync':
        return () => {
          this.pc = terminator.next;
          if (terminator.flushCode) this.invalidateCode();
          return 'resync';
        };
      case 'trap':
        return () => this.#endInTrap(terminator);
    }
  }

  /** @param {{ trap: number, pc: number, detail: number }} terminator @returns {Exit} */
  #endInTrap({ trap, pc, detail }) {
    const reason = this.#trap(trap, pc, detail);
    if (reason === 'careful') throw new TypeError('a block does not end in a request for care');
    this.pc = pc;
    return reason;
  }

  /** @param {number} code @param {number} pc @param {number} detail @returns {Exit | 'careful'} */
  #trap(code, pc, detail) {
    const exit = (/** @type {GuestTrap} */ trap) => /** @type {const} */ ({ kind: 'trap', trap });
    switch (code) {
      case TRAP.ILLEGAL_INSTRUCTION:
        return exit({ kind: 'illegal-instruction', pc, encoding: detail >>> 0 });
      case TRAP.BREAKPOINT:
        return exit({ kind: 'breakpoint', pc });
      case TRAP.MISALIGNED_ACCESS:
        return exit({ kind: 'misaligned-access', pc, address: 0n });
      case TRAP.INTEGER_DIVIDE:
        return exit({ kind: 'integer-divide', pc });
      case TRAP.FLOATING_POINT:
        return exit({ kind: 'floating-point', pc });
      case TRAP.PROTECTION:
        return exit({ kind: 'protection', pc });
      case TRAP.FETCH_FAULT:
        return exit({ kind: 'memory-fault', pc, address: BigInt(pc), access: 'execute' });
      case TRAP.CAREFUL:
        return 'careful';
      default:
        throw new TypeError(`trap code ${String(code)}`);
    }
  }
}
