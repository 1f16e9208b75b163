/** Random instructions of the vector and x87 rows, and states that suit them. */
import { f32, f64 } from '../../../src/fp/format.ts';
import type { Random } from '../../../src/fp/testing/random.ts';
import { randomFloat } from '../../../src/fp/testing/random.ts';
import { SELECTOR, type Row } from '../../../src/guest/x64/notation.ts';
import { groups, table } from '../../../src/guest/x64/tables.ts';
import { INPUT, MEMORY, MEMORY_SIZE, STATE } from './state.ts';

const isVectorGroup = (name: string): boolean => /^(sse|avx|fma|x87|fx|crypto)/.test(name);
/** What depends on the machine, or touches more memory than a state has. */
const EXCLUDED = /^v?(r?sqrt?)?rcp[ps]s|^v?r(cp|sqrt)[ps]s|^v?ldmxcsr|^f?x(save|rstor)|^xgetbv/;

/** Rows of the vector and x87 instructions whose name fits. */
export function rowsMatching(pattern: RegExp): readonly Row[] {
  const names = new Set(
    Object.entries(groups).flatMap(([group, rows]) => (isVectorGroup(group) ? Object.keys(rows) : [])),
  );
  return table.rows.filter(({ name }) => names.has(name) && !EXCLUDED.test(name) && pattern.test(name));
}

const MAPS: Readonly<Record<string, readonly number[]>> = {
  primary: [],
  '0F': [0x0f],
  '0F38': [0x0f, 0x38],
  '0F3A': [0x0f, 0x3a],
};
const IMMEDIATE_BYTES = { ib: 1, iw: 2, id: 4, iz: 4, iv: 4, io: 8 } as const;
const PREFIXES = [null, 0x66, 0xf3, 0xf2] as const;

function head(random: Random, row: Row, isMemory: boolean): number[] {
  const has = (mask: number): boolean => (row.mask & mask) !== 0;
  const bit = (mask: number): number => (has(mask) ? Number((row.value & mask) !== 0) : random.below(2));
  const [w, r, x] = [bit(SELECTOR.W), random.below(2), random.below(2)];
  const b = has(SELECTOR.B) ? bit(SELECTOR.B) : isMemory ? 0 : random.below(2);
  const pp = (row.value & SELECTOR.PREFIX) >> SELECTOR.PREFIX_SHIFT;
  if (row.map.startsWith('VEX')) {
    const map = ['VEX.0F', 'VEX.0F38', 'VEX.0F3A'].indexOf(row.map) + 1;
    const vvvv = row.usesVvvv ? random.below(16) : 15;
    const second = (r << 7) | (x << 6) | (b === 1 ? 0 : 0x20) | map;
    return [0xc4, second, (w << 7) | (vvvv << 3) | (bit(SELECTOR.L) << 2) | pp, row.opcode];
  }
  const prefix = PREFIXES[pp] ?? null;
  const rex = w === 1 || b === 1 || random.chance(2) ? [0x40 | (w << 3) | (r << 2) | (x << 1) | b] : [];
  const opcode = row.opcode + random.below(row.opcodes);
  return [...(prefix === null ? [] : [prefix]), ...rex, ...(MAPS[row.map] ?? []), opcode];
}

/** Memory operands are near rbx; half of them are aligned. */
function displacement(random: Random): number {
  return (random.chance(2) ? random.below(10) * 16 - 32 : random.below(160) - 32) & 0xff;
}

export function randomInstruction(random: Random, row: Row): number[] {
  let isMemory = row.hasModRm && random.chance(3);
  if ((row.mask & SELECTOR.REGISTER) !== 0) isMemory = (row.value & SELECTOR.REGISTER) === 0;
  if (!row.hasModRm) isMemory = false;
  const bytes = head(random, row, isMemory);
  if (row.hasModRm) {
    const modRm = (random.below(256) & ~row.mask) | (row.value & row.mask & 0xff);
    if ((row.mask & 0xc0) !== 0) bytes.push(modRm);
    else if (!isMemory) bytes.push(modRm | 0xc0);
    else if (row.hasVectorIndex) bytes.push((modRm & 0x38) | 0x44, (random.below(2) << 6) | (random.below(8) << 3) | 3);
    else bytes.push((modRm & 0x38) | 0x43);
    if (isMemory) bytes.push(displacement(random));
  }
  for (const code of row.immediates)
    for (let count = 0; count < IMMEDIATE_BYTES[code]; count++) bytes.push(random.below(256));
  return bytes;
}

const letters = (random: Random): bigint =>
  Array.from({ length: 8 }, () => (random.chance(6) ? 0 : 97 + random.below(4))).reduce(
    (word, letter, index) => word | (BigInt(letter) << BigInt(8 * index)),
    0n,
  );

/** Fills with one kind of values: any, doubles, singles, text, small numbers. */
function fill(random: Random, area: Buffer, at: number, length: number): void {
  const kind = random.below(7);
  for (let offset = 0; offset < length; offset += 8) {
    let value = random.bits(64);
    if (kind === 1 || kind === 2) value = randomFloat(random, f64);
    else if (kind === 3 || kind === 4) value = (randomFloat(random, f32) << 32n) | randomFloat(random, f32);
    else if (kind === 5) value = letters(random);
    else if (kind === 6) value = random.chance(2) ? BigInt(random.below(80)) : value & 0xffffffff000000ffn;
    area.writeBigUInt64LE(value, at + offset);
  }
}

const LEADING = 1n << 63n;

/** An extended number: mostly of a valid encoding, near the edges of the formats. */
function fillExtended(random: Random, area: Buffer, at: number): void {
  const bits = random.bits(64);
  let significand = random.pick([
    bits,
    LEADING,
    bits & 0xffff000000000000n,
    (1n << 64n) - 1n,
    0n,
    bits & ~0x7ffn,
    LEADING | 1n,
  ]);
  const near = [0x3fff, 0x3fff - 1023 - random.below(60), 0x3fff + 1024, 0x3fff - 127 - random.below(30), 0x3fff + 63];
  const exponent = random.pick([
    ...near,
    0x3fff + random.below(130) - 65,
    0x3fff + random.below(8) - 4,
    random.below(0x8000),
    0,
    1,
    0x7fff,
    0x7ffe,
  ]);
  if (!random.chance(16)) significand = exponent === 0 ? significand & ~LEADING : significand | LEADING;
  area.writeBigUInt64LE(significand, at);
  area.writeUInt16LE(exponent | (random.chance(2) ? 0x8000 : 0), at + 8);
}

function fillX87(random: Random, area: Buffer, at: number): void {
  const control = random.chance(3) ? 0x7f | (random.below(4) << 10) | (random.pick([0, 2, 3]) << 8) : 0x37f;
  area.writeUInt16LE(control, at + STATE.CONTROL);
  const top = random.chance(3) ? 0 : random.below(8);
  const conditions = random.chance(2) ? (random.below(256) & 0x47) << 8 : 0;
  area.writeUInt16LE((top << 11) | conditions | (random.chance(2) ? random.below(64) : 0), at + STATE.STATUS);
  const used = random.below(9);
  const stack = Array.from({ length: used }, (_, index) => 1 << ((top + index) & 7)).reduce((sum, bit) => sum | bit, 0);
  area.writeUInt32LE(random.chance(6) ? random.below(256) : stack, at + STATE.TAGS);
  for (let number = 0; number < 8; number++) fillExtended(random, area, at + STATE.STACK + 16 * number);
}

/** Indices that stay near the base. */
function fillIndices(random: Random, area: Buffer, at: number, isWide: boolean): void {
  for (let number = 0; number < 16; number++) {
    if (random.chance(2)) continue;
    for (let offset = 0; offset < 32; offset += 4) {
      const value = isWide && offset % 8 === 4 ? 0 : random.below(20);
      area.writeInt32LE(value, at + STATE.VECTORS + 32 * number + offset);
    }
  }
}

function randomMxcsr(random: Random, unmasks: boolean): number {
  let value = 0x1f80 | (random.chance(3) ? random.below(64) : random.below(2) * 32);
  if (random.chance(3)) value |= random.below(4) << 13;
  if (random.chance(4)) value |= random.pick([0x40, 0x8000, 0x8040]);
  if (unmasks && random.chance(3)) value &= ~(random.below(64) << 7);
  return value;
}

/** A record for native.c: an instruction of the row and a state. */
export function randomRecord(random: Random, row: Row, unmasks = false): Buffer {
  const record = Buffer.alloc(INPUT.SIZE);
  const code = randomInstruction(random, row);
  record.set(code, INPUT.CODE);
  record.writeUInt32LE(code.length, INPUT.LENGTH);
  const at = INPUT.STATE;
  for (let number = 0; number < 16; number++) {
    const value = random.chance(2) ? BigInt.asUintN(64, BigInt(random.below(40) - 20)) : random.bits(64);
    record.writeBigUInt64LE(value, at + 8 * number);
  }
  // rbx, rsp and rdi point into the memory.
  for (const [number, offset] of [
    [3, 64],
    [4, 128],
    [7, 96],
  ] as const)
    record.writeBigUInt64LE(BigInt(MEMORY + offset), at + 8 * number);
  record.writeBigUInt64LE(BigInt(random.below(0x10000) & 0x8d5), at + STATE.FLAGS);
  for (let number = 0; number < 16; number++) fill(random, record, at + STATE.VECTORS + 32 * number, 32);
  if (row.hasVectorIndex) fillIndices(random, record, at, row.name.includes('gatherq'));
  record.writeUInt32LE(randomMxcsr(random, unmasks), at + STATE.MXCSR);
  fillX87(random, record, at);
  for (let offset = 0; offset < MEMORY_SIZE; offset += 16) {
    const place = at + STATE.MEMORY + offset;
    if (random.chance(4)) fillExtended(random, record, place);
    else fill(random, record, place, 16);
  }
  return record;
}
