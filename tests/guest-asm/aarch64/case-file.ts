/**
 * Files of instruction cases, one file a class of the decode table:
 *
 *   # add (immediate)
 *   91001420 add x0, x1, #5
 *     x1=0x7fffffffffffffff -> x0=0x8000000000000004
 *
 * A heading names the row; encodings with their disassembly follow, and what they do. Each case starts from the same
 * state (`stateWith`), with what stands left of the arrow changed; right of it stands every difference between the end
 * and that start. `sp+N` and `code+N` are places around the stack pointer, which points to the middle of the 512 bytes
 * `window`, and in the case's own code. X28 points to the same place.
 */
import { EXAMPLE_POINTER, WINDOW } from '../../fuzz/aarch64/sequence.mjs';

export interface Case {
  readonly row: string;
  readonly words: readonly number[];
  readonly texts: readonly string[];
  readonly inputs: string;
  /** What the file says. */
  readonly expected: string;
}

/** A state as the fuzzer's programs take it. */
export interface State {
  readonly pointer: number;
  readonly displacement: number;
  readonly x: bigint[];
  readonly v: bigint[];
  readonly window: bigint[];
  nzcv: number;
  fpcr: number;
  fpsr: number;
}

const bits64 = (value: bigint): bigint => BigInt.asUintN(64, value);

/** Registers hold different patterns, so that a wrong one shows. */
function initialState(): State {
  return {
    pointer: EXAMPLE_POINTER,
    displacement: 0,
    x: Array.from({ length: 31 }, (_, i) => bits64(BigInt(i) * 0x0101010101010101n)),
    v: Array.from({ length: 64 }, (_, i) => bits64(~(BigInt(i) * 0x0101010101010101n))),
    window: Array.from({ length: WINDOW / 8 }, (_, i) => bits64(BigInt(i + 1) * 0x9e3779b97f4a7c15n)),
    nzcv: 0,
    fpcr: 0,
    fpsr: 0,
  };
}

/** Applies assignments such as `x1=0x1 v2.high=0 nzcv=0x80000000 window+8=5`. */
export function stateWith(inputs: string): State {
  const state = initialState();
  for (const assignment of inputs.split(' ').filter((text) => text !== '')) {
    const [name = '', text = ''] = assignment.split('=');
    const value = BigInt(text);
    const [, file = '', index = '0', high] = /^(x|v|window\+)(\d+)(\.high)?$/.exec(name) ?? [];
    if (file === 'x') state.x[Number(index)] = value;
    else if (file === 'v') state.v[Number(index) * 2 + (high === undefined ? 0 : 1)] = value;
    else if (file === 'window+') state.window[Number(index) / 8] = value;
    else if (name === 'nzcv' || name === 'fpcr' || name === 'fpsr') state[name] = Number(value);
    else throw new Error(`${assignment}: no such register`);
  }
  return state;
}

/** Where a case lies: the address that sp holds, and that of its code. */
export interface Place {
  readonly middle: bigint;
  readonly code: bigint;
}

const near = (name: string, distance: bigint): string =>
  `${name}${distance < 0n ? '-' : '+'}${String(distance < 0n ? -distance : distance)}`;

function valueText(value: bigint, { middle, code }: Place): string {
  const [fromMiddle, fromCode] = [value - middle, value - code];
  if (fromMiddle >= -4096n && fromMiddle <= 4096n) return near('sp', fromMiddle);
  if (fromCode >= 0n && fromCode <= 64n) return near('code', fromCode);
  return `0x${value.toString(16)}`;
}

/** The right side of the arrow for what came out: registers by name, before and after. */
export function describeOutcome(before: Map<string, bigint>, after: Map<string, bigint>, place: Place): string {
  return [...after]
    .flatMap(([name, value]) => (value === before.get(name) ? [] : [`${name}=${valueText(value, place)}`]))
    .join(' ');
}

const CASE = /^ {2}(.*?) ?-> ?(.*)$/;

export function parseCases(text: string): Case[] {
  const cases: Case[] = [];
  let row = '';
  let words: number[] = [];
  let texts: string[] = [];
  let used = true;
  for (const line of text.split('\n')) {
    const match = CASE.exec(line);
    if (match !== null) {
      cases.push({ row, words, texts, inputs: match[1] ?? '', expected: match[2] ?? '' });
      used = true;
    } else if (line.startsWith('# ')) {
      row = line.slice(2);
    } else if (line !== '') {
      if (used) [words, texts] = [[], []];
      used = false;
      words.push(parseInt(line.slice(0, 8), 16));
      texts.push(line.slice(9));
    }
  }
  return cases;
}

const hexWord = (word: number): string => word.toString(16).padStart(8, '0');

export function printCases(cases: readonly Case[]): string {
  let row = '';
  let last: readonly number[] = [];
  let text = '';
  for (const one of cases) {
    if (one.row !== row) text += `${row === '' ? '' : '\n'}# ${one.row}\n`;
    if (one.row !== row || one.words.join() !== last.join())
      text += one.words.map((word, i) => `${hexWord(word)} ${one.texts[i] ?? ''}\n`).join('');
    row = one.row;
    last = one.words;
    text += `  ${`${one.inputs} -> ${one.expected}`.trim()}\n`;
  }
  return text;
}
