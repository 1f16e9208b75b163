/**
 * Decodes one instruction: legacy prefixes, REX or VEX, opcode, ModRM, SIB, displacement, immediates (SDM vol. 2,
 * section 2). What has no row is an illegal instruction; one of more than 15 bytes is a general protection fault, as is
 * one that LOCK may not precede an illegal instruction.
 */
import type { CodeSource } from '../guest.ts';
import { SELECTOR, type MapName, type Row } from './notation.ts';
import { table, type Mnemonic } from './tables.ts';

export const MAX_LENGTH = 15;

export const RIP = 16;
export const NO_REGISTER = -1;
export const SEGMENT = { NONE: -1, ES: 0, CS: 1, SS: 2, DS: 3, FS: 4, GS: 5 } as const;

/** A decoded instruction. Register numbers are complete: REX and VEX bits are in them. */
export class Instruction {
  readonly pc: number;
  /** Null where the bytes are no instruction that we know. */
  row: Row<Mnemonic> | null = null;
  length = 0;
  /** Why there is no row, beside an unknown encoding. */
  tooLong = false;
  hasOperandSize = false;
  hasAddressSize = false;
  hasLock = false;
  /** The last of F2 and F3 before the opcode. */
  repeat: 'none' | 'rep' | 'repne' = 'none';
  /** FS, GS, or whatever segment override without effect came last. */
  segment: number = SEGMENT.NONE;
  hasRex = false;
  rex = 0;
  isVex = false;
  /** VEX.L: 256 bits. */
  wide = false;
  /** VEX.vvvv, not inverted. */
  vvvv = 0;
  map: MapName = 'primary';
  opcode = 0;
  modRm = 0;
  reg = 0;
  /** Register number of ModRM.rm, meaningless for memory. */
  rm = 0;
  isMemory = false;
  /** General register, RIP or NO_REGISTER. */
  base = NO_REGISTER;
  index = NO_REGISTER;
  scale = 1;
  displacement = 0;
  /** Immediates, sign-extended; the second is that of `enter` and `extrq`-like forms. */
  readonly immediates: number[] = [];
  /** All bits of a 64-bit immediate or address. */
  wideImmediate = 0n;

  constructor(pc: number) {
    this.pc = pc;
  }

  get next(): number {
    return this.pc + this.length;
  }

  get rexW(): boolean {
    return (this.rex & 8) !== 0;
  }

  /** 16, 32 or 64. */
  get operandSize(): 16 | 32 | 64 {
    const size64 = this.row?.size64 ?? 'no';
    if (this.rexW || size64 === 'forced') return 64;
    if (this.hasOperandSize) return 16;
    return size64 === 'default' ? 64 : 32;
  }

  get addressSize(): 32 | 64 {
    return this.hasAddressSize ? 32 : 64;
  }
}

/** Thrown inside this module alone, where the next byte is not executable or the instruction too long. */
class EndOfCode extends Error {
  readonly tooLong: boolean;
  constructor(tooLong: boolean) {
    super('no more code');
    this.tooLong = tooLong;
  }
}

class Decoder {
  readonly #source: CodeSource;
  readonly #i: Instruction;
  #length = 0;

  constructor(source: CodeSource, instruction: Instruction) {
    this.#source = source;
    this.#i = instruction;
  }

  run(): void {
    const i = this.#i;
    let byte = this.#prefixes();
    if ((byte & 0xf0) === 0x40) {
      i.hasRex = true;
      i.rex = byte & 15;
      byte = this.#byte();
    }
    if (byte === 0xc4 || byte === 0xc5) this.#vex(byte);
    else this.#legacyMap(byte);
    if (table.hasModRm(i.map, i.opcode)) this.#modRm();
    const row = table.find(i.map, i.opcode, this.#selector());
    if (row !== null && this.#isAllowed(row)) {
      i.row = row;
      for (const code of row.immediates) this.#immediate(code);
    }
    i.length = this.#length;
  }

  #byte(): number {
    if (this.#length >= MAX_LENGTH) throw new EndOfCode(true);
    const byte = this.#source.readU8(this.#i.pc + this.#length);
    if (byte < 0) throw new EndOfCode(false);
    this.#length++;
    return byte;
  }

  #signed(bytes: 1 | 2 | 4): number {
    let value = 0;
    for (let at = 0; at < bytes; at++) value |= this.#byte() << (8 * at);
    return (value << (32 - 8 * bytes)) >> (32 - 8 * bytes);
  }

  /** Takes the legacy prefixes; returns the byte after them. A REX byte before another prefix is ignored. */
  #prefixes(): number {
    const i = this.#i;
    for (;;) {
      const byte = this.#byte();
      if (byte === 0x66) i.hasOperandSize = true;
      else if (byte === 0x67) i.hasAddressSize = true;
      else if (byte === 0xf0) i.hasLock = true;
      else if (byte === 0xf2) i.repeat = 'repne';
      else if (byte === 0xf3) i.repeat = 'rep';
      else if (byte === 0x64) i.segment = SEGMENT.FS;
      else if (byte === 0x65) i.segment = SEGMENT.GS;
      else if (byte === 0x26 || byte === 0x2e || byte === 0x36 || byte === 0x3e) i.segment = (byte >> 3) & 3;
      else if ((byte & 0xf0) === 0x40 && this.#isPrefix(this.#peek())) continue;
      else return byte;
    }
  }

  #peek(): number {
    if (this.#length >= MAX_LENGTH) throw new EndOfCode(true);
    return this.#source.readU8(this.#i.pc + this.#length);
  }

  #isPrefix(byte: number): boolean {
    return (
      (byte >= 0x64 && byte <= 0x67) ||
      (byte & 0xf0) === 0x40 ||
      [0x26, 0x2e, 0x36, 0x3e, 0xf0, 0xf2, 0xf3].includes(byte)
    );
  }

  #legacyMap(first: number): void {
    const i = this.#i;
    i.opcode = first;
    if (first !== 0x0f) return;
    i.map = '0F';
    i.opcode = this.#byte();
    if (i.opcode !== 0x38 && i.opcode !== 0x3a) return;
    i.map = i.opcode === 0x38 ? '0F38' : '0F3A';
    i.opcode = this.#byte();
  }

  /** Section 2.3.5. Fields that extend registers are inverted. */
  #vex(first: number): void {
    const i = this.#i;
    i.isVex = true;
    const second = this.#byte();
    const last = first === 0xc5 ? second : this.#byte();
    let map = 1;
    let w = 0;
    if (first === 0xc4) {
      map = second & 31;
      w = last >> 7;
    }
    // R, and in three bytes X and B, become REX bits.
    const inverted = first === 0xc5 ? (~second >> 5) & 4 : (~second >> 5) & 7;
    const maps: readonly (MapName | undefined)[] = [undefined, 'VEX.0F', 'VEX.0F38', 'VEX.0F3A'];
    const legacyPrefix = i.hasOperandSize || i.hasLock || i.repeat !== 'none' || i.hasRex;
    i.vvvv = (~last >> 3) & 15;
    i.wide = (last & 4) !== 0;
    i.hasOperandSize = (last & 3) === 1;
    i.repeat = (last & 3) === 2 ? 'rep' : (last & 3) === 3 ? 'repne' : 'none';
    i.rex = inverted | (w << 3);
    i.opcode = this.#byte();
    const name = maps[map];
    // No primary opcode 0F has a row: the instruction is illegal.
    if (name === undefined || legacyPrefix) {
      i.map = 'primary';
      i.opcode = 0x0f;
    } else {
      i.map = name;
    }
  }

  #modRm(): void {
    const i = this.#i;
    const byte = this.#byte();
    i.modRm = byte;
    i.reg = ((byte >> 3) & 7) | ((i.rex & 4) << 1);
    i.rm = (byte & 7) | ((i.rex & 1) << 3);
    const mod = byte >> 6;
    if (mod === 3) return;
    i.isMemory = true;
    let base = byte & 7;
    if (base === 4) base = this.#sib();
    if (base === 5 && mod === 0) {
      // No base: relative to the next instruction, or absolute after a SIB byte.
      i.base = (byte & 7) === 4 ? NO_REGISTER : RIP;
      i.displacement = this.#signed(4);
      return;
    }
    i.base = base | ((i.rex & 1) << 3);
    if (mod === 1) i.displacement = this.#signed(1);
    else if (mod === 2) i.displacement = this.#signed(4);
  }

  /** Sets index and scale; returns the base field. */
  #sib(): number {
    const i = this.#i;
    const byte = this.#byte();
    const index = ((byte >> 3) & 7) | ((i.rex & 2) << 2);
    // rsp cannot be an index.
    if (index !== 4) i.index = index;
    i.scale = 1 << (byte >> 6);
    return byte & 7;
  }

  #selector(): number {
    const i = this.#i;
    const prefix = i.repeat === 'repne' ? 3 : i.repeat === 'rep' ? 2 : i.hasOperandSize ? 1 : 0;
    let selector = i.modRm | (prefix << SELECTOR.PREFIX_SHIFT);
    if (i.rexW) selector |= SELECTOR.W;
    if (i.wide) selector |= SELECTOR.L;
    if ((i.rex & 1) !== 0) selector |= SELECTOR.B;
    if (!i.isMemory) selector |= SELECTOR.REGISTER;
    return selector;
  }

  #isAllowed(row: Row): boolean {
    const i = this.#i;
    if (i.hasLock && !(row.lockable && i.isMemory)) return false;
    if (row.hasVectorIndex && (i.modRm & 7) !== 4) return false;
    return !i.isVex || row.usesVvvv || i.vvvv === 0;
  }

  #immediate(code: Row['immediates'][number]): void {
    const i = this.#i;
    const { operandSize } = i;
    if (code === 'ib') i.immediates.push(this.#signed(1));
    else if (code === 'iw') i.immediates.push(this.#signed(2));
    else if (code === 'iz' || (code === 'iv' && operandSize < 64))
      i.immediates.push(this.#signed(operandSize === 16 ? 2 : 4));
    else if (code === 'id') i.immediates.push(this.#signed(4));
    else if (code === 'io' && i.addressSize === 32) this.#wide(4);
    else this.#wide(8);
  }

  #wide(bytes: 4 | 8): void {
    const low = this.#signed(4) >>> 0;
    const high = bytes === 8 ? this.#signed(4) : 0;
    this.#i.wideImmediate = (BigInt.asUintN(32, BigInt(high)) << 32n) | BigInt(low);
    this.#i.immediates.push(high * 0x100000000 + low);
  }
}

/** The instruction at `pc`, or null where it is not wholly fetchable. */
export function decode(source: CodeSource, pc: number): Instruction | null {
  const instruction = new Instruction(pc);
  try {
    new Decoder(source, instruction).run();
  } catch (error) {
    if (!(error instanceof EndOfCode)) throw error;
    if (!error.tooLong) return null;
    instruction.row = null;
    instruction.tooLong = true;
    instruction.length = MAX_LENGTH;
  }
  return instruction;
}
