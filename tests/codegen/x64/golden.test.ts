/**
 * The IR of every row, as text under `golden/`, one file a group and of sequences, which show what flags cost. `HOSPES_BLESS=1` rewrites the files; review the difference like code.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { CodeSource } from '../../../src/guest/guest.ts';
import { disassemble } from '../../../src/guest/x64/disassemble.ts';
import { x64 } from '../../../src/guest/x64/index.ts';
import { SELECTOR, type Row } from '../../../src/guest/x64/notation.ts';
import { groups, table } from '../../../src/guest/x64/tables.ts';
import type { Block } from '../../../src/ir/block.ts';
import { parseBlock } from '../../../src/ir/parse.ts';
import { printBlock } from '../../../src/ir/print.ts';
import { verifyBlock } from '../../../src/ir/verify.ts';

const PC = 0x10000;
const BLESS = process.env['HOSPES_BLESS'] === '1';

function source(code: Uint8Array): CodeSource {
  const at = (pc: number): number => code[pc - PC] ?? -1;
  return { readU8: at, readU16: (pc) => (at(pc + 1) < 0 ? -1 : at(pc) | (at(pc + 1) << 8)) };
}

function lift(code: Uint8Array, maxInstructions: number, mode = 0): Block {
  const block = x64.liftBlock(source(code), PC, mode, maxInstructions);
  expect(verifyBlock(block)).toEqual([]);
  expect(printBlock(parseBlock(printBlock(block), x64.state))).toBe(printBlock(block));
  return block;
}

function listing(code: Uint8Array): string {
  const lines: string[] = [];
  for (let at = 0; at < code.length;) {
    const instruction = disassemble(source(code), PC + at);
    if (instruction === null) break;
    lines.push(instruction.text);
    at += instruction.length;
  }
  return lines.join('; ');
}

/** The block without the lines that are the same for all. */
function body(block: Block): string {
  const lines = printBlock(block).split('\n').slice(1);
  return lines.filter((line) => !line.startsWith('  at ')).join('\n');
}

const MAPS: Readonly<Record<string, readonly number[]>> = {
  primary: [],
  '0F': [0x0f],
  '0F38': [0x0f, 0x38],
  '0F3A': [0x0f, 0x3a],
};

/** An instruction of a row with rdx, rbx or [rbx + 16], and immediates that count from 0x11. */
function example(row: Row, form: 'register' | 'memory', prefixes: { readonly w?: boolean }) {
  const wants = (mask: number): boolean => (row.mask & mask) === mask;
  const has = (mask: number): boolean => (row.value & mask) !== 0;
  if (wants(SELECTOR.REGISTER) && has(SELECTOR.REGISTER) !== (form === 'register')) return null;
  if (!row.hasModRm && form === 'memory') return null;
  const w = has(SELECTOR.W) || prefixes.w === true;
  if (wants(SELECTOR.W) && w !== has(SELECTOR.W)) return null;
  const mandatory = [[], [0x66], [0xf3], [0xf2]][(row.value & SELECTOR.PREFIX) >> SELECTOR.PREFIX_SHIFT] ?? [];
  const bytes: number[] = [];
  if (row.map.startsWith('VEX')) {
    const map = ['VEX.0F', 'VEX.0F38', 'VEX.0F3A'].indexOf(row.map) + 1;
    const pp = (row.value & SELECTOR.PREFIX) >> SELECTOR.PREFIX_SHIFT;
    const l = has(SELECTOR.L) ? 4 : 0;
    bytes.push(0xc4, 0xe0 | map, (w ? 0x80 : 0) | ((row.usesVvvv ? 8 : 15) << 3) | l | pp, row.opcode);
  } else {
    bytes.push(...mandatory, ...(w ? [0x48] : []), ...(MAPS[row.map] ?? []), row.opcode);
  }
  if (row.opcodes > 1) bytes[bytes.length - 1] = row.opcode + 3;
  if (row.hasModRm) {
    const plain = form === 'register' ? 0xd3 : 0x53;
    bytes.push((row.value & row.mask & 0xff) | (plain & ~row.mask & 0xff));
    if (form === 'memory') bytes.push(16);
  }
  for (let at = 0; at < 10; at++) bytes.push(0x11 + at);
  const code = Uint8Array.from(bytes);
  const length = disassemble(source(code), PC)?.length ?? 0;
  return code.subarray(0, length);
}

function shape(block: Block): string {
  const { instructions, terminator } = block;
  return [...instructions.map(({ kind, op }) => op?.name ?? kind), terminator.kind].join(' ');
}

function golden(name: string): string {
  const shapes = new Set<string>();
  let text = '';
  for (const row of table.rows.filter((candidate) => candidate.name === name))
    for (const form of ['register', 'memory'] as const)
      for (const prefixes of form === 'register' ? [{}, { w: true }] : [{}]) {
        const code = example(row, form, prefixes);
        if (code === null) continue;
        const block = lift(code, 1);
        const key = shape(block);
        if (shapes.has(key)) continue;
        shapes.add(key);
        text += `${listing(code)}\n${body(block)}\n`;
      }
  return text;
}

function compareGolden(file: string, text: string): void {
  const url = new URL(`golden/${file}.txt`, import.meta.url);
  if (BLESS) writeFileSync(url, text);
  expect(existsSync(url), `no ${url.pathname}; run with HOSPES_BLESS=1`).toBe(true);
  expect(text).toBe(readFileSync(url, 'utf8'));
}

describe.each(Object.entries(groups))('IR of %s', (group, rows) => {
  it('is the recorded one', () => {
    // What CPUID says is in cpuid.ts alone.
    const names = Object.keys(rows).filter((name) => name !== 'cpuid');
    compareGolden(group, names.map(golden).join(''));
  });
});

/** What they show, and their bytes. */
const sequences: readonly (readonly [string, string])[] = [
  [
    'a compare and its branch are one comparison; the flags behind it are overwritten on both sides',
    '39d8 7502 31c0 31c0 31c9 c3',
  ],
  ['of memory, with a byte', '803b41 7402 31c0 31c0 c3'],
  ['signed order', '4839d8 7c02 31c0 31c0 c3'],
  ['test and set', '85c0 0f94c0 31c9 c3'],
  ['test and conditional move', '4885c0 480f48d8 31c9 c3'],
  ['sub and branch', '29d8 7f02 31c0 31c0 c3'],
  ['a loop', 'ffc8 75fc 31c0 c3'],
  ['flags that no one reads', '4801d8 4829d8 4821d8 31c0 c3'],
  ['flags that a return leaves to its caller', '4801d8 c3'],
  ['flags across an access that may fault', '4839d8 488b0b 7502 31c0 31c0 c3'],
  ['add with carry', '4801d8 4811ca 31c0 c3'],
];

describe('flags', () => {
  it('cost what the record says', () => {
    const text = sequences.map(([what, hex]) => {
      const code = Uint8Array.from(Buffer.from(hex.replaceAll(' ', ''), 'hex'));
      return `# ${what}\n${listing(code)}\n${body(lift(code, 64))}\n`;
    });
    compareGolden('flags', text.join(''));
  });
});
