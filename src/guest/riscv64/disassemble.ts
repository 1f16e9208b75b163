/** Disassembles from the rows that decoding uses. */
import { unreachable } from '../../common/assert.ts';
import type { CodeSource, Disassembly } from '../guest.ts';
import type { Row } from '../pattern/table.ts';
import { csrName } from './csr.ts';
import { fetch } from './fetch.ts';
import { syntax } from './syntax.ts';
import { compressedTable, wordTable, type RowName } from './tables.ts';

const list = (text: string): readonly string[] => text.split(' ');

/** Names of the registers in the calling convention. */
export const xNames = list(
  'zero ra sp gp tp t0 t1 t2 s0 s1 a0 a1 a2 a3 a4 a5 a6 a7 s2 s3 s4 s5 s6 s7 s8 s9 s10 s11 t3 t4 t5 t6',
);
export const fNames = list(
  'ft0 ft1 ft2 ft3 ft4 ft5 ft6 ft7 fs0 fs1 fa0 fa1 fa2 fa3 fa4 fa5 fa6 fa7 fs2 fs3 fs4 fs5 fs6 fs7 fs8 fs9 fs10 fs11 ft8 ft9 ft10 ft11',
);
export const roundingNames = list('rne rtz rdn rup rmm');

const nameIn = (names: readonly string[], index: number): string =>
  names[index] ?? unreachable(`register ${String(index)} of a five-bit field`);

/** A fence set: input, output, reads, writes from the high bit down. */
function fenceSet(bits: number): string {
  const letters = [...'iorw'].filter((_, index) => (bits >> (3 - index)) & 1).join('');
  return letters === '' ? '0' : letters;
}

type Values = Readonly<Record<string, number>>;

/** The value of `field`, which the syntax of the row names. */
function value(values: Values, field: string): number {
  return values[field] ?? unreachable(`the row has no field ${field}`);
}

function hexAddress(address: number): string {
  return `0x${BigInt.asUintN(64, BigInt(address)).toString(16)}`;
}

const upper = (immediate: number): string => `0x${((immediate >>> 12) & 0xfffff).toString(16)}`;

/** Formats one operand word of the syntax. */
const operands: Readonly<Record<string, (values: Values, pc: number) => string>> = {
  rd: (values) => nameIn(xNames, value(values, 'rd')),
  rs1: (values) => nameIn(xNames, value(values, 'rs1')),
  rs2: (values) => nameIn(xNames, value(values, 'rs2')),
  fd: (values) => nameIn(fNames, value(values, 'rd')),
  fs1: (values) => nameIn(fNames, value(values, 'rs1')),
  fs2: (values) => nameIn(fNames, value(values, 'rs2')),
  fs3: (values) => nameIn(fNames, value(values, 'rs3')),
  imm: (values) => String(value(values, 'imm')),
  uimm: (values) => String(value(values, 'uimm')),
  nzimm: (values) => String(value(values, 'nzimm')),
  nzuimm: (values) => String(value(values, 'nzuimm')),
  shamt: (values) => String(value(values, 'shamt')),
  upper: (values) => upper(value(values, 'imm')),
  nzupper: (values) => upper(value(values, 'nzimm')),
  target: (values, pc) => hexAddress(pc + value(values, 'imm')),
  csr: (values) => csrName(value(values, 'csr')),
  pred: (values) => fenceSet(value(values, 'pred')),
  succ: (values) => fenceSet(value(values, 'succ')),
  rm: (values) => (value(values, 'rm') === 7 ? '' : `, ${nameIn(roundingNames, value(values, 'rm'))}`),
  sp: () => 'sp',
  hint: (values) => (value(values, 'imm') === 0 ? '' : String(value(values, 'imm'))),
};

const OPERAND = /rm|nzu?imm|nzupper|uimm|imm|upper|shamt|target|csr|pred|succ|hint|sp|rd|rs[12]|fd|fs[123]/g;

function formatOperands(template: string, values: Values, pc: number): string {
  return template.replace(OPERAND, (word) => {
    const format = operands[word] ?? unreachable(`operand ${word} has no format`);
    return format(values, pc);
  });
}

/** Acquire and release bits are part of an atomic's mnemonic. */
function mnemonic(row: Row<RowName>, { aq, rl }: Values): string {
  const ordering = (aq === 1 ? 'aq' : '') + (rl === 1 ? 'rl' : '');
  return ordering === '' ? row.name : `${row.name}.${ordering}`;
}

/** Rounding modes 5 and 6 are reserved: no instruction. */
const reservedRounding = ({ rm }: Values): boolean => rm === 5 || rm === 6;

/** The text of `encoding`; one that is no instruction comes out as the directive that assembles to it. */
export function disassembleEncoding(encoding: number, length: 2 | 4, pc: number): string {
  const row: Row<RowName> | null = length === 2 ? compressedTable.decode(encoding) : wordTable.decode(encoding);
  const values = row?.extract(encoding) ?? {};
  if (row === null || reservedRounding(values))
    return `.insn ${String(length)}, 0x${encoding.toString(16).padStart(2 * length, '0')}`;
  const text = formatOperands(syntax[row.name], values, pc);
  return text === '' ? mnemonic(row, values) : `${mnemonic(row, values)} ${text}`;
}

/** See `Guest.disassemble`. */
export function disassemble(source: CodeSource, pc: number): Disassembly | null {
  const fetched = fetch(source, pc);
  if (fetched === null) return null;
  return { text: disassembleEncoding(fetched.encoding, fetched.length, pc), length: fetched.length };
}
