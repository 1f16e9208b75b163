/**
 * The notation of rows: Intel's (SDM vol. 2, section 3.1.1), one encoding a key, its operands the value.
 *
 *   '83 /0 ib': 'Ev,Ib'                      opcode bytes, /digit or /r, immediates
 *   'F3 0F B8 /r': 'Gv,Ev'                   mandatory prefix; NP none of 66 F3 F2, NFx neither F3 nor F2
 *   'REX.W 0F C7 /1': 'Mdq'                  REX.W must be 1; W0: must be 0; noB: REX.B must be 0
 *   '0F 01 D0': ''                           a byte after the opcode is the whole ModRM byte, `C0+i` its upper five bits
 *   '50 +r', 'VEX.LZ.0F38.W0 F2 /r'          register in the opcode; VEX prefix
 *
 * Words of our own: `d64` (operand size 64 unless 66), `f64` (always 64), `lock` (LOCK is allowed before a memory
 * destination), `rep` (REP is part of the instruction), `mem` and `reg` (the row is for one form of ModRM.rm only; operands
 * M, R, U, N say so as well), `vsib` (memory with a vector register for its index).
 */
import { assert, unreachable } from '../../common/assert.ts';
import { parseOperand, type OperandSpec } from './operand-spec.ts';

/** Opcode maps; `vex` ones are addressed by VEX.mmmmm. */
export type MapName = 'primary' | '0F' | '0F38' | '0F3A' | 'VEX.0F' | 'VEX.0F38' | 'VEX.0F3A';

export const mapNames: readonly MapName[] = ['primary', '0F', '0F38', '0F3A', 'VEX.0F', 'VEX.0F38', 'VEX.0F3A'];

/** What of an instruction, beside map and opcode, chooses its row: bits of the selector. */
export const SELECTOR = {
  MODRM: 0xff,
  /** 0 none, 1 66, 2 F3, 3 F2 */
  PREFIX: 0x300,
  PREFIX_SHIFT: 8,
  W: 0x400,
  L: 0x800,
  B: 0x1000,
  /** ModRM.mod is 3. */
  REGISTER: 0x2000,
} as const;

export type ImmediateCode = 'ib' | 'iw' | 'id' | 'iz' | 'iv' | 'io';

export interface Row<Name extends string = string> {
  /** Mnemonic, as the manual spells it, lower case. */
  readonly name: Name;
  readonly encoding: string;
  readonly operands: readonly OperandSpec[];
  readonly map: MapName;
  readonly opcode: number;
  /** Opcodes from `opcode` on that are this row: 8 with `+r`. */
  readonly opcodes: number;
  readonly hasModRm: boolean;
  readonly mask: number;
  readonly value: number;
  readonly immediates: readonly ImmediateCode[];
  /** Operand size 64: unless 66 asks for 16, or always. */
  readonly size64: 'no' | 'default' | 'forced';
  readonly lockable: boolean;
  readonly repeatable: boolean;
  readonly usesVvvv: boolean;
  /** The index of the memory operand is a vector register, so there is a SIB byte. */
  readonly hasVectorIndex: boolean;
}

/** Rows of some instructions: by mnemonic, operands by encoding. */
export type RowSource = Readonly<Record<string, Readonly<Record<string, string>>>>;

const PREFIXES: Readonly<Record<string, { readonly mask: number; readonly value: number }>> = {
  NP: { mask: 0x300, value: 0 },
  NFx: { mask: 0x200, value: 0 },
  '66': { mask: 0x300, value: 0x100 },
  F3: { mask: 0x300, value: 0x200 },
  F2: { mask: 0x300, value: 0x300 },
};

const WORDS: Readonly<Record<string, { readonly mask: number; readonly value: number }>> = {
  'REX.W': { mask: SELECTOR.W, value: SELECTOR.W },
  W0: { mask: SELECTOR.W, value: 0 },
  W1: { mask: SELECTOR.W, value: SELECTOR.W },
  WIG: { mask: 0, value: 0 },
  noB: { mask: SELECTOR.B, value: 0 },
  LZ: { mask: SELECTOR.L, value: 0 },
  '128': { mask: SELECTOR.L, value: 0 },
  '256': { mask: SELECTOR.L, value: SELECTOR.L },
  LIG: { mask: 0, value: 0 },
  mem: { mask: SELECTOR.REGISTER, value: 0 },
  reg: { mask: SELECTOR.REGISTER, value: SELECTOR.REGISTER },
};

class RowParser {
  mask = 0;
  value = 0;
  map: MapName = 'primary';
  readonly bytes: number[] = [];
  readonly immediates: ImmediateCode[] = [];
  hasModRm = false;
  opcodes = 1;
  size64: Row['size64'] = 'no';
  lockable = false;
  repeatable = false;
  hasVectorIndex = false;

  select({ mask, value }: { readonly mask: number; readonly value: number }): void {
    assert((this.mask & mask) === 0 || (this.value & mask) === value, 'a row that contradicts itself');
    this.mask |= mask;
    this.value |= value;
  }

  /** `VEX.256.66.0F38.W0`, the parts in any order. */
  vex(parts: readonly string[]): void {
    // A VEX prefix without a mandatory one has pp = 0, which is a choice like the others.
    const prefix = parts.find((part) => PREFIXES[part] !== undefined) ?? 'NP';
    this.select(PREFIXES[prefix] ?? unreachable(prefix));
    for (const part of parts) {
      const word = WORDS[part];
      if (word !== undefined) this.select(word);
      else if (part === '0F' || part === '0F38' || part === '0F3A') this.map = `VEX.${part}`;
      else assert(PREFIXES[part] !== undefined, `VEX.${part} means nothing`);
    }
  }

  vectorIndex(): void {
    this.hasVectorIndex = true;
    this.select(WORDS['mem'] ?? unreachable('mem'));
  }

  modRm(mask: number, value: number): void {
    this.hasModRm = true;
    this.select({ mask, value });
    if ((mask & 0xc0) === 0xc0 && (value & 0xc0) === 0xc0) this.select({ mask: 0x2000, value: 0x2000 });
  }

  #byte(byte: number): void {
    const { bytes } = this;
    if (this.map === 'primary' && bytes.length === 0 && byte === 0x0f) this.map = '0F';
    else if (this.map === '0F' && bytes.length === 0 && byte === 0x38) this.map = '0F38';
    else if (this.map === '0F' && bytes.length === 0 && byte === 0x3a) this.map = '0F3A';
    else if (bytes.length === 0) bytes.push(byte);
    else this.modRm(0xff, byte);
  }

  token(token: string): void {
    if (token.startsWith('VEX.')) this.vex(token.slice(4).split('.'));
    else if (PREFIXES[token] !== undefined && this.map === 'primary' && this.bytes.length === 0)
      this.select(PREFIXES[token]);
    else if (/^[0-9A-F]{2}$/.test(token)) this.#byte(parseInt(token, 16));
    else if (/^[0-9A-F]{2}\+i$/.test(token)) this.modRm(0xf8, parseInt(token, 16));
    else if (token === '/r') this.hasModRm = true;
    else if (/^\/[0-7]$/.test(token)) this.modRm(0x38, Number(token.slice(1)) << 3);
    else if (/^i[bwdzvo]$/.test(token)) this.immediates.push(token as ImmediateCode);
    else if (WORDS[token] !== undefined) this.select(WORDS[token]);
    else this.#word(token);
  }

  #word(token: string): void {
    if (token === '+r') this.opcodes = 8;
    else if (token === 'd64') this.size64 = 'default';
    else if (token === 'f64') this.size64 = 'forced';
    else if (token === 'lock') this.lockable = true;
    else if (token === 'rep') this.repeatable = true;
    else if (token === 'vsib') this.vectorIndex();
    else unreachable(`${token} means nothing in a row`);
  }
}

/** Immediate bytes that operands take, to compare with those that the encoding lists. */
function wantsImmediate({ source }: OperandSpec): boolean {
  return source === 'immediate' || source === 'relative' || source === 'offset' || source === 'is4';
}

/** Parses one row. Whatever is wrong with it is an assertion: rows are part of the program. */
export function parseRow<Name extends string>(name: Name, encoding: string, operandText: string): Row<Name> {
  const parser = new RowParser();
  for (const token of encoding.split(' ')) parser.token(token);
  const operands = operandText === '' ? [] : operandText.split(',').map(parseOperand);
  const restricted = operands.find(({ allows }) => allows !== 'both');
  if (restricted !== undefined)
    parser.select(WORDS[restricted.allows === 'memory' ? 'mem' : 'reg'] ?? unreachable(name));
  const where = `${name}, ${encoding}`;
  const [opcode] = parser.bytes;
  if (opcode === undefined) return unreachable(`${where} has no opcode`);
  assert(operands.filter(wantsImmediate).length === parser.immediates.length, `${where}: operands lack immediates`);
  const takesModRm = ({ source }: OperandSpec): boolean => source === 'rm' || source === 'reg' || source === 'segment';
  assert(parser.hasModRm || !operands.some(takesModRm), `${where}: operands need ModRM`);
  return {
    name,
    encoding,
    operands,
    map: parser.map,
    opcode,
    opcodes: parser.opcodes,
    hasModRm: parser.hasModRm,
    mask: parser.mask,
    value: parser.value,
    immediates: parser.immediates,
    size64: parser.size64,
    lockable: parser.lockable,
    repeatable: parser.repeatable,
    hasVectorIndex: parser.hasVectorIndex,
    usesVvvv: operands.some(({ source }) => source === 'vvvv'),
  };
}
