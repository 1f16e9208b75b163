/**
 * A small assembler made of the decode rows and the disassembler's operand syntax. One instruction a line, `#` starts
 * a comment; branch targets are written `.+8`; numbers in decimal or hexadecimal.
 */
import { fNames, roundingNames, xNames } from '../../../src/guest/riscv64/disassemble.ts';
import { riscv64Rows, type RowName } from '../../../src/guest/riscv64/index.ts';
import { CSR } from '../../../src/guest/riscv64/csr.ts';
import { syntax } from '../../../src/guest/riscv64/syntax.ts';

const OPERAND = /rm|nzu?imm|nzupper|uimm|imm|upper|shamt|target|csr|pred|succ|hint|rd|rs[12]|fd|fs[123]/g;

/** What an operand word of the syntax looks like, and the field value that its text stands for. */
interface Operand {
  readonly text: string;
  readonly field: (word: string) => string;
  readonly value: (text: string) => number;
}

function index(names: readonly string[], text: string): number {
  const found = names.indexOf(text);
  if (found < 0) throw new Error(`unknown operand ${text}`);
  return found;
}

const register: Operand = { text: '\\w+', field: (word) => word, value: (text) => index(xNames, text) };
const floatRegister: Operand = {
  text: '\\w+',
  field: (word) => word.replace('f', 'r'),
  value: (text) => index(fNames, text),
};
const immediate: Operand = { text: '-?\\w+', field: (word) => word, value: parseNumber };
const fenceSet: Operand = {
  text: '\\w+',
  field: (word) => word,
  value: (text) => [...'iorw'].reduce((bits, letter, at) => bits | (text.includes(letter) ? 8 >> at : 0), 0),
};
const upper = (field: string): Operand => ({
  text: '\\w+',
  field: () => field,
  value: (text) => parseNumber(text) << 12,
});

const operands: Readonly<Record<string, Operand>> = {
  rd: register,
  rs1: register,
  rs2: register,
  fd: floatRegister,
  fs1: floatRegister,
  fs2: floatRegister,
  fs3: floatRegister,
  imm: immediate,
  uimm: immediate,
  nzimm: immediate,
  nzuimm: immediate,
  shamt: immediate,
  upper: upper('imm'),
  nzupper: upper('nzimm'),
  target: { text: '\\.[+-]\\w+', field: () => 'imm', value: (text) => parseNumber(text.replace(/^\.\+?/, '')) },
  csr: { text: '\\w+', field: () => 'csr', value: csrNumber },
  hint: { text: '(?:-?\\w+)?', field: () => 'imm', value: (text) => (text === '' ? 0 : parseNumber(text)) },
  pred: fenceSet,
  succ: fenceSet,
  rm: { text: '(?:,\\w+)?', field: () => 'rm', value: (text) => (text === '' ? 7 : roundingMode(text.slice(1))) },
};

function parseNumber(text: string): number {
  const value = text.startsWith('-') ? -Number(text.slice(1)) : Number(text);
  if (!Number.isSafeInteger(value)) throw new Error(`${text} is no number`);
  return value;
}

function csrNumber(text: string): number {
  const known = Object.entries(CSR).find(([name]) => name === text);
  return known === undefined ? parseNumber(text) : known[1];
}

/** `dyn`, a mode's name, or the number of a reserved one. */
function roundingMode(text: string): number {
  if (text === 'dyn') return 7;
  return /^\d$/.test(text) ? Number(text) : index(roundingNames, text);
}

/** Field values of `text` under the operand template of a row. */
function parseOperands(template: string, text: string): Record<string, number> {
  const words: string[] = [];
  const escaped = template.replace(/\s+/g, '').replace(/[()]/g, '\\$&');
  const pattern = escaped.replace(OPERAND, (word) => {
    words.push(word);
    return `(${operands[word]!.text})`;
  });
  const match = new RegExp(`^${pattern}$`).exec(text.replace(/\s+/g, ''));
  if (match === null) throw new Error(`operands ${text} are not of the form ${template}`);
  return Object.fromEntries(
    words.map((word, at) => {
      const { field, value } = operands[word]!;
      return [field(word), value(match[at + 1]!)];
    }),
  );
}

/** The row of a mnemonic, with the ordering bits that atomics carry in theirs. */
function rowOf(mnemonic: string): { name: RowName; ordering: Record<string, number> } {
  const known = riscv64Rows.rows.map((row) => row.name);
  if (known.includes(mnemonic as RowName)) return { name: mnemonic as RowName, ordering: {} };
  const [, base = '', suffix = ''] = /^(.*)\.(aq|rl|aqrl)$/.exec(mnemonic) ?? [];
  if (!known.includes(base as RowName)) throw new Error(`unknown mnemonic ${mnemonic}`);
  return { name: base as RowName, ordering: { aq: suffix.includes('aq') ? 1 : 0, rl: suffix.includes('rl') ? 1 : 0 } };
}

/** The encoding of one instruction and its length. `.2byte` and `.4byte` give raw encodings. */
export function assembleInstruction(line: string): { bits: number; length: 2 | 4 } {
  const [, mnemonic = '', text = ''] = /^(\S+)\s*(.*)$/.exec(line.trim()) ?? [];
  if (mnemonic === '.2byte' || mnemonic === '.4byte')
    return { bits: parseNumber(text), length: mnemonic === '.2byte' ? 2 : 4 };
  const { name, ordering } = rowOf(mnemonic);
  const row = riscv64Rows.row(name);
  const values: Record<string, number> = {};
  // Fields that the syntax does not show: ordering bits of atomics, reserved fields of fences.
  for (const { property } of row.fields) values[property] = ordering[property] ?? 0;
  Object.assign(values, parseOperands(syntax[name], text));
  return { bits: row.encode(values), length: riscv64Rows.lengthOf(name) };
}

export function assemble(source: string): Uint8Array {
  const bytes: number[] = [];
  for (const line of source.split('\n')) {
    const code = line.replace(/#.*/, '').trim();
    if (code === '') continue;
    const { bits, length } = assembleInstruction(code);
    for (let at = 0; at < length; at++) bytes.push((bits >>> (8 * at)) & 0xff);
  }
  return Uint8Array.from(bytes);
}
