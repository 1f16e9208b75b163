/** Operands of a decoded instruction. */
import { assert } from '../../common/assert.ts';
import type { Instruction } from './decode.ts';
import type { OperandSpec } from './operand-spec.ts';

export type OperandKind =
  | 'general'
  /** ah, ch, dh, bh; the number is that of the register whose second byte it is */
  | 'high-byte'
  | 'xmm'
  | 'mmx'
  | 'x87'
  | 'segment'
  /** at `LiftContext.address()` */
  | 'memory'
  | 'immediate'
  /** a code address: the number is it, negative where it wraps around 0 */
  | 'target';

export interface Operand {
  readonly kind: OperandKind;
  /** Width; 0 where the instruction alone decides. */
  readonly bits: number;
  /** Register number, immediate or target. */
  readonly number: number;
}

function bitsOf(i: Instruction, spec: OperandSpec): number {
  if (typeof spec.size === 'number') return spec.size;
  switch (spec.size) {
    case 'v':
      return i.operandSize;
    case 'z':
      return Math.min(i.operandSize, 32);
    case 'y':
      return i.rexW ? 64 : 32;
    case 's':
      return 0;
    case 'x':
      return i.wide ? 256 : 128;
  }
}

/** Without REX, numbers 4 to 7 of byte registers are the second bytes of the first four. */
function registerOperand(i: Instruction, file: OperandSpec['file'], number: number, bits: number): Operand {
  assert(file !== 'none', 'a register operand has a file');
  if (file === 'general' && bits === 8 && !i.hasRex && !i.isVex && number >= 4 && number < 8)
    return { kind: 'high-byte', bits, number: number - 4 };
  if (file === 'mmx' || file === 'x87') return { kind: file, bits, number: number & 7 };
  if (file === 'segment') return { kind: file, bits, number: number & 7 };
  return { kind: file, bits, number };
}

/** A byte is taken as it is, unless the row says otherwise; wider immediates are sign-extended. */
function immediateOperand({ size }: OperandSpec, bits: number, value: number): Operand {
  if (size === 8) return { kind: 'immediate', bits: 8, number: value & 0xff };
  if (size === 16) return { kind: 'immediate', bits: 16, number: value & 0xffff };
  return { kind: 'immediate', bits, number: value };
}

function immediateOf(i: Instruction, index: number): number {
  return i.immediates[index] ?? 0;
}

export function resolveOperands(i: Instruction): Operand[] {
  const { row } = i;
  if (row === null) return [];
  let immediates = 0;
  // The first operand's width, to which immediates of `sIb` and `Iz` are extended.
  const first = row.operands.map((spec) => bitsOf(i, spec)).find((bits) => bits > 0) ?? 0;
  // Beside vectors it is a number of its own.
  const isVector = row.operands.some(({ file }) => file === 'xmm' || file === 'mmx');
  const width = isVector ? 0 : row.size64 === 'default' ? i.operandSize : first;
  return row.operands.map((spec) => {
    const bits = bitsOf(i, spec);
    switch (spec.source) {
      case 'rm':
        if (i.isMemory) return { kind: 'memory', bits, number: 0 };
        return registerOperand(i, spec.file, i.rm, bits);
      case 'rsi':
      case 'rdi':
        return { kind: 'memory', bits, number: 0 };
      case 'offset':
        immediates++;
        return { kind: 'memory', bits, number: 0 };
      case 'reg':
      case 'segment':
        return registerOperand(i, spec.file, i.reg, bits);
      case 'vvvv':
        return registerOperand(i, spec.file, i.vvvv, bits);
      case 'opcode':
        return registerOperand(i, spec.file, (i.opcode & 7) | ((i.rex & 1) << 3), bits);
      case 'is4':
        return { kind: 'xmm', bits, number: (immediateOf(i, immediates++) >> 4) & 15 };
      case 'immediate':
        return immediateOperand(spec, Math.max(bits, width), immediateOf(i, immediates++));
      case 'relative':
        return { kind: 'target', bits, number: i.next + immediateOf(i, immediates++) };
      case 'fixed':
        if (spec.file === 'none') return { kind: 'immediate', bits, number: spec.number };
        return { kind: spec.file, bits, number: spec.number };
    }
  });
}
