#!/usr/bin/env node
// @ts-check
/**
 * Random instructions in the reference emulator and in Hospes: registers, flags and memory must agree after each sequence.
 *
 *   npm run fuzz -- [--guest riscv64|aarch64] [--seed N] [--count 1000000] [--length 32] [--rows REGEXP] [--model strict|range|both]
 *                   [--tier 0|1|both] [--keep-going]
 *
 *   npm run fuzz -- --write-expectations     what the reference says for fuzz.test.ts, which then needs Node only
 *
 * Every batch is one ELF file; a difference is shrunk to the first instruction after which the two disagree.
 */
import { spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { fuzzGuests, loadGuest } from './guests.mjs';
import { runInHospes } from './hospes.mjs';
import { CODE, elfFile, firstDifference } from './layout.mjs';
import { Random } from './random.mjs';
import { digest, EXPECTED_SEEDS, sampleProgram, TIERS } from './sample.mjs';

/** @typedef {import('./guests.mjs').Sequence} Sequence */

// By a computed path: the type checker must not need a build.
const dist = new URL('../../dist/', import.meta.url).href;
/** @type {typeof import('../../src/engine/vcpu.ts')} */
const { Vcpu } = await import(`${dist}engine/vcpu.js`);
/** @type {typeof import('../../src/memory/guest-memory.ts')} */
const { GuestMemory } = await import(`${dist}memory/guest-memory.js`);
/** @type {typeof import('../../src/platform/node/relaxed-simd.ts')} */
const { enableRelaxedSimd } = await import(`${dist}platform/node/relaxed-simd.js`);

const { values: options } = parseArgs({
  options: {
    guest: { type: 'string', default: 'riscv64' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000_000) },
    count: { type: 'string', default: '1000000' },
    length: { type: 'string', default: '32' },
    rows: { type: 'string', default: '' },
    model: { type: 'string', default: 'both' },
    tier: { type: 'string', default: 'both' },
    'keep-going': { type: 'boolean', default: false },
    'write-expectations': { type: 'boolean', default: false },
  },
});
const load = (/** @type {string} */ name) => import(`${dist}guest/${name}/index.js`);
const { fuzz, guest, rows: guestRows } = await loadGuest(options.guest, load);
const seed = Number(options.seed);
const count = Number(options.count);
const length = Number(options.length);
const SEQUENCES = 1000;
/** Passes through each body where tier 1 is meant: the first ones in tier 0, the others compiled. */
const PASSES = 6;
const folder = mkdtempSync(join(tmpdir(), 'hospes-fuzz-'));
const hospesParts = { Vcpu, GuestMemory, enableWasmFeatures: enableRelaxedSimd, guest };

/** @typedef {import('./layout.mjs').Program} Program */

/** @param {Program} program @param {import('./guests.mjs').FuzzGuest} [of] @returns {Uint8Array} */
function runInReference(program, of = fuzz) {
  const [emulator = '', ...emulatorArguments] = of.emulator;
  const file = join(folder, 'batch');
  const output = join(folder, 'output');
  writeFileSync(file, elfFile(program, of.elf), { mode: 0o755 });
  const fd = openSync(output, 'w');
  const result = spawnSync(emulator, [...emulatorArguments, file], { stdio: ['ignore', fd, 'pipe'] });
  closeSync(fd);
  if (result.error) throw new Error(`${emulator} cannot be run: ${result.error.message}`);
  if (result.status !== 0) {
    writeFileSync('fuzz-batch.elf', elfFile(program, of.elf), { mode: 0o755 });
    throw new Error(
      `the reference ended with status ${String(result.status ?? result.signal)}; the program is in fuzz-batch.elf`,
    );
  }
  return readFileSync(output);
}

/** @param {Sequence} sequence @param {number} item */
function describe(sequence, item) {
  const program = fuzz.layOut(guestRows, [{ sequence, limit: sequence.items.length }]);
  const bytes = program.code;
  let pc = program.bodies[0] ?? 0;
  const lines = [];
  const read = (/** @type {number} */ at) => {
    const offset = at - CODE;
    return (bytes[offset] ?? 0) | ((bytes[offset + 1] ?? 0) << 8);
  };
  for (const [index, instructions] of sequence.items.entries())
    for (const { name, values } of instructions) {
      const text = guest.disassemble({ readU16: read, readU8: (at) => read(at) & 255 }, pc)?.text ?? name;
      if (index >= item - 3 && index <= item + 1)
        lines.push(`  ${index === item ? '>' : ' '} ${text.padEnd(36)} ${JSON.stringify(values)}`);
      pc += guestRows.lengthOf(name);
    }
  return lines.join('\n');
}

const hex = (/** @type {bigint | undefined} */ value) => `0x${(value ?? 0n).toString(16).padStart(16, '0')}`;

/**
 * Runs every prefix of a sequence on both sides; prints where they part.
 * @param {Sequence} sequence @param {'strict' | 'range'} model @param {0 | 1} tier
 */
function shrink(sequence, model, tier) {
  const runs = sequence.items.map((_, index) => ({ sequence, limit: index + 1 }));
  const program = fuzz.layOut(guestRows, [{ sequence, limit: 0 }, ...runs], tier === 1 ? PASSES : 1);
  const expected = runInReference(program);
  const ours = runInHospes(hospesParts, program, model, tier);
  const at = firstDifference(expected, ours.data, program.recordSize);
  if (ours.stopped !== null) console.log(`  Hospes stopped: ${ours.stopped}`);
  if (at <= 0) {
    console.log('  no prefix differs by itself');
    return { name: 'unknown', item: null, before: new Map() };
  }
  const item = at - 1;
  console.log(`  first difference after item ${String(item)} of ${String(sequence.items.length)}:`);
  console.log(describe(sequence, item));
  const before = fuzz.readRecord(expected, at - 1);
  const a = fuzz.readRecord(expected, at);
  const b = fuzz.readRecord(ours.data, at);
  // Each prefix has a window of its own: pointers into it differ by the distance of the records.
  for (const [name, value] of a)
    if (b.get(name) !== value)
      console.log(`  ${name}: ours ${hex(b.get(name))}, reference ${hex(value)}, before ${hex(before.get(name))}`);
  const instructions = sequence.items[item] ?? [];
  for (const { name, values } of instructions)
    for (const line of fuzz.describeInputs(name, values, before)) console.log(`  ${line}`);
  for (const [name, value] of before) if (!/\d/.test(name)) console.log(`  ${name} before ${hex(value)}`);
  return { name: instructions.at(-1)?.name ?? 'unknown', item: instructions, before };
}

function main() {
  const pattern = new RegExp(options.rows);
  const rows = guestRows.rows.filter(
    ({ name }) => options.rows === '' || pattern.test(name) || fuzz.needs(name, pattern),
  );
  console.log(`seed ${String(seed)}, ${String(count)} instructions over ${String(rows.length)} rows`);
  const random = new Random(seed);
  const interpreted = fuzz.generator(random, rows, guestRows.classes);
  const compiled = fuzz.generator(
    random,
    rows.filter(({ name }) => !fuzz.notLooped(name)),
    guestRows.classes,
  );
  /** @type {Map<string, number>} */
  const executed = new Map();
  /** @type {Map<string, number>} */
  const differing = new Map();
  let done = 0;
  let batches = 0;
  let excepted = 0;
  const time = { reference: 0, hospes: 0 };
  const retired = { all: 0, compiled: 0 };
  while (done < count) {
    // Four kinds of batches: both tiers with both memory models.
    const tier = options.tier === 'both' ? /** @type {0 | 1} */ ((batches >> 1) & 1) : options.tier === '1' ? 1 : 0;
    const sequences = Array.from({ length: SEQUENCES }, () =>
      tier === 1 ? compiled.next(length, true) : interpreted.next(length),
    );
    for (const { items } of sequences)
      for (const item of items)
        for (const { name } of item) {
          executed.set(name, (executed.get(name) ?? 0) + 1);
          done++;
        }
    const program = fuzz.layOut(
      guestRows,
      sequences.map((sequence) => ({ sequence, limit: Infinity })),
      tier === 1 ? PASSES : 1,
    );
    const model =
      options.model === 'both'
        ? batches % 2 === 0
          ? 'strict'
          : 'range'
        : /** @type {'strict' | 'range'} */ (options.model);
    batches++;
    let started = performance.now();
    const expected = runInReference(program);
    time.reference += performance.now() - started;
    started = performance.now();
    const ours = runInHospes(hospesParts, program, model, tier);
    time.hospes += performance.now() - started;
    retired.all += ours.instructions;
    retired.compiled += ours.compiled;
    for (let from = 0, at; (at = firstDifference(expected, ours.data, program.recordSize, from)) >= 0; from = at + 1) {
      const sequence = sequences[at];
      if (sequence === undefined) break;
      console.log(
        `difference in sequence ${String(at)} of batch ${String(batches)} (${model}, tier ${String(tier)}), seed ${String(seed)}`,
      );
      const { name, item, before } = shrink(sequence, model, tier);
      const exception = fuzz.exceptions.find((one) => item !== null && one.applies(item, before));
      if (exception !== undefined) {
        excepted++;
        console.log(`  excepted: ${exception.reason}`);
        continue;
      }
      differing.set(name, (differing.get(name) ?? 0) + 1);
      if (!options['keep-going']) return finish();
      if ((differing.get(name) ?? 0) > 2) {
        console.log(`  (no more of ${name} in this batch)`);
        break;
      }
    }
  }
  return finish();

  function finish() {
    const never = guestRows.rows.filter(({ name }) => !executed.has(name)).map(({ name }) => name);
    console.log(
      `${String(done)} instructions in ${String(batches)} batches; reference ${(time.reference / 1000).toFixed(1)} s, Hospes ${(time.hospes / 1000).toFixed(1)} s`,
    );
    console.log(`${String(retired.all)} retired in Hospes, ${String(retired.compiled)} of them in compiled regions`);
    console.log(`rows never generated: ${never.join(' ') || 'none'}`);
    if (excepted > 0) console.log(`${String(excepted)} differences excepted`);
    if (differing.size === 0) console.log('no difference');
    else console.log(`differences: ${[...differing].map(([name, n]) => `${name} ${String(n)}`).join(', ')}`);
    return differing.size === 0 ? 0 : 1;
  }
}

async function writeExpectations() {
  /** @type {Record<string, string>} */
  const expected = {};
  for (const name of Object.keys(fuzzGuests)) {
    const parts = await loadGuest(name, load);
    for (const one of EXPECTED_SEEDS)
      for (const tier of TIERS)
        expected[`${name}/${String(one)}/${String(tier)}`] = digest(
          runInReference(sampleProgram(parts, one, tier), parts.fuzz),
        );
  }
  writeFileSync(new URL('expected.json', import.meta.url), `${JSON.stringify(expected, null, 2)}\n`);
  return 0;
}

try {
  process.exitCode = options['write-expectations'] ? await writeExpectations() : main();
} catch (error) {
  console.error(`fuzz: seed ${String(seed)}: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 2;
} finally {
  rmSync(folder, { recursive: true });
}
