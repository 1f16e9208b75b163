/**
 * Files of assembly cases. The header says what must come out:
 *
 *   # case a1=0x1 a2=0x2 -> a0=0x3
 *   # case a1=data a2=0 -> m0=0x0 pc=+4 trap=misaligned
 *   add a0, a1, a2
 *
 * Each case starts from the same state (`initialState`), with the registers, `fcsr` and 64-bit words of the data area
 * (`m0` to `m63`) left of the arrow changed; right of it stands every difference between the state at the end and
 * that start, pc and trap where they are not the usual ones: a breakpoint right behind the code, which is filled up
 * with c.ebreak. `data` and `code` are the addresses of the two areas, `data+8` places in them.
 *
 * `# not in the reference: reason` keeps a file away from qemu.
 */
import { fNames, xNames } from '../../../src/guest/riscv64/disassemble.ts';

export const CODE = 0x1000000;
export const DATA = 0x2000000;
export const CODE_SIZE = 4096;
export const DATA_WORDS = 64;

export type TrapName = 'breakpoint' | 'illegal' | 'misaligned' | 'fault' | 'syscall';

export interface MachineState {
  /** x0 to x31, f0 to f31 as raw bits, data words: unsigned 64-bit values. */
  readonly x: bigint[];
  readonly f: bigint[];
  readonly memory: bigint[];
  fcsr: number;
}

export interface Outcome extends MachineState {
  /** Offset from the start of the code. */
  readonly pc: number;
  readonly trap: TrapName;
}

export interface Case {
  readonly inputs: string;
  /** What the file says. */
  readonly expected: string;
}

export interface CaseFile {
  readonly header: readonly string[];
  readonly cases: readonly Case[];
  readonly source: string;
  /** Why the reference cannot run it, or null. */
  readonly notInReference: string | null;
}

const bits64 = (value: bigint): bigint => BigInt.asUintN(64, value);

/** Registers hold different patterns, so that a wrong one shows; s0 is in the data area, sp in its middle. */
export function initialState(): MachineState {
  const x = Array.from({ length: 32 }, (_, i) => bits64(BigInt(i) * 0x0101010101010101n));
  x[8] = BigInt(DATA + 64);
  x[2] = BigInt(DATA + 256);
  return {
    x,
    f: Array.from({ length: 32 }, (_, i) => bits64(~(BigInt(i) * 0x0101010101010101n))),
    memory: Array.from({ length: DATA_WORDS }, (_, i) => bits64(BigInt(i + 1) * 0x9e3779b97f4a7c15n)),
    fcsr: 0,
  };
}

function parseValue(text: string): bigint {
  const [, area, sign = '+', offset = '0'] = /^(data|code)(?:([+-])(\w+))?$/.exec(text) ?? [];
  if (area !== undefined) return BigInt(area === 'data' ? DATA : CODE) + (sign === '-' ? -1n : 1n) * BigInt(offset);
  return bits64(text.startsWith('-') ? -BigInt(text.slice(1)) : BigInt(text));
}

/** Applies assignments such as `a1=0x1 fcsr=0x20 m3=5`. */
export function stateWith(inputs: string): MachineState {
  const state = initialState();
  for (const assignment of inputs.split(' ').filter((text) => text !== '')) {
    const [name = '', value = ''] = assignment.split('=');
    if (name === 'fcsr') state.fcsr = Number(value);
    else if (xNames.includes(name)) state.x[xNames.indexOf(name)] = parseValue(value);
    else if (fNames.includes(name)) state.f[fNames.indexOf(name)] = parseValue(value);
    else if (/^m\d+$/.test(name)) state.memory[Number(name.slice(1))] = parseValue(value);
    else throw new Error(`${assignment}: no such register`);
  }
  return state;
}

const hex = (value: bigint): string => `0x${value.toString(16)}`;

/** The right side of the arrow for what came out. */
export function describeOutcome(start: MachineState, end: Outcome, codeLength: number): string {
  const parts: string[] = [];
  const compare = (names: (i: number) => string, before: readonly bigint[], after: readonly bigint[]): void => {
    for (const [i, value] of after.entries()) if (value !== before[i]) parts.push(`${names(i)}=${hex(value)}`);
  };
  compare((i) => xNames[i]!, start.x, end.x);
  compare((i) => fNames[i]!, start.f, end.f);
  compare((i) => `m${String(i)}`, start.memory, end.memory);
  if (start.fcsr !== end.fcsr) parts.push(`fcsr=${hex(BigInt(end.fcsr))}`);
  if (end.pc !== codeLength) parts.push(`pc=${end.pc < 0 ? '' : '+'}${String(end.pc)}`);
  if (end.trap !== 'breakpoint') parts.push(`trap=${end.trap}`);
  return parts.join(' ');
}

const CASE = /^# case(.*?)->(.*)$/;

export function parseCaseFile(text: string): CaseFile {
  const lines = text.split('\n');
  const comments = lines.filter((line) => line.startsWith('#'));
  const cases = comments.flatMap((line) => {
    const match = CASE.exec(line);
    return match === null ? [] : [{ inputs: match[1]!.trim(), expected: match[2]!.trim() }];
  });
  const reason = comments.map((line) => /^# not in the reference: (.*)$/.exec(line)?.[1]).find((found) => found);
  return {
    header: comments.filter((line) => !line.startsWith('# case')),
    cases,
    source: lines
      .filter((line) => !line.startsWith('#'))
      .join('\n')
      .trim(),
    notInReference: reason ?? null,
  };
}

export function printCaseFile({ header, cases, source }: CaseFile): string {
  const lines = cases.map(({ inputs, expected }) => `# case ${inputs} -> ${expected}`.replace(/  +/g, ' ').trimEnd());
  return `${[...header, ...lines, source].join('\n')}\n`;
}
