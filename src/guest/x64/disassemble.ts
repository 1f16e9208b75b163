/** Disassembles from the rows that decoding uses, in Intel syntax. */
import { defined } from '../../common/assert.ts';
import type { CodeSource, Disassembly } from '../guest.ts';
import { decode, NO_REGISTER, RIP, SEGMENT, type Instruction } from './decode.ts';
import { resolveOperands, type Operand } from './operands.ts';
import { comparisonName, comparing, sizedNames, sizeless } from './syntax.ts';

const list = (text: string): readonly string[] => text.split(' ');

const LEGACY = ['ax', 'cx', 'dx', 'bx', 'sp', 'bp', 'si', 'di'];
const numbered = (suffix: string): string[] =>
  Array.from({ length: 8 }, (_, index) => `r${String(index + 8)}${suffix}`);

const general: Readonly<Record<number, readonly string[]>> = {
  8: [...list('al cl dl bl spl bpl sil dil'), ...numbered('b')],
  16: [...LEGACY, ...numbered('w')],
  32: [...LEGACY.map((name) => `e${name}`), ...numbered('d')],
  64: [...LEGACY.map((name) => `r${name}`), ...numbered('')],
};
const highBytes = list('ah ch dh bh');
const segments = list('es cs ss ds fs gs');

const sizeNames: Readonly<Record<number, string>> = {
  8: 'byte',
  16: 'word',
  32: 'dword',
  64: 'qword',
  80: 'xword',
  128: 'xmmword',
  256: 'ymmword',
};

function hex(value: number | bigint): string {
  return `0x${BigInt.asUintN(64, BigInt(value)).toString(16)}`;
}

function signed(value: number): string {
  return value < 0 ? ` - 0x${(-value).toString(16)}` : ` + 0x${value.toString(16)}`;
}

function registerName(operand: Operand): string {
  const { kind, number, bits } = operand;
  if (kind === 'general') return defined(general[bits]?.[number], 'a general register');
  if (kind === 'high-byte') return defined(highBytes[number], 'a high byte register');
  if (kind === 'segment') return segments[number] ?? `seg${String(number)}`;
  if (kind === 'x87') return `st(${String(number)})`;
  if (kind === 'mmx') return `mm${String(number)}`;
  return `${bits === 256 ? 'ymm' : 'xmm'}${String(number)}`;
}

function address(i: Instruction): string {
  const names = defined(general[i.addressSize], 'registers of an address size');
  const parts: string[] = [];
  if (i.base === RIP) parts.push(i.addressSize === 64 ? 'rip' : 'eip');
  else if (i.base !== NO_REGISTER) parts.push(names[i.base] ?? '?');
  if (i.index !== NO_REGISTER) {
    const scale = i.scale === 1 ? '' : `*${String(i.scale)}`;
    parts.push(`${names[i.index] ?? '?'}${scale}`);
  }
  if (parts.length === 0) return hex(i.displacement);
  const displacement = i.displacement === 0 ? '' : signed(i.displacement);
  return parts.join(' + ') + displacement;
}

function memory(i: Instruction, inside: string, bits: number, segment = i.segment): string {
  const isFar = segment === SEGMENT.FS || segment === SEGMENT.GS;
  const prefix = isFar ? `${segments[segment] ?? ''}:` : '';
  const size = sizeNames[bits];
  return `${size === undefined || sizeless.has(i.row?.name ?? '') ? '' : `${size} ptr `}${prefix}[${inside}]`;
}

function operandText(i: Instruction, operand: Operand, index: number): string {
  const { kind, bits } = operand;
  const source = i.row?.operands[index]?.source;
  const names = general[i.addressSize];
  switch (kind) {
    case 'target':
      return hex(operand.number);
    case 'immediate':
      return bits === 64 && i.wideImmediate !== 0n
        ? hex(i.wideImmediate)
        : hex(BigInt.asUintN(bits, BigInt(operand.number)));
    case 'memory':
      if (source === 'offset') return memory(i, hex(i.wideImmediate), bits);
      if (source === 'rsi') return memory(i, names?.[6] ?? '', bits);
      if (source === 'rdi') return memory(i, names?.[7] ?? '', bits, SEGMENT.NONE);
      return memory(i, address(i), bits);
    default:
      return registerName(operand);
  }
}

function mnemonic(i: Instruction, name: string): string {
  if (name === 'jrcxz' && i.addressSize === 32) return 'jecxz';
  const names = sizedNames[name];
  if (names === undefined) return name;
  const bits = i.row?.operands[0] === undefined ? i.operandSize : (resolveOperands(i)[0]?.bits ?? i.operandSize);
  return defined(names[bits], `a name of ${name} for ${String(bits)} bits`);
}

function prefix(i: Instruction): string {
  const lock = i.hasLock ? 'lock ' : '';
  if (i.row?.repeatable !== true || i.repeat === 'none') return lock;
  if (i.repeat === 'repne') return `${lock}repne `;
  return `${lock}${comparing.has(i.row.name) ? 'repe' : 'rep'} `;
}

/** The text of a decoded instruction. */
export function instructionText(i: Instruction): string {
  const { row } = i;
  if (row === null) return `.byte ${hex(i.opcode)}`;
  const operands = resolveOperands(i).map((operand, index) => operandText(i, operand, index));
  const comparison = comparisonName(row.name, (i.immediates[0] ?? 0) & 0xff);
  if (comparison !== null) operands.pop();
  const text = operands.filter((operand) => operand !== '').join(', ');
  const name = prefix(i) + (comparison ?? mnemonic(i, row.name));
  return text === '' ? name : `${name} ${text}`;
}

/** See `Guest.disassemble`. */
export function disassemble(source: CodeSource, pc: number): Disassembly | null {
  const instruction = decode(source, pc);
  if (instruction === null) return null;
  if (instruction.row !== null) return { text: instructionText(instruction), length: instruction.length };
  const bytes = Array.from({ length: Math.max(instruction.length, 1) }, (_, at) => hex(source.readU8(pc + at)));
  return { text: `.byte ${bytes.join(', ')}`, length: bytes.length };
}
