/**
 * The WebAssembly that tier 1 emits for small loops, as text under `golden/`, one file a guest: what flags, partial
 * registers, scalars in vector registers and vectors cost there. `HOSPES_BLESS=1` rewrites the files; review the difference
 * like code.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { regionText } from '../../../src/debug/inspect-wasm.ts';
import { aarch64 } from '../../../src/guest/aarch64/index.ts';
import type { Guest } from '../../../src/guest/guest.ts';
import { x64 } from '../../../src/guest/x64/index.ts';

const PC = 0x10000;
const BLESS = process.env['HOSPES_BLESS'] === '1';

/** What they show, and their bytes. The first instruction is where they go back to; those of x64 end with `xor ecx, ecx; ret`. */
const loops = {
  x64: {
    'a loop that counts down': '4801f883ef0175f831c9c3',
    'a signed bound': '4883c7014839f77cf731c9c3',
    'an unsigned bound of words': '48030783c70839f772f631c9c3',
    'a byte of memory': '4883c701803f4175f731c9c3',
    'test and set': '31c04885f70f94c04801c248ffc975f031c9c3',
    'compare and conditional move': '488b074883c7084839c2480f4cd04839f775ed31c9c3',
    'bytes of registers': '8a070403880648ffc748ffc648ffc975ef31c9c3',
    'a sum of products in double precision': 'f20f100ff20f590ef20f58c14883c7084883c60848ffc975e731c9c3',
  },
  aarch64: {
    'a signed bound': '000400911f0001ebcbffff54c0035fd6',
    'an unsigned bound': '028440f82100028b1f0003eba3ffff54c0035fd6',
    'a loop that counts down': '2100008b00040071c1ffff54c0035fd6',
    'a bit that is tested': '00fc41d31f0040f2c0ffff54c0035fd6',
    'compare and select': '028440f85f0001eb41c0819a1f0003eb81ffff54c0035fd6',
    'compare, compare if and branch': '000400911f0001eb041042faa1ffff54c0035fd6',
    'a sum of products in double precision': '018440fc228440fc2108621e0028611e420400f161ffff54c0035fd6',
    'a sum of vectors': '0104c13c00d4614e420400f1a1ffff54c0035fd6',
    'bytes that are compared': '0104c13c218c206e21a8306e223c010e82ffff34c0035fd6',
  },
} as const;

/** The body of the function, without the declarations that are the same for all. */
function bodyOf(guest: Guest, hex: string): string {
  const code = Uint8Array.from(Buffer.from(hex, 'hex'));
  const at = (pc: number): number => code[pc - PC] ?? -1;
  const source = { readU8: at, readU16: (pc: number) => (at(pc + 1) < 0 ? -1 : at(pc) | (at(pc + 1) << 8)) };
  const region = regionText({ guest, code: source, start: PC, model: 'host', fusesMultiplyAdd: false });
  const lines = region?.text.split('\n') ?? [];
  const first = lines.findIndex((line) => line.startsWith('  (func $region'));
  return lines
    .slice(first + 1, -1)
    .filter((line) => !line.startsWith('    (local '))
    .join('\n');
}

/** What is done in every round: the code between the loop's begin and the way back. */
function roundOf(text: string): string {
  const [, inside = ''] = /\n( *)loop\n([\s\S]*?)\n\1end/.exec(text)?.slice(1) ?? [];
  return inside;
}

describe.each([
  ['x64', x64],
  ['aarch64', aarch64],
] as const)('WebAssembly of loops of %s', (name, guest) => {
  const texts = new Map(Object.entries<string>(loops[name]).map(([what, hex]) => [what, bodyOf(guest, hex)]));

  it('is the recorded one', () => {
    const text = [...texts].map(([what, body]) => `# ${what}\n${body}\n`).join('\n');
    const url = new URL(`golden/${name}.txt`, import.meta.url);
    if (BLESS) writeFileSync(url, text);
    expect(existsSync(url), `no ${url.pathname}; run with HOSPES_BLESS=1`).toBe(true);
    expect(text).toBe(readFileSync(url, 'utf8'));
  });
});

describe('loops of x64', () => {
  it.each(Object.entries(loops.x64))('keep no flag in their rounds: %s', (_, hex) => {
    const round = roundOf(bodyOf(x64, hex));
    expect(round).not.toBe('');
    expect(round).not.toMatch(/local\.set \$flag/);
  });
});

describe('a compare and what asks for its result', () => {
  it.each([
    ['x64', x64, loops.x64['a signed bound'], 'i64.lt_s'],
    ['x64', x64, loops.x64['an unsigned bound of words'], 'i32.lt_u'],
    ['x64', x64, loops.x64['test and set'], 'i64.eqz'],
    ['x64', x64, loops.x64['compare and conditional move'], 'i64.lt_s'],
    ['aarch64', aarch64, loops.aarch64['a signed bound'], 'i64.lt_s'],
    ['aarch64', aarch64, loops.aarch64['an unsigned bound'], 'i64.lt_u'],
    ['aarch64', aarch64, loops.aarch64['compare and select'], 'i64.lt_s'],
  ] as const)('are one comparison of %s', (_name, guest, hex, comparison) => {
    expect(roundOf(bodyOf(guest, hex)).split(`(${comparison} `).length - 1).toBe(1);
  });
});
