/** Random sequences of instructions and states for them, and which flags they leave undefined. */
import { decode, type Instruction } from '../../../src/guest/x64/decode.ts';
import { SELECTOR, type Row } from '../../../src/guest/x64/notation.ts';
import { FLAG, STATUS_FLAGS } from '../../../src/guest/x64/state.ts';
import { groups, table } from '../../../src/guest/x64/tables.ts';
import { effectsOf } from '../../../src/guest/x64/liveness.ts';
import { resolveOperands } from '../../../src/guest/x64/operands.ts';
import { CODE, DATA, DATA_SIZE, type MachineState } from '../../guest-asm/x64/machine.ts';
import { instructionHead } from '../../codegen/x64/encodings.ts';

export type Random = () => number;

/** xorshift32 */
export function generator(seed: number): Random {
  let state = seed | 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
}

/** Not for a random sequence: they leave it, depend on the machine, or trap on later instructions. */
const EXCLUDED = new Set(
  (
    'jmp call ret syscall int3 int int1 cpuid rdtsc rdtscp rdrand rdseed rdfsbase rdgsbase wrfsbase wrgsbase popf hlt loop loope ' +
    'loopne jrcxz in out cli sti rdmsr wrmsr rdpmc clts invd wbinvd ud0 ud1 ud2 clflush'
  ).split(' '),
);

export const INTEGER_GROUPS = ['arithmetic', 'bits', 'control', 'move', 'multiply', 'string', 'system'] as const;

export function rowsOfGroup(group: keyof typeof groups): readonly Row[] {
  const names = new Set(Object.keys(groups[group]));
  return table.rows.filter((row) => names.has(row.name));
}

/** Loads of segment registers: random selectors fault, and those of fs are the harness's own business. */
const SEGMENT_LOADS: ReadonlySet<string> = new Set(['8E /r', '0F A1 d64', '0F A9 d64']);

/** Whether a row is not for random programs. */
export const isExcluded = ({ name, encoding }: Row): boolean => EXCLUDED.has(name) || SEGMENT_LOADS.has(encoding);

/** Rows of the integer instructions whose name fits. */
export function rowsMatching(pattern: RegExp): readonly Row[] {
  const names = new Set(INTEGER_GROUPS.flatMap((group) => Object.keys(groups[group])));
  return table.rows.filter((row) => names.has(row.name) && !isExcluded(row) && pattern.test(row.name));
}

const pick = <T>(next: Random, list: readonly T[]): T => list[next() % list.length] as T;

/** ModRM, SIB and displacement. Memory operands are mostly in the data area, through registers that point there. */
function addressing(row: Row, next: Random, rexX: boolean, at: number, immediates: number): number[] {
  let modRm = (next() & 0x38 & ~row.mask) | (row.value & row.mask & 0x3f);
  const isFixed = (row.mask & 7) !== 0;
  const wantsRegister = (row.mask & SELECTOR.REGISTER) !== 0 ? (row.value & SELECTOR.REGISTER) !== 0 : next() % 2 === 0;
  if (isFixed || wantsRegister) return [modRm | 0xc0 | (isFixed ? 0 : next() & 7)];
  modRm &= 0x38;
  const kind = next() % 10;
  const disp8 = (next() & 0x3f) - 32;
  if (kind < 6) return [modRm | 0x40 | pick(next, [3, 5, 6, 7]), disp8 & 0xff];
  if (kind < 7) {
    const scale = next() & 3;
    return [modRm | 0x44, (scale << 6) | (1 << 3) | pick(next, [3, 5, 6, 7]), disp8 & 0xff];
  }
  const target = DATA + 1024 + (next() & 1023);
  const bytes32 = (value: number): number[] => [0, 8, 16, 24].map((shift) => (value >> shift) & 0xff);
  if (kind < 8) return [modRm | 5, ...bytes32(target - (at + 5 + immediates))];
  if (kind < 9 && !rexX) return [modRm | 4, 0x25, ...bytes32(target)];
  return [modRm | (next() & 0x87 & ~0x38), next() & 0xff, ...bytes32(next() | 0)];
}

const IMMEDIATE_BYTES = { ib: 1, iw: 2, id: 4, iz: 4, iv: 8, io: 8 } as const;

function immediate(next: Random): number {
  return next() % 3 === 0 ? pick(next, [0, 1, 0x7f, 0x80, 0xff, 8, 16, 31, 32, 33, 63, 64]) : next() & 0xff;
}

function encode(row: Row, next: Random, at: number): Uint8Array {
  // The harness needs its fs.
  const head = instructionHead(row, next).filter((byte) => byte !== 0x64);
  if (row.repeatable && next() % 2 === 0) head.unshift(next() % 2 === 0 ? 0xf3 : 0xf2);
  if (row.lockable && next() % 8 === 0) head.unshift(0xf0);
  const rex = head.find((byte, index) => byte >> 4 === 4 && index < head.length - 1) ?? 0;
  const bytes = [...head];
  const immediates = row.immediates.reduce((sum, code) => sum + IMMEDIATE_BYTES[code], 0);
  if (row.hasModRm) bytes.push(...addressing(row, next, (rex & 2) !== 0, at + head.length, immediates));
  for (let count = 0; count < 10; count++) bytes.push(immediate(next));
  return Uint8Array.from(bytes);
}

const isJump = (name: string): boolean => name.startsWith('j');

export interface MadeInstruction {
  readonly bytes: Uint8Array;
  readonly decoded: Instruction;
}

/** A random instruction of a row at `pc`, or null where it came out as something else. */
export function randomInstructionOf(row: Row, next: Random, pc: number): MadeInstruction | null {
  const raw = encode(row, next, pc);
  if (isJump(row.name)) {
    // Over `inc eax`, so that it shows.
    const length = row.opcodes === 1 && row.map === '0F' ? 4 : 1;
    const head = raw.subarray(0, raw.length - 10 - (row.hasModRm ? 1 : 0));
    const jump = [...head, 2, ...new Array<number>(length - 1).fill(0), 0xff, 0xc0];
    const bytes = Uint8Array.from(jump);
    const decoded = decode(codeAt(bytes, pc), pc);
    return decoded === null ? null : { bytes, decoded };
  }
  const decoded = decode(codeAt(raw, pc), pc);
  const made = decoded?.row ?? null;
  if (decoded === null || made === null || isExcluded(made)) return null;
  return { bytes: raw.subarray(0, decoded.length), decoded };
}

function codeAt(bytes: Uint8Array, pc: number) {
  const at = (address: number): number => bytes[address - pc] ?? -1;
  return {
    readU8: at,
    readU16: (address: number) => (at(address + 1) < 0 ? -1 : at(address) | (at(address + 1) << 8)),
  };
}

const { CF, PF, AF, ZF, SF, OF } = FLAG;
const UNDEFINED: Readonly<Record<string, number>> = {
  mul: SF | ZF | AF | PF,
  imul: SF | ZF | AF | PF,
  div: STATUS_FLAGS,
  idiv: STATUS_FLAGS,
  bsf: STATUS_FLAGS & ~ZF,
  bsr: STATUS_FLAGS & ~ZF,
  tzcnt: OF | SF | PF | AF,
  lzcnt: OF | SF | PF | AF,
  andn: AF | PF,
  blsr: AF | PF,
  blsi: AF | PF,
  blsmsk: AF | PF,
  bzhi: AF | PF,
  bextr: AF | SF | PF,
  bt: OF | SF | AF | PF,
  bts: OF | SF | AF | PF,
  btr: OF | SF | AF | PF,
  btc: OF | SF | AF | PF,
  and: AF,
  or: AF,
  xor: AF,
  test: AF,
};

/** Flags that the instruction may leave undefined (SDM vol. 2). */
export function undefinedFlagsOf(instruction: Instruction): number {
  const name = instruction.row?.name ?? '';
  const known = UNDEFINED[name];
  if (known !== undefined) return known;
  if (!/^(sh[lr]d?|sa[lr]|ro[lr]|rc[lr])$/.test(name)) return 0;
  const operands = resolveOperands(instruction);
  const count = operands.at(-1);
  const width = operands[0]?.bits ?? 64;
  const known8 = count?.kind === 'immediate' ? count.number & (width === 64 ? 63 : 31) : null;
  if (known8 === 0) return 0;
  const overflow = known8 === 1 ? 0 : OF;
  if (name.startsWith('r')) return overflow;
  const carry = width < 32 && (known8 === null || known8 >= width) ? CF : 0;
  return AF | overflow | carry;
}

/** Results that are undefined altogether. */
export function hasUndefinedResult(instruction: Instruction): boolean {
  const name = instruction.row?.name ?? '';
  const operands = resolveOperands(instruction);
  const width = operands[0]?.bits;
  if (width !== 16) return false;
  if (name === 'bswap') return true;
  if (!/^sh[lr]d$/.test(name)) return false;
  const count = operands[2];
  return count?.kind !== 'immediate' || (count.number & 31) > 16;
}

export interface Sequence {
  readonly code: Uint8Array;
  readonly instructions: readonly Instruction[];
  /** Flags to compare at the end. */
  readonly defined: number;
}

export function randomSequence(rows: readonly Row[], length: number, next: Random): Sequence {
  const bytes: number[] = [];
  const instructions: Instruction[] = [];
  let undefinedFlags = 0;
  for (let tries = 0; instructions.length < length && tries < 100 * length && bytes.length < 230; tries++) {
    const candidate = randomInstructionOf(pick(next, rows), next, CODE + bytes.length);
    if (candidate === null || hasUndefinedResult(candidate.decoded)) continue;
    const { reads, kills } = effectsOf(candidate.decoded);
    if ((reads & undefinedFlags) !== 0) continue;
    undefinedFlags = (undefinedFlags & ~kills) | undefinedFlagsOf(candidate.decoded);
    bytes.push(...candidate.bytes);
    instructions.push(candidate.decoded);
  }
  return { code: Uint8Array.from(bytes), instructions, defined: ~undefinedFlags };
}

export const INTERESTING = [
  0n,
  1n,
  0x7fn,
  0x80n,
  0xffn,
  0x7fffn,
  0x8000n,
  0xffffn,
  0x7fffffffn,
  0x80000000n,
  0xffffffffn,
  0x7fffffffffffffffn,
  0x8000000000000000n,
  0xffffffffffffffffn,
];

function value(next: Random): bigint {
  const random = (BigInt(next()) << 32n) | BigInt(next());
  const kind = next() % 4;
  if (kind === 0) return pick(next, INTERESTING);
  if (kind === 1) return random >> BigInt(next() % 64);
  return random;
}

const POINTERS = [3, 5, 6, 7, 11, 13, 14, 15];

/** A page of random words, some of them interesting. */
export function randomMemory(next: Random): Uint8Array {
  const memory = new Uint8Array(DATA_SIZE);
  new Uint32Array(memory.buffer).forEach((_, index, words) => {
    words[index] = next() % 5 === 0 ? pick(next, [0, 1, 0xffffffff, 0x80000000]) : next();
  });
  return memory;
}

export function randomState(next: Random, memory: Uint8Array): MachineState {
  const registers = Array.from({ length: 16 }, () => value(next));
  for (const register of POINTERS) if (next() % 8 !== 0) registers[register] = BigInt(DATA + 1024 + (next() & 2047));
  registers[4] = BigInt(DATA + 2048 + 8 * (next() & 63));
  for (const register of [1, 9]) if (next() % 4 !== 0) registers[register] = BigInt(next() & 63);
  const direction = next() % 8 === 0 ? FLAG.DF : 0;
  return { registers, flags: 0x202 | (next() & STATUS_FLAGS) | direction, memory };
}
