/** Whole states of one instruction's run, in the layout that native.c has. */

export const MEMORY = 0x2000000;
export const CODE = 0x1000000;
export const MEMORY_SIZE = 256;

/** Offsets in a state. */
export const STATE = {
  REGISTERS: 0,
  FLAGS: 128,
  VECTORS: 136,
  MXCSR: 648,
  CONTROL: 652,
  STATUS: 654,
  TAGS: 656,
  STACK: 664,
  MEMORY: 792,
  SIZE: 1048,
} as const;

export const INPUT = { CODE: 0, LENGTH: 16, STATE: 24, SIZE: 24 + STATE.SIZE } as const;
export const OUTPUT = { SIGNAL: 0, STATE: 8, SIZE: 8 + STATE.SIZE } as const;

/** Field of a state that is compared and printed as one number. */
export interface Field {
  readonly name: string;
  readonly at: number;
  readonly length: number;
}

const numbered = (prefix: string, count: number, at: number, step: number, length: number): Field[] =>
  Array.from({ length: count }, (_, index) => ({ name: `${prefix}${String(index)}`, at: at + step * index, length }));

export const fields: readonly Field[] = [
  ...numbered('r', 16, STATE.REGISTERS, 8, 8),
  { name: 'flags', at: STATE.FLAGS, length: 2 },
  ...numbered('xmm', 16, STATE.VECTORS, 32, 16),
  ...numbered('ymmh', 16, STATE.VECTORS + 16, 32, 16),
  { name: 'mxcsr', at: STATE.MXCSR, length: 4 },
  { name: 'fcw', at: STATE.CONTROL, length: 2 },
  { name: 'fsw', at: STATE.STATUS, length: 2 },
  { name: 'ftw', at: STATE.TAGS, length: 1 },
  ...numbered('st', 8, STATE.STACK, 16, 10),
  ...numbered('mem', 16, STATE.MEMORY, 16, 16),
];

/** The flags that arithmetic sets. */
const STATUS_FLAGS = 0x8d5;

/** A field's value as hexadecimal digits, most significant first. */
export function fieldText(state: Uint8Array, { name, at, length }: Field): string {
  const bytes = Buffer.from(state.subarray(at, at + length)).reverse();
  if (name !== 'flags') return bytes.toString('hex');
  return (bytes.readUInt16BE(0) & STATUS_FLAGS).toString(16);
}
