// @ts-check
/**
 * `npm run bench:interpreter`: guest instructions a second of tier 0 over our own kernels, by process CPU time, beside
 * the reference emulator's time for the same files where it is installed; then what starting a program costs.
 *
 *   npm run bench:interpreter -- [--runs 3] [--filter TEXT] [--no-start-up | --only-start-up]
 *
 * The start-up program is Debian's busybox, which scripts/debian-root.mjs fetches once; the limits are stated
 * beside the figures. Results go to bench/results/, with the machine's load, because a busy machine measures lower.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { debianRoot } from '../scripts/debian-root.mjs';

const { values: options } = parseArgs({
  options: {
    runs: { type: 'string', default: '3' },
    filter: { type: 'string', default: '' },
    'no-start-up': { type: 'boolean', default: false },
    'only-start-up': { type: 'boolean', default: false },
  },
});
const runs = Number(options.runs);
const START_UP_RUNS = 15;
const TIME = '/usr/bin/time';
const EMULATOR = 'qemu-riscv64-static';
const here = new URL('./', import.meta.url);
const folder = fileURLToPath(new URL('kernels/riscv64/', here));
const cli = fileURLToPath(new URL('../dist/cli/main.js', here));
const child = fileURLToPath(new URL('run-kernel.mjs', here));

/** @param {number[]} values */
const median = (values) => [...values].sort((a, b) => a - b)[values.length >> 1] ?? NaN;
/** @param {number[]} values */
const geometricMean = (values) => Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length);

/** @param {string} program @param {string[]} args */
function command(program, args) {
  const began = performance.now();
  const result = spawnSync(program, args, { encoding: 'utf8' });
  const wall = performance.now() - began;
  if (result.error) throw result.error;
  if (result.status !== 0)
    throw new Error(`${program} ${args.join(' ')}: status ${String(result.status)} ${result.stderr}`);
  return { ...result, wall };
}

/** CPU seconds of the reference, in ticks of 10 ms; null where it or `time` is missing. @param {string} file */
function reference(file) {
  const { stdout, stderr } = command(TIME, ['-f', '%U %S', EMULATOR, file]);
  const [user = NaN, system = NaN] = (stderr.trim().split('\n').at(-1) ?? '').split(' ').map(Number);
  return { output: stdout, seconds: user + system };
}

function measureKernels() {
  const hasReference = existsSync(TIME) && spawnSync(EMULATOR, ['--version']).status === 0;
  /** @type {Record<string, { millionPerSecond: number, instructions: number, seconds: number[], reference: number | null }>} */
  const kernels = {};
  for (const name of readdirSync(folder).filter((file) => file.includes(options.filter))) {
    /** @type {number[]} */ const ours = [];
    /** @type {number[]} */ const theirs = [];
    let instructions = 0;
    for (let run = 0; run < runs; run++) {
      const mine = JSON.parse(command(process.execPath, [child, folder + name]).stdout);
      // The figure is about the interpreter: compiled code is several times faster and must not be counted in.
      if (mine.compiled !== 0)
        throw new Error(`${name}: ${String(mine.compiled)} instructions ran in compiled regions`);
      instructions = mine.instructions;
      ours.push(mine.seconds);
      if (!hasReference) continue;
      const other = reference(folder + name);
      if (other.output !== mine.output) throw new Error(`${name}: the outputs differ`);
      theirs.push(other.seconds);
    }
    const seconds = median(ours);
    const millionPerSecond = instructions / seconds / 1e6;
    kernels[name] = { millionPerSecond, instructions, seconds: ours, reference: hasReference ? median(theirs) : null };
    const beside = hasReference ? `, qemu ${median(theirs).toFixed(2)} s` : '';
    const spread = `${Math.min(...ours).toFixed(2)}-${Math.max(...ours).toFixed(2)}`;
    console.log(
      `${name.padEnd(10)} ${millionPerSecond.toFixed(0).padStart(5)} M/s, ${seconds.toFixed(2)} s (${spread})${beside}`,
    );
  }
  return kernels;
}

/**
 * Runs it once: wall time and CPU time in ms, and the most memory resident in MiB; only wall time where `time` is missing.
 * @param {string[]} args
 */
function measureOnce(args) {
  if (!existsSync(TIME)) return { wall: command(process.execPath, args).wall, cpu: NaN, resident: NaN };
  const { wall, stderr } = command(TIME, ['-f', '%U %S %M', process.execPath, ...args]);
  const [user = NaN, system = NaN, resident = NaN] = (stderr.trim().split('\n').at(-1) ?? '').split(' ').map(Number);
  return { wall, cpu: (user + system) * 1000, resident: resident / 1024 };
}

/**
 * What busybox costs beyond an empty Node program, in turns, so that other work on the machine falls on both alike. CPU
 * time, which `time` tells in steps of 10 ms, is a mean, the others are medians.
 */
function measureStartUp() {
  const root = debianRoot({ packages: ['busybox-static'] });
  /** @type {ReturnType<typeof measureOnce>[]} */ const empty = [];
  /** @type {ReturnType<typeof measureOnce>[]} */ const ours = [];
  for (let run = 0; run < START_UP_RUNS; run++) {
    empty.push(measureOnce(['-e', '0']));
    ours.push(measureOnce([cli, 'run', '--root', root, '/usr/bin/busybox', 'true']));
  }
  const walls = [empty, ours].map((list) => median(list.map(({ wall }) => wall)));
  const cpus = [empty, ours].map((list) => list.reduce((sum, { cpu }) => sum + cpu, 0) / list.length);
  const [node = NaN, hospes = NaN] = walls;
  const [nodeCpu = NaN, hospesCpu = NaN] = cpus;
  const residentMiB = median(ours.map(({ resident }) => resident));
  return { node, hospes, more: hospes - node, nodeCpu, hospesCpu, moreCpu: hospesCpu - nodeCpu, residentMiB };
}

const version = process.versions.node;
const load = loadavg()[0] ?? NaN;
const results = new URL('results/', here);
const file = new URL(`interpreter-node${version.split('.')[0] ?? ''}.json`, results);

function reportKernels() {
  const kernels = measureKernels();
  const mean = geometricMean(Object.values(kernels).map(({ millionPerSecond }) => millionPerSecond));
  console.log(`geometric mean ${mean.toFixed(0)} M guest instructions/s (goal: 250 on Node 20, 350 on Node 26)`);
  const machine = { cores: cpus().length, model: cpus()[0]?.model ?? '', load: [load, loadavg()[0]] };
  return { node: version, machine, mean, kernels };
}

function reportStartUp() {
  const startUp = { ...measureStartUp(), load };
  const { more, moreCpu, residentMiB } = startUp;
  console.log(
    `busybox true: ${more.toFixed(0)} ms more than node -e 0, medians of ${String(START_UP_RUNS)} in turns (goal: 130); ${moreCpu.toFixed(0)} ms more CPU time; ${residentMiB.toFixed(0)} MiB resident (goal: 130 MB)`,
  );
  return startUp;
}

console.log(`Node ${version}, ${String(cpus().length)} cores, load ${load.toFixed(1)} at the start`);
const kernels = options['only-start-up'] ? JSON.parse(readFileSync(file, 'utf8')) : reportKernels();
const startUp = options['no-start-up'] ? null : reportStartUp();
// A part of the kernels must not overwrite the results of all.
if (options.filter === '' && startUp !== null) {
  mkdirSync(results, { recursive: true });
  writeFileSync(file, `${JSON.stringify({ ...kernels, startUp }, null, 2)}\n`);
}
