#!/usr/bin/env node
// @ts-check
/** Writes `cases/`: some encodings of each row of floating point and Advanced SIMD, answered by qemu-aarch64. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fpcrBits } from '../../fuzz/aarch64/sequence.mjs';
import { elfFile } from '../../fuzz/layout.mjs';
import { fuzzGuests } from '../../fuzz/guests.mjs';
import { Random } from '../../fuzz/random.mjs';
import { floatBits, integerBits, memoryBits } from '../../fuzz/values.mjs';
import { changes, formatCase, programOf } from './row-cases.mjs';

const CLASSES = /** @type {const} */ (['float', 'simd', 'structure']);
const CASES = 3;
const SEED = 20_261_126;

// By a computed path: the type checker must not need a build.
const dist = new URL('../../../dist/', import.meta.url).href;
/** @type {typeof import('../../../src/guest/aarch64/index.ts')} */
const { aarch64: guest, aarch64Rows } = await import(`${dist}guest/aarch64/index.js`);

const random = new Random(SEED);
const word = () => random.pick([floatBits, floatBits, memoryBits, integerBits])(random);

/** An encoding of the row. @param {import('../../../src/guest/pattern/table.ts').Row} row */
function encodingOf(row) {
  for (;;) {
    const bits = (row.value | (random.u32() & ~row.mask)) >>> 0;
    if (aarch64Rows.decode(bits)?.name === row.name) return bits;
  }
}

/** @param {import('../../../src/guest/pattern/table.ts').Row} row @param {boolean} isMemory @returns {import('./row-cases.mjs').RowCase} */
function makeCase(row, isMemory) {
  const encoding = encodingOf(row);
  const fields = row.extract(encoding);
  const base = isMemory ? (fields['Rn'] ?? 0) : null;
  // Register 31 as a base is the stack pointer, 29 is the layout's own, and an index must not be the base.
  if (isMemory && (base === 31 || base === fields['Rm'])) return makeCase(row, isMemory);
  if (!isMemory && [29, 31].some((register) => fields['Rn'] === register || fields['Rd'] === register))
    return makeCase(row, isMemory);
  /** @type {Map<string, bigint>} */
  const before = new Map();
  for (const field of ['Rn', 'Rm', 'Ra', 'Rd', 'Rt']) {
    const register = fields[field];
    if (register === undefined || (isMemory && field === 'Rn')) continue;
    if (isMemory && field === 'Rm') {
      if (register !== 31) before.set(`x${String(register)}`, BigInt(random.below(64)));
      continue;
    }
    // Lists of registers: as many as there can be.
    const listed = (field === 'Rn' && 'len' in fields) || field === 'Rt' ? 4 : 1;
    for (let at = 0; at < listed; at++) {
      const name = `v${String((register + at) & 31)}`;
      before.set(name, word()).set(`${name}.high`, word());
    }
    if (!isMemory && register !== 31) before.set(`x${String(register)}`, integerBits(random));
  }
  if (row.name.includes('cmp') || 'cond' in fields) before.set('nzcv', BigInt(random.below(16)) << 28n);
  const fpcr = fpcrBits(random, false);
  if (fpcr !== 0) before.set('fpcr', BigInt(fpcr >>> 0));
  const bytes = (/** @type {number} */ at) => (encoding >>> (8 * at)) & 0xff;
  const source = { readU8: bytes, readU16: (/** @type {number} */ at) => bytes(at) | (bytes(at + 1) << 8) };
  const text = guest.disassemble(source, 0)?.text ?? '';
  return { encoding, text, before, base, after: new Map() };
}

/** @param {import('../../fuzz/layout.mjs').Program} program */
function reference(program) {
  const folder = mkdtempSync(join(tmpdir(), 'hospes-cases-'));
  const file = join(folder, 'cases');
  const { emulator, elf } = /** @type {import('../../fuzz/guests.mjs').FuzzGuest} */ (fuzzGuests['aarch64']);
  writeFileSync(file, elfFile(program, elf), { mode: 0o755 });
  const [command = '', ...rest] = emulator;
  const { stdout, status, error } = spawnSync(command, [...rest, file], { maxBuffer: 1 << 28 });
  rmSync(folder, { recursive: true });
  if (error) throw error;
  if (status !== 0) throw new Error(`${command} ended with status ${String(status)}`);
  return stdout;
}

/** Instructions that the other disassembler shows by an alias. */
const aliases = /** @type {Readonly<Record<string, string>>} */ ({
  not: 'mvn',
  dup: 'mov',
  ins: 'mov',
  umov: 'mov',
  orr: 'mov',
});

/** One spelling for both: spaces and numbers. @param {string} text */
function spelling(text) {
  const plain = text
    .trim()
    .toLowerCase()
    .replace(/\s+/g, ' ')
    .replace(/([{]) | ([}])/g, '$1$2');
  return plain.replace(/#0x([0-9a-f]+)/g, (_, digits) => `#${String(BigInt(`0x${digits}`))}`);
}

/** Compares the texts with those of LLVM's disassembler. @param {readonly import('./row-cases.mjs').RowCase[]} cases */
function checkTexts(cases) {
  const bytes = cases.map(({ encoding }) => [0, 8, 16, 24].map((at) => `0x${((encoding >>> at) & 255).toString(16)}`));
  const { stdout, error } = spawnSync(
    'llvm-mc',
    ['--disassemble', '-triple=aarch64', '-mattr=+v8.2a,+dotprod,+crypto'],
    {
      input: bytes.map((list) => list.join(' ')).join('\n'),
      encoding: 'utf8',
    },
  );
  if (error) throw error;
  const lines = stdout.split('\n').filter((line) => line.trim() !== '' && !line.includes('.text'));
  for (const [index, { text }] of cases.entries()) {
    const [ours, theirs] = [spelling(text), spelling(lines[index] ?? '')];
    const mnemonic = ours.split(' ')[0] ?? '';
    if (ours === theirs || ours.replace(mnemonic, aliases[mnemonic] ?? '') === theirs) continue;
    throw new Error(`${text}: LLVM has ${theirs}`);
  }
}

for (const name of CLASSES) {
  const rows = aarch64Rows.rows.filter((row) => Object.hasOwn(aarch64Rows.classes[name], row.name));
  const cases = rows.flatMap((row) => Array.from({ length: CASES }, () => makeCase(row, name === 'structure')));
  checkTexts(cases);
  const { program, middles } = programOf(aarch64Rows, cases);
  const data = reference(program);
  const lines = cases.map((one, index) =>
    formatCase({ ...one, after: changes(data, index, one, middles[index] ?? 0n) }),
  );
  writeFileSync(new URL(`cases/${name}.txt`, import.meta.url), `${lines.join('\n')}\n`);
  console.log(`${name}: ${String(lines.length)} cases of ${String(rows.length)} rows`);
}
