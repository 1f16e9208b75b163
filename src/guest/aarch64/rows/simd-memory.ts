/** Advanced SIMD loads and stores of structures (Arm ARM C4.1.94). */
import { group } from './group.ts';

/** Registers of an instruction, from its name. */
function count(name: string): number {
  const words = ['one', 'two', 'three', 'four'].findIndex((word) => name.includes(`(multiple, ${word}`));
  return words < 0 ? Number(name.charAt(2)) : words + 1;
}
/** The list of registers, the base, and what is added to it if anything. */
const operands =
  (list: string, added = '') =>
  (name: string): string => {
    const number = String(count(name));
    return ` <{${number}Vt.${list}}>, <[Xn]>${added === '' ? '' : `, <${added}${number}>`}`;
  };

/** Structures of more than one element need more than one lane. */
const someLanes = ({ Q, size }: { Q: number; size: number }): boolean => size !== 3 || Q === 1;

const multiple = {
  'ld2 (multiple)': '1 1000',
  'ld3 (multiple)': '1 0100',
  'ld4 (multiple)': '1 0000',
  'st2 (multiple)': '0 1000',
  'st3 (multiple)': '0 0100',
  'st4 (multiple)': '0 0000',
} as const;
const consecutive = {
  'ld1 (multiple, one)': '1 0111',
  'ld1 (multiple, two)': '1 1010',
  'ld1 (multiple, three)': '1 0110',
  'ld1 (multiple, four)': '1 0010',
  'st1 (multiple, one)': '0 0111',
  'st1 (multiple, two)': '0 1010',
  'st1 (multiple, three)': '0 0110',
  'st1 (multiple, four)': '0 0010',
} as const;

type Posted<Name> = Name extends `${infer Base})` ? `${Base}, post-index)` : never;

/** The names with a remark behind. */
function posted<Opcodes extends Readonly<Record<string, string>>>(
  opcodes: Opcodes,
): Record<Posted<keyof Opcodes>, string> {
  const entries = Object.entries(opcodes).map(([name, bits]) => [name.replace(/\)$/, ', post-index)'), bits]);
  return Object.fromEntries(entries) as Record<Posted<keyof Opcodes>, string>;
}

export const structures = group('0 Q 0011000 . 000000 .... size Rn Rt', multiple, operands('T'), someLanes);
export const registers = group('0 Q 0011000 . 000000 .... size Rn Rt', consecutive, operands('T'));
export const structuresPost = group(
  '0 Q 0011001 . 0 Rm .... size Rn Rt',
  posted(multiple),
  operands('T', 'post'),
  someLanes,
);
export const registersPost = group('0 Q 0011001 . 0 Rm .... size Rn Rt', posted(consecutive), operands('T', 'post'));

/**
 * One lane of one to four registers: `scale` (opcode<2:1>) is the width, Q:S:size the index with the width's own bits
 * below it. The low bit of the number of registers less one is R, the high one opcode<0>.
 */
const one = {
  'ld1 (single)': '1 0 0',
  'ld2 (single)': '1 1 0',
  'ld3 (single)': '1 0 1',
  'ld4 (single)': '1 1 1',
  'st1 (single)': '0 0 0',
  'st2 (single)': '0 1 0',
  'st3 (single)': '0 0 1',
  'st4 (single)': '0 1 1',
} as const;

/** Index bits that are not part of the index must be 0: halfwords have size<0> = 0; words 00, doublewords 01 with S = 0. */
const aligned = ({ opc, S, size }: { opc: number; S: number; size: number }): boolean =>
  opc === 0 || (opc === 1 && (size & 1) === 0) || (opc === 2 && (size === 0 || (size === 1 && S === 0)));

export const lane = group('0 Q 0011010 . . 00000 opc≠3 . S size Rn Rt', one, operands('Tl'), aligned);
export const lanePost = group(
  '0 Q 0011011 . . Rm opc≠3 . S size Rn Rt',
  posted(one),
  operands('Tl', 'postlane'),
  aligned,
);

const all = {
  'ld1r (no offset)': '0 0',
  'ld2r (no offset)': '1 0',
  'ld3r (no offset)': '0 1',
  'ld4r (no offset)': '1 1',
} as const;
export const replicate = group('0 Q 00110101 . 00000 11 . 0 size Rn Rt', all, operands('T'));
export const replicatePost = group(
  '0 Q 00110111 . Rm 11 . 0 size Rn Rt',
  { 'ld1r (post-index)': '0 0', 'ld2r (post-index)': '1 0', 'ld3r (post-index)': '0 1', 'ld4r (post-index)': '1 1' },
  operands('T', 'postall'),
);
