/**
 * Files of cases, one a group of rows. An instruction with its bytes, then its cases:
 *
 *   add ebx, dword ptr [rdi + 0x10] | 035f10
 *     rbx=0x7fffffff m130=0x1 flags=c -> rbx=0x80000000 flags=aos
 *     undefined a                             (flags that the instruction leaves undefined: not looked at)
 *
 * Each case starts from the same state (`initialState`), with what stands left of the arrow changed; right of it stands
 * every difference between the end and that start, and the trap where it is not the breakpoint behind the code. `m0` to
 * `m511` are the 64-bit words of the data page, flags their letters: c p a z s d o.
 */
import { FLAG } from '../../../src/guest/x64/state.ts';
import { DATA, DATA_SIZE, type MachineState, type Outcome } from './machine.ts';

export interface Case {
  readonly inputs: string;
  /** What the file says. */
  readonly expected: string;
}

export interface Item {
  /** As the disassembler writes it. */
  readonly text: string;
  readonly code: Uint8Array;
  /** Flags that are not compared. */
  readonly undefinedFlags: number;
  readonly cases: readonly Case[];
}

export const registerNames = 'rax rcx rdx rbx rsp rbp rsi rdi r8 r9 r10 r11 r12 r13 r14 r15'.split(' ');
const letters: readonly (readonly [string, number])[] = [
  ['c', FLAG.CF],
  ['p', FLAG.PF],
  ['a', FLAG.AF],
  ['z', FLAG.ZF],
  ['s', FLAG.SF],
  ['d', FLAG.DF],
  ['o', FLAG.OF],
];
const ALL_LETTERS = letters.reduce((bits, [, bit]) => bits | bit, 0);

export const flagsText = (flags: number): string =>
  letters
    .filter(([, bit]) => (flags & bit) !== 0)
    .map(([letter]) => letter)
    .join('') || '-';

export const flagsOf = (text: string): number =>
  letters.reduce((bits, [letter, bit]) => (text.includes(letter) ? bits | bit : bits), 0);

const bits64 = (value: bigint): bigint => BigInt.asUintN(64, value);

/** Registers hold different patterns, so that a wrong one shows; half of them point into the data page. */
export function initialState(): MachineState {
  const registers = registerNames.map((_, index) => bits64(BigInt(index + 1) * 0x0123456789abcdefn));
  for (const index of [3, 4, 5, 6, 7, 11, 13, 14, 15]) registers[index] = BigInt(DATA + 1024 + 64 * index);
  registers[1] = 5n;
  registers[9] = 3n;
  const memory = new Uint8Array(DATA_SIZE);
  const view = new DataView(memory.buffer);
  for (let at = 0; at < DATA_SIZE; at += 8)
    view.setBigUint64(at, bits64(BigInt(at / 8 + 1) * 0x9e3779b97f4a7c15n), true);
  return { registers, flags: 0x202, memory };
}

/** Applies assignments such as `rax=0x1 flags=cz m3=0x5`. */
export function stateWith(inputs: string): MachineState {
  const state = initialState();
  const view = new DataView(state.memory.buffer);
  for (const assignment of inputs.split(' ').filter((text) => text !== '')) {
    const [name = '', value = ''] = assignment.split('=');
    if (name === 'flags') state.flags = 0x202 | flagsOf(value);
    else if (registerNames.includes(name)) state.registers[registerNames.indexOf(name)] = BigInt(value);
    else if (/^m\d+$/.test(name)) view.setBigUint64(8 * Number(name.slice(1)), BigInt(value), true);
    else throw new Error(`${assignment}: no such register`);
  }
  return state;
}

const hex = (value: bigint): string => `0x${value.toString(16)}`;

/** The right side of the arrow for what came out. */
export function describeOutcome(start: MachineState, end: Outcome, undefinedFlags: number): string {
  const parts: string[] = [];
  end.registers.forEach((value, index) => {
    if (value !== start.registers[index]) parts.push(`${registerNames[index]!}=${hex(value)}`);
  });
  const [before, after] = [new DataView(start.memory.buffer), new DataView(end.memory.buffer)];
  for (let at = 0; at < DATA_SIZE; at += 8) {
    const value = after.getBigUint64(at, true);
    if (value !== before.getBigUint64(at, true)) parts.push(`m${String(at / 8)}=${hex(value)}`);
  }
  const compared = ALL_LETTERS & ~undefinedFlags;
  if (((start.flags ^ end.flags) & compared) !== 0) parts.push(`flags=${flagsText(end.flags & compared)}`);
  if (end.trap !== 'breakpoint') parts.push(`trap=${end.trap === 'protection' ? 'fault' : end.trap}`);
  return parts.join(' ');
}

export function parseCases(text: string): Item[] {
  const items: Item[] = [];
  for (const line of text.split('\n')) {
    if (line === '') continue;
    const last = items.at(-1);
    if (!line.startsWith('  ')) {
      const [instruction = '', code = ''] = line.split(' | ');
      items.push({ text: instruction, code: Uint8Array.from(Buffer.from(code, 'hex')), undefinedFlags: 0, cases: [] });
    } else if (last === undefined) {
      throw new Error('a case before any instruction');
    } else if (line.startsWith('  undefined ')) {
      items[items.length - 1] = { ...last, undefinedFlags: flagsOf(line.slice(12)) };
    } else {
      const [inputs = '', expected = ''] = line.split('->');
      (last.cases as Case[]).push({ inputs: inputs.trim(), expected: expected.trim() });
    }
  }
  return items;
}

export function printCases(items: readonly Item[]): string {
  const lines = items.flatMap(({ text, code, undefinedFlags, cases }) => [
    `${text} | ${Buffer.from(code).toString('hex')}`,
    ...(undefinedFlags === 0 ? [] : [`  undefined ${flagsText(undefinedFlags)}`]),
    ...cases.map(({ inputs, expected }) => `  ${`${inputs} -> ${expected}`.trim()}`),
  ]);
  return `${lines.join('\n')}\n`;
}
