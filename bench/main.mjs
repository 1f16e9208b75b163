// @ts-check
/**
 * `npm run bench`: CPU time of whole processes, in turns, medians, outputs compared: `hospes run` with default settings beside
 * the reference emulator, and for our own kernels beside the same C compiled for this machine (gcc -O2) and to WebAssembly
 * (clang -O2, run in the same Node). Two figures for that: V8 never leaves the baseline code of a loop that it is in, so a
 * program that is one long loop stays there; `wasm-optimized` is the same module with the baseline compiler switched off.
 * `oracle` is a plain interpreter of our own IR over BigInts (bench/oracle/): it runs the first few million guest
 * instructions, and its time is scaled by the number that hospes retires in all.
 *
 *   npm run bench -- [--guest riscv64|aarch64|x64] [--runs 3] [--filter TEXT] [--factor 1] [--columns qemu,native,...]
 *                    [--accel wasm|kvm]
 *   npm run bench -- --programs [...]
 *
 * `hospes` translates the code (`--accel wasm`) unless the host's processor is to run it (`kvm`, for x64), which is compared
 * with native code alone; give it more work (`--factor 10`), or it is start-up that is measured.
 *
 * Each kernel's work is scaled so that the reference takes about a second; `--factor` multiplies it. `--programs` measures
 * programs of Debian instead of kernels: `hospes` with the code that an earlier run kept, `cold` without any (`--no-cache`). Results of all programs in all columns go to bench/results/, as JSON, table and chart.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { cacheFolder } from '../scripts/debian-root.mjs';
import { programJobs, programRoot, programs, withWork } from './debian-programs.mjs';
import { builtKernel, compilerOf, guestKernel, kernelNames, scales } from './kernel-programs.mjs';
import { BenchError, loadNow, machine, measureInTurns, median, versionOf } from './measure.mjs';
import { chart, markdown, meansOf, ratioText, rowOf } from './report.mjs';

/**
 * Debian's arm64 authenticates pointers, which qemu computes unless told otherwise, and a program that calls much takes ten
 * times as long then. Hospes' processor has no such instructions, so the emulator's is to have none.
 */
const programOptions = { riscv64: [], aarch64: ['-cpu', 'max,pauth=off'], x64: [] };
const emulators = { riscv64: 'qemu-riscv64-static', aarch64: 'qemu-aarch64-static', x64: 'qemu-x86_64-static' };
const COLUMNS = /** @type {const} */ (['qemu', 'native', 'wasm', 'wasm-optimized', 'oracle']);
const PROGRAM_COLUMNS = /** @type {const} */ (['qemu', 'cold']);
const here = new URL('./', import.meta.url);
const cli = fileURLToPath(new URL('../dist/cli/main.js', here));
const runWasm = fileURLToPath(new URL('run-wasm.mjs', here));
const oracle = fileURLToPath(new URL('oracle/run.mjs', here));
const ORACLE_INSTRUCTIONS = 5_000_000;

function readOptions() {
  const { values } = parseArgs({
    options: {
      guest: { type: 'string', default: 'riscv64' },
      runs: { type: 'string', default: '3' },
      filter: { type: 'string', default: '' },
      factor: { type: 'string', default: '1' },
      columns: { type: 'string', default: '' },
      accel: { type: 'string', default: 'wasm' },
      programs: { type: 'boolean', default: false },
    },
  });
  const guest = Object.keys(emulators).find((name) => name === values.guest);
  if (guest === undefined)
    throw new BenchError(`--guest ${values.guest}: give one of ${Object.keys(emulators).join(', ')}`);
  const accel = /** @type {const} */ (['wasm', 'kvm']).find((name) => name === values.accel);
  if (accel === undefined) throw new BenchError(`--accel ${values.accel}: give wasm or kvm`);
  if (accel === 'kvm' && guest !== 'x64') throw new BenchError(`--accel kvm is for --guest x64`);
  // A program of Debian is compared with the reference alone.
  const available = values.programs ? PROGRAM_COLUMNS : accel === 'kvm' ? COLUMNS.slice(1, 2) : COLUMNS;
  const asked = values.columns === '' ? available : values.columns.split(',');
  const columns = asked.map((name) => {
    const column = available.find((known) => known === name);
    if (column === undefined) throw new BenchError(`--columns ${name}: give some of ${available.join(', ')}`);
    return column;
  });
  const [runs, factor] = [Number(values.runs), Number(values.factor)];
  if (!Number.isInteger(runs) || runs < 1) throw new BenchError(`--runs ${values.runs}: give a number from 1 on`);
  if (!Number.isInteger(factor) || factor < 1)
    throw new BenchError(`--factor ${values.factor}: give a number from 1 on`);
  return {
    guest: /** @type {keyof typeof emulators} */ (guest),
    ...{ runs, factor, columns, accel, filter: values.filter },
    kind: /** @type {'kernels' | 'programs'} */ (values.programs ? 'programs' : 'kernels'),
    isWhole: values.filter === '' && columns.length === available.length,
  };
}

/** @typedef {ReturnType<typeof readOptions>} Options */

/** What is compared, and by which version of what. @param {Options} options */
function toolsOf({ guest, columns }) {
  const emulator = emulators[guest];
  const version = {
    qemu: () => versionOf(emulator, `it is the reference; Debian's package is qemu-user-static`),
    native: () => compilerOf('native'),
    wasm: () => compilerOf('wasm'),
    'wasm-optimized': () => `${compilerOf('wasm')}; node --no-liftoff`,
    cold: () => 'hospes run --no-cache',
    oracle: () => `${String(ORACLE_INSTRUCTIONS / 1e6)} million instructions, scaled`,
  };
  return Object.fromEntries(columns.map((column) => [column, version[column]()]));
}

/** @param {Options} options @param {string} name @returns {Record<string, import('./measure.mjs').Job>} */
function kernelJobs({ guest, columns, factor, accel }, name) {
  const scale = String((scales[name] ?? 1) * factor);
  const program = guestKernel(guest, name);
  const commands = {
    qemu: () => [emulators[guest], program, scale],
    native: () => [builtKernel('native', name), scale],
    wasm: () => [process.execPath, runWasm, builtKernel('wasm', name), scale],
    'wasm-optimized': () => [process.execPath, '--no-liftoff', runWasm, builtKernel('wasm', name), scale],
  };
  const compared = columns.flatMap((column) => (column === 'oracle' || column === 'cold' ? [] : [column]));
  return {
    hospes: { command: [process.execPath, cli, 'run', '--accel', accel, program, scale] },
    ...Object.fromEntries(compared.map((column) => [column, { command: commands[column]() }])),
  };
}

/**
 * The oracle's CPU seconds for a kernel, from a part of it. @param {Options} options @param {string} name
 * @returns {Record<string, readonly number[]>}
 */
function oracleSeconds({ guest, columns, factor }, name) {
  if (!columns.includes('oracle')) return {};
  const program = guestKernel(guest, name);
  const scale = String((scales[name] ?? 1) * factor);
  const node = (/** @type {string[]} */ ...args) => {
    const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8', maxBuffer: 1 << 26 });
    if (status !== 0) throw new BenchError(`${args.join(' ')}: status ${String(status)}: ${stderr.trim()}`);
    return { stdout, stderr };
  };
  const whole = JSON.parse(node(cli, 'run', '--accel', 'wasm', '--stats=json', program, scale).stderr);
  const part = JSON.parse(node(oracle, program, scale, '--instructions', String(ORACLE_INSTRUCTIONS)).stdout);
  return { oracle: [(part.seconds / part.instructions) * whole.instructions] };
}

/** @param {Readonly<Record<string, number>>} ratios */
const ratiosText = (ratios) =>
  Object.entries(ratios)
    .map(([column, ratio]) => `${ratioText(ratio)} of ${column}`)
    .join(', ');

/** @typedef {Readonly<Record<string, Readonly<Record<string, import('./measure.mjs').Job>>>>} Jobs what to run, by name and column */

/**
 * @param {Options} options @param {Jobs} jobs
 * @param {(name: string) => Record<string, readonly number[]>} estimate columns that are not measured whole
 */
function measureAll({ runs }, jobs, estimate = () => ({})) {
  /** @type {Record<string, import('./report.mjs').Row>} */
  const rows = {};
  for (const [name, columns] of Object.entries(jobs)) {
    const row = rowOf({ ...measureInTurns(name, columns, runs), ...estimate(name) });
    rows[name] = row;
    const times = Object.entries(row.seconds).map(([column, list]) => `${column} ${median(list).toFixed(2)}`);
    console.log(`${name.padEnd(10)} seconds: ${times.join(', ')}; hospes takes ${ratiosText(row.ratios)}`);
  }
  return rows;
}

/** @param {Options} options */
function measure(options) {
  const { guest, kind, filter } = options;
  const wanted = (/** @type {readonly string[]} */ names) => {
    const found = names.filter((name) => name.includes(filter));
    if (found.length === 0) throw new BenchError(`--filter ${filter}: none of ${names.join(', ')}`);
    return found;
  };
  // Everything is built before anything is measured.
  if (kind === 'kernels')
    return measureAll(
      options,
      Object.fromEntries(wanted(kernelNames()).map((name) => [name, kernelJobs(options, name)])),
      (name) => oracleSeconds(options, name),
    );
  const hospes = [process.execPath, cli, 'run', '--accel', options.accel];
  const place = { root: programRoot(guest), emulator: [emulators[guest], ...programOptions[guest]], hospes };
  return withWork((folder) => {
    const names = wanted(Object.keys(programs));
    const jobs = names.map((name) => {
      const { hospes, ...compared } = programJobs(programs[name] ?? [], { ...place, folder });
      const asked = options.columns.flatMap((column) => (column in compared ? [[column, compared[column]]] : []));
      return [name, { hospes, ...Object.fromEntries(asked) }];
    });
    return measureAll(options, Object.fromEntries(jobs));
  });
}

/** @param {Options} options */
function main(options) {
  const { guest, kind, runs, factor, accel, isWhole } = options;
  const version = process.versions.node;
  const load = loadNow();
  const tools = toolsOf(options);
  // What the user's own runs have kept should not matter.
  process.env['HOSPES_CACHE'] = cacheFolder;
  const kept = (process.env['XDG_CACHE_HOME'] = mkdtempSync(join(tmpdir(), 'hospes-bench-')));
  process.on('exit', () => {
    rmSync(kept, { recursive: true, force: true });
  });
  console.log(`Node ${version}, ${guest}, load ${load.toFixed(1)} at the start`);
  const rows = measure(options);
  const means = meansOf(rows);
  console.log(`geometric means of ${String(Object.keys(rows).length)}: hospes takes ${ratiosText(means)}`);
  if (!isWhole) return;
  const under = accel === 'kvm' ? ' under KVM' : '';
  const title = `${kind === 'kernels' ? 'Kernels' : 'Programs of Debian'}, ${guest}${under}, Node ${version.split('.')[0] ?? ''}`;
  const notes = [
    `CPU time of whole processes, medians of ${String(runs)} in turns${kind === 'kernels' ? `, work times ${String(factor)}` : ''}. Node ${version};`,
    `${Object.entries(tools)
      .map(([column, tool]) => `${column}: ${tool}`)
      .join('; ')}.`,
  ];
  const results = new URL('results/', here);
  mkdirSync(results, { recursive: true });
  const write = (/** @type {string} */ ending, /** @type {string} */ text) =>
    writeFileSync(
      new URL(`${kind}-${guest}${accel === 'kvm' ? '-kvm' : ''}-node${version.split('.')[0] ?? ''}.${ending}`, results),
      text,
    );
  const record = { node: version, guest, accel, tools, machine: machine(load), runs, factor, means, programs: rows };
  write('json', `${JSON.stringify(record, null, 2)}\n`);
  write('md', markdown(title, notes, rows));
  write('svg', chart(`${title}: CPU time, hospes divided by others`, rows));
}

try {
  main(readOptions());
} catch (error) {
  if (!(error instanceof BenchError) && !(error instanceof TypeError && 'code' in error)) throw error;
  console.error(`bench: ${error.message}`);
  process.exitCode = 1;
}
