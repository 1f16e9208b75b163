/** What lift functions work with: the block under construction and the instruction at hand. */
import { assert, defined, unreachable } from '../../../common/assert.ts';
import { TRAP } from '../../../ir/block.ts';
import { BlockBuilder, type Value } from '../../../ir/builder.ts';
import type { OpName } from '../../../ir/ops.ts';
import type { CpuLevel } from '../cpuid.ts';
import { NO_REGISTER, RIP, SEGMENT, type Instruction } from '../decode.ts';
import { resolveOperands, type Operand } from '../operands.ts';
import { fsBase, gsBase, MODE_CAREFUL, registers, state } from '../state.ts';
import { Flags, type Width } from './flags.ts';

export const RAX = 0;
export const RCX = 1;
export const RDX = 2;
export const RBX = 3;
export const RSP = 4;
export const RBP = 5;
export const RSI = 6;
export const RDI = 7;
export const R11 = 11;

const UNSIGNED_LOADS = { 8: 'i32.load8_u', 16: 'i32.load16_u', 32: 'i32.load', 64: 'i64.load' } as const;
const SIGNED_LOADS = { 8: 'i32.load8_s', 16: 'i32.load16_s', 32: 'i32.load', 64: 'i64.load' } as const;
const STORES = { 8: 'i32.store8', 16: 'i32.store16', 32: 'i32.store', 64: 'i64.store' } as const;

/** The opcode as the manual writes it, with the bytes of its map: 0F0B for UD2. */
function opcodeOf({ map, opcode }: Instruction): number {
  const escape = map === 'primary' ? 0 : parseInt(map.replace('VEX.', ''), 16);
  return (escape << 8) | opcode;
}

/** Type in which values of a width are computed: up to 32 bits in an i32. */
export function typeOf(width: Width): 'i32' | 'i64' {
  return width === 64 ? 'i64' : 'i32';
}

/** Names of operations that exist for i32 and i64. */
type CommonName = OpName extends infer Name ? (Name extends `i32.${infer Rest}` ? Rest : never) : never;

export class LiftContext {
  readonly builder: BlockBuilder;
  readonly mode: number;
  readonly flags: Flags;
  /** Status flags that someone may read after the instruction at hand. */
  liveFlags = 0;
  #instruction: Instruction | null = null;
  #address: Value | null = null;

  /** What CPUID advertises. */
  readonly cpu: CpuLevel;

  constructor(pc: number, mode: number, cpu: CpuLevel) {
    this.cpu = cpu;
    this.builder = new BlockBuilder(state, pc, mode);
    this.mode = mode;
    this.flags = new Flags(this.builder);
  }

  /** The instruction being lifted. */
  get i(): Instruction {
    return defined(this.#instruction, 'an instruction is being lifted');
  }

  get next(): number {
    return this.i.next;
  }

  /** True when the instruction is to be lifted in its careful form. */
  get isCareful(): boolean {
    return (this.mode & MODE_CAREFUL) !== 0;
  }

  /** Starts an instruction; gives its operands. */
  begin(instruction: Instruction): readonly Operand[] {
    this.#instruction = instruction;
    this.#address = null;
    this.builder.instruction(instruction.pc, instruction.length);
    return resolveOperands(instruction);
  }

  op(name: OpName, a?: Value, b?: Value, c?: Value): Value {
    return this.builder.opImm(name, 0, a, b, c);
  }

  /** An operation on values of a width. */
  opOf(width: Width, name: CommonName, a?: Value, b?: Value, c?: Value): Value {
    return this.builder.opImm(`${typeOf(width)}.${name}` as OpName, 0, a, b, c);
  }

  i32(value: number): Value {
    return this.builder.i32(value);
  }

  i64(value: number): Value {
    return this.builder.i64(value);
  }

  /** A constant in the type of a width. */
  constant(width: Width, value: number): Value {
    return width === 64 ? this.builder.i64(value) : this.builder.i32(value);
  }

  /** All 64 bits of a general register. */
  register(number: number): Value {
    return this.builder.get(defined(registers[number], 'a general register'));
  }

  setRegister(number: number, value: Value): void {
    this.builder.set(defined(registers[number], 'a general register'), value);
  }

  /** The low bits of a general register; above them anything. */
  #registerLow(number: number, width: Width): Value {
    const value = this.register(number);
    return width === 64 ? value : this.op('i32.wrap_i64', value);
  }

  /** Writes the low bits of a general register: 32 clear the upper half, 8 and 16 leave the rest (vol. 1, 3.4.1.1). */
  writeRegister(number: number, width: Width, value: Value): void {
    if (width === 64) this.setRegister(number, value);
    else if (width === 32) this.setRegister(number, this.op('i64.extend_i32_u', value));
    else this.#merge(number, width === 8 ? 0xff : 0xffff, 0, value);
  }

  #merge(number: number, mask: number, shift: number, value: Value): void {
    const kept = this.op('i64.and', this.register(number), this.i64(-1 - mask * 2 ** shift));
    const low = this.op('i64.extend_i32_u', this.op('i32.and', value, this.i32(mask)));
    const placed = shift === 0 ? low : this.op('i64.shl', low, this.i64(shift));
    this.setRegister(number, this.op('i64.or', kept, placed));
  }

  /** Clears the bits above a width that may hold anything. */
  zeroExtend(width: Width, value: Value): Value {
    return width >= 32 ? value : this.op('i32.and', value, this.i32(width === 8 ? 0xff : 0xffff));
  }

  /** Repeats the top bit of a width in the bits above. */
  signExtend(width: Width, value: Value): Value {
    return width >= 32 ? value : this.op(width === 8 ? 'i32.extend8_s' : 'i32.extend16_s', value);
  }

  /** The value of a width (bits above anything) as a sign-extended i64. */
  toSigned64(width: Width, value: Value): Value {
    return width === 64 ? value : this.op('i64.extend_i32_s', this.signExtend(width, value));
  }

  toUnsigned64(width: Width, value: Value): Value {
    return width === 64 ? value : this.op('i64.extend_i32_u', this.zeroExtend(width, value));
  }

  /** An integer operand, in the type of its width, zero-extended. */
  read(operand: Operand): Value {
    if (operand.kind === 'memory') return this.load(operand.bits as Width, this.address());
    return this.zeroExtend(operand.bits as Width, this.readLow(operand));
  }

  /** An integer operand, sign-extended in the type of its width. */
  readSigned(operand: Operand): Value {
    if (operand.kind === 'memory') return this.op(SIGNED_LOADS[operand.bits as Width], this.address());
    return this.signExtend(operand.bits as Width, this.readLow(operand));
  }

  /** An integer operand in the type of its width; bits above 8 and 16 may hold anything. */
  readLow(operand: Operand): Value {
    const width = operand.bits as Width;
    switch (operand.kind) {
      case 'general':
        return this.#registerLow(operand.number, width);
      case 'high-byte':
        return this.op('i32.shr_u', this.#registerLow(operand.number, 32), this.i32(8));
      case 'immediate':
        return width === 64 && this.i.wideImmediate !== 0n
          ? this.builder.i64Bits(this.i.wideImmediate)
          : this.constant(width, operand.number);
      case 'memory':
        return this.load(width, this.address());
      default:
        return unreachable(`a ${operand.kind} operand is no integer`);
    }
  }

  /** Writes an integer operand; bits above its width in `value` are ignored. */
  write(operand: Operand, value: Value): void {
    const width = operand.bits as Width;
    if (operand.kind === 'general') this.writeRegister(operand.number, width, value);
    else if (operand.kind === 'high-byte') this.#merge(operand.number, 0xff, 8, value);
    else if (operand.kind === 'memory') this.store(width, this.address(), value);
    else unreachable(`a ${operand.kind} operand cannot be written`);
  }

  load(width: Width, address: Value): Value {
    return this.op(UNSIGNED_LOADS[width], address);
  }

  store(width: Width, address: Value, value: Value): void {
    this.op(STORES[width], address, value);
  }

  /** The memory operand's address, segment base included (vol. 1, 3.7.5). */
  address(): Value {
    this.#address ??= this.withSegment(this.effectiveAddress());
    return this.#address;
  }

  /** Base, index and displacement: what `lea` gives before it is cut to its operand size. */
  effectiveAddress(): Value {
    const { i } = this;
    if (i.base === RIP) {
      const target = i.next + i.displacement;
      return this.#cutAddress(this.i64(target));
    }
    let sum: Value | null = i.base === NO_REGISTER ? null : this.register(i.base);
    if (i.index !== NO_REGISTER) {
      const index = this.register(i.index);
      const scaled = i.scale === 1 ? index : this.op('i64.shl', index, this.i64(Math.log2(i.scale)));
      sum = sum === null ? scaled : this.op('i64.add', sum, scaled);
    }
    if (sum === null) return this.#cutAddress(this.i64(i.displacement));
    if (i.displacement !== 0) sum = this.op('i64.add', sum, this.i64(i.displacement));
    return this.#cutAddress(sum);
  }

  #cutAddress(address: Value): Value {
    return this.i.addressSize === 64 ? address : this.op('i64.and', address, this.i64(0xffffffff));
  }

  /** Adds the base of FS or GS where the instruction asks for one; the others are 0 in 64-bit mode. */
  withSegment(address: Value): Value {
    const { segment } = this.i;
    if (segment !== SEGMENT.FS && segment !== SEGMENT.GS) return address;
    return this.op('i64.add', this.builder.get(segment === SEGMENT.FS ? fsBase : gsBase), address);
  }

  /** Moves the memory operand of the instruction at hand by `offset` (i64) bytes, before its address is cut to 32 bits. */
  offsetAddress(offset: Value): void {
    this.#address = this.withSegment(this.#cutAddress(this.op('i64.add', this.effectiveAddress(), offset)));
  }

  /** Uses another address than the operand's own for `address()`, of the instruction at hand. */
  setAddress(address: Value): void {
    this.#address = address;
  }

  trapIf(condition: Value, trap: (typeof TRAP)[keyof typeof TRAP]): void {
    this.builder.trapIf(condition, trap);
  }

  /** Ends the block: the instruction is illegal. Nothing of it may have been lifted yet. */
  illegal(): void {
    this.builder.trap(TRAP.ILLEGAL_INSTRUCTION, this.i.pc, opcodeOf(this.i));
  }

  /** Ends the block: general protection, without an address. */
  protectionFault(): void {
    this.builder.trap(TRAP.PROTECTION, this.i.pc);
  }

  /** Ends the block with a jump to the next instruction in the mode that the state asks for then. */
  resync(next: number = this.next): void {
    this.builder.resync(next, false);
  }

  assertOperands(operands: readonly Operand[], count: number): void {
    assert(operands.length === count, `${this.i.row?.name ?? '?'} has ${String(operands.length)} operands`);
  }
}
