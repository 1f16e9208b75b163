/**
 * The code of one WebAssembly function, written front to back. Calls to functions of the same module may be written
 * before the callee's index is known: their index is padded to five bytes and patched by `ModuleBuilder.build`.
 */
import { assert } from '../../common/assert.ts';
import type { ValueType } from '../../ir/types.ts';
import { ByteWriter } from './byte-writer.ts';
import { instructions, valueTypeCode, type Instruction, type InstructionName } from './opcodes.ts';

/** A function of a module under construction. */
export interface FunctionRef {
  readonly name: string;
  readonly typeIndex: number;
  readonly imported: boolean;
  /** Final for imported functions; of the others, the index among the defined ones. */
  readonly ordinal: number;
}

/** Type of a structured instruction: none, one result, or the index of a function type. */
export type BlockType = ValueType | number | null;

export class FunctionBody {
  readonly code = new ByteWriter();
  /** Places where the index of a defined function was left to be patched. */
  readonly relocations: { readonly position: number; readonly target: FunctionRef }[] = [];
  readonly #params: number;
  readonly #locals: ValueType[] = [];
  readonly #free: Partial<Record<ValueType, number[]>> = {};
  #depth = 1;

  constructor(params: readonly ValueType[]) {
    this.#params = params.length;
  }

  /** Bytes of code written so far; add `ModuleBuilder.codeOffset` for the offset in the module. */
  get position(): number {
    return this.code.length;
  }

  /** Open structured instructions, the function itself included; 0 once the final `end` is written. */
  get depth(): number {
    return this.#depth;
  }

  /** Declared locals, in index order after the parameters. */
  get locals(): readonly ValueType[] {
    return this.#locals;
  }

  /** A local of `type`: one given back by `freeLocal`, else a new one. Its value is unspecified in the first case. */
  local(type: ValueType): number {
    const reused = this.#free[type]?.pop();
    if (reused !== undefined) return reused;
    this.#locals.push(type);
    return this.#params + this.#locals.length - 1;
  }

  /** Lets a later `local` of the same type reuse `index`. */
  freeLocal(index: number): void {
    const type = this.#locals[index - this.#params];
    assert(type !== undefined, `local ${String(index)} is not a declared local`);
    const free = (this.#free[type] ??= []);
    assert(!free.includes(index), `local ${String(index)} is already free`);
    free.push(index);
  }

  /**
   * An instruction with its immediates as numbers in encoding order. Memory arguments are `offset` and optionally
   * `align` (a power of two in bytes; natural if omitted); i64 constants are bigints, floats bit patterns (f32 a number,
   * f64 a bigint), v128 constants and shuffle lanes two 64-bit halves. Calls, blocks and tables have methods of their own.
   */
  emit(name: InstructionName, ...immediates: readonly (number | bigint)[]): void {
    this.emitInstruction(instructions()[name], immediates);
  }

  emitInstruction(instruction: Instruction, immediates: readonly (number | bigint)[]): void {
    this.opcode(instruction);
    if (instruction.name === 'end') this.#depth--;
    if (instruction.immediates.length === 0 && immediates.length === 0) return;
    let next = 0;
    const take = (): number | bigint => {
      const value = immediates[next++];
      assert(value !== undefined, `${instruction.name} lacks an immediate`);
      return value;
    };
    for (const kind of instruction.immediates) {
      switch (kind) {
        case 'memarg': {
          const offset = Number(take());
          // A lane instruction's last immediate is its lane, so alignment is given there only when two follow.
          const rest = immediates.length - next - (instruction.immediates.length - 1);
          this.#memarg(instruction, offset, rest > 0 ? Number(take()) : instruction.access);
          break;
        }
        case 'i32':
          this.code.s32(Number(take()));
          break;
        case 'i64': {
          const bits = BigInt.asIntN(64, BigInt(take()));
          this.code.s64(Number(BigInt.asIntN(32, bits)), Number(bits >> 32n));
          break;
        }
        case 'f32':
          this.code.fixed32(Number(take()));
          break;
        case 'f64':
          this.code.fixed64(BigInt(take()));
          break;
        case 'v128':
        case 'lanes':
          this.code.fixed64(BigInt(take()));
          this.code.fixed64(BigInt(take()));
          break;
        case 'zero':
          this.code.u8(0);
          break;
        case 'memory':
          this.code.u32(0);
          break;
        case 'lane':
          this.code.u8(Number(take()));
          break;
        case 'label':
        case 'local':
        case 'global':
        case 'table':
        case 'element':
        case 'data':
        case 'type':
          this.code.u32(Number(take()));
          break;
        case 'block':
        case 'labels':
        case 'function':
        case 'types':
        case 'heaptype':
          assert(false, `${instruction.name} is written by a method of its own`);
      }
    }
    assert(next === immediates.length, `${instruction.name} has too many immediates`);
  }

  i32Const(value: number): void {
    this.code.u8(0x41);
    this.code.s32(value);
  }

  /** i64 constant from two halves (each taken modulo 2^32). */
  i64Const(low: number, high: number): void {
    this.code.u8(0x42);
    this.code.s64(low, high);
  }

  i64ConstBig(bits: bigint): void {
    this.emit('i64.const', bits);
  }

  localGet(index: number): void {
    this.code.u8(0x20);
    this.code.u32(index);
  }

  localSet(index: number): void {
    this.code.u8(0x21);
    this.code.u32(index);
  }

  localTee(index: number): void {
    this.code.u8(0x22);
    this.code.u32(index);
  }

  /** A load or store: `offset` from 0 to 2^32-1, `align` in bytes (natural if omitted). */
  access(name: InstructionName, offset = 0, align?: number): void {
    const instruction = instructions()[name];
    assert(instruction.immediates.length === 1 && instruction.access > 0, `${name} takes no memory argument`);
    this.opcode(instruction);
    this.#memarg(instruction, offset, align ?? instruction.access);
  }

  load(name: InstructionName, offset = 0, align?: number): void {
    this.access(name, offset, align);
  }

  store(name: InstructionName, offset = 0, align?: number): void {
    this.access(name, offset, align);
  }

  block(type: BlockType = null): void {
    this.#open(0x02, type);
  }

  loop(type: BlockType = null): void {
    this.#open(0x03, type);
  }

  if(type: BlockType = null): void {
    this.#open(0x04, type);
  }

  else(): void {
    this.code.u8(0x05);
  }

  /** Ends the innermost structured instruction; `ModuleBuilder.defineFunction` writes the function's own `end`. */
  end(): void {
    this.code.u8(0x0b);
    this.#depth--;
  }

  br(label: number): void {
    this.code.u8(0x0c);
    this.code.u32(label);
  }

  brIf(label: number): void {
    this.code.u8(0x0d);
    this.code.u32(label);
  }

  brTable(targets: readonly number[], otherwise: number): void {
    this.code.u8(0x0e);
    this.code.u32(targets.length);
    for (const target of targets) this.code.u32(target);
    this.code.u32(otherwise);
  }

  call(target: FunctionRef): void {
    this.#toFunction(0x10, target);
  }

  returnCall(target: FunctionRef): void {
    this.#toFunction(0x12, target);
  }

  refFunc(target: FunctionRef): void {
    this.#toFunction(0xd2, target);
  }

  callIndirect(typeIndex: number, table = 0): void {
    this.emit('call_indirect', typeIndex, table);
  }

  returnCallIndirect(typeIndex: number, table = 0): void {
    this.emit('return_call_indirect', typeIndex, table);
  }

  /** `select` of two values whose type need not be on the stack's static type (references). */
  selectTyped(type: ValueType): void {
    this.code.u8(0x1c);
    this.code.u32(1);
    this.code.u8(valueTypeCode[type]);
  }

  refNull(): void {
    this.code.u8(0xd0);
    this.code.u8(0x70);
  }

  return(): void {
    this.code.u8(0x0f);
  }

  /** The bare opcode, for callers that write the immediates themselves. */
  opcode(instruction: Instruction): void {
    if (instruction.prefix === 0) {
      this.code.u8(instruction.code);
    } else {
      this.code.u8(instruction.prefix);
      this.code.u32(instruction.code);
    }
  }

  #memarg(instruction: Instruction, offset: number, align: number): void {
    assert(align > 0 && align <= instruction.access, `alignment ${String(align)} does not fit ${instruction.name}`);
    assert(offset >= 0 && offset < 2 ** 32, `memory offset ${String(offset)} is out of range`);
    this.code.u32(31 - Math.clz32(align));
    this.code.u32(offset);
  }

  #open(opcode: number, type: BlockType): void {
    this.code.u8(opcode);
    if (type === null) this.code.u8(0x40);
    else if (typeof type === 'number') this.code.s32(type);
    else this.code.u8(valueTypeCode[type]);
    this.#depth++;
  }

  #toFunction(opcode: number, target: FunctionRef): void {
    this.code.u8(opcode);
    if (target.imported) {
      this.code.u32(target.ordinal);
    } else {
      this.relocations.push({ position: this.code.length, target });
      this.code.paddedU32(0);
    }
  }
}
