#!/usr/bin/env node
// @ts-check
/**
 * Random instructions in the reference emulator and in Hospes: registers, flags and memory must agree after each sequence.
 *
 *   npm run fuzz -- [--seed N] [--count 1000000] [--length 32] [--rows REGEXP] [--model strict|range|both]
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
import { exceptions } from './exceptions.mjs';
import { runInHospes } from './hospes.mjs';
import { elfFile, firstDifference, layOut, readRecord } from './program.mjs';
import { Random } from './random.mjs';
import { digest, EXPECTED_SEEDS, sampleProgram, TIERS } from './sample.mjs';
import { SequenceGenerator } from './sequence.mjs';

/** @typedef {import('./sequence.mjs').Sequence} Sequence */

// By a computed path: the type checker must not need a build.
const dist = new URL('../../dist/', import.meta.url).href;
/** @type {typeof import('../../src/engine/vcpu.ts')} */
const { Vcpu } = await import(`${dist}engine/vcpu.js`);
/** @type {typeof import('../../src/guest/riscv64/index.ts')} */
const { riscv64, riscv64Rows } = await import(`${dist}guest/riscv64/index.js`);
/** @type {typeof import('../../src/memory/guest-memory.ts')} */
const { GuestMemory } = await import(`${dist}memory/guest-memory.js`);

const { values: options } = parseArgs({
  options: {
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
const seed = Number(options.seed);
const count = Number(options.count);
const length = Number(options.length);
const SEQUENCES = 1000;
/** Passes through each body where tier 1 is meant: the first ones in tier 0, the others compiled. */
const PASSES = 6;
const emulator = 'qemu-riscv64-static';
const folder = mkdtempSync(join(tmpdir(), 'hospes-fuzz-'));
const hospesParts = { Vcpu, GuestMemory, guest: riscv64 };

/** @param {import('./program.mjs').Program} program @returns {Uint8Array} */
function runInReference(program) {
  const file = join(folder, 'batch');
  const output = join(folder, 'output');
  writeFileSync(file, elfFile(program), { mode: 0o755 });
  const fd = openSync(output, 'w');
  const result = spawnSync(emulator, [file], { stdio: ['ignore', fd, 'pipe'] });
  closeSync(fd);
  if (result.error) throw new Error(`${emulator} cannot be run: ${result.error.message}`);
  if (result.status !== 0) {
    writeFileSync('fuzz-batch.elf', elfFile(program));
    throw new Error(
      `the reference ended with status ${String(result.status ?? result.signal)}; the program is in fuzz-batch.elf`,
    );
  }
  return readFileSync(output);
}

/** @param {Sequence} sequence @param {number} item */
function describe(sequence, item) {
  const program = layOut(riscv64Rows, [{ sequence, limit: sequence.items.length }]);
  const bytes = program.code;
  let pc = program.bodies[0] ?? 0;
  const lines = [];
  const read = (/** @type {number} */ at) => {
    const offset = at - 0x100000;
    return (bytes[offset] ?? 0) | ((bytes[offset + 1] ?? 0) << 8);
  };
  for (const [index, instructions] of sequence.items.entries())
    for (const { name, values } of instructions) {
      const text = riscv64.disassemble({ readU16: read, readU8: (at) => read(at) & 255 }, pc)?.text ?? name;
      if (index >= item - 3 && index <= item + 1)
        lines.push(`  ${index === item ? '>' : ' '} ${text.padEnd(36)} ${JSON.stringify(values)}`);
      pc += riscv64Rows.lengthOf(/** @type {never} */ (name));
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
  const program = layOut(riscv64Rows, [{ sequence, limit: 0 }, ...runs], tier === 1 ? PASSES : 1);
  const expected = runInReference(program);
  const ours = runInHospes(hospesParts, program, model, tier);
  const at = firstDifference(expected, ours.data);
  if (ours.stopped !== null) console.log(`  Hospes stopped: ${ours.stopped}`);
  if (at <= 0) {
    console.log('  no prefix differs by itself');
    return { name: 'unknown', item: null, before: new Map() };
  }
  const item = at - 1;
  console.log(`  first difference after item ${String(item)} of ${String(sequence.items.length)}:`);
  console.log(describe(sequence, item));
  const before = readRecord(expected, at - 1);
  const a = readRecord(expected, at);
  const b = readRecord(ours.data, at);
  // Each prefix has a window of its own: pointers into it differ by the distance of the records.
  for (const [name, value] of a)
    if (b.get(name) !== value)
      console.log(`  ${name}: ours ${hex(b.get(name))}, reference ${hex(value)}, before ${hex(before.get(name))}`);
  const instructions = sequence.items[item] ?? [];
  for (const { name, values } of instructions)
    for (const [field, register] of Object.entries(values))
      if (/^rs\d$/.test(field))
        console.log(
          `  ${name} ${field}: x${String(register)} ${hex(before.get(`x${String(register)}`))}, f${String(register)} ${hex(before.get(`f${String(register)}`))}`,
        );
  console.log(`  fcsr before ${hex(before.get('fcsr'))}`);
  return { name: instructions.at(-1)?.name ?? 'unknown', item: instructions, before };
}

/**
 * Left out where bodies are run several times: fence.i drops all compiled code, and after a few drops nothing is
 * compiled any more; an exception (exceptions.mjs) is judged by the registers before the last pass only.
 */
const notLooped = new Set(['fence.i', 'ctzw']);

function main() {
  const pattern = new RegExp(options.rows);
  const rows = riscv64Rows.rows.filter(
    ({ name }) =>
      options.rows === '' ||
      pattern.test(name) ||
      // A write of frm is followed by one that makes it valid again.
      (name === 'csrrwi' && ['csrrw', 'csrrs', 'csrrc', 'csrrsi', 'csrrci'].some((one) => pattern.test(one))) ||
      /^(addi|xor|add|max|lr\.[wd]|sc\.[wd])$/.test(name),
  );
  console.log(`seed ${String(seed)}, ${String(count)} instructions over ${String(rows.length)} rows`);
  const random = new Random(seed);
  const interpreted = new SequenceGenerator(random, rows);
  const compiled = new SequenceGenerator(
    random,
    rows.filter(({ name }) => !notLooped.has(name)),
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
    const program = layOut(
      riscv64Rows,
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
    for (let from = 0, at; from < SEQUENCES && (at = differenceFrom(expected, ours.data, from)) >= 0; from = at + 1) {
      const sequence = sequences[at];
      if (sequence === undefined) break;
      console.log(
        `difference in sequence ${String(at)} of batch ${String(batches)} (${model}, tier ${String(tier)}), seed ${String(seed)}`,
      );
      const { name, item, before } = shrink(sequence, model, tier);
      const exception = exceptions.find((one) => item !== null && one.applies(item, before));
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
    const never = riscv64Rows.rows.filter(({ name }) => !executed.has(name)).map(({ name }) => name);
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

/** @param {Uint8Array} a @param {Uint8Array} b @param {number} from */
function differenceFrom(a, b, from) {
  const cells = 64;
  const record = (a.length - cells) / SEQUENCES;
  for (let at = from; at < SEQUENCES; at++) {
    const start = cells + at * record;
    if (Buffer.compare(a.subarray(start, start + record), b.subarray(start, start + record)) !== 0) return at;
  }
  return -1;
}

function writeExpectations() {
  /** @type {Record<string, string>} */
  const expected = {};
  for (const one of EXPECTED_SEEDS)
    for (const tier of TIERS)
      expected[`${String(one)}/${String(tier)}`] = digest(runInReference(sampleProgram(riscv64Rows, one, tier)));
  writeFileSync(new URL('expected.json', import.meta.url), `${JSON.stringify(expected, null, 2)}\n`);
  return 0;
}

try {
  process.exitCode = options['write-expectations'] ? writeExpectations() : main();
} catch (error) {
  console.error(`fuzz: seed ${String(seed)}: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 2;
} finally {
  rmSync(folder, { recursive: true });
}
