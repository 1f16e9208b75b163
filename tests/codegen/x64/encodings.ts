/** Random encodings of every row. */
import { SELECTOR, type Row } from '../../../src/guest/x64/notation.ts';
import { table } from '../../../src/guest/x64/tables.ts';

/** xorshift32 */
export function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
}

const MAPS: Readonly<Record<string, readonly number[]>> = {
  primary: [],
  '0F': [0x0f],
  '0F38': [0x0f, 0x38],
  '0F3A': [0x0f, 0x3a],
};
const PREFIX_BYTES = [null, 0x66, 0xf3, 0xf2] as const;

/** The prefixes, REX or VEX, map and opcode of a random instruction of a row. */
export function instructionHead(row: Row, next: () => number): number[] {
  const chosen = (mask: number): boolean => (row.mask & mask) !== 0;
  const bit = (mask: number): number => ((chosen(mask) ? row.value & mask : next() & mask) !== 0 ? 1 : 0);
  const [w, b] = [bit(SELECTOR.W), bit(SELECTOR.B)];
  const opcode = row.opcode + (row.opcodes === 1 ? 0 : next() % row.opcodes);
  const prefixIndex = (row.value & SELECTOR.PREFIX) >> SELECTOR.PREFIX_SHIFT;
  if (row.map.startsWith('VEX')) {
    const map = ['VEX.0F', 'VEX.0F38', 'VEX.0F3A'].indexOf(row.map) + 1;
    const vvvv = row.usesVvvv ? next() & 15 : 15;
    const rxb = (next() & 0xc0) | (b === 0 ? 0x20 : 0);
    return [0xc4, rxb | map, (w << 7) | (vvvv << 3) | (bit(SELECTOR.L) << 2) | prefixIndex, opcode];
  }
  const bytes: number[] = [];
  const isFree = !chosen(SELECTOR.PREFIX & ~(SELECTOR.PREFIX >> 1) & SELECTOR.PREFIX);
  // AMD takes 66 before near branches as 16-bit ones, Intel ignores it, and so do we; Capstone goes with AMD.
  if (isFree && row.size64 !== 'forced' && next() % 4 === 0) bytes.push(0x66);
  const mandatory = PREFIX_BYTES[prefixIndex] ?? null;
  if (mandatory !== null) bytes.push(mandatory);
  if (next() % 8 === 0) bytes.push(next() % 2 === 0 ? 0x64 : 0x67);
  const rex = 0x40 | (w << 3) | (next() & 6) | b;
  if (w === 1 || b === 1 || next() % 2 === 0) bytes.push(rex);
  return [...bytes, ...(MAPS[row.map] ?? []), opcode];
}

/** A random instruction of a row, with bytes for the longest rest that it may have. */
export function randomInstruction(row: Row, next: () => number): Uint8Array {
  const bytes = instructionHead(row, next);
  if (row.hasModRm) {
    let modRm = (next() & 0xff & ~row.mask) | (row.value & 0xff);
    if ((row.mask & SELECTOR.REGISTER) !== 0) {
      if ((row.value & SELECTOR.REGISTER) !== 0) modRm |= 0xc0;
      else if (modRm >= 0xc0) modRm &= 0x7f;
    }
    bytes.push(modRm);
  }
  // Displacements and immediates that are no round numbers.
  while (bytes.length < 24) bytes.push((next() & 0xff) | 1);
  return Uint8Array.from(bytes);
}

export function randomInstructions(count: number, seed: number): { readonly row: Row; readonly bytes: Uint8Array }[] {
  const next = generator(seed);
  return table.rows.flatMap((row) =>
    Array.from({ length: count }, () => ({ row, bytes: randomInstruction(row, next) })),
  );
}
